//! How a node of the graph is named.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A node's name: `toolchain.go`, `task.test`, `build.agent@pi5`, and for the steps
/// inside a build `build.agent@pi5/compile`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(String);

impl NodeId {
    /// A toolchain's node.
    pub fn toolchain(name: &str) -> Self {
        Self(format!("toolchain.{name}"))
    }

    /// A build's node for one target.
    pub fn build(name: &str, target: &str) -> Self {
        Self(format!("build.{name}@{target}"))
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

    /// The node as a user names it: without its step.
    pub fn unit(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The target behind `@`, if there is one.
    pub fn target(&self) -> Option<&str> {
        self.unit().split_once('@').map(|(_, target)| target)
    }

    /// Whether a user's `selector` means this node: its whole name, its name without
    /// the target, or the node that it is a step of.
    pub fn is_meant_by(&self, selector: &str) -> bool {
        let unit = self.unit();
        self.0 == selector
            || unit == selector
            || unit
                .split_once('@')
                .is_some_and(|(name, _)| name == selector)
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
        let step = NodeId::build("agent", "pi5").step("compile");
        assert_eq!(step.as_str(), "build.agent@pi5/compile");
        assert_eq!(step.target(), Some("pi5"));
        for selector in ["build.agent", "build.agent@pi5", "build.agent@pi5/compile"] {
            assert!(step.is_meant_by(selector), "{selector}");
        }
        for selector in ["build.age", "build.agent@pi", "build.agent@pi5/verify", ""] {
            assert!(!step.is_meant_by(selector), "{selector}");
        }
    }
}
