//! What of a user's settings can't stand in an action, said at the setting: the host would
//! refuse the action as a whole, and take that for this plugin's mistake.

use orch_plugin::Problem;

use crate::settings::BuildSettings;

/// The longest name of a variable that the host takes, in bytes.
const NAME_BYTES: usize = 128;

/// Everything of the settings that can't stand in an action.
pub(crate) fn problems(settings: &BuildSettings) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, input) in settings.inputs.iter().flatten().enumerate() {
        if let Some(why) = misfit(input.strip_prefix('!').unwrap_or(input)) {
            problems.push(
                Problem::new(format!("`{}` {why}", input.escape_debug()))
                    .at(format!("inputs[{index}]"))
                    .hint("write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`"),
            );
        }
    }
    for name in settings.environment.keys() {
        if name.is_empty() || name.contains(['=', '\0']) || name.len() > NAME_BYTES {
            problems.push(
                Problem::new(format!("`{}` names no variable", name.escape_debug()))
                    .at(format!("environment.{name}"))
                    .hint("write a name without `=`, of 128 bytes at most"),
            );
        }
    }
    let with_nul = texts(settings)
        .into_iter()
        .filter(|(_, text)| text.contains('\0'));
    problems.extend(with_nul.map(|(setting, _)| {
        Problem::new("no argument and no variable of a program can hold a NUL").at(setting)
    }));
    problems
}

/// Every text that becomes a part of an argument or a variable, with its setting.
fn texts(settings: &BuildSettings) -> Vec<(String, &str)> {
    let mut texts = Vec::new();
    for (setting, text) in [("package", &settings.package), ("proxy", &settings.proxy)] {
        texts.extend(text.iter().map(|text| (setting.to_owned(), text.as_str())));
    }
    for (setting, list) in [
        ("ldflags", &settings.ldflags),
        ("gcflags", &settings.gcflags),
    ] {
        for (index, text) in list.iter().enumerate() {
            texts.push((format!("{setting}[{index}]"), text.as_str()));
        }
    }
    for (setting, table) in [
        ("stamp", &settings.stamp),
        ("environment", &settings.environment),
    ] {
        for (name, text) in table {
            texts.push((format!("{setting}.{name}"), text.as_str()));
        }
    }
    texts
}

/// Why the host would not take a pattern; the end of a sentence that begins with it.
fn misfit(pattern: &str) -> Option<&'static str> {
    if pattern.is_empty() {
        Some("matches nothing")
    } else if pattern.starts_with('/') || pattern.get(1..2) == Some(":") {
        Some("is absolute")
    } else if pattern.contains(['\\', '\0']) {
        Some("holds a backslash or a NUL")
    } else if pattern.split('/').any(|part| part == "..") {
        Some("leaves the pipeline's folder")
    } else {
        unbalanced(pattern)
    }
}

/// What is wrong with a pattern's brackets, if anything.
fn unbalanced(pattern: &str) -> Option<&'static str> {
    let mut open = 0_usize;
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}', '[']) {
        let (bracket, after) = rest[at..].split_at(1);
        rest = after;
        match bracket {
            "{" => open += 1,
            "}" if open == 0 => return Some("has a `}` without a `{`"),
            "}" => open -= 1,
            _ => {
                let class = after.trim_start_matches(['!', '^']);
                // A bracket that closes can itself be the first of a class.
                let Some(end) = class.char_indices().skip(1).find(|(_, c)| *c == ']') else {
                    return Some("has a `[` without a `]`");
                };
                if runs_backwards(&class[..end.0]) {
                    return Some("has a range that runs backwards");
                }
                rest = &class[end.0 + 1..];
            }
        }
    }
    (open > 0).then_some("has a `{` without a `}`")
}

/// Whether a class of characters holds a range such as `z-a`.
fn runs_backwards(class: &str) -> bool {
    let class: Vec<char> = class.chars().collect();
    class
        .windows(3)
        .any(|range| range[1] == '-' && range[0] > range[2])
}
