//! What the end of a process means for its action, in words.

use std::io;
use std::path::Path;

use orch_model::{Action, Part, Runner};
use orch_sandbox::Exceeded;
use rustix::io::Errno;

use crate::ended::Ended;
use crate::process::End;
use crate::workspace::Workspace;

/// The exit code by which a WebAssembly engine tells a trap.
const TRAPPED: i32 = 134;

/// Whether an action ended well.
pub(crate) fn judge_end(end: End, action: &Action) -> Result<(), Ended> {
    match end {
        End::Exited(0) => Ok(()),
        End::Exited(TRAPPED) if action.runner == Runner::EmbeddedWasm => {
            Err(Ended::failed("trapped (code 134)"))
        }
        End::Exited(code) => Err(Ended::failed(format!("exited with code {code}"))),
        End::Signalled(signal) => {
            let reason = format!("was ended by signal {signal}{}", in_brackets(signal));
            Err(match signal {
                25 => Ended::failed_with_hint(
                    reason,
                    "it wrote a file that is larger than an action may leave",
                ),
                31 => Ended::failed_with_hint(
                    reason,
                    "a sandbox runs only programs of this machine's own architecture, 64-bit \
                     ones; `--sandbox=off` runs without one",
                ),
                9 => Ended::failed_with_hint(
                    reason,
                    "the machine may have run out of memory; try fewer `--jobs`",
                ),
                _ => Ended::failed(reason),
            })
        }
        End::TimedOut => {
            let limit = in_words(action.timeout_ms.unwrap_or_default());
            Err(Ended::failed_with_hint(
                format!("ran longer than {limit}"),
                "set `timeout` to a longer time",
            ))
        }
        End::Cancelled => Err(Ended::Cancelled),
        End::Exceeded(Exceeded::Memory { used_bytes }) => Err(Ended::failed_with_hint(
            format!("was ended: it used {} of memory", in_mebibytes(used_bytes)),
            "an action may use seven eighths of the machine's memory; let it do less at a time",
        )),
        End::Exceeded(Exceeded::Limit) => Err(Ended::failed_with_hint(
            "was ended: it wanted more memory than the `limits` of its bench allow",
            "raise `memory` there, or let it take less (`GOMEMLIMIT` for a program in Go)",
        )),
        End::Exceeded(Exceeded::Disk { free_bytes }) => Err(Ended::failed_with_hint(
            format!(
                "was ended before it filled the disk, of which {} are free",
                in_mebibytes(free_bytes)
            ),
            "free some, or set `ORCH_CACHE_DIR` to a folder on a larger disk",
        )),
    }
}

/// Why a program did not start; `program` is the path that the action goes by.
pub(crate) fn not_started(
    program: &Path,
    action: &Action,
    workspace: &Workspace,
    error: &io::Error,
) -> Ended {
    let name = &action.program;
    let because = |what: &str| format!("could not be started: {what}");
    if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) {
        return Ended::failed_with_hint(
            because(&format!("`{name}` is not a program for this machine")),
            "give its target a runner, or build it for the machine that runs it",
        );
    }
    match error.kind() {
        io::ErrorKind::NotFound if workspace.real(program).is_some_and(|real| real.exists()) => {
            Ended::failed_with_hint(
                because(&format!(
                    "the interpreter of `{name}` is not on this machine"
                )),
                "look at its first line, or with `readelf -l` for the interpreter that it asks for",
            )
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Ended::failed(because(&format!("there is no file `{name}`")))
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory => Ended::failed_with_hint(
            because(&format!("`{name}` is not executable")),
            "set its executable bit, or name the program that runs it",
        ),
        _ => {
            let single = matches!(action.program.0.as_slice(), [Part::Text(_)]);
            let shown = if single {
                name.to_string()
            } else {
                program.display().to_string()
            };
            Ended::failed(because(&format!("`{shown}`: {error}")))
        }
    }
}

fn in_mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

fn in_words(milliseconds: u64) -> String {
    match (milliseconds / 1000, milliseconds % 1000) {
        (0, rest) => format!("{rest} ms"),
        (seconds, 0) => format!("{seconds} s"),
        (seconds, rest) => format!("{seconds}.{} s", format!("{rest:03}").trim_end_matches('0')),
    }
}

fn in_brackets(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return String::new(),
    };
    format!(" ({name})")
}
