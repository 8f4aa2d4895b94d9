//! What the processor does for programs, perf_event_open(2): counted for whatever a thread starts,
//! with all that that starts, from its `execve` on. In user mode only: that is what the kernel
//! lets everybody count (`kernel.perf_event_paranoid` of 2), and what a program itself decides.

use std::io;

use perf_event::events::{Event, Hardware};
use perf_event::{Builder, CountAndTime, Counter};

use crate::ProcessorEvents;

/// Counters of one thread's programs.
#[derive(Debug)]
pub struct ProcessorCounters {
    instructions: Inherited,
    cycles: Inherited,
}

impl ProcessorCounters {
    /// Counts for what this thread starts from now on. Refused where the processor has no counters, as
    /// in most virtual machines, or the kernel keeps them to itself.
    pub fn open() -> io::Result<Self> {
        Ok(Self {
            instructions: Inherited::open(Hardware::INSTRUCTIONS)?,
            cycles: Inherited::open(Hardware::CPU_CYCLES)?,
        })
    }

    /// What was counted since this was asked last, of programs that were waited for. None where a
    /// counter had to be shared with others of the machine and so has missed a part.
    pub fn take(&mut self) -> Option<ProcessorEvents> {
        let (instructions, cycles) = (self.instructions.take(), self.cycles.take());
        Some(ProcessorEvents {
            instructions: instructions?,
            cycles: cycles?,
        })
    }
}

/// A counter that programs inherit from a thread for which it counts nothing.
#[derive(Debug)]
struct Inherited {
    counter: Counter,
    last: Reading,
}

/// What a counter has counted, and the nanoseconds for which it should have and did.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    count: u64,
    wanted: u64,
    counted: u64,
}

impl Inherited {
    fn open(event: impl Event) -> io::Result<Self> {
        let mut builder = Builder::new(event);
        let builder = builder.observe_self().any_cpu();
        let builder = builder.inherit(true).enable_on_exec(true);
        let counter = builder.exclude_kernel(true).exclude_hv(true).build()?;
        Ok(Self {
            counter,
            last: Reading::default(),
        })
    }

    fn take(&mut self) -> Option<u64> {
        let CountAndTime {
            count,
            time_enabled,
            time_running,
        } = self.counter.read_count_and_time().ok()?;
        let now = Reading {
            count,
            wanted: time_enabled,
            counted: time_running,
        };
        let last = std::mem::replace(&mut self.last, now);
        let is_whole = now.wanted - last.wanted == now.counted - last.counted;
        is_whole.then(|| now.count - last.count)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use perf_event::events::Software;

    use super::*;

    /// Page faults are counted by the kernel itself, so that every machine has them.
    fn faults() -> Inherited {
        Inherited::open(Software::PAGE_FAULTS).expect("the kernel lets everybody count user mode")
    }

    fn run(script: &str) {
        let ended = Command::new("/bin/sh").args(["-c", script]).status();
        assert!(ended.expect("there is a shell").success());
    }

    #[test]
    fn programs_are_counted_with_all_that_they_start() {
        let mut faults = faults();
        run(":");
        let one = faults.take().expect("nothing is shared");
        assert!(one > 0);
        run("/bin/sh -c :; /bin/sh -c :");
        let three = faults.take().expect("nothing is shared");
        assert!(three > 2 * one, "{three} of three, {one} of one");
    }

    #[test]
    fn the_thread_itself_and_others_are_not_counted() {
        let (go, wait) = std::sync::mpsc::channel();
        let other = std::thread::spawn(move || {
            wait.recv().expect("it is told to");
            run(":");
        });
        let mut faults = faults();
        let touched = vec![1_u8; 64 << 20];
        let sum: usize = touched.iter().map(|one| usize::from(*one)).sum();
        assert_eq!(sum, 64 << 20);
        go.send(()).expect("it waits");
        other.join().expect("it does not panic");
        assert_eq!(faults.take(), Some(0));
    }
}
