//! What the processor does for a program, perf_event_open(2): counted from its `execve` on, with all
//! that it starts. In user mode only: that is what the kernel lets everybody count
//! (`kernel.perf_event_paranoid` of 2), and what a program itself decides.
//!
//! A counter serves one program. Between a thread and what it starts the kernel moves counters to
//! and fro, and one that has counted is not switched on again by the next `execve`.

use std::io;

use perf_event::events::{Event, Hardware};
use perf_event::{Builder, CountAndTime, Counter};
use rustix::thread::{Pid, gettid};

use crate::ProcessorEvents;

/// Counters of the next program that a thread starts.
#[derive(Debug)]
pub struct ProcessorCounters {
    instructions: Inherited,
    cycles: Inherited,
}

impl ProcessorCounters {
    /// For the next program that this thread starts. Refused where the processor has no counters, as
    /// in most virtual machines, or the kernel keeps them to itself.
    pub fn open() -> io::Result<Self> {
        Self::of_thread(gettid())
    }

    /// The same of another thread of this process.
    pub(super) fn of_thread(thread: Pid) -> io::Result<Self> {
        Ok(Self {
            instructions: Inherited::open(Hardware::INSTRUCTIONS, thread)?,
            cycles: Inherited::open(Hardware::CPU_CYCLES, thread)?,
        })
    }

    /// What was counted of a program that was waited for. None where a counter had to be shared with
    /// others of the machine and so has missed a part.
    pub fn read(self) -> Option<ProcessorEvents> {
        Some(ProcessorEvents {
            instructions: self.instructions.read()?,
            cycles: self.cycles.read()?,
        })
    }
}

/// A counter that a program inherits from a thread for which it counts nothing.
#[derive(Debug)]
struct Inherited(Counter);

impl Inherited {
    fn open(event: impl Event, thread: Pid) -> io::Result<Self> {
        let mut builder = Builder::new(event);
        let builder = builder.observe_pid(thread.as_raw_nonzero().get()).any_cpu();
        let builder = builder.inherit(true).enable_on_exec(true);
        Ok(Self(builder.exclude_kernel(true).exclude_hv(true).build()?))
    }

    fn read(mut self) -> Option<u64> {
        let CountAndTime {
            count,
            time_enabled,
            time_running,
        } = self.0.read_count_and_time().ok()?;
        (time_enabled == time_running).then_some(count)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::mpsc::channel;
    use std::thread;

    use perf_event::events::Software;

    use super::*;

    /// Page faults are counted by the kernel itself, whatever the processor has.
    fn faults(thread: Pid) -> Inherited {
        Inherited::open(Software::PAGE_FAULTS, thread).unwrap_or_else(|error| {
            panic!(
                "this test counts events ({error}): `sudo sysctl kernel.perf_event_paranoid=2`, and \
                 `--cap-add PERFMON` for a container"
            )
        })
    }

    fn run(script: &str) {
        let ended = Command::new("/bin/sh").args(["-c", script]).status();
        assert!(ended.expect("there is a shell").success());
    }

    fn counted(script: &str) -> u64 {
        let faults = faults(gettid());
        run(script);
        faults.read().expect("nothing is shared")
    }

    #[test]
    fn programs_are_counted_with_all_that_they_start() {
        // Whether the kernel moves a counter is chance.
        for _ in 0..50 {
            let one = counted(":");
            assert!(one > 0);
            let three = counted("/bin/sh -c :; /bin/sh -c :");
            assert!(three > 2 * one, "{three} of three, {one} of one");
        }
    }

    #[test]
    fn the_thread_itself_and_others_are_not_counted() {
        let (go, wait) = channel();
        let other = thread::spawn(move || {
            wait.recv().expect("it is told to");
            run(":");
        });
        let faults = faults(gettid());
        let touched = vec![1_u8; 64 << 20];
        let sum: usize = touched.iter().map(|one| usize::from(*one)).sum();
        assert_eq!(sum, 64 << 20);
        go.send(()).expect("it waits");
        other.join().expect("it does not panic");
        assert_eq!(faults.read(), Some(0));
    }

    #[test]
    fn one_thread_may_open_them_for_another() {
        let (ask, asked) = channel();
        let (give, given) = channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                ask.send(gettid()).expect("somebody opens");
                let faults: Inherited = given.recv().expect("somebody opened");
                run(":");
                assert!(faults.read().expect("nothing is shared") > 0);
            });
            give.send(faults(asked.recv().expect("it asks")))
                .expect("it waits");
        });
    }
}
