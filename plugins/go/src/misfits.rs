//! What of a user's settings can't stand in an action, said at the setting.

use orch_plugin::{Problem, argument_problems, nul_problem, pattern_problems, variable_problems};

use crate::settings::BuildSettings;

/// Everything of the settings that can't stand in an action.
pub(crate) fn problems(settings: &BuildSettings) -> Vec<Problem> {
    let inputs = settings.inputs.as_deref().unwrap_or_default();
    let mut problems = pattern_problems("inputs", inputs);
    problems.extend(variable_problems("environment", &settings.environment));
    for (setting, text) in [("package", &settings.package), ("proxy", &settings.proxy)] {
        problems.extend(text.iter().filter_map(|text| nul_problem(setting, text)));
    }
    problems.extend(argument_problems("ldflags", &settings.ldflags));
    problems.extend(argument_problems("gcflags", &settings.gcflags));
    for (name, value) in &settings.stamp {
        problems.extend(nul_problem(&format!("stamp.{name}"), value));
    }
    problems
}
