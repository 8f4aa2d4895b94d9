//! Carries out one action.

use std::collections::BTreeMap;

use orch_model::{Action, BenchLimits, Digest, Fault, NodeId, Sample};

use crate::Cancel;

use super::{ActionResult, InstalledTree, OutputFile, SourceFile};

/// An action with all that it reads.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Whose action it is; names its directories on this machine.
    pub node: &'a NodeId,
    /// What to run.
    pub action: &'a Action,
    /// Its input files.
    pub inputs: &'a [SourceFile],
    /// Outputs of earlier actions, by the action's name.
    pub artifacts: &'a BTreeMap<String, Vec<OutputFile>>,
    /// Installed toolchains by name, at least those in `action.tools`.
    pub tools: &'a BTreeMap<String, InstalledTree>,
}

/// How an action failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, as a sentence without its subject: `exited with code 2`,
    /// `was ended by signal 9 (SIGKILL)`, `ran longer than 30 s`, `did not leave `x``.
    pub reason: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// What it printed and cost.
    pub sample: Sample,
}

/// What came of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Execution {
    /// It ended well and left what it declared; the outputs are in the store.
    Succeeded(ActionResult),
    /// It did not.
    Failed(Failure),
    /// The user interrupted.
    Cancelled,
}

/// In which surroundings a process is measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialSetting {
    /// Whether the files that it was given are taken out of the kernel's cache before.
    pub cold: bool,
    /// The CPUs that it has to stay on; any if there are none.
    pub cpus: Vec<u32>,
    /// Whether it comes before others of the machine, where that is permitted. What asks a service
    /// would be one of these others.
    pub first: bool,
    /// What it may take; what the machine has if none.
    pub limits: Option<BenchLimits>,
    /// How much is kept of the beginning and of the end of each of its streams, in bytes; as much as
    /// of an action if none.
    pub output_bytes: Option<usize>,
}

/// What came of one run of a process that is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It exited with 0.
    Sample(Sample),
    /// It did not.
    Failed(Failure),
    /// The user interrupted, or its work is over.
    Cancelled(Sample),
}

/// Carries out actions, locally or elsewhere. Blocks until the action is over; called
/// from several threads at once.
pub trait Executor: Send + Sync {
    /// What keeps actions from all but what they declare, as a part of their keys: its
    /// version and what it lacks. What was made with less is not taken for what was made
    /// with more.
    fn sandbox(&self) -> &str;

    /// The content of the emulator that a name means here, a part of the keys of what it runs;
    /// `None` where there is none.
    fn emulator(&self, name: &str) -> Result<Option<Digest>, Fault>;

    /// Runs the action. `Err` is for faults that are not the action's own.
    fn execute(&self, job: Job<'_>, cancel: &Cancel) -> Result<Execution, Fault>;

    /// Runs the action once to see what it costs, and keeps nothing of it.
    fn try_once(
        &self,
        job: Job<'_>,
        setting: &TrialSetting,
        cancel: &Cancel,
    ) -> Result<Trial, Fault>;
}
