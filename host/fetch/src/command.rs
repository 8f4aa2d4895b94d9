//! Runs the registry clients of this machine with the user's own environment: they know
//! its indexes, mirrors and credentials.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use orch_engine::Cancel;
use orch_http::redact;

use crate::settings::FetchSettings;
use crate::trouble::Trouble;

/// The most that is kept of what a program prints.
const BYTES_AT_MOST: u64 = 32 << 20;

/// What a program printed and how it ended.
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    /// Without users and passwords.
    pub(crate) stderr: String,
}

/// One run of a program.
pub(crate) struct Run<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [&'a str],
    /// Set on top of the user's environment.
    pub(crate) variables: &'a [(&'a str, &'a str)],
    /// The working directory, where it matters.
    pub(crate) directory: Option<&'a Path>,
    /// How long it may take; none for a download, which takes as long as it is large. The
    /// clients give up by themselves when nothing comes any more.
    pub(crate) at_most: Option<Duration>,
}

/// The first program of that name on the user's `PATH`.
pub(crate) fn find(settings: &FetchSettings, name: &str) -> Option<PathBuf> {
    std::env::split_paths(settings.variable("PATH")?)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|program| is_program(program))
}

impl Run<'_> {
    /// Runs the program to its end. One that could not be started, took too long or was
    /// interrupted is trouble; one that failed is not, yet.
    pub(crate) fn output(
        &self,
        settings: &FetchSettings,
        cancel: &Cancel,
    ) -> Result<Output, Trouble> {
        let name = self.program.display();
        let failed =
            |error: std::io::Error| Trouble::Final(format!("could not run `{name}`: {error}"));
        let mut command = Command::new(self.program);
        command
            .args(self.arguments)
            .env_clear()
            .envs(&settings.environment)
            .envs(self.variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(directory) = self.directory {
            command.current_dir(directory);
        }
        let mut child = command.spawn().map_err(failed)?;
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let status = self.wait(&mut child, cancel);
        if status.is_err() {
            // It may have ended by itself just now.
            let _ = child.kill();
            let _ = child.wait();
        }
        let status = status?;
        Ok(Output {
            status,
            stdout: stdout.join().unwrap_or_default(),
            stderr: redact::text(&stderr.join().unwrap_or_default()),
        })
    }

    fn wait(&self, child: &mut Child, cancel: &Cancel) -> Result<ExitStatus, Trouble> {
        let name = self.program.display();
        let begin = Instant::now();
        loop {
            let ended = child
                .try_wait()
                .map_err(|error| Trouble::Final(format!("could not wait for `{name}`: {error}")))?;
            if let Some(status) = ended {
                return Ok(status);
            }
            if let Some(at_most) = self.at_most
                && begin.elapsed() > at_most
            {
                let seconds = at_most.as_secs();
                return Err(Trouble::Final(format!(
                    "`{name}` took longer than {seconds} s"
                )));
            }
            if cancel.wait(Duration::from_millis(10)) {
                return Err(Trouble::Cancelled);
            }
        }
    }
}

impl Output {
    /// The lines with which a program says what went wrong, short enough for a message.
    pub(crate) fn complaint(&self) -> String {
        let errors: Vec<&str> = self
            .stderr
            .lines()
            .filter_map(|line| {
                line.strip_prefix("ERROR: ")
                    .or_else(|| line.strip_prefix("E: "))
            })
            .collect();
        let text = if errors.is_empty() {
            self.stderr
                .trim()
                .lines()
                .next_back()
                .unwrap_or("it did not say why")
                .to_owned()
        } else {
            errors.join("; ")
        };
        text.chars().take(600).collect()
    }
}

/// Reads both streams at once, or a program that fills one would wait for ever.
fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What could be read counts; the exit status tells the rest.
            let _ = stream.by_ref().take(BYTES_AT_MOST).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
