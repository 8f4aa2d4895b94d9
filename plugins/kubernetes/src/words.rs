//! What a program is started with: arguments and variables, and which of them go into a Secret.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};
use orch_plugin::deployer::{Value, literal};
use orch_plugin::{Problem, argument_problems, variable_problems};

/// What a program is started with.
#[derive(Default)]
pub(crate) struct Words {
    pub(crate) arguments: Vec<String>,
    pub(crate) variables: Vec<EnvVar>,
    /// The keys of the Secret with their values.
    pub(crate) secret: BTreeMap<String, String>,
}

/// Arguments and variables; those of tuning give way to the user's. What is known only when a
/// release is made goes into a Secret, and from there to an argument by way of a variable.
///
/// # Errors
///
/// Everything that no container can be given, and secrets among the arguments.
pub(crate) fn read(
    secret: &str,
    arguments: &[String],
    environment: &BTreeMap<String, String>,
    tuned: &BTreeMap<&str, &str>,
) -> Result<Words, Vec<Problem>> {
    let mut problems = argument_problems("arguments", arguments);
    problems.extend(variable_problems("environment", environment));
    let mut words = Words::default();
    for (name, value) in tuned {
        if !environment.contains_key(*name) {
            words.variables.push(variable(name, value));
        }
    }
    for (name, value) in environment {
        problems.extend(words.add_variable(secret, name, value).err());
    }
    for (index, argument) in arguments.iter().enumerate() {
        problems.extend(words.add_argument(secret, index, argument).err());
    }
    match problems.is_empty() {
        true => Ok(words),
        false => Err(problems),
    }
}

impl Words {
    fn add_variable(&mut self, secret: &str, name: &str, value: &str) -> Result<(), Problem> {
        let at = format!("environment.{name}");
        if !names_key(name) {
            let what = format!(
                "`{}` cannot be a variable in a cluster",
                name.escape_debug()
            );
            let hint = "write letters, digits, `_`, `-` and `.`, with no digit first";
            return Err(Problem::new(what).at(at).hint(hint));
        }
        match Value::variable(&at, value)? {
            Value::Known(text) => self.variables.push(variable(name, &text)),
            Value::Later(_) => self.add_secret(secret, name, value),
        }
        Ok(())
    }

    fn add_argument(&mut self, secret: &str, index: usize, argument: &str) -> Result<(), Problem> {
        match Value::argument(&format!("arguments[{index}]"), argument)? {
            Value::Known(text) => self.arguments.push(expanded(&text)),
            Value::Later(_) => {
                let name = format!("ORCH_ARGUMENT_{}", index + 1);
                self.add_secret(secret, &name, argument);
                self.arguments.push(format!("$({name})"));
            }
        }
        Ok(())
    }

    fn add_secret(&mut self, secret: &str, name: &str, value: &str) {
        self.secret.insert(name.to_owned(), value.to_owned());
        self.variables.push(EnvVar {
            name: name.to_owned(),
            value: None,
            value_from: Some(EnvVarSource {
                secret_key_ref: Some(SecretKeySelector {
                    name: secret.to_owned(),
                    key: name.to_owned(),
                    optional: None,
                }),
                ..EnvVarSource::default()
            }),
        });
    }
}

fn variable(name: &str, value: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(expanded(value)),
        value_from: None,
    }
}

/// A text that a cluster, which puts variables in at `$(X)` and makes one `$` of two, makes this of.
fn expanded(text: &str) -> String {
    literal(&text.replace('$', "$$"))
}

/// What is both a variable's name and a key of a Secret.
fn names_key(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}
