//! A machine to build for, as a platform plugin describes it.

use serde::{Deserialize, Serialize};

use crate::Machine;

/// What runs an artifact where the host's own machine cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetRunner {
    /// Nothing: the artifact is not run here.
    #[default]
    None,
    /// A user-mode emulator and its arguments, for tests; never for timings.
    Emulator(Vec<String>),
    /// The WebAssembly engine inside `orch`.
    EmbeddedWasm,
}

/// What a device must show before an artifact is sent to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// Lowest Linux version, e.g. `5.4`.
    KernelAtLeast(String),
    /// Lowest glibc version, e.g. `2.36`.
    GlibcAtLeast(String),
    /// The page sizes in bytes that the artifact can bear.
    PageBytes(Vec<u32>),
    /// ISA features that it needs.
    CpuFeatures(Vec<String>),
    /// Smallest memory in bytes.
    MemoryBytesAtLeast(u64),
}

/// A machine to build for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Target {
    /// What code runs on.
    pub machine: Machine,
    /// What builders set for it, name and value.
    pub environment: Vec<(String, String)>,
    /// Whether an artifact must need no shared library and no interpreter.
    pub static_link: bool,
    /// What runs an artifact where the host cannot.
    pub runner: TargetRunner,
    /// What a device must show.
    pub requirements: Vec<Requirement>,
}
