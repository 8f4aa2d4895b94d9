//! Takes samples and says what they prove: in which order, on how quiet a machine, and by which
//! statistics.
//!
//! It deliberately starts no process itself and knows no plugin, terminal or file format: samples
//! come from the engine's executor, and what they are of is the caller's affair.

mod calibration;
mod conditions;
mod gates;
pub mod load;
mod loads;
mod machine;
mod meanwhile;
mod measurer;
mod names;
mod noise;
mod past;
mod pinning;
mod placeholder;
mod port;
mod ready;
mod ready_sign;
mod requests;
mod resident;
mod sampling;
mod service;
mod service_host;
mod session;
mod side;
mod sockets;
pub mod statistics;
mod stop;
#[cfg(test)]
mod testing;

pub use calibration::{Calibration, Medians, calibrate, calibration_work, noise};
pub use conditions::{
    Conditions, Core, Counters, CpuSet, CpuSpeed, CpuTime, Fingerprint, Interval, Limits, Memory,
    PiFirmware, ProcessorModel, Topology, Turbo, TurboSwitch, Virtualization, Zone, own_cpu_time,
};
pub use gates::{are_comparable, compared, median_with_interval};
pub use machine::{Hosts, Machine, Meter, Moment};
pub use measurer::{BenchMeasurer, Inspect, Measuring};
pub use noise::{Clocks, Noise, Warning, warnings, warnings_during};
pub use past::{CommitOf, Past, gate_failed};
pub use pinning::{Pinning, choose_cpus};
pub use placeholder::fill_readiness;
pub use port::{free_port, port_is_taken, require_free_port};
pub use ready::{NotReady, Tried, wait, wait_until_ready};
pub use ready_sign::ReadySign;
pub use resident::memory_of;
pub use service_host::ServiceHost;
pub use sockets::{Socket, sockets};
