//! Process 1 of a sandbox: builds the root, restricts the server, and keeps the mounts. When
//! it ends, the kernel ends every process inside.

use std::io;
use std::sync::mpsc;
use std::thread;

use rustix::fs::{Mode, OFlags, openat};
use rustix::process::{
    DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal, umask,
};

use crate::{Missing, Protection, StartError};

use super::channel::Channel;
use super::keeper::Keeper;
use super::message::{Reply, Setup};
use super::mounts;
use super::residue::Traces;
use super::restrict;
use super::root::{self, BuildError, NewRoot};
use super::server::Server;

pub(super) fn live(channel: &Channel) -> Result<(), StartError> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed)?;
    let Some(setup) = channel.receive().map_err(StartError::Failed)? else {
        return Ok(());
    };
    let setup = Setup::decode(&setup.bytes).map_err(StartError::Failed)?;
    // Whoever runs `orch`, new files get the same rights.
    umask(Mode::WGRP | Mode::WOTH);
    let root = root::build(&setup).map_err(not_built)?;
    hide_from_tracers().map_err(failed)?;

    let mut missing = Vec::new();
    if let Err(missed) = restrict::limit(&setup.limits, &root.proc) {
        missing.push(missed);
    }
    mounts::set_read_only(&root.proc, true).map_err(StartError::Failed)?;
    replace_standard_streams().map_err(StartError::Failed)?;
    let traces = Traces::open(setup.network).map_err(StartError::Failed)?;
    serve(channel, root, missing, traces, &setup);
    Ok(())
}

/// Starts the server, and keeps the mounts for it until it is over.
fn serve(
    channel: &Channel,
    root: NewRoot,
    mut missing: Vec<Missing>,
    traces: Traces,
    setup: &Setup,
) {
    let (asks, asked) = mpsc::channel();
    let server = Server {
        channel,
        keeper: asks,
        traces,
        limits: setup.limits,
        counts: setup.counts,
    };
    thread::scope(|scope| {
        scope.spawn(move || {
            let reply = match restrict::restrict() {
                Ok(withheld) => {
                    missing.extend(withheld);
                    Reply::Ready(missing)
                }
                Err(error) => Reply::NotStarted(error),
            };
            if channel.send(&reply.encode(), &[]).is_ok() && matches!(reply, Reply::Ready(_)) {
                server.serve();
            }
            // Whatever still runs here ends with this process.
            std::process::exit(0)
        });
        Keeper::new(root).serve(&asked);
    });
}

/// The server has no more rights than the programs that it starts, so nothing but this keeps
/// them from tracing it and so from commanding the keeper, which shares its memory.
fn hide_from_tracers() -> rustix::io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}

/// Lets go of the machine's standard input and output.
fn replace_standard_streams() -> io::Result<()> {
    let null = openat(
        rustix::fs::CWD,
        "/dev/null",
        OFlags::RDWR | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok(rustix::stdio::dup2_stdout(&null)?)
}

fn not_built(error: BuildError) -> StartError {
    let BuildError { doing, error } = error;
    let protection = match doing.contains("`/proc`") {
        true => Protection::Process,
        false => Protection::Mount,
    };
    match error.kind() {
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::Unsupported
        | io::ErrorKind::InvalidInput => StartError::Withheld {
            protection,
            why: format!("could not {doing}: {error}"),
        },
        _ => StartError::Failed(io::Error::new(
            error.kind(),
            format!("could not {doing}: {error}"),
        )),
    }
}

fn failed(error: rustix::io::Errno) -> StartError {
    StartError::Failed(error.into())
}
