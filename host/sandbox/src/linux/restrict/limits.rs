//! Bounds on what a program and all that it starts may use. They hold for the whole process
//! that sets them and are inherited.

use std::io::{self, Write};
use std::os::fd::AsFd;

use rustix::fs::{Mode, OFlags, openat};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{Limits, Missing, Protection};

/// Where the number of processes of a pid namespace is bounded, since Linux 6.14.
const PID_LIMIT: &str = "sys/kernel/pid_max";

/// Sets the bounds; `proc` is a writable mount of the namespace's own `/proc`.
pub(in super::super) fn limit(limits: &Limits, proc: impl AsFd) -> Result<(), Missing> {
    lower(Resource::Core, 0);
    lower(Resource::Fsize, limits.file_bytes);
    // Message queues by name outlive their programs and show nowhere.
    lower(Resource::Msgqueue, 0);
    lower(Resource::Nproc, limits.processes.into());
    let bounded = bound_namespace(limits.processes, proc);
    // In a user namespace, the kernel counts an ordinary user's processes for that alone,
    // and root's not at all.
    match bounded {
        Err(error) if is_root_outside() => Err(Missing {
            protection: Protection::ProcessLimit,
            why: format!("could not write `/proc/{PID_LIMIT}`: {error}"),
        }),
        _ => Ok(()),
    }
}

fn lower(resource: Resource, to: u64) {
    let now = getrlimit(resource);
    let least = |bound: Option<u64>| Some(bound.map_or(to, |bound| bound.min(to)));
    // Lowering is always allowed.
    let _ = setrlimit(
        resource,
        Rlimit {
            current: least(now.current),
            maximum: least(now.maximum),
        },
    );
}

fn bound_namespace(processes: u32, proc: impl AsFd) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let file = openat(proc, PID_LIMIT, flags, Mode::empty())?;
    std::fs::File::from(file).write_all(processes.to_string().as_bytes())
}

/// Whether the one user inside is root on the machine.
fn is_root_outside() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().nth(1) == Some("0")
}
