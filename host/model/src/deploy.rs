//! What a deployer proposes: how a build goes live on machines, or into which image it goes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a deployer proposes for the machines of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proposal {
    /// Steps on machines.
    Release(Release),
    /// An image in a registry.
    Image(Box<Image>),
}

/// Stands in [`Release::log`] and [`Release::follow`] for how many lines are wanted.
pub const LINES: &str = "${lines}";

/// How a build goes live on one machine. Texts may hold [`crate::Placeholder`]s.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Release {
    /// Where releases, the lock and the record lie: an absolute path, or one below the home
    /// directory of the user who is logged in.
    pub home: String,
    /// Whether the steps need root.
    pub root: bool,
    /// Programs that the machine must have.
    pub programs: Vec<String>,
    /// Changes nothing that is live.
    pub stage: Vec<Step>,
    /// Done once `live` points at the release.
    pub activate: Vec<Step>,
    /// Takes the service off the machine.
    pub withdraw: Vec<Step>,
    /// What must hold before the machine counts as healthy.
    pub checks: Vec<Check>,
    /// Prints the last [`LINES`] lines of the log that the machine keeps, and ends; empty where it
    /// keeps none.
    #[serde(default)]
    pub log: Vec<String>,
    /// Prints as many, and then each line as it comes; empty where that cannot be.
    pub follow: Vec<String>,
}

/// One step on a machine; safe to repeat. A path is absolute, or below the release's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Brings a file of the build.
    Upload(Upload),
    /// Writes a small file.
    Write(Document),
    /// Points a symbolic link at a path.
    Link {
        /// The link, an absolute path.
        name: String,
        /// What it points at.
        to: String,
    },
    /// Removes a file or a link.
    Remove(String),
    /// Runs a program, which must exit with 0.
    Run(Vec<String>),
}

/// A file of the build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The artifact's name.
    pub artifact: String,
    /// Where it is put.
    pub to: String,
    /// Its permissions.
    pub mode: u32,
}

/// A small file that a plugin states whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Where it is put.
    pub to: String,
    /// What it holds.
    pub contents: String,
    /// Its permissions.
    pub mode: u32,
}

/// What must hold on a machine, asked from the machine itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// A URL of plain HTTP answers with a status.
    Http {
        /// The URL.
        url: String,
        /// The status.
        status: u16,
    },
    /// `host:port` takes connections.
    Tcp(String),
    /// A program exits with 0.
    Command(Vec<String>),
}

/// An image of a build for one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Image {
    /// `scratch`, or an image pinned by digest.
    pub base: String,
    /// Host and path of the registry's repository.
    pub repository: String,
    /// Names of the image there.
    pub tags: Vec<String>,
    /// Files of the build.
    pub files: Vec<Upload>,
    /// Files that the plugin states.
    pub documents: Vec<Document>,
    /// `uid` or `uid:gid`; empty for the base's own.
    pub user: String,
    /// Where it starts; empty for the base's own.
    pub working_directory: String,
    /// What it starts.
    pub entrypoint: Vec<String>,
    /// Arguments, unless others are given at the start.
    pub arguments: Vec<String>,
    /// Names and values.
    pub environment: Vec<(String, String)>,
    /// `8080/tcp`
    pub ports: Vec<String>,
    /// Names and values.
    pub labels: Vec<(String, String)>,
    /// How layers are compressed.
    pub compression: Compression,
    /// Whether the certificates of the machine that builds go in.
    pub certificates: bool,
    /// Whether its time zones do.
    pub time_zones: bool,
}

/// How layers are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Smaller, and quicker to unpack.
    Zstd,
    /// Read by everybody.
    #[default]
    Gzip,
}

impl Release {
    /// All steps, in the order in which they may be done.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let live = self.stage.iter().chain(&self.activate);
        live.chain(&self.withdraw)
    }

    /// All texts of which a release consists that may hold placeholders.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let checks = self.checks.iter().flat_map(Check::texts);
        let steps = self.steps().flat_map(Step::texts);
        checks.chain(steps)
    }
}

impl Step {
    /// The texts that may hold placeholders.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Upload(upload) => vec![&upload.to],
            Self::Write(document) => vec![&document.to, &document.contents],
            Self::Link { name, to } => vec![name, to],
            Self::Remove(path) => vec![path],
            Self::Run(words) => words.iter().map(String::as_str).collect(),
        }
    }
}

impl Check {
    /// The texts that may hold placeholders.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Http { url, .. } => vec![url],
            Self::Tcp(address) => vec![address],
            Self::Command(words) => words.iter().map(String::as_str).collect(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upload(upload) => write!(f, "send {} to {}", upload.artifact, upload.to),
            Self::Write(document) => write!(f, "write {}", document.to),
            Self::Link { name, to } => write!(f, "link {name} to {to}"),
            Self::Remove(path) => write!(f, "remove {path}"),
            Self::Run(words) => write!(f, "run {}", words.join(" ")),
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { url, status } => write!(f, "{url} answers {status}"),
            Self::Tcp(address) => write!(f, "{address} takes connections"),
            Self::Command(words) => f.write_str(&words.join(" ")),
        }
    }
}
