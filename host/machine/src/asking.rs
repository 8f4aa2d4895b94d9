//! One process that is given a text and asked for another, within a time and a size.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use orch_model::Fault;

use crate::ssh::last_words;

/// More is no machine's answer: 1,024 processors take half of it.
const MOST_BYTES: u64 = 4 << 20;

/// Between two looks whether the process is over.
const PAUSE: Duration = Duration::from_millis(5);

/// What came of it.
pub(crate) struct Asked {
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it printed on standard error.
    pub stderr: String,
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
}

impl Asked {
    /// The last line of what it complained of, or how it ended.
    pub fn last_words(&self) -> String {
        last_words(self.code, &self.stderr)
    }
}

/// Runs a program to its end. It is killed when its time is over.
pub(crate) fn ask<P: AsRef<OsStr>, A: AsRef<OsStr>>(
    program: P,
    arguments: &[A],
    text: &'static str,
    patience: Duration,
) -> Result<Asked, Fault> {
    let name = program.as_ref().to_string_lossy().into_owned();
    let mut child = Command::new(&program)
        .args(arguments)
        // What it complains of is read here.
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Fault::internal(format!("could not start `{name}`: {error}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever does not listen says why, or is found by what is missing of the answer.
        thread::spawn(move || drop(stdin.write_all(text.as_bytes())));
    }
    let stdout = child.stdout.take().map(drain);
    let stderr = child.stderr.take().map(drain);
    let code = wait(&mut child, patience)?;
    let collect = |reader: Option<JoinHandle<Vec<u8>>>| {
        reader
            .and_then(|reader| reader.join().ok())
            .unwrap_or_default()
    };
    Ok(Asked {
        stdout: collect(stdout),
        stderr: String::from_utf8_lossy(&collect(stderr)).into_owned(),
        code,
    })
}

fn wait(child: &mut Child, patience: Duration) -> Result<Option<i32>, Fault> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.code()),
            Ok(None) if start.elapsed() < patience => thread::sleep(PAUSE),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(Fault::fetch(format!(
                    "gave no whole answer within {} s",
                    patience.as_secs()
                ))
                .hint(
                    "try `ssh` by hand: the machine may be overloaded, or the network too slow",
                ));
            }
            Err(error) => {
                return Err(Fault::internal(format!("could not wait for it: {error}")));
            }
        }
    }
}

/// Reads as much as an answer may have; the rest is read too, or the writer would wait.
fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.by_ref().take(MOST_BYTES).read_to_end(&mut bytes);
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &'static str, patience: Duration) -> Result<Asked, Fault> {
        ask("sh", &["-s"], text, patience)
    }

    #[test]
    fn a_machine_that_hangs_is_given_up() {
        let start = Instant::now();
        let fault = shell("exec sleep 60\n", Duration::from_millis(100));
        assert!(fault.is_err_and(|fault| fault.message.contains("no whole answer")));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn an_answer_without_end_is_cut() {
        let text = "head -c 20000000 /dev/zero\n";
        let asked = shell(text, Duration::from_secs(60)).unwrap();
        assert_eq!(asked.stdout.len() as u64, MOST_BYTES);
        assert_eq!(asked.code, Some(0));
    }

    #[test]
    fn who_does_not_listen_is_heard_all_the_same() {
        let asked = ask(
            "sh",
            &["-c", "echo no >&2; exit 3"],
            "text",
            Duration::from_secs(60),
        );
        let asked = asked.unwrap();
        assert_eq!((asked.code, asked.last_words().as_str()), (Some(3), "no"));
    }
}
