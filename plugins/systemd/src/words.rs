//! What a program is started with: arguments and variables, and which of them may stand in a unit,
//! which everybody on the machine can read.

use std::collections::BTreeMap;

use orch_plugin::deployer::{Placeholder, placeholders};
use orch_plugin::{Problem, argument_problems, variable_problems};

use crate::quote;

/// What a program is started with.
#[derive(Default)]
pub(crate) struct Words {
    /// `ExecStart=` behind the program, each word quoted.
    pub(crate) arguments: Vec<String>,
    /// `Environment=`, each quoted.
    pub(crate) assignments: Vec<String>,
    /// The file of those variables that hold what is known only when a release is made.
    pub(crate) file: String,
}

/// Arguments and variables; those of tuning give way to the user's.
///
/// An argument with a placeholder goes by way of a variable: systemd puts its value in as one word,
/// whatever it holds.
///
/// # Errors
///
/// Everything that no program can be given, and secrets among the arguments.
pub(crate) fn read(
    arguments: &[String],
    environment: &BTreeMap<String, String>,
    tuned: &BTreeMap<&str, &str>,
) -> Result<Words, Vec<Problem>> {
    let mut problems = argument_problems("arguments", arguments);
    problems.extend(variable_problems("environment", environment));
    let mut words = Words::default();
    for (name, value) in tuned {
        if !environment.contains_key(*name) && names_variable(name) && !has_control(value) {
            words.assignments.push(quote::assignment(name, value));
        }
    }
    for (name, value) in environment {
        problems.extend(words.variable(name, value).err());
    }
    for (index, argument) in arguments.iter().enumerate() {
        problems.extend(words.argument(index, argument).err());
    }
    match problems.is_empty() {
        true => Ok(words),
        false => Err(problems),
    }
}

impl Words {
    fn variable(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        let at = format!("environment.{name}");
        if !names_variable(name) {
            let what = format!("systemd takes no variable named `{}`", name.escape_debug());
            let hint = "write letters, digits and `_`, with no digit first";
            return Err(Problem::new(what).at(at).hint(hint));
        }
        if has_control(value) {
            let what = "systemd takes no control characters in a variable but tab and newline";
            return Err(Problem::new(what).at(at));
        }
        let parts = placeholders(&at, value)?;
        match plain(&parts) {
            Some(text) => self.assignments.push(quote::assignment(name, text)),
            None => self.file += &quote::line(name, &parts),
        }
        Ok(())
    }

    fn argument(&mut self, index: usize, argument: &str) -> Result<(), Problem> {
        let at = format!("arguments[{index}]");
        let parts = placeholders(&at, argument)?;
        if let Some(text) = plain(&parts) {
            self.arguments.push(quote::argument(text));
            return Ok(());
        }
        let is_secret = |part: &Placeholder| matches!(part, Placeholder::Secret(_));
        if parts.iter().any(is_secret) {
            let what = "everybody on the machine can see the arguments of a program";
            let hint = "hand the secret over in `environment`";
            return Err(Problem::new(what).at(at).hint(hint));
        }
        let name = format!("ORCH_ARGUMENT_{}", index + 1);
        self.file += &quote::line(&name, &parts);
        self.arguments.push(format!("$${{{name}}}"));
        Ok(())
    }
}

/// The text, where there is nothing else.
fn plain(parts: &[Placeholder]) -> Option<&str> {
    match parts {
        [] => Some(""),
        [Placeholder::Text(text)] => Some(text),
        _ => None,
    }
}

/// What systemd takes for the name of a variable: the rule of POSIX.
fn names_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn has_control(value: &str) -> bool {
    value
        .chars()
        .any(|c| c.is_ascii_control() && !matches!(c, '\t' | '\n'))
}
