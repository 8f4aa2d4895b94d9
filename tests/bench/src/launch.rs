//! The small process that starts a run and waits for it. It adopts what the run leaves
//! behind, so that a daemon is seen and ended.
//!
//!     orch-bench launch SECONDS LEAVES PROGRAM ARGUMENT…
//!
//! What it leaves running is a trouble, but for processes with the name LEAVES; `-` is none.
//! The program's output goes to standard error; standard output gets one JSON object:
//! `seconds` and `peak_bytes`, or `trouble` with a sentence.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, kill_process, pidfd_open, pidfd_send_signal,
    set_child_subreaper, wait,
};
use serde_json::{Value, json};
use wait4::{ResUse, Wait4};

/// The first argument that makes this program a launcher.
pub const COMMAND: &str = "launch";

/// How long what a run leaves may take to end by itself.
const GRACE: Duration = Duration::from_secs(1);

/// Launches, and says what came of it.
pub fn main(arguments: impl Iterator<Item = OsString>) {
    let said = match launch(arguments) {
        Ok(said) => said,
        Err(trouble) => json!({ "trouble": trouble }),
    };
    println!("{said}");
}

fn launch(mut arguments: impl Iterator<Item = OsString>) -> Result<Value, String> {
    let limit = arguments
        .next()
        .and_then(|word| word.to_string_lossy().parse::<f64>().ok())
        .ok_or("the launcher wants a number of seconds")?;
    let leaves = arguments
        .next()
        .ok_or("the launcher wants a name of processes")?;
    let program = arguments.next().ok_or("the launcher wants a program")?;
    set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(|error| format!("could not become the reaper: {error}"))?;
    let mut command = Command::new(&program);
    command.args(arguments).stdin(Stdio::null());
    // Both streams are one log.
    command.stdout(std::io::stderr());
    let shown = program.to_string_lossy();
    let began = Instant::now();
    let child = command
        .spawn()
        .map_err(|error| format!("could not start `{shown}`: {error}"))?;
    let (ended, in_time) = wait_for(child, Duration::from_secs_f64(limit))
        .map_err(|error| format!("could not wait for `{shown}`: {error}"))?;
    let seconds = began.elapsed().as_secs_f64();
    let mut left = end_leftovers(if in_time { GRACE } else { Duration::ZERO });
    left.retain(|name| leaves != name.as_str());
    if !in_time {
        return Err(format!("took longer than {limit:.0} s and was ended"));
    }
    if !ended.status.success() {
        return Err(format!("failed: {}", ended.status));
    }
    if !left.is_empty() {
        return Err(format!("left processes running: {}", left.join(", ")));
    }
    Ok(json!({ "seconds": seconds, "peak_bytes": ended.rusage.maxrss }))
}

/// Waits, but ends the child after the limit. Whether it ended in time.
fn wait_for(child: Child, limit: Duration) -> std::io::Result<(ResUse, bool)> {
    let handle: OwnedFd = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?;
    let (over, was_over) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let late = was_over.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
        if late {
            // If it has ended in this moment there is nothing to end.
            let _ = pidfd_send_signal(handle, Signal::KILL);
        }
        !late
    });
    let ended = child.wait4();
    drop(over);
    let in_time = watch.join().unwrap_or(false);
    Ok((ended?, in_time))
}

/// Ends what runs below this process, and names it. What is about to end by itself is given
/// a moment to.
fn end_leftovers(grace: Duration) -> Vec<String> {
    let until = Instant::now() + grace;
    let mut names = Vec::new();
    loop {
        match wait(WaitOptions::NOHANG) {
            Err(_) => return names,
            Ok(Some(_)) => continue,
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                for (pid, name) in children() {
                    names.push(name);
                    let _ = kill_process(pid, Signal::KILL);
                }
                let _ = wait(WaitOptions::empty());
            }
        }
    }
}

/// The processes that this one started or adopted.
fn children() -> Vec<(Pid, String)> {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let lists = threads.flatten().map(|thread| {
        let list = std::fs::read_to_string(thread.path().join("children"));
        list.unwrap_or_default()
    });
    let pids: Vec<Pid> = lists
        .flat_map(|list| {
            let words = list.split_whitespace().map(str::parse);
            words
                .flatten()
                .filter_map(Pid::from_raw)
                .collect::<Vec<_>>()
        })
        .collect();
    let named = pids.into_iter().map(|pid| {
        let name = std::fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero()));
        (pid, name.unwrap_or_default().trim().to_owned())
    });
    named.collect()
}
