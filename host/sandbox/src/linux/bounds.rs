//! Bounds that the kernel sets no ordinary user's programs: the memory of all of them
//! together, and what they leave free of the disk. A program that runs for long is looked at
//! now and then; one that is over before the first look costs nothing.

use std::fs;

use rustix::fs::statvfs;
use rustix::param::page_size;
use rustix::time::Timespec;

use crate::{Exceeded, Limits};

/// From one look to the next. What a program does in that time at most, some hundreds of
/// megabytes, is what the bounds are off by.
pub(super) const PAUSE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// A folder on the disk of the workspace, as it is seen inside.
const WORKSPACE: &str = "/orch/scratch";

/// The bounds of one program with all that it starts.
pub(super) struct Bounds {
    memory_bytes: u64,
    /// `None` where as little was free already when the program began.
    free_disk_bytes: Option<u64>,
}

impl Bounds {
    /// Those of a program that begins now.
    pub(super) fn begin(limits: &Limits) -> Self {
        let least = limits.free_disk_bytes;
        Self {
            memory_bytes: limits.memory_bytes,
            free_disk_bytes: Some(least)
                .filter(|least| free_bytes().is_some_and(|now| now > *least)),
        }
    }

    /// The bound that is exceeded now.
    pub(super) fn exceeded(&self) -> Option<Exceeded> {
        let free =
            free_bytes().filter(|free| self.free_disk_bytes.is_some_and(|least| *free < least));
        match free {
            Some(free_bytes) => Some(Exceeded::Disk { free_bytes }),
            None => self.memory_exceeded(),
        }
    }

    /// The cheap sum counts what a process shares with its parent twice, so that only calls
    /// for the exact one.
    fn memory_exceeded(&self) -> Option<Exceeded> {
        if total(unshared_bytes) <= self.memory_bytes {
            return None;
        }
        let used_bytes = total(|process| proportional_bytes(process).or(unshared_bytes(process)));
        (used_bytes > self.memory_bytes).then_some(Exceeded::Memory { used_bytes })
    }
}

/// Bytes that a program may still write.
fn free_bytes() -> Option<u64> {
    let disk = statvfs(WORKSPACE).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Over all processes but this one, by their folders in `/proc`.
fn total(bytes: impl Fn(&str) -> Option<u64>) -> u64 {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten();
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != "1" && name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|process| bytes(&process))
        .sum()
}

/// The resident set without pages of files, `proc_pid_statm(5)`.
fn unshared_bytes(process: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    let mut pages = text.split(' ').skip(1).map(str::parse::<u64>);
    let (resident, shared) = (pages.next()?.ok()?, pages.next()?.ok()?);
    Some(resident.saturating_sub(shared) * page_size() as u64)
}

/// The resident set with each page divided among those that share it, `proc_pid_smaps(5)`.
fn proportional_bytes(process: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
