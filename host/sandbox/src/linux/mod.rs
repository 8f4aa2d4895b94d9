//! The sandbox on Linux.
//!
//! `orch` holds a [`Sandbox`], which stands for two processes at the other end of a socket:
//! the helper, which makes the namespaces, and init, which is process 1 inside them. Init
//! has two threads. The keeper may still change mounts and open counters. The server may do
//! nothing any more; it starts the programs, so that what binds it binds them.
//!
//! ```text
//! orch ──socket── helper ──starts── init: keeper ◀─asks─ server ──starts── program
//! ```

mod affinity;
mod bounds;
mod channel;
mod events;
mod fields;
mod handle;
mod init;
mod keeper;
mod loopback;
mod message;
mod mounts;
mod namespaces;
mod priority;
mod processor;
mod residue;
mod restrict;
mod root;
mod server;

use std::process::ExitCode;

pub use affinity::on_cpus;
pub use handle::Sandbox;
pub use priority::{may_come_first, with_priority};
pub use processor::ProcessorCounters;

use channel::Channel;
use message::Reply;

/// The life of a sandbox's own processes, whose standard input is the socket: the helper's,
/// or init's, which the helper starts by the same words with `init` behind them.
pub fn sandbox_main(init: bool) -> ExitCode {
    let Ok(channel) = Channel::of_stdin() else {
        return ExitCode::FAILURE;
    };
    let ended = match init {
        true => init::live(&channel),
        false => namespaces::live(&channel),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where nobody listens any more there is nobody to tell.
            let _ = channel.send(&Reply::NotStarted(error).encode(), &[]);
            ExitCode::FAILURE
        }
    }
}
