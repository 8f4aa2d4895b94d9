//! Secrets: read when they are needed, kept in memory only, and taken out of whatever is said.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use orch_model::{Fault, SecretSource};

/// A shorter secret is not looked for in what machines say: it would be found everywhere.
const LEAST_BYTES: usize = 4;

/// Values by name. Nothing of them is ever printed.
#[derive(Clone, Default)]
pub(crate) struct Secrets(BTreeMap<String, String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    /// Reads all sources; every one that gives nothing is told at once.
    pub fn read(
        sources: &BTreeMap<String, SecretSource>,
        folder: &Path,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Fault> {
        let (secrets, problems) = Self::read_some(sources, folder, variable);
        match problems.is_empty() {
            true => Ok(secrets),
            false => Err(Fault::usage(problems.join("; "))
                .hint("nothing was sent; see the `[secret.…]` tables of the pipeline")),
        }
    }

    /// Reads those that can be read, for who only hides them; and says which cannot.
    pub fn read_some(
        sources: &BTreeMap<String, SecretSource>,
        folder: &Path,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> (Self, Vec<String>) {
        let mut values = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, source) in sources {
            match read(source, folder, variable) {
                Ok(value) if value.is_empty() => {
                    problems.push(format!("secret `{name}` is empty"));
                }
                Ok(value) => {
                    values.insert(name.clone(), value);
                }
                Err(why) => problems.push(format!("secret `{name}`: {why}")),
            }
        }
        (Self(values), problems)
    }

    pub fn get(&self, name: &str) -> Result<&str, Fault> {
        let value = self.0.get(name).map(String::as_str);
        value.ok_or_else(|| Fault::internal(format!("secret `{name}` was not read")))
    }

    /// The text without any secret in it, nor any line of one, since texts come in lines too.
    pub fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let values = self.0.values().map(String::as_str);
        for value in values.flat_map(|value| std::iter::once(value).chain(value.lines())) {
            if value.len() >= LEAST_BYTES {
                text = text.replace(value, "***");
            }
        }
        text
    }

    #[cfg(test)]
    pub fn of(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(values.into_iter().collect())
    }
}

fn read(
    source: &SecretSource,
    folder: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    match source {
        SecretSource::Environment(name) => {
            variable(name).ok_or_else(|| format!("the environment has no variable `{name}`"))
        }
        SecretSource::File(path) => {
            let text = std::fs::read_to_string(folder.join(path));
            let text = text.map_err(|error| format!("could not read `{path}`: {error}"))?;
            Ok(without_newline(text))
        }
        SecretSource::Command(words) => {
            let Some((program, arguments)) = words.split_first() else {
                return Err("its command is empty".to_owned());
            };
            let said = Command::new(program)
                .args(arguments)
                .current_dir(folder)
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .output()
                .map_err(|error| format!("could not run `{program}`: {error}"))?;
            if !said.status.success() {
                return Err(format!("`{program}` ended with {}", said.status));
            }
            let text = String::from_utf8(said.stdout)
                .map_err(|_| format!("`{program}` printed what is no text"))?;
            Ok(without_newline(text))
        }
    }
}

fn without_newline(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_gives_its_secret_and_all_that_do_not_are_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "from a file\n").unwrap();
        let sources = |missing: bool| {
            let mut sources = BTreeMap::from([
                ("a".to_owned(), SecretSource::Environment("A".into())),
                ("b".to_owned(), SecretSource::File("key".into())),
                (
                    "c".to_owned(),
                    SecretSource::Command(vec!["echo".into(), "printed".into()]),
                ),
            ]);
            if missing {
                sources.insert("d".into(), SecretSource::File("none".into()));
                sources.insert("e".into(), SecretSource::Environment("E".into()));
            }
            sources
        };
        let variable = |name: &str| (name == "A").then(|| "a value".to_owned());
        let read = Secrets::read(&sources(false), folder.path(), &variable).unwrap();
        assert_eq!(read.get("a"), Ok("a value"));
        assert_eq!(read.get("b"), Ok("from a file"));
        assert_eq!(read.get("c"), Ok("printed"));
        assert_eq!(read.hide("it said: a value, printed"), "it said: ***, ***");
        assert_eq!(format!("{read:?}"), r#"{"a", "b", "c"}"#);
        let key = Secrets::of([("key".to_owned(), "begin\nMIIEvQ\nend".to_owned())]);
        assert_eq!(key.hide("it said: MIIEvQ"), "it said: ***");
        let fault = Secrets::read(&sources(true), folder.path(), &variable).unwrap_err();
        assert!(fault.message.contains("secret `d`: could not read `none`"));
        assert!(
            fault
                .message
                .contains("secret `e`: the environment has no variable `E`")
        );
    }
}
