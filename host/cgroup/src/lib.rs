//! Control groups of Linux, by either version of them: in which ones a process is, and new ones that
//! limit what a process and all that it starts may take. cgroups(7);
//! Documentation/admin-guide/cgroup-v2.rst; Documentation/admin-guide/cgroup-v1/memory.rst;
//! Documentation/scheduler/sched-bwc.rst.
//!
//! It only reads and writes the small files of the kernel. Who is limited and why is not known here.

mod group;
mod hierarchy;

pub use group::{Group, Limits, Refused};
pub use hierarchy::{Hierarchy, Version, hierarchies};
