//! The ports that a run works through, gathered.

use orch_model::Machine;

use crate::port::{
    ActionCache, Deployer, Executor, Judge, Measurer, Publisher, Sources, Toolchains,
};

/// All that the engine needs of the world while a graph runs.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The machine that builds.
    pub host: &'a Machine,
    /// Puts toolchains on the machine.
    pub toolchains: &'a dyn Toolchains,
    /// Finds and digests input files.
    pub sources: &'a dyn Sources,
    /// Carries out processes.
    pub executor: &'a dyn Executor,
    /// What was done before.
    pub cache: &'a dyn ActionCache,
    /// Looks into artifacts.
    pub judge: &'a dyn Judge,
    /// Measures what builds made.
    pub measurer: &'a dyn Measurer,
    /// Brings what builds made onto machines.
    pub deployer: &'a dyn Deployer,
    /// Puts outputs in place.
    pub publisher: &'a dyn Publisher,
}
