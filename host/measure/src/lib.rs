//! Takes samples and says what they prove: in which order, on how quiet a machine, and by which
//! statistics.
//!
//! It deliberately starts no process itself and knows no plugin, terminal or file format: samples
//! come from the engine's executor, and what they are of is the caller's affair.

mod conditions;
mod noise;
mod pinning;
#[cfg(test)]
mod testing;

pub use conditions::{
    Conditions, Core, Counters, CpuSet, CpuSpeed, CpuTime, Fingerprint, Interval, Limits, Memory,
    ProcessorModel, Topology, Turbo, TurboSwitch, Virtualization, Zone,
};
pub use noise::{Noise, Warning, warnings, warnings_during};
pub use pinning::{Pinning, choose_cpus};
