//! A toolchain as a builder is given it.

use crate::{InstalledToolchain, Path, Tool, tool};

impl InstalledToolchain {
    /// A toolchain without programs. Where tests begin.
    pub fn of(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            recipe: format!("sha256:{}", "0".repeat(64)),
            tools: Vec::new(),
            environment: Vec::new(),
            sysroot: None,
        }
    }

    /// With one more program: how a pipeline names it, and where it lies below the root.
    pub fn tool(mut self, name: impl Into<String>, program: impl Into<String>) -> Self {
        self.tools.push(Tool::new(name, program));
        self
    }

    /// With programs that lie at its root under the names that a pipeline uses.
    pub fn tools(mut self, names: &[&str]) -> Self {
        self.tools
            .extend(names.iter().map(|&name| Tool::new(name, name)));
        self
    }

    /// The program that a pipeline calls `name`.
    pub fn program(&self, name: &str) -> Option<Path> {
        let found = self.tools.iter().find(|tool| tool.name == name)?;
        Some(tool(self.name.as_str(), found.program.as_str()))
    }
}
