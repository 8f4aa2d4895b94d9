//! Paths that a plan may hold: a root that has a meaning on every machine, and a
//! relative path that cannot leave it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A path that stays where it is joined: parts separated by `/`, none of them empty,
/// `.`, `..` or holding a NUL or a backslash. The empty path is the root itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RelativePath(String);

/// Why a text is no [`RelativePath`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// The text, as it was given.
    pub text: String,
    /// What is wrong with it, as the end of a sentence that begins with the path.
    pub reason: &'static str,
}

impl RelativePath {
    /// The root itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Checks `text`; a leading `./` and a trailing `/` are dropped.
    pub fn new(text: &str) -> Result<Self, PathError> {
        let wrong = |reason| {
            Err(PathError {
                text: text.chars().take(200).collect(),
                reason,
            })
        };
        if text.starts_with('/') || text.get(1..3) == Some(":\\") || text.get(1..3) == Some(":/") {
            return wrong("is absolute");
        }
        if text.contains('\0') {
            return wrong("holds a NUL");
        }
        if text.contains('\\') {
            return wrong("holds a backslash");
        }
        let mut parts = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => return wrong("leaves its root"),
                part => parts.push(part),
            }
        }
        Ok(Self(parts.join("/")))
    }

    /// The path as text, `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last part, if there is one.
    pub fn file_name(&self) -> Option<&str> {
        self.0.rsplit('/').next().filter(|name| !name.is_empty())
    }

    /// This path with `below` behind it.
    pub fn join(&self, below: &RelativePath) -> RelativePath {
        match (self.is_root(), below.is_root()) {
            (true, _) => below.clone(),
            (_, true) => self.clone(),
            _ => RelativePath(format!("{}/{}", self.0, below.0)),
        }
    }

    /// Where the path lies below a directory of this machine.
    pub fn below(&self, directory: &Path) -> PathBuf {
        if self.is_root() {
            directory.to_owned()
        } else {
            directory.join(&self.0)
        }
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RelativePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for RelativePath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path `{}` {}", self.text, self.reason)
    }
}

impl std::error::Error for PathError {}

/// A place that exists on every machine under its own name; where it really lies is
/// decided when an action runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Root {
    /// The folder of the pipeline file.
    Source,
    /// Where an action leaves what it declares; empty when it starts.
    Output,
    /// Private to one action, gone after it.
    Scratch,
    /// An installed toolchain, by its name in the pipeline.
    Tool(String),
    /// The outputs of another action of the same build, by that action's name.
    Artifact(String),
    /// A directory kept between runs, by name.
    Cache(String),
}

/// A [`RelativePath`] below a [`Root`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SandboxPath {
    /// Where the path begins.
    pub root: Root,
    /// The rest of it.
    pub relative: RelativePath,
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Root::Source => f.write_str("source"),
            Root::Output => f.write_str("output"),
            Root::Scratch => f.write_str("scratch"),
            Root::Tool(name) => write!(f, "tool/{name}"),
            Root::Artifact(name) => write!(f, "artifact/{name}"),
            Root::Cache(name) => write!(f, "cache/{name}"),
        }
    }
}

impl fmt::Display for SandboxPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.relative.is_root() {
            write!(f, "{}", self.root)
        } else {
            write!(f, "{}/{}", self.root, self.relative)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_stay_are_normalised() {
        for (text, normal) in [("", ""), ("./a//b/", "a/b"), (".", ""), ("a/./b", "a/b")] {
            assert_eq!(RelativePath::new(text).unwrap().as_str(), normal);
        }
    }

    #[test]
    fn paths_that_leave_are_refused() {
        for text in ["/etc", "../etc", "a/../../b", "a\0b", "C:\\a", "a\\..\\b"] {
            assert!(RelativePath::new(text).is_err(), "{text}");
        }
    }
}
