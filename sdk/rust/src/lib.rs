//! Everything that a plugin for `orch` needs: one trait a role, the contract's nouns with
//! methods to describe things in few words, and a fake world for unit tests.
//!
//! A plugin is a pure function from a request and facts to data. It opens no file and no
//! socket; it says what to fetch, run or set, and `orch` does it.
//!
//! ```
//! use orch_plugin::target_platform::{Target, TargetPlatform};
//! use orch_plugin::{Error, Facts, Machine, NoSettings, Offer};
//!
//! struct Blueboard;
//!
//! impl TargetPlatform for Blueboard {
//!     type Settings = NoSettings;
//!
//!     fn offers() -> Vec<Offer> {
//!         vec![Offer::new("blueboard", "Blueboard mark II, two Cortex-A53")]
//!     }
//!
//!     fn describe(_: &str, _: NoSettings, _: &dyn Facts) -> Result<Target, Error> {
//!         let machine = Machine::of("aarch64-unknown-linux-musl").cpu("cortex-a53").cores(2);
//!         Ok(Target::of(machine).static_link())
//!     }
//! }
//!
//! orch_plugin::export_target_platform!(Blueboard);
//! ```
//!
//! The same source compiles for `wasm32-unknown-unknown`, where the macro exports the
//! role, and for the machine at hand, where `cargo test` calls the trait with
//! [`fake::Facts`]. `orch plugin build` makes the component.

#[doc(hidden)]
pub mod contract;

mod action;
mod advice;
mod arm_core;
mod counts;
mod duration;
mod facts;
#[cfg(not(target_family = "wasm"))]
pub mod fake;
mod fixed_policy;
mod installed_toolchain;
pub mod log;
mod machine;
mod misfits;
mod nearest;
mod offer;
mod page_size;
mod panics;
mod path;
mod problem;
mod process;
mod release;
mod sample;
mod settings;
mod word;

pub mod benchmark_probe;
pub mod builder;
pub mod deployer;
pub mod target_platform;
pub mod toolchain_source;
pub mod tuning_policy;
pub mod x86_64;

pub use crate::arm_core::ArmCore;
pub use crate::contract::base::orch::plugin::facts::{
    MachineProgram, Refusal, RegistryFile, VersionArgument,
};
pub use crate::contract::base::orch::plugin::types::{
    Action, Artifact, Build, Counter, Error, Flag, InstalledToolchain, Machine, Memory, Offer,
    Pair, Part, Path, Problem, Root, Sample, TextFile, Tool, Tweak, Variable, Word,
};
pub use crate::counts::count_problems;
pub use crate::duration::milliseconds;
pub use crate::facts::Facts;
#[doc(hidden)]
pub use crate::facts::HostFacts;
pub use crate::misfits::{argument_problems, nul_problem, pattern_problems, variable_problems};
pub use crate::nearest::nearest;
pub use crate::page_size::PageSize;
pub use crate::path::{artifact, cache, output, scratch, source, tool};
pub use crate::release::Release;
pub use crate::settings::{NoSettings, settings};
pub use crate::word::{IntoWord, word};
