//! What the probe `gobench` plans: the tests of each package run their benchmarks.

use orch_plugin::benchmark_probe::{Measurement, ProbePlan, Request, Work};
use orch_plugin::{Error, Facts, Problem};

use crate::LONGEST_MS;
use crate::settings::Settings;
use crate::suite::Suite;

/// How long each benchmark runs for one sample where nothing is said.
const BENCHTIME: &str = "100ms";

pub(crate) fn plan(
    request: &Request,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<ProbePlan, Error> {
    let arguments = settings.arguments.is_some().then_some("arguments");
    let misplaced = arguments.into_iter().chain(settings.of_services());
    let problems = misplaced.map(|setting| {
        Problem::new(format!("`{setting}` means nothing to `gobench`"))
            .at(setting)
            .hint("take it away; it is for `profile`")
    });
    Error::if_any(problems.collect())?;
    let suite = Suite::of(request, settings, facts)?;
    let benchtime = settings.benchtime.as_deref().unwrap_or(BENCHTIME);
    let mut plan = ProbePlan::nothing();
    for package in &suite.packages {
        let run = Work::Run(suite.run(package, benchtime));
        plan = plan
            .action(suite.compile(package))
            .measurement(Measurement {
                timeout_ms: LONGEST_MS,
                ..Measurement::of(package.name.as_str(), run)
            });
    }
    Ok(plan)
}

#[cfg(test)]
mod tests;
