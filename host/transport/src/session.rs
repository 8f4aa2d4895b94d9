//! A shell at the other end that stays and runs one command after another: to begin a session of
//! `ssh` and of `sudo` for each would cost more than most commands do.

use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io;
use std::ops::ControlFlow;

use crate::child::{End, Reader, Running, Watch};
use crate::shell::{Supervised, serving};

/// What it says first; a login may print a greeting of its own before.
const SERVES: &[u8] = b"orch-serves\n";

/// The shell reads a line byte by byte: what is longer goes a way of its own.
const MOST_INPUT_BYTES: usize = 16 << 10;

/// A shell that may be there.
#[derive(Default)]
pub(crate) enum Session {
    /// It is started by the first command.
    #[default]
    None,
    /// It waits for the next command.
    Open(Open),
    /// The host cannot have one.
    Impossible,
}

/// One that is there.
pub(crate) struct Open {
    running: Running,
    /// What it says behind all that a command prints. No command knows it.
    mark: String,
    has_greeted: bool,
}

/// What came of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// All that it printed has come.
    Whole,
    /// The shell ended before it began: nothing was run.
    Never,
    /// The shell is gone.
    Ended(End),
}

/// Whether a command's input can be part of the line that it is asked for by.
pub(crate) fn takes(input: &[u8]) -> bool {
    input.len() <= MOST_INPUT_BYTES && std::str::from_utf8(input).is_ok() && !input.contains(&0)
}

impl Open {
    /// Starts it by a program that makes a shell there read a line and run it.
    pub(crate) fn start(
        program: &OsStr,
        arguments: &[OsString],
        by_sudo: bool,
    ) -> io::Result<Self> {
        let mut running = Running::start(program, arguments)?;
        running.give(&serving(by_sudo))?;
        Ok(Self {
            running,
            mark: mark(),
            has_greeted: false,
        })
    }

    /// Runs a command, whose input [`takes`] said yes to. Unless it is [`Served::Whole`], no other
    /// can be run.
    pub(crate) fn run(
        &mut self,
        command: &Supervised<'_>,
        input: &str,
        output: Reader<'_>,
        errors: Reader<'_>,
        watch: &Watch<'_>,
    ) -> io::Result<Served> {
        let line = command.served(&self.mark, input);
        let mut greeting = Until::new(SERVES);
        greeting.is_over = self.has_greeted;
        let end = format!("\n{}\n", self.mark);
        let (outputs_end, errors_end) = (Until::new(end.as_bytes()), Until::new(end.as_bytes()));
        let ends = std::cell::RefCell::new((outputs_end, errors_end));
        let enough = |ends: &(Until, Until)| match ends.0.is_over && ends.1.is_over {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let ended = self.running.exchange(
            &mut line.as_slice(),
            &mut |bytes| {
                let rest = greeting.pass(bytes, &mut |_| ControlFlow::Continue(()))?;
                let mut ends = ends.borrow_mut();
                ends.0.pass(&rest, output)?;
                enough(&ends)
            },
            &mut |bytes| {
                let mut ends = ends.borrow_mut();
                ends.1.pass(bytes, errors)?;
                enough(&ends)
            },
            watch,
        )?;
        self.has_greeted = greeting.is_over;
        let ends = ends.into_inner();
        let is_told_to_end = watch.stop.is_raised();
        if ended == End::Stopped && enough(&ends).is_break() && !is_told_to_end {
            return Ok(Served::Whole);
        }
        // What came without the mark is told all the same.
        let _ = output(&ends.0.held);
        let _ = errors(&ends.1.held);
        Ok(match (ended, self.has_greeted) {
            (End::Closed, false) => Served::Never,
            (ended, _) => Served::Ended(ended),
        })
    }

    /// Ends it; its exit code.
    pub(crate) fn finish(mut self) -> Option<i32> {
        self.running.finish()
    }
}

/// A text that nothing else says.
fn mark() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("orch-end {:016x}{:016x}", half(), half())
}

/// Hands a stream on up to a mark.
struct Until {
    mark: Vec<u8>,
    /// What may be the beginning of the mark.
    held: Vec<u8>,
    is_over: bool,
}

impl Until {
    fn new(mark: &[u8]) -> Self {
        Self {
            mark: mark.to_owned(),
            held: Vec::new(),
            is_over: false,
        }
    }

    /// Hands on what stands before the mark; gives what stands behind it.
    fn pass(&mut self, bytes: &[u8], reader: Reader<'_>) -> ControlFlow<(), Vec<u8>> {
        if self.is_over {
            return ControlFlow::Continue(bytes.to_owned());
        }
        self.held.extend_from_slice(bytes);
        let mut windows = self.held.windows(self.mark.len());
        if let Some(at) = windows.position(|window| window == self.mark) {
            self.is_over = true;
            let rest = self.held.split_off(at + self.mark.len());
            let before = std::mem::take(&mut self.held);
            reader(&before[..at])?;
            return ControlFlow::Continue(rest);
        }
        let settled = self.held.len().saturating_sub(self.mark.len() - 1);
        reader(&self.held[..settled])?;
        self.held.drain(..settled);
        ControlFlow::Continue(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_however_the_stream_is_cut() {
        let text = b"a\nend\nb";
        for cut in 0..text.len() {
            let mut until = Until::new(b"\nend\n");
            let mut before = Vec::new();
            let mut behind = Vec::new();
            for part in [&text[..cut], &text[cut..]] {
                let passed = until.pass(part, &mut |bytes| {
                    before.extend_from_slice(bytes);
                    ControlFlow::Continue(())
                });
                behind.extend(passed.continue_value().expect("nobody breaks"));
            }
            assert!(until.is_over, "{cut}");
            assert_eq!(
                (before.as_slice(), behind.as_slice()),
                (&b"a"[..], &b"b"[..])
            );
        }
    }

    #[test]
    fn what_is_not_text_goes_another_way() {
        assert!(takes(b"") && takes("ä\\\n'".as_bytes()));
        assert!(!takes(b"\0") && !takes(b"\xff") && !takes(&[b'x'; MOST_INPUT_BYTES + 1]));
    }
}
