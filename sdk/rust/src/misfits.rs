//! What of a user's settings can't stand in a plan, said at the setting: the host would refuse
//! the plan as a whole, and take that for the plugin's mistake.

use std::collections::BTreeMap;

use crate::Problem;

/// The longest name of a variable that the host takes, in bytes.
const NAME_BYTES: usize = 128;

/// What of a list cannot be patterns of inputs; `!` in front takes away.
pub fn pattern_problems(setting: &str, patterns: &[String]) -> Vec<Problem> {
    let patterns = patterns.iter().enumerate();
    let wrong = patterns.filter_map(|(index, pattern)| {
        let why = misfit(pattern.strip_prefix('!').unwrap_or(pattern))?;
        Some(
            Problem::new(format!("`{}` {why}", pattern.escape_debug()))
                .at(format!("{setting}[{index}]"))
                .hint("write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`"),
        )
    });
    wrong.collect()
}

/// What of a table cannot be variables of a program's environment.
pub fn variable_problems(setting: &str, variables: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, value) in variables {
        let at = format!("{setting}.{name}");
        if name.is_empty() || name.contains(['=', '\0']) || name.len() > NAME_BYTES {
            problems.push(
                Problem::new(format!("`{}` names no variable", name.escape_debug()))
                    .at(at.as_str())
                    .hint("write a name without `=`, of 128 bytes at most"),
            );
        }
        problems.extend(nul_problem(&at, value));
    }
    problems
}

/// What of a list cannot be arguments of a program.
pub fn argument_problems(setting: &str, arguments: &[String]) -> Vec<Problem> {
    let arguments = arguments.iter().enumerate();
    let wrong = arguments
        .filter_map(|(index, argument)| nul_problem(&format!("{setting}[{index}]"), argument));
    wrong.collect()
}

/// That a text holds what no argument and no variable can.
pub fn nul_problem(setting: &str, text: &str) -> Option<Problem> {
    text.contains('\0').then(|| {
        Problem::new("no argument and no variable of a program can hold a NUL").at(setting)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(problems: Vec<Problem>) -> Vec<String> {
        let settings = problems.into_iter().filter_map(|problem| problem.setting);
        settings.collect()
    }

    #[test]
    fn what_the_host_would_refuse_is_named() {
        let texts = |texts: &[&str]| -> Vec<String> { texts.iter().map(|&it| it.into()).collect() };
        let patterns = texts(&[
            "**/*.go", "!a/{b,c}", "", "/a", "../a", "a\\b", "[a", "{a", "[z-a]",
        ]);
        assert_eq!(settings(pattern_problems("inputs", &patterns)).len(), 7);
        let arguments = texts(&["a b=ü", "a\0"]);
        assert_eq!(
            settings(argument_problems("arguments", &arguments)),
            ["arguments[1]"]
        );
        let variables = [("GOGC", "200"), ("A", "\0"), ("B=C", ""), ("", "")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            settings(variable_problems("env", &BTreeMap::from(variables))),
            ["env.", "env.A", "env.B=C"]
        );
    }
}
