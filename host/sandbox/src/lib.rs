//! A set of namespaces, prepared once, in which one program after another runs with nothing
//! but what it is shown.
//!
//! This crate knows namespaces, mounts, Landlock and seccomp. It deliberately does not know
//! what an action is, where its files come from, or what becomes of them: it is told which
//! folders to show, runs a program, and says how that ended.
//!
//! Only Linux has what it takes. On other systems [`Sandbox::start`] says so, and nothing
//! else of the house needs to know.

mod layout;
mod outcome;
mod protection;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
use elsewhere as system;

pub use layout::{ROOT, SYSTEM_FOLDERS, WORKSPACE_FOLDERS, inside};
pub use outcome::{Events, Exceeded, Finished, JobError, ProcessorEvents, Residue, Usage};
pub use protection::{Missing, Protection, StartError};
pub use system::{
    ProcessorCounters, Sandbox, may_come_first, on_cpus, sandbox_main, with_priority,
};

use std::ffi::OsString;
use std::path::PathBuf;

/// Raised whenever programs are shown something else, so that results of an older sandbox
/// are not taken for those of a newer one.
pub const VERSION: u32 = 1;

/// What a sandbox is made from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The command whose process runs [`sandbox_main`]. The word `init` is added to it for
    /// the second of the two processes that a sandbox consists of.
    pub command: Vec<OsString>,
    /// The absolute path, free of links, of a folder that holds [`WORKSPACE_FOLDERS`]. The
    /// sandbox shows those for as long as it lives, so the folders themselves must stay.
    pub workspace: PathBuf,
    /// Whether programs reach the machine's network.
    pub network: bool,
    /// Bounds of one program with all that it starts.
    pub limits: Limits,
    /// Whether it is counted what the processor does for programs, where it can be.
    pub counts: bool,
    /// Whether programs come before others of the machine, where that is permitted.
    pub first: bool,
    /// What programs may take together with the sandbox's own processes, which need some
    /// megabytes: by a control group, which not everybody may make.
    pub group: Option<orch_cgroup::Limits>,
}

/// Bounds of one program with all that it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Processes and threads at one time; at least 301, which is the kernel's own minimum.
    pub processes: u32,
    /// The size of one file in bytes.
    pub file_bytes: u64,
    /// Memory of all processes together, in bytes.
    pub memory_bytes: u64,
    /// What must stay free of the workspace's disk, in bytes.
    pub free_disk_bytes: u64,
}

impl Default for Limits {
    /// 8,192 processes and threads, files of 64 GiB: more than builds need, less than a
    /// machine bears. 256 MiB of the disk stay free. How much memory is too much depends on
    /// the machine, so here it is not bounded.
    fn default() -> Self {
        Self {
            processes: 8192,
            file_bytes: 64 << 30,
            memory_bytes: u64::MAX,
            free_disk_bytes: 256 << 20,
        }
    }
}

/// A folder of the machine to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Its absolute path on the machine, free of links.
    pub from: PathBuf,
    /// Where it is shown: one or more parts below [`ROOT`], such as `tool/go`.
    pub to: PathBuf,
    /// Whether programs may change it.
    pub writable: bool,
}

/// One program to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The absolute path of the program, as it is seen inside.
    pub program: OsString,
    /// The arguments behind the program.
    pub arguments: Vec<OsString>,
    /// The whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Where it begins, as it is seen inside.
    pub directory: PathBuf,
    /// Whether it may change what lies below `source`.
    pub writable_source: bool,
    /// What it is shown besides the workspace.
    pub mounts: Vec<Mount>,
    /// The CPUs that it has to stay on; any if there are none.
    pub cpus: Vec<u32>,
}
