//! Runs one process in a sandbox.

use std::io::pipe;
use std::os::fd::{AsFd, BorrowedFd};

use orch_engine::Cancel;
use orch_model::{Counter, Fault, Sample};
use orch_sandbox::{Events, Finished, JobError, Mount, ProcessorEvents, Residue, Sandbox};

use crate::process::{End, Process, ProcessError, exit_code, nanoseconds};
use crate::sandboxes::Occupied;
use crate::stream::Stream;
use crate::watch::{Alarm, Runs, watch};

/// What a process is shown besides its workspace, and what it may change of that.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) mounts: Vec<Mount>,
    pub(crate) writable_source: bool,
}

impl Process<'_> {
    /// Runs the process to its end. When this returns, nothing that it started runs any
    /// more, whatever it did to go on.
    pub(crate) fn run_inside(
        &self,
        occupied: &mut Occupied<'_>,
        view: View,
        cancel: &Cancel,
    ) -> Result<(End, Sample), ProcessError> {
        let alarm = Alarm::new(cancel).map_err(|error| self.fault("watch over", &error.into()))?;
        let bounds = self.bounds();
        let output = pipe().map_err(|error| self.fault("make a pipe for", &error))?;
        let errors = pipe().map_err(|error| self.fault("make a pipe for", &error))?;
        let job = self.job(view);
        let sandbox = occupied.sandbox();
        sandbox
            .begin(&job, output.1.into(), errors.1.into())
            .map_err(|error| self.fault("start", &error))?;
        let mut streams = self.streams(output.0, errors.0);
        let cut = watch(sandbox, bounds, &alarm, &mut streams)
            .map_err(|error| self.fault("watch over", &error.into()))?;
        let Finished {
            ended,
            exceeded,
            residue,
        } = sandbox
            .finish()
            .map_err(|error| self.fault("wait for", &error))?;
        for stream in &mut streams {
            stream.drain();
        }
        if residue == Residue::None {
            occupied.keep();
        }
        let (status, used) = ended.map_err(|error| match error {
            JobError::Start(error) => self.not_started(error),
            JobError::Mount { from, error } => {
                ProcessError::Fault(Fault::io("show an action the folder", &from, &error))
            }
        })?;
        let [stdout, stderr] = streams.map(Stream::finish);
        let sample = Sample {
            exit_code: exit_code(status),
            stdout,
            stderr,
            // From inside: what it costs to ask a sandbox is not the program's.
            wall_ns: nanoseconds(used.wall),
            user_ns: nanoseconds(used.user),
            system_ns: nanoseconds(used.system),
            peak_rss_bytes: used.peak_rss_bytes,
            counters: counters(used.events, used.processor),
        };
        let end = match exceeded {
            Some(exceeded) => End::Exceeded(exceeded),
            None => End::of(status, cut),
        };
        Ok((end, sample))
    }

    fn job(&self, view: View) -> orch_sandbox::Job {
        orch_sandbox::Job {
            program: self.program.into(),
            arguments: self.arguments.to_vec(),
            environment: self
                .environment
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            directory: self.directory.to_owned(),
            writable_source: view.writable_source,
            mounts: view.mounts,
            cpus: self.cpus().to_vec(),
        }
    }
}

/// The kernel's accounting by the names that probes know.
pub(crate) fn counters(events: Option<Events>, processor: Option<ProcessorEvents>) -> Vec<Counter> {
    let events = events.map(|events| {
        [
            ("minor-faults", events.minor_faults),
            ("major-faults", events.major_faults),
            ("voluntary-switches", events.voluntary_switches),
            ("involuntary-switches", events.involuntary_switches),
        ]
    });
    let processor = processor.map(|processor| {
        [
            ("instructions", processor.instructions),
            ("cycles", processor.cycles),
        ]
    });
    let named = events.into_iter().flatten();
    let named = named.chain(processor.into_iter().flatten());
    let counter = |(name, value): (&str, u64)| Counter {
        name: name.to_owned(),
        value,
    };
    named.map(counter).collect()
}

impl Runs for Sandbox {
    fn over(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }

    fn terminate(&mut self) {
        Sandbox::terminate(self);
    }

    fn kill(&mut self) {
        Sandbox::kill(self);
    }
}
