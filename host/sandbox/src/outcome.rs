//! What came of a job.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// What a program used, with all of its children that it waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// From before it was started until after it had ended.
    pub wall: Duration,
    /// Processor time in user mode.
    pub user: Duration,
    /// Processor time in the kernel.
    pub system: Duration,
    /// The largest resident set of one process, in bytes.
    pub peak_rss_bytes: u64,
    /// Faults and switches, where `/proc` tells them.
    pub events: Option<Events>,
    /// What the processor did, where that was to be counted and could be.
    pub processor: Option<ProcessorEvents>,
}

/// What a processor did in user mode for a program and all that it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorEvents {
    /// Instructions that it carried out.
    pub instructions: u64,
    /// Cycles that it took, of however many hertz.
    pub cycles: u64,
}

/// What the kernel had to do for a program and all of its children that it waited for; switches
/// are those of the program alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Page faults that were served from memory.
    pub minor_faults: u64,
    /// Page faults that had to wait for a disk.
    pub major_faults: u64,
    /// How often it waited for something.
    pub voluntary_switches: u64,
    /// How often it was made to wait for others.
    pub involuntary_switches: u64,
}

/// Why a job did not run.
#[derive(Debug)]
pub enum JobError {
    /// The program could not be started.
    Start(io::Error),
    /// A folder could not be shown.
    Mount {
        /// Its path on the machine.
        from: PathBuf,
        /// What the kernel said.
        error: io::Error,
    },
}

/// What a program left in the namespaces that is not gone with its processes. A sandbox with
/// a residue must not serve another job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residue {
    /// Nothing.
    None,
    /// System V shared memory, semaphores or queues.
    Ipc,
    /// Connections that the kernel still closes.
    Sockets,
}

/// A bound that a program was ended for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// Its processes together used too much memory.
    Memory {
        /// How much, in bytes.
        used_bytes: u64,
    },
    /// Its processes together wanted more memory than the limit of their control group, and the kernel
    /// ended one of them.
    Limit,
    /// It left too little of the disk free.
    Disk {
        /// How much, in bytes.
        free_bytes: u64,
    },
}

/// A job that is over. Nothing that it started runs any more.
#[derive(Debug)]
pub struct Finished {
    /// How its program ended and what it used.
    pub ended: Result<(ExitStatus, Usage), JobError>,
    /// Why it was ended, if it was.
    pub exceeded: Option<Exceeded>,
    /// What it left.
    pub residue: Residue,
}
