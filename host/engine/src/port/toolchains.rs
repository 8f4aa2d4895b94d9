//! Puts toolchains on the machine.

use std::path::PathBuf;

use orch_model::{Digest, Fault, MachineProgram, Toolchain};

use crate::Cancel;

use super::{OutputFile, Stage};

/// An unpacked, verified toolchain. Nobody writes below its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledTree {
    /// The absolute path of its root on this machine.
    pub root: PathBuf,
    /// Over names, modes and contents of all its files; the same on every machine.
    pub tree: Digest,
    /// Size of all files in bytes.
    pub bytes: u64,
    /// How many files.
    pub files: u64,
    /// Size in bytes of the files of its archives that were left out.
    pub left_out_bytes: u64,
    /// Programs of the machine that it stands for: what it is made of in their place counts
    /// for nothing.
    pub programs: Vec<MachineProgram>,
}

/// Told how far something has come; called often, so it must be cheap.
pub trait Progress: Sync {
    /// `done` of `total` bytes of a stage; `total` where it is known.
    fn report(&self, stage: Stage, done: u64, total: Option<u64>);
}

/// Fetches, verifies and unpacks toolchains, each once on a machine.
pub trait Toolchains: Send + Sync {
    /// The toolchain if it lies here already. Reads no archive and asks no network.
    fn installed(&self, toolchain: &Toolchain) -> Result<Option<InstalledTree>, Fault>;

    /// The toolchain, downloaded and unpacked if it does not lie here yet. Two
    /// processes that want the same one do the work once.
    fn install(
        &self,
        toolchain: &Toolchain,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<InstalledTree, Fault>;

    /// The tree of these files if it lies here already: what a build left, by paths below the
    /// toolchain's root.
    fn adopted(&self, files: &[OutputFile]) -> Result<Option<InstalledTree>, Fault>;

    /// The same, taken out of the store if it does not lie here yet. It must hold every
    /// program of the toolchain.
    fn adopt(
        &self,
        toolchain: &Toolchain,
        files: &[OutputFile],
        cancel: &Cancel,
    ) -> Result<InstalledTree, Fault>;
}
