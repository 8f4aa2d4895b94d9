//! Ends the actions of an `orch` that was killed and could not do so itself.
//!
//! One small process per run reads from a pipe which process groups are running. The
//! kernel closes the pipe however `orch` ends, `kill -9` too; then the reaper kills every
//! group that was not taken off the list. It leads a session of its own, so that an
//! interrupt typed at the terminal does not reach it.
//!
//! A group has no number before it is started, and an `orch` killed right after that could
//! not tell it any more. So the pipe that an action will print to is announced first: what
//! was announced and never got a number is found by who holds that pipe. The child itself
//! keeps the reaper's pipe open until it executes its program, so the reaper does not look
//! too early.
//!
//! One gap is known: a process that makes a session of its own, as a daemon does, leaves its
//! group and so the list.

mod life;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

use rustix::process::Pid;

use orch_model::Fault;

use life::READY;
pub use life::reaper_main;

/// The reaper process of this run, started when the first action is about to run.
#[derive(Debug)]
pub(crate) struct Reaper {
    command: Vec<OsString>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    process: Option<Process>,
    /// Pipes of actions that are just being started.
    pipes: BTreeSet<u64>,
    groups: BTreeSet<i32>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    input: ChildStdin,
}

/// An action that is just being started, known by its pipe; forgotten when this is dropped.
#[derive(Debug)]
pub(crate) struct Announced<'a> {
    reaper: &'a Reaper,
    pipe: u64,
}

/// A group on the list; taken off when this is dropped.
#[derive(Debug)]
pub(crate) struct Watched<'a> {
    reaper: &'a Reaper,
    group: i32,
}

impl Reaper {
    /// A reaper that is started by a command; an empty one stands for no reaper.
    pub(crate) fn new(command: Vec<OsString>) -> Self {
        Self {
            command,
            state: Mutex::default(),
        }
    }

    /// Says that an action is about to be started, whose output will go into a pipe of this
    /// inode.
    pub(crate) fn announce(&self, pipe: u64) -> Result<Announced<'_>, Fault> {
        let mut state = self.state.lock().expect("nobody panics with it");
        state.pipes.insert(pipe);
        let announced = Announced { reaper: self, pipe };
        if let Err(fault) = self.tell(&mut state, &format!("?{pipe}\n")) {
            state.pipes.remove(&pipe);
            drop(state);
            return Err(fault);
        }
        Ok(announced)
    }

    /// Hands a line to the reaper; to a new one, with the whole list, if somebody has
    /// killed the old one.
    fn tell(&self, state: &mut State, line: &str) -> Result<(), Fault> {
        if self.command.is_empty() {
            return Ok(());
        }
        if let Some(process) = &mut state.process {
            if process.input.write_all(line.as_bytes()).is_ok() {
                return Ok(());
            }
            let _ = process.child.wait();
        }
        let mut process = self.spawn()?;
        let pipes = state.pipes.iter().map(|pipe| format!("?{pipe}\n"));
        let groups = state.groups.iter().map(|group| format!("+{group}\n"));
        let list: String = pipes.chain(groups).collect();
        let told = process.input.write_all(list.as_bytes());
        state.process = Some(process);
        told.map_err(|error| self.fault(&error))
    }

    fn spawn(&self) -> Result<Process, Fault> {
        let mut child = Command::new(&self.command[0])
            .args(&self.command[1..])
            .env_clear()
            // Its folder must not keep a disk busy.
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| self.fault(&error))?;
        let input = child.stdin.take().expect("it is piped");
        let mut line = String::new();
        let output = child.stdout.take().expect("it is piped");
        let read = BufReader::new(output).read_line(&mut line);
        let error = match read {
            Ok(_) if line.trim_end() == READY => return Ok(Process { child, input }),
            Ok(_) => io::Error::other("it did not say that it is ready"),
            Err(error) => error,
        };
        let _ = child.kill();
        let _ = child.wait();
        Err(self.fault(&error))
    }

    fn fault(&self, error: &io::Error) -> Fault {
        let command: Vec<_> = self
            .command
            .iter()
            .map(|word| word.to_string_lossy())
            .collect();
        Fault::internal(format!(
            "could not start `{}`, which ends actions when orch is killed: {error}",
            command.join(" ")
        ))
    }
}

impl<'a> Announced<'a> {
    /// Puts the group on the list that the action was started as.
    pub(crate) fn started(self, group: Pid) -> Result<Watched<'a>, Fault> {
        let group = group.as_raw_nonzero().get();
        let reaper = self.reaper;
        let mut state = reaper.state.lock().expect("nobody panics with it");
        state.groups.insert(group);
        let told = reaper.tell(&mut state, &format!("+{group}\n"));
        drop(state);
        let watched = Watched { reaper, group };
        told.map(|()| watched)
    }
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        let mut state = self.reaper.state.lock().expect("nobody panics with it");
        state.pipes.remove(&self.pipe);
        state.tell_if_there(&format!("!{}\n", self.pipe));
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let mut state = self.reaper.state.lock().expect("nobody panics with it");
        state.groups.remove(&self.group);
        state.tell_if_there(&format!("-{}\n", self.group));
    }
}

impl State {
    /// Takes something off the list. A reaper that does not hear it is replaced when the
    /// next action is announced.
    fn tell_if_there(&mut self, line: &str) {
        if let Some(process) = &mut self.process {
            let _ = process.input.write_all(line.as_bytes());
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        let state = self.state.get_mut().expect("nobody panics with it");
        if let Some(Process { mut child, input }) = state.process.take() {
            drop(input);
            let _ = child.wait();
        }
    }
}
