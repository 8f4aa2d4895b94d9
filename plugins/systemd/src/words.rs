//! What a program is started with: arguments and variables, and which of them may stand in a unit,
//! which everybody on the machine can read.

use std::collections::BTreeMap;

use orch_plugin::deployer::Value;
use orch_plugin::{Problem, argument_problems, variable_problems};

use crate::quote;

/// What a program is started with.
#[derive(Default)]
pub(crate) struct Words {
    /// `ExecStart=` behind the program, each word quoted.
    pub(crate) arguments: Vec<String>,
    /// `Environment=`, each quoted.
    pub(crate) assignments: Vec<String>,
    /// Names and values of the variables that hold what is known only when a release is made.
    pub(crate) later: Vec<(String, String)>,
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
            let why = "is no variable that systemd takes";
            let hint = "write letters, digits and `_`, with no digit first";
            return Err(Problem::value(name, why).at(at).hint(hint));
        }
        if has_control(value) {
            let what = "systemd takes no control characters in a variable but tab and newline";
            return Err(Problem::new(what).at(at));
        }
        match Value::variable(&at, value)? {
            Value::Known(text) => self.assignments.push(quote::assignment(name, &text)),
            Value::Later(_) => self.later.push((name.to_owned(), value.to_owned())),
        }
        Ok(())
    }

    fn argument(&mut self, index: usize, argument: &str) -> Result<(), Problem> {
        match Value::argument(&format!("arguments[{index}]"), argument)? {
            Value::Known(text) => self.arguments.push(quote::argument(&text)),
            Value::Later(_) => {
                let name = format!("ORCH_ARGUMENT_{}", index + 1);
                self.arguments.push(format!("$${{{name}}}"));
                self.later.push((name, argument.to_owned()));
            }
        }
        Ok(())
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
