//! Measures on machines of fleets: over `transport`, with what such a machine has by itself.
//! Nothing is installed there, all that is put there lies in one folder, and that goes when we go,
//! however we do.
//!
//! What is measured, in which order, and what figures mean is `measure`'s; how a machine is reached
//! is `transport`'s.

mod bench_host;
mod calibrated_host;
mod choice;
mod hold;
mod hosts;
mod kernel_files;
mod meter;
mod ports;
mod reached;
mod services;
mod way;
mod workplace;

pub use calibrated_host::CalibratedHost;
pub use hosts::{FleetHosts, Reaching};
