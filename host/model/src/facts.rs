//! What a plugin can learn: questions, answers, refusals, and the record of them.

use serde::{Deserialize, Serialize};

use crate::{Digest, Machine, RelativePath, Sample, SandboxPath};

/// A question of a plugin's. Each needs a grant, but for the first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// The machine that builds.
    HostMachine,
    /// An environment variable of the user's.
    Variable(String),
    /// A file below the pipeline's folder.
    Read(RelativePath),
    /// Files below the pipeline's folder that a pattern matches.
    Glob(String),
    /// A small document.
    Download(String),
    /// Versions of a package, newest first, by package URL without a version.
    PackageVersions(String),
    /// The file that a version of a package has for a machine.
    PackageFile {
        /// Package URL without a version.
        name: String,
        /// The version.
        version: String,
        /// The machine that the file is for.
        machine: Machine,
    },
    /// A program of the machine that builds, and what it says of itself.
    Program {
        /// Its name on the user's `PATH`.
        name: String,
        /// The one argument that it is asked with.
        argument: VersionArgument,
    },
    /// What a tool of a resolved toolchain prints about the sources.
    Run {
        /// The tool.
        tool: SandboxPath,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

/// An argument that makes a program say its version and do nothing else. Programs run with
/// the user's rights when they are asked, so there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionArgument {
    /// `--version`
    DoubleDash,
    /// `-version`
    Dash,
    /// `version`
    Word,
    /// `-V`
    Capital,
}

impl VersionArgument {
    /// The argument as a program gets it.
    pub fn text(self) -> &'static str {
        match self {
            VersionArgument::DoubleDash => "--version",
            VersionArgument::Dash => "-version",
            VersionArgument::Word => "version",
            VersionArgument::Capital => "-V",
        }
    }
}

/// What is known of a program of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramFacts {
    /// What it printed when it was asked: standard output, then standard error.
    pub said: String,
    /// Over its file and the shared libraries that it needs.
    pub digest: Digest,
}

/// One file of a package registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageFile {
    /// Package URL that names exactly this file.
    pub url: String,
    /// As the registry states it.
    pub digest: Digest,
    /// Size, where the registry states it.
    pub bytes: Option<u64>,
    /// As the registry writes it.
    pub version: String,
    /// Packages that it needs, in the registry's own notation, as far as that is read.
    pub requires: Vec<String>,
    /// Names of others that it stands for.
    pub provides: Vec<String>,
    /// Packages that may not be beside it.
    pub conflicts: Vec<String>,
}

/// The answer to a question of the same shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// To [`Question::HostMachine`].
    Machine(Machine),
    /// To [`Question::Variable`].
    Text(String),
    /// To [`Question::Read`] and [`Question::Download`].
    Bytes(Vec<u8>),
    /// To [`Question::Glob`] and [`Question::PackageVersions`].
    List(Vec<String>),
    /// To [`Question::PackageFile`].
    PackageFile(PackageFile),
    /// To [`Question::Program`].
    Program(ProgramFacts),
    /// To [`Question::Run`].
    Sample(Sample),
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No grant covers it.
    Denied,
    /// There is no such thing.
    Absent,
    /// It needs the network, and there is none or the user said `--offline`.
    Offline,
    /// It was tried and failed.
    Failed(String),
}

/// A question with the digest of its answer (or refusal): what a kept plan rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordedFact {
    /// What was asked.
    pub question: Question,
    /// Of the answer's JSON form.
    pub answer: Digest,
}

impl RecordedFact {
    /// Records what `question` was answered.
    pub fn new(question: Question, answer: &Result<Answer, Refusal>) -> Self {
        let mut hasher = crate::Hasher::new();
        // A hasher takes every byte, and these types have no map with foreign keys.
        serde_json::to_writer(&mut hasher, answer).expect("an answer has a JSON form");
        Self {
            question,
            answer: hasher.finish(),
        }
    }
}

/// How a question reads in a message.
impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Question::HostMachine => f.write_str("the host machine"),
            Question::Variable(name) => write!(f, "variable `{name}`"),
            Question::Read(path) => write!(f, "file `{path}`"),
            Question::Glob(pattern) => write!(f, "files `{pattern}`"),
            Question::Download(url) => write!(f, "document `{url}`"),
            Question::PackageVersions(name) => write!(f, "versions of package `{name}`"),
            Question::PackageFile {
                name,
                version,
                machine,
            } => {
                write!(f, "package `{name}` {version} for {}", machine.triple)
            }
            Question::Program { name, .. } => write!(f, "program `{name}` of this machine"),
            Question::Run { tool, .. } => write!(f, "what tool `{tool}` prints"),
        }
    }
}
