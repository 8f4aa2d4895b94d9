//! What the engine needs of the world, as traits. Other crates implement them; only the
//! command line knows which. Nothing here has an implementation of its own.

mod action_cache;
mod deployer;
mod executor;
mod facts;
mod judge;
mod machines;
mod measurer;
mod observer;
mod plugins;
mod publisher;
mod sources;
mod toolchains;
mod wasm;

pub use action_cache::{ActionCache, ActionResult, Claim, OutputFile};
pub use deployer::{
    DeployJob, DeployProgress, DeployReport, Deployed, Deployer, HostReport, HostState,
};
pub use executor::{Execution, Executor, Failure, Job, Trial, TrialSetting};
pub use facts::FactSource;
pub use judge::{Judge, Judgement};
pub use machines::{Obstacles, ReadHosts};
pub use measurer::{
    BenchReport, Change, Figures, GateReport, MeasureJob, Measured, Measurer, MetricReport,
    ProcessReads, Verdict,
};
pub use observer::{Event, Observer, Stage};
pub use plugins::{
    AdviceRequest, BUILD_STEP, BuildRequest, Called, DeployRequest, FILES_STEP, FinishRequest,
    Plugins, ProbeRequest, SampleRequest,
};
pub use publisher::{Publication, Publisher};
pub use sources::{SourceFile, Sources};
pub use toolchains::{InstalledTree, Progress, Toolchains};
pub use wasm::WasmRunner;
