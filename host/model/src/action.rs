//! One process to run, shaped for the Remote Execution API: arguments, environment,
//! inputs and declared outputs, all paths relative to roots.

use serde::{Deserialize, Serialize};

use crate::{RelativePath, SandboxPath, TextFile};

/// A piece of a [`Word`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Literal text.
    Text(String),
    /// A place, turned into a real path when the action runs.
    Path(SandboxPath),
}

/// One argument or value: its parts joined with nothing between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Word(pub Vec<Part>);

impl Word {
    /// A word of literal text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Part::Text(text.into())])
    }

    /// The places that it names.
    pub fn paths(&self) -> impl Iterator<Item = &SandboxPath> {
        self.0.iter().filter_map(|part| match part {
            Part::Path(path) => Some(path),
            Part::Text(_) => None,
        })
    }
}

/// How a person reads a word: paths by their root's name.
impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Path(path) => write!(f, "{{{path}}}"),
        })
    }
}

/// A variable of an action's environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Variable {
    /// Its name, e.g. `GOOS`.
    pub name: String,
    /// What it is set to.
    pub value: Word,
}

/// What carries out an action's program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runner {
    /// The host's kernel.
    #[default]
    Native,
    /// A user-mode emulator: its program as the machine's `PATH` finds it, and the
    /// arguments that stand before the emulated program.
    Emulator(Vec<String>),
    /// The WebAssembly engine inside `orch`, with WASI preview 1.
    EmbeddedWasm,
}

/// One process to run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Action {
    /// Unique within its build, e.g. `compile`.
    pub name: String,
    /// The program's file; a [`Part::Text`] word of its own when it is one that the
    /// machine's `PATH` finds.
    pub program: Word,
    /// The arguments behind the program.
    pub arguments: Vec<Word>,
    /// The whole environment: nothing is inherited.
    pub environment: Vec<Variable>,
    /// The working directory, below `source` or `scratch`.
    pub directory: SandboxPath,
    /// Glob patterns below `source`; `!` in front takes away.
    pub inputs: Vec<String>,
    /// Made below `scratch` before it starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<TextFile>,
    /// Files or directories below `output` (builds) or `source` (tasks) that it leaves.
    pub outputs: Vec<SandboxPath>,
    /// Names of the kept directories that it uses. Never part of its key.
    pub caches: Vec<String>,
    /// Who owns the names in `caches`, e.g. the plugin `go`.
    pub cache_owner: String,
    /// Whether it may reach the network.
    pub network: bool,
    /// Actions of the same build whose outputs it reads.
    pub after: Vec<String>,
    /// Names of the installed toolchains whose trees it reads.
    pub tools: Vec<String>,
    /// What carries the program out.
    #[serde(default)]
    pub runner: Runner,
    /// How long it may run, in milliseconds; `None` for as long as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Whether a success may be kept and reused.
    #[serde(default = "yes")]
    pub cacheable: bool,
}

fn yes() -> bool {
    true
}

/// A file that ships.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Artifact {
    /// File name in `out/<build>/<target>/`.
    pub name: RelativePath,
    /// Below [`crate::Root::Artifact`] of the action that makes it, or below
    /// [`crate::Root::Tool`]: a toolchain's own file that a program needs beside it.
    pub path: SandboxPath,
    /// Whether it is a program.
    pub executable: bool,
}

/// What a builder plans: actions, and what of their outputs ships.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// In any order; `after` orders them.
    pub actions: Vec<Action>,
    /// At least one, from a builder.
    pub artifacts: Vec<Artifact>,
}
