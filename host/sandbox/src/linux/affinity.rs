//! On which CPUs a program runs: sched_setaffinity(2). What a thread starts has its mask.

use std::io;

use rustix::io::Errno;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Starts something that has to stay on these CPUs, or may run wherever this thread may if there
/// are none of them. This thread itself is afterwards where it was.
pub fn on_cpus<T>(cpus: &[u32], start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if cpus.is_empty() {
        return start();
    }
    let own = sched_getaffinity(None)?;
    sched_setaffinity(None, &set(cpus)?)?;
    let started = start();
    sched_setaffinity(None, &own)?;
    started
}

fn set(cpus: &[u32]) -> Result<CpuSet, Errno> {
    let mut set = CpuSet::new();
    for cpu in cpus {
        let cpu = *cpu as usize;
        if cpu >= CpuSet::MAX_CPU {
            return Err(Errno::INVAL);
        }
        set.set(cpu);
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The CPUs that this thread may use.
    fn own() -> Vec<u32> {
        let set = sched_getaffinity(None).expect("it can be asked");
        let all = 0..CpuSet::MAX_CPU as u32;
        all.filter(|cpu| set.is_set(*cpu as usize)).collect()
    }

    #[test]
    fn what_is_started_stays_there_and_this_thread_does_not() {
        let before = own();
        let last = *before.last().expect("it runs on one");
        assert_eq!(on_cpus(&[last], || Ok(own())).unwrap(), [last]);
        assert_eq!(own(), before);
        assert_eq!(on_cpus(&[], || Ok(own())).unwrap(), before);
    }

    #[test]
    fn a_cpu_that_there_is_not_is_refused() {
        for cpu in [1_000, 1_000_000] {
            on_cpus(&[cpu], || Ok(())).unwrap_err();
        }
    }
}
