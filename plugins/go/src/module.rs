//! Which module a build belongs to, and whether it needs others that do not lie beside it.

use orch_plugin::{Error, Facts, Problem, Refusal, source};

/// A module as far as a build needs to know it.
#[derive(Debug, PartialEq, Eq)]
pub struct Module {
    /// Its folder below `source`; empty for `source` itself.
    pub folder: String,
    /// Whether modules must be fetched: some are required, and none are vendored.
    pub fetches: bool,
}

impl Module {
    /// The module of a directory below `source`: that of the nearest `go.mod` at or
    /// above it.
    pub fn of(directory: &str, facts: &dyn Facts) -> Result<Self, Error> {
        let mut folder = directory;
        loop {
            let file = below(folder, "go.mod");
            match facts.read(&source(&file)) {
                Ok(text) => {
                    let text = String::from_utf8_lossy(&text);
                    return Ok(Self {
                        folder: folder.to_owned(),
                        fetches: requires(&text) && !is_vendored(folder, facts)?,
                    });
                }
                Err(Refusal::Absent) if !folder.is_empty() => {
                    folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
                }
                Err(Refusal::Absent) => {
                    return Err(Problem::new("there is no `go.mod` in the build's directory or above it")
                        .hint("run `go mod init`, or set `directory` to where the module is")
                        .into());
                }
                Err(refusal) => return Err(refusal.of(&format!("`{file}`"))),
            }
        }
    }
}

/// `name` in a folder that may be the root.
pub fn below(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

fn is_vendored(folder: &str, facts: &dyn Facts) -> Result<bool, Error> {
    let file = below(folder, "vendor/modules.txt");
    match facts.read(&source(&file)) {
        Ok(_) => Ok(true),
        Err(Refusal::Absent) => Ok(false),
        Err(refusal) => Err(refusal.of(&format!("`{file}`"))),
    }
}

/// Whether a `go.mod` names other modules. <https://go.dev/ref/mod#go-mod-file-require>
fn requires(text: &str) -> bool {
    let mut inside = false;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if inside {
            match line {
                ")" => inside = false,
                "" => {}
                _ => return true,
            }
        } else if let Some(rest) = line.strip_prefix("require") {
            match rest.trim() {
                "(" => inside = true,
                "" | "()" => {}
                _ => return true,
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use orch_plugin::fake;

    use super::*;

    #[test]
    fn the_nearest_module_counts() {
        let facts = fake::Facts::new().file("go.mod", "module a\n").file("b/go.mod", "module b\n");
        assert_eq!(Module::of("b/cmd/x", &facts).unwrap().folder, "b");
        assert_eq!(Module::of("cmd/x", &facts).unwrap().folder, "");
        assert!(matches!(Module::of("", &fake::Facts::new()), Err(Error::Invalid(_))));
    }

    #[test]
    fn modules_are_fetched_only_where_some_are_required_and_none_vendored() {
        let needs = "module a\nrequire (\n\texample.test/b v1.0.0 // indirect\n)\n";
        for (text, fetches) in [
            ("module a\n", false),
            ("module a\n// require x v1\nrequire (\n)\n", false),
            ("module a\nrequire example.test/b v1.0.0\n", true),
            (needs, true),
        ] {
            let facts = fake::Facts::new().file("go.mod", text);
            assert_eq!(Module::of("", &facts).unwrap().fetches, fetches, "{text}");
        }
        let vendored = fake::Facts::new().file("go.mod", needs).file("vendor/modules.txt", "");
        assert!(!Module::of("", &vendored).unwrap().fetches);
    }
}
