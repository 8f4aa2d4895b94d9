//! Times one run of a program, and what memory it needed at most.
//!
//! A new process begins with the peak of the one that started it, and this one holds whole
//! graphs. So each run is started by a small copy of this program ([`crate::launch`]), whose
//! few megabytes are the least that can be told.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::launch;

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The program and its arguments.
    pub words: &'a [OsString],
    /// Its whole environment.
    pub variables: &'a [(OsString, OsString)],
    /// Where it works.
    pub folder: &'a Path,
    /// Where its output goes.
    pub log: &'a Path,
    /// Seconds after which it is ended.
    pub limit: f64,
    /// The name of processes that it may leave running, which are ended.
    pub leaves: Option<&'a str>,
}

/// What one run took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Seconds from its start to its end.
    pub seconds: f64,
    /// The most memory that one process of it held, in bytes.
    pub peak_bytes: u64,
}

/// Runs it. That it fails, takes too long or leaves processes behind is an error.
pub fn once(run: &Run<'_>) -> Result<Sample, String> {
    let this = std::env::current_exe()
        .map_err(|error| format!("this program cannot be found: {error}"))?;
    let log = std::fs::File::create(run.log)
        .map_err(|error| format!("could not write `{}`: {error}", run.log.display()))?;
    let output = Command::new(this)
        .args([launch::COMMAND, &run.limit.to_string()])
        .arg(run.leaves.unwrap_or("-"))
        .args(run.words)
        .current_dir(run.folder)
        .env_clear()
        .envs(run.variables.iter().cloned())
        .stdin(Stdio::null())
        .stderr(log)
        .output()
        .map_err(|error| format!("could not start the launcher: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let value: Value = serde_json::from_str(&said)
        .map_err(|error| format!("the launcher said {said:?}: {error}"))?;
    match value["trouble"].as_str() {
        Some(trouble) => Err(trouble.to_owned()),
        None => Ok(Sample {
            seconds: value["seconds"].as_f64().unwrap_or_default(),
            peak_bytes: value["peak_bytes"].as_u64().unwrap_or_default(),
        }),
    }
}
