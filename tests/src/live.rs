//! An `orch` that goes on: a test reads what it says while it changes files, and ends it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long one line may take. Only a program that hangs comes near it.
const PATIENCE: Duration = Duration::from_secs(60);

/// An `orch` that goes on. It is killed when this is dropped.
pub struct Live {
    child: Child,
    lines: Receiver<String>,
    /// All lines that were read, from either stream.
    said: Vec<String>,
}

impl Live {
    /// Starts a command, as [`crate::Project::command`] gives it.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`orch` starts");
        let (sender, lines) = channel();
        pass_on(child.stdout.take(), sender.clone());
        pass_on(child.stderr.take(), sender);
        Self {
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// Waits until it says a line with such a part. Gives the lines up to that one that no
    /// earlier call has given.
    #[track_caller]
    pub fn until(&mut self, part: &str) -> Vec<String> {
        let from = self.said.len();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.said.push(line),
                Err(why) => panic!("`{part}` was not said: {why}\n{}", self.said.join("\n")),
            }
            if self.said.last().is_some_and(|line| line.contains(part)) {
                return self.said[from..].to_vec();
            }
        }
    }

    /// Sends it a signal by name, such as `INT`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.child.id())])
            .status()
            .expect("`sh` is there");
        assert!(sent.success(), "could not send {name}");
    }

    /// Waits until it has ended. Gives its exit code, and the lines that no earlier call has
    /// given.
    #[track_caller]
    pub fn end(mut self) -> (Option<i32>, Vec<String>) {
        let mut rest = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => rest.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on\n{}", self.said.join("\n")),
            }
        }
        let status = self.child.wait().expect("a child can be waited for");
        (status.code(), rest)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // It has most often ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pass_on(pipe: Option<impl Read + Send + 'static>, to: Sender<String>) {
    let pipe = BufReader::new(pipe.expect("the pipe was asked for"));
    thread::spawn(move || {
        for line in pipe.lines() {
            let line = line.expect("`orch` prints UTF-8");
            if to.send(line).is_err() {
                return;
            }
        }
    });
}
