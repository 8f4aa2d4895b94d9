//! Describing an action, and the build that it is part of, in one expression.

use crate::process::describes_a_process;
use crate::{Action, Artifact, Build, IntoWord, Path, TextFile, Tool, Variable, path};

describes_a_process!(Action);

impl Action {
    /// An action by a name that is unique in its build, e.g. `compile`, and the program
    /// that it runs, in the pipeline's folder. It inherits no environment.
    pub fn new(name: impl Into<String>, program: Path) -> Self {
        Self {
            name: name.into(),
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: path::source(""),
            inputs: Vec::new(),
            files: Vec::new(),
            outputs: Vec::new(),
            caches: Vec::new(),
            network: false,
            after: Vec::new(),
        }
    }

    /// Finding a file of this text below `scratch`.
    pub fn file(mut self, relative: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push(TextFile {
            paths: vec![relative.into()],
            text: text.into(),
            executable: false,
        });
        self
    }

    /// Finding a program of this text below `scratch`.
    pub fn script(mut self, relative: impl Into<String>, text: impl Into<String>) -> Self {
        let script = TextFile::program(vec![relative.into()], text.into());
        self.files.push(script);
        self
    }

    /// Leaving a file below `output`.
    pub fn output(mut self, relative: impl Into<String>) -> Self {
        self.outputs.push(path::output(relative));
        self
    }

    /// Reaching the network or not; it does not unless this says so.
    pub fn network(mut self, reached: bool) -> Self {
        self.network = reached;
        self
    }

    /// Reading the outputs of another action of the build.
    pub fn after(mut self, action: impl Into<String>) -> Self {
        self.after.push(action.into());
        self
    }
}

impl Artifact {
    /// A program that ships, under its file name in `out/<build>/<target>/`.
    pub fn program(name: impl Into<String>, path: Path) -> Self {
        Self {
            executable: true,
            ..Self::file(name, path)
        }
    }

    /// A file that ships and is no program.
    pub fn file(name: impl Into<String>, path: Path) -> Self {
        Self {
            name: name.into(),
            path,
            executable: false,
        }
    }
}

impl TextFile {
    /// A program of this text, at each of these places.
    pub fn program(paths: Vec<String>, text: impl Into<String>) -> Self {
        Self {
            paths,
            text: text.into(),
            executable: true,
        }
    }
}

impl Build {
    /// A build of nothing.
    pub fn nothing() -> Self {
        Self {
            actions: Vec::new(),
            artifacts: Vec::new(),
        }
    }

    /// With one more action.
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// With one more file that ships.
    pub fn artifact(mut self, artifact: Artifact) -> Self {
        self.artifacts.push(artifact);
        self
    }
}

impl Tool {
    /// A program of a toolchain: how a pipeline names it, and where it lies below the
    /// toolchain's root.
    pub fn new(name: impl Into<String>, program: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
        }
    }
}

impl Variable {
    /// A variable of a program's environment.
    pub fn new(name: impl Into<String>, value: impl IntoWord) -> Self {
        Self {
            name: name.into(),
            value: value.into_word(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scratch, tool, word};

    #[test]
    fn a_later_variable_replaces_an_earlier_one() {
        let action = Action::new("compile", tool("go", "bin/go"))
            .variables([
                Variable::new("HOME", scratch("")),
                Variable::new("LANG", "C"),
            ])
            .variable("HOME", "none");
        let shown: Vec<_> = action
            .environment
            .iter()
            .map(|variable| format!("{}={}", variable.name, word(&variable.value)))
            .collect();
        assert_eq!(shown, ["LANG=C", "HOME=none"]);
    }
}
