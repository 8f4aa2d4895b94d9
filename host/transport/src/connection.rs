//! An open connection to a machine: runs commands there, as the user or as root.

use std::ffi::OsStr;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use orch_machine::{SCRIPT, last_words};
use orch_model::Observation;

use crate::Unreached;
use crate::address::Address;
use crate::child::{End, Reader, Running, Watch};
use crate::command::{Command, Input, Ran};
use crate::kept::Kept;
use crate::lost::{Loss, Lost};
use crate::root;
use crate::route::{Route, User};
use crate::session::{self, Open, Served, Session};
use crate::shell::{Supervised, check_words};
use crate::stop::Stop;
use crate::transport::Transport;

/// How much later than here a command's time is over on the host, which ends it by itself where
/// the connection was cut.
const MARGIN: Duration = Duration::from_secs(10);

/// A connection. Everything that runs over it ends with it, also by a SIGKILL of this process;
/// many threads may use it at once.
pub struct Connection {
    /// The user's, and root's where that takes `sudo`.
    sessions: [Mutex<Session>; 2],
    pub(crate) address: Address,
    pub(crate) route: Route,
    pub(crate) stop: Stop,
    pub(crate) transport: Transport,
    user: User,
    /// Whether `sudo` has to stand before what root does; unknown before it was asked for.
    by_sudo: OnceLock<bool>,
}

impl Connection {
    pub(crate) fn open(
        transport: &Transport,
        address: &Address,
        stop: &Stop,
    ) -> Result<Self, Unreached> {
        let (route, user) = Route::open(transport, address, stop)?;
        Ok(Self {
            sessions: Default::default(),
            address: address.clone(),
            route,
            stop: stop.clone(),
            transport: transport.clone(),
            user,
            by_sudo: OnceLock::new(),
        })
    }

    /// The machine at its other end.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Who we are there.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Whether it still stands, as far as is known here; a network that was cut is noticed
    /// after some fifteen seconds.
    pub fn is_open(&self) -> bool {
        self.route.is_open()
    }

    /// Runs a command to its end.
    pub fn run(&self, command: Command<'_>) -> Result<Ran, Lost> {
        let mut stdout = Kept::default();
        let keep = &mut |bytes: &[u8]| {
            stdout.add(bytes);
            ControlFlow::Continue(())
        };
        let ended = self.perform(command, keep, &self.stop)?;
        Ok(Ran {
            code: ended.code,
            stdout: stdout.into_bytes(),
            stderr: ended.stderr,
        })
    }

