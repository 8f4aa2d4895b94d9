//! The nouns of `orch`: what a machine, an action, a toolchain, a plugin or a pipeline *is*.
//!
//! This crate owns values and their text forms. It deliberately does no I/O, starts no
//! process, knows no async runtime and no WebAssembly engine; every other crate of the
//! house speaks in its types.

mod action;
mod address;
mod bench_limits;
mod change;
mod deploy;
mod diagnostic;
mod digest;
mod facts;
mod fault;
mod lock;
mod machine;
mod machine_facts;
mod measurement;
mod nearest;
mod node;
mod observation;
mod path;
mod pipeline;
mod placeholder;
mod plugin;
mod probe;
mod promise;
mod rollout;
mod sample;
mod settings;
mod system_version;
mod target;
mod template;
mod toolchain;
mod tweak;

pub use action::{Action, Artifact, Build, Part, Runner, Variable, Word};
pub use address::{ADDRESS_FORMS, host_of_address, is_host_address};
pub use bench_limits::BenchLimits;
pub use change::Change;
pub use deploy::{Check, Compression, Document, Image, LINES, Proposal, Release, Step, Upload};
pub use diagnostic::{Diagnostic, Place, Severity, SourceText, Span, Spanned};
pub use digest::{Digest, DigestError, Hasher};
pub use facts::{
    Answer, PackageFile, ProgramFacts, Question, RecordedFact, Refusal, VersionArgument,
};
pub use fault::{Fault, FaultKind};
pub use lock::{Lock, LockedPlugin, LockedRelease, LockedToolchain};
pub use machine::{Architecture, Machine, Memory, MemoryUse, OperatingSystem};
pub use machine_facts::{Libc, LibcFamily, MachineFacts};
pub use measurement::{Better, Gate, Metric, Profile, Reading};
pub use nearest::nearest;
pub use node::NodeId;
pub use observation::Observation;
pub use path::{PathError, RelativePath, Root, SandboxPath};
pub use pipeline::{
    BenchTable, BuildTable, ChosenPolicy, DeployTable, FleetPlace, FleetTable, Name, Pipeline,
    PluginSource, PluginTable, SecretTable, TargetTable, TaskTable, ToolchainTable,
};
pub use placeholder::{Placeholder, parse_placeholders, without_placeholders};
pub use plugin::{
    Asks, Log, LogLevel, Manifest, Offer, PluginFailure, PluginId, PluginOrigin, PluginSummary,
    Problem, Role,
};
pub use probe::{Load, Measurement, ProbePlan, Readiness, Service, Work};
pub use rollout::{
    Commit, FleetHost, Health, HealthCheck, Inventory, OnFailure, Rollout, SecretSource, Share,
    Wave,
};
pub use sample::{Counter, Sample};
pub use settings::Settings;
pub use system_version::SystemVersion;
pub use target::{Requirement, Target, TargetRunner};
pub use template::{TemplateError, TemplatePart, parse_template};
pub use toolchain::{
    Archive, ArchiveFormat, InstalledToolchain, MachineProgram, TextFile, Tool, Toolchain,
};
pub use tweak::{Advice, Tweak, overriding};
