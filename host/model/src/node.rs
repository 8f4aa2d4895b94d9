//! How a node of the graph is named.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A node's name: `toolchain.go`, `task.test`, `build.agent@pi5`, and for the steps
/// inside a build `build.agent@pi5/compile`. A build with a matrix has a node for each of its
/// cells, `build.agent@pi5+go@1.23`: names of tables hold neither `@` nor `+`, so the first of
/// each is where a part ends. The toolchain of that cell is `toolchain.go@1.23`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(String);

impl NodeId {
    /// A toolchain's node.
    pub fn toolchain(name: &str) -> Self {
        Self(format!("toolchain.{name}"))
    }

    /// A build's node for one target, and for one toolchain where it has a matrix.
    pub fn build(name: &str, target: &str, toolchain: Option<&str>) -> Self {
        match toolchain {
            Some(toolchain) => Self(format!("build.{name}@{target}+{toolchain}")),
            None => Self(format!("build.{name}@{target}")),
        }
    }

    /// A task's node, for one target where it has any.
    pub fn task(name: &str, target: Option<&str>) -> Self {
        match target {
            Some(target) => Self(format!("task.{name}@{target}")),
            None => Self(format!("task.{name}")),
        }
    }

    /// A step inside this node.
    pub fn step(&self, step: &str) -> Self {
        Self(format!("{}/{step}", self.0))
    }

    /// A bench's node: of one target, and of one toolchain where its build has a matrix.
    pub fn bench(name: &str, target: &str, toolchain: Option<&str>) -> Self {
        match toolchain {
            Some(toolchain) => Self(format!("bench.{name}@{target}+{toolchain}")),
            None => Self(format!("bench.{name}@{target}")),
        }
    }

    /// A deploy's node.
    pub fn deploy(name: &str) -> Self {
        Self(format!("deploy.{name}"))
    }

    /// Under which a history has what was found of the machine itself. No table makes such a name.
    pub fn calibration() -> Self {
        Self("machine.calibration".to_owned())
    }

    /// The node as a user names it: without its step.
    pub fn unit(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// Whether it is a toolchain's.
    pub fn is_toolchain(&self) -> bool {
        self.0.starts_with("toolchain.")
    }

    /// The target behind `@`, if there is one.
    pub fn target(&self) -> Option<&str> {
        if self.is_toolchain() {
            return None; // Behind its `@` stands a version.
        }
        let (_, cell) = self.unit().split_once('@')?;
        cell.split('+').next()
    }

    /// Whether a user's `selector` means this node: its whole name, its name without the
    /// cell's toolchain or without the target, or the node that it is a step of.
    pub fn is_meant_by(&self, selector: &str) -> bool {
        let unit = self.unit();
        let is_before = |mark| {
            unit.split_once(mark)
                .is_some_and(|(name, _)| name == selector)
        };
        self.0 == selector || unit == selector || is_before('@') || is_before('+')
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_means_a_node_its_steps_and_all_its_targets() {
        let step = NodeId::build("agent", "pi5", None).step("compile");
        assert_eq!(step.as_str(), "build.agent@pi5/compile");
        assert_eq!(step.target(), Some("pi5"));
        for selector in ["build.agent", "build.agent@pi5", "build.agent@pi5/compile"] {
            assert!(step.is_meant_by(selector), "{selector}");
        }
        for selector in ["build.age", "build.agent@pi", "build.agent@pi5/verify", ""] {
            assert!(!step.is_meant_by(selector), "{selector}");
        }
    }

    #[test]
    fn a_selector_means_all_cells_that_its_name_leaves_open() {
        let step = NodeId::build("agent", "pi5", Some("go@1.23")).step("compile");
        assert_eq!(step.as_str(), "build.agent@pi5+go@1.23/compile");
        assert_eq!(step.target(), Some("pi5"));
        for selector in ["build.agent", "build.agent@pi5", "build.agent@pi5+go@1.23"] {
            assert!(step.is_meant_by(selector), "{selector}");
        }
        for selector in [
            "build.agent@pi5+go",
            "build.agent@pi5+go@1.2",
            "build.agent@pi",
        ] {
            assert!(!step.is_meant_by(selector), "{selector}");
        }
        let toolchain = NodeId::toolchain("go@1.23");
        assert_eq!(toolchain.target(), None);
        assert!(toolchain.is_meant_by("toolchain.go"));
    }
}