    /// Runs a command that goes on for ever, such as `journalctl --follow`, and hands on each
    /// line that it prints, until `line` breaks, `stop` is raised, in place of the connection's
    /// own, or the command ends: only then there is something to return, without what it printed.
    pub fn follow(
        &self,
        command: Command<'_>,
        stop: &Stop,
        line: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Option<Ran>, Lost> {
        let mut lines = Lines::default();
        let command = command.timeout(Duration::MAX);
        let mut is_enough = false;
        let read = &mut |bytes: &[u8]| {
            let flow = lines.add(bytes, line);
            is_enough |= flow.is_break();
            flow
        };
        match self.perform(command, read, stop) {
            Err(lost) if lost.loss == Loss::Stopped && is_enough => Ok(None),
            ended => ended.map(|ended| {
                Some(Ran {
                    code: ended.code,
                    stdout: Vec::new(),
                    stderr: ended.stderr,
                })
            }),
        }
    }

    /// What the machine is.
    pub fn probe(&self) -> Result<Observation, Lost> {
        let ran = self.run(Command::script(SCRIPT, &[]))?;
        orch_machine::read(&ran.stdout).ok_or_else(|| {
            Lost::new(
                Loss::Failed,
                format!(
                    "`{}` answers not all questions: {}",
                    self.address,
                    ran.last_words()
                ),
            )
        })
    }

    fn perform(
        &self,
        command: Command<'_>,
        output: Reader<'_>,
        stop: &Stop,
    ) -> Result<Ended, Lost> {
        check_words(&command.words).map_err(|fault| Lost {
            loss: Loss::Internal,
            fault,
        })?;
        if let Some(ended) = self.serve(&command, output)? {
            return Ok(ended);
        }
        let by_sudo = command.as_root && self.needs_sudo()?;
        let (mut bytes, mut stream);
        let (source, input_bytes): (&mut dyn Read, u64) = match command.input {
            Input::Bytes(input) => {
                bytes = input;
                (&mut bytes, input.len() as u64)
            }
            Input::Stream { source, bytes } => {
                stream = source.take(bytes);
                (&mut stream, bytes)
            }
        };
        let line = Supervised {
            words: &command.words,
            input_bytes,
            limit_seconds: limit_seconds(command.timeout),
            by_sudo,
        };
        let line = line.sent();
        let watch = Watch {
            until: Instant::now().checked_add(command.timeout),
            stop,
        };
        let input = &mut line.as_slice().chain(source);
        self.exchange(input, output, command.timeout, &watch)
    }

    /// Runs a command in the session that stays. None if it was not run, for which there are
    /// reasons: its input is none for a session, another command is under way there, or the host
    /// has no such session.
    fn serve(&self, command: &Command<'_>, output: Reader<'_>) -> Result<Option<Ended>, Lost> {
        let Input::Bytes(input) = command.input else {
            return Ok(None);
        };
        if command.timeout == Duration::MAX || !session::takes(input) {
            return Ok(None);
        }
        let by_sudo = command.as_root && self.user.id != 0;
        let Ok(mut session) = self.sessions[usize::from(by_sudo)].try_lock() else {
            return Ok(None);
        };
        let (program, arguments) = self.route.shell();
        let ours = |error: std::io::Error| self.not_run(program, &error);
        let mut open = match std::mem::take(&mut *session) {
            Session::Open(open) => open,
            Session::None => Open::start(program, &arguments, by_sudo).map_err(ours)?,
            Session::Impossible => {
                *session = Session::Impossible;
                return Ok(None);
            }
        };
        let supervised = Supervised {
            words: &command.words,
            input_bytes: 0,
            limit_seconds: limit_seconds(command.timeout),
            by_sudo,
        };
        let mut errors = Kept::default();
        let served = open.run(
            &supervised,
            &String::from_utf8_lossy(input),
            output,
            &mut |bytes| {
                errors.add(bytes);
                ControlFlow::Continue(())
            },
            &Watch {
                until: Instant::now().checked_add(command.timeout),
                stop: &self.stop,
            },
        );
        let end = match served.map_err(ours)? {
            Served::Whole => {
                *session = Session::Open(open);
                End::Closed
            }
            Served::Never if self.is_open() => {
                *session = Session::Impossible;
                return Ok(None);
            }
            Served::Never => End::Closed,
            Served::Ended(end) => {
                return self
                    .ended(end, errors, command.timeout, || open.finish())
                    .map(Some);
            }
        };
        self.ended(end, errors, command.timeout, || None).map(Some)
    }

    /// Sends all of `input` to a shell there and sees to its end.
    fn exchange(
        &self,
        input: &mut dyn Read,
        output: Reader<'_>,
        timeout: Duration,
        watch: &Watch<'_>,
    ) -> Result<Ended, Lost> {
        let (program, arguments) = self.route.shell();
        let ours = |error: std::io::Error| self.not_run(program, &error);
        let mut running = Running::start(program, &arguments).map_err(ours)?;
        let mut errors = Kept::default();
        let keep = &mut |bytes: &[u8]| {
            errors.add(bytes);
            ControlFlow::Continue(())
        };
        let end = running.exchange(input, output, keep, watch).map_err(ours)?;
        self.ended(end, errors, timeout, || running.finish())
    }

    /// What came of a command whose outputs have ended; `finish` gives the exit code of what it
    /// went over.
    fn ended(
        &self,
        end: End,
        errors: Kept,
        timeout: Duration,
        finish: impl FnOnce() -> Option<i32>,
    ) -> Result<Ended, Lost> {
        let (stderr, code) = errors.into_text_and_code();
        match (end, code) {
            (End::Stopped, _) => Err(Lost::new(
                Loss::Stopped,
                format!("`{}`: interrupted", self.address),
            )),
            (End::TimedOut, _) => Err(self.timed_out(timeout)),
            (End::Closed, Some(code)) => Ok(Ended { code, stderr }),
            (End::Closed, None) => Err(self.broken(&last_words(finish(), &stderr))),
        }
    }

    fn not_run(&self, program: &OsStr, error: &std::io::Error) -> Lost {
        let program = program.display();
        Lost::new(
            Loss::Internal,
            format!("could not run `{program}`: {error}"),
        )
    }

    fn timed_out(&self, timeout: Duration) -> Lost {
        let message = format!(
            "`{}` was not done within {} s",
            self.address,
            timeout.as_secs_f32()
        );
        Lost::new(Loss::TimedOut, message)
            .hint("it may be overloaded, or the network too slow; try the same there by hand")
    }

    pub(crate) fn broken(&self, words: &str) -> Lost {
        let message = format!("the connection to `{}` broke: {words}", self.address);
        Lost::new(Loss::Broken, message)
            .hint("what was under way is taken up when the host is reached again")
    }

    fn needs_sudo(&self) -> Result<bool, Lost> {
        if let Some(by_sudo) = self.by_sudo.get() {
            return Ok(*by_sudo);
        }
        let by_sudo = self.user.id != 0;
        if by_sudo {
            root::check(self)?;
        }
        Ok(*self.by_sudo.get_or_init(|| by_sudo))
    }
}

/// How a supervised command ended.
struct Ended {
    code: i32,
    stderr: String,
}

fn limit_seconds(timeout: Duration) -> u64 {
    match timeout {
        Duration::MAX => 0,
        _ => timeout.saturating_add(MARGIN).as_secs(),
    }
}

/// Cuts a stream into lines.
#[derive(Default)]
struct Lines(Vec<u8>);

/// A longer line is handed on in parts.
const LONGEST_LINE_BYTES: usize = 64 << 10;

impl Lines {
    fn add(
        &mut self,
        bytes: &[u8],
        line: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.0.extend_from_slice(part);
            if part.ends_with(b"\n") || self.0.len() > LONGEST_LINE_BYTES {
                let whole = std::mem::take(&mut self.0);
                let text = String::from_utf8_lossy(&whole);
                line(text.trim_end_matches(['\r', '\n']))?;
            }
        }
        ControlFlow::Continue(())
    }
}
