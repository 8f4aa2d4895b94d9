//! Carries out actions on this machine: finds their inputs, gives them directories, runs
//! and ends their processes, keeps what they leave, and puts products in place.
//!
//! This crate knows processes and the project's folder. It deliberately does not know
//! plans, plugins or toolchain releases, and it never looks at the user's environment:
//! what it needs of that comes in through [`LocalSettings`].

mod action_cache;
mod capture;
mod ended;
mod environment;
mod file_memory;
mod footing;
mod inputs;
mod interpreter;
mod known_files;
mod leftovers;
mod lists;
mod local;
mod look;
mod look_file;
mod noted_sources;
mod outputs;
mod page_cache;
mod parts;
mod patterns;
mod place;
mod process;
mod publisher;
mod question;
mod reaper;
mod sandboxed;
mod sandboxes;
mod seen;
mod snapshot;
mod sources;
mod stream;
mod undeclared;
mod verdict;
mod watch;
mod workspace;

pub use action_cache::{StoreActionCache, named_blobs};
pub use environment::find_program;
pub use file_memory::FileMemory;
pub use footing::Unit;
pub use local::{LocalExecutor, LocalSettings};
pub use noted_sources::NotedSources;
pub use parts::Parts;
pub use patterns::patterns_mean;
pub use publisher::ProjectPublisher;
pub use question::Question;
pub use reaper::reaper_main;
pub use sandboxes::{SandboxSettings, Sandboxes};
pub use snapshot::{Glance, Kept, Snapshot};
pub use sources::ProjectSources;
