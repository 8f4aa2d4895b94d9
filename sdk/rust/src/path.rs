//! Places that a plugin may name. Where each really lies is the host's to decide, so no
//! path of any machine enters a plan.

use crate::{Path, Root};

/// A file or directory below the pipeline's folder; empty for the folder itself.
pub fn source(relative: impl Into<String>) -> Path {
    Path::below(Root::Source, relative)
}

/// A file that an action leaves; the place is empty when the action starts.
pub fn output(relative: impl Into<String>) -> Path {
    Path::below(Root::Output, relative)
}

/// A file private to one action, gone after it.
pub fn scratch(relative: impl Into<String>) -> Path {
    Path::below(Root::Scratch, relative)
}

/// A file of an installed toolchain, by the toolchain's name in the pipeline.
pub fn tool(toolchain: impl Into<String>, relative: impl Into<String>) -> Path {
    Path::below(Root::Tool(toolchain.into()), relative)
}

/// What another action of the same build left, by that action's name.
pub fn artifact(action: impl Into<String>, relative: impl Into<String>) -> Path {
    Path::below(Root::Artifact(action.into()), relative)
}

/// A directory kept between runs, by name. An action that uses one says so with
/// [`crate::Action::cache`].
pub fn cache(name: impl Into<String>) -> Path {
    Path::below(Root::Cache(name.into()), "")
}

impl Path {
    /// A path below a root. `relative` uses `/` and never holds `..`; the host refuses a
    /// plan that breaks this.
    pub fn below(root: Root, relative: impl Into<String>) -> Self {
        Self {
            root,
            relative: relative.into(),
        }
    }

    /// This path with `below` behind it.
    pub fn join(mut self, below: &str) -> Self {
        if !self.relative.is_empty() && !below.is_empty() {
            self.relative.push('/');
        }
        self.relative.push_str(below);
        self
    }

    /// How a person reads the path, e.g. `output/agent`: for messages and tests.
    pub fn text(&self) -> String {
        let root = match &self.root {
            Root::Source => "source".to_owned(),
            Root::Output => "output".to_owned(),
            Root::Scratch => "scratch".to_owned(),
            Root::Tool(name) => format!("tool/{name}"),
            Root::Artifact(name) => format!("artifact/{name}"),
            Root::Cache(name) => format!("cache/{name}"),
        };
        match self.relative.as_str() {
            "" => root,
            relative => format!("{root}/{relative}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_without_empty_parts() {
        assert_eq!(source("").join("cmd").join("agent").relative, "cmd/agent");
        assert_eq!(tool("go", "").join("").relative, "");
        assert_eq!(tool("go", "bin/go").text(), "tool/go/bin/go");
        assert_eq!(cache("build").text(), "cache/build");
    }
}
