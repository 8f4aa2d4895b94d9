//! What in a project's own files keeps a release of Go from working on it.

use orch_plugin::{Error, Facts, Problem};

use crate::command::Go;
use crate::module::Project;
use crate::port::knows;

impl Project {
    /// The project of a folder for a command that reaches no network, and all that keeps the
    /// command from working on it.
    ///
    /// # Errors
    ///
    /// What cannot be read, and modules outside the pipeline's folder.
    pub fn without_network(
        directory: &str,
        go: &Go,
        facts: &dyn Facts,
    ) -> Result<(Self, Vec<Problem>), Error> {
        let mut project = Self::find(directory, true, facts)?;
        project.use_vendor(&go.release, facts)?;
        let problems = [
            project.lacks_module(directory),
            project.is_too_new(go),
            project.lacks_modules(),
        ];
        let problems = problems.into_iter().flatten().collect();
        Ok((project, problems))
    }

    /// That there is no `go.mod`, if that is so.
    pub fn lacks_module(&self, directory: &str) -> Option<Problem> {
        let folder = match directory {
            "" => "the pipeline's folder",
            directory => directory,
        };
        self.go_said_by.is_empty().then(|| {
            Problem::new(format!("there is no `go.mod` in {folder} or above it")).hint(
                "set `directory` to the folder of a Go module, or make one there with `go mod init`",
            )
        })
    }

    /// That the project asks for a later release, if it does. Releases before 1.21 try their best
    /// with newer code; later ones refuse it.
    pub fn is_too_new(&self, go: &Go) -> Option<Problem> {
        let wanted = self.go.as_ref()?;
        let refuses = knows(&go.release, 21) && !wanted.allows(&go.release);
        refuses.then(|| {
            Problem::new(format!(
                "`{}` asks for Go {wanted} or later, and toolchain `{}` is {}",
                self.go_said_by, go.toolchain, go.release
            ))
            .hint(format!(
                "set `version = \"{}\"` in `[toolchain.{}]`",
                wanted.series(),
                go.toolchain
            ))
        })
    }

    /// That modules would have to be fetched, if so.
    fn lacks_modules(&self) -> Option<Problem> {
        let first = self.missing.first()?;
        let others = match self.missing.len() - 1 {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        Some(
            Problem::new(format!(
                "module `{first}`{others} is neither here nor vendored, and nothing is fetched \
                 for a measurement"
            ))
            .hint(if self.workspace {
                "run `go work vendor`, which Go 1.22 and later read"
            } else {
                "run `go mod vendor`, and commit the folder `vendor`"
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use orch_plugin::{InstalledToolchain, fake};

    use super::*;

    fn messages(version: &str, facts: &fake::Facts) -> Vec<String> {
        let toolchain = InstalledToolchain::of("go", version).tool("go", "bin/go");
        let go = Go::of(&toolchain).unwrap();
        let (_, problems) = Project::without_network("", &go, facts).unwrap();
        problems
            .into_iter()
            .map(|problem| problem.message)
            .collect()
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let text = "module agent\n\ngo 1.25\n\nrequire example.test/kit v1.0.0\n";
        let facts = fake::Facts::new().file("go.mod", text);
        assert_eq!(
            messages("1.22.10", &facts),
            [
                "`go.mod` asks for Go 1.25 or later, and toolchain `go` is 1.22.10",
                "module `example.test/kit` is neither here nor vendored, and nothing is fetched \
                 for a measurement",
            ]
        );
        let nothing = fake::Facts::new();
        assert_eq!(
            messages("1.22.10", &nothing),
            ["there is no `go.mod` in the pipeline's folder or above it"]
        );
        let sound = fake::Facts::new().file("go.mod", "module agent\n\ngo 1.22\n");
        assert!(messages("1.22.10", &sound).is_empty());
    }
}
