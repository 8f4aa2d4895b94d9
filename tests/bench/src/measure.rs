//! Times one run of a program, and what it needed at most.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

use crate::peer::Tool;

/// How often, and how long at most.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// Runs of each kind.
    pub samples: usize,
    /// Seconds after which a tool is not asked for more.
    pub patience: f64,
}

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Seconds from its start to its end.
    pub seconds: f64,
    /// The most memory that its first process held, in bytes.
    pub peak_bytes: u64,
}

/// Runs a tool once in a folder. Its environment is empty but for what it needs.
#[expect(
    clippy::disallowed_methods,
    reason = "the peers lie on the user's `PATH`"
)]
pub fn once(tool: &Tool, folder: &Path) -> Result<Sample, String> {
    let mut command = Command::new(&tool.program);
    command
        .args(tool.arguments())
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("ORCH_CACHE_DIR", folder.join("cache"))
        .env("ORCH_CONFIG_DIR", folder.join("config"))
        .env("TURBO_TELEMETRY_DISABLED", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let child = command
        .spawn()
        .map_err(|error| format!("could not start `{}`: {error}", tool.program.display()))?;
    let ended = child
        .wait4()
        .map_err(|error| format!("could not wait for `{}`: {error}", tool.name))?;
    let seconds = began.elapsed().as_secs_f64();
    if !ended.status.success() {
        return Err(format!(
            "`{}` failed in `{}`: {}",
            tool.name,
            folder.display(),
            ended.status
        ));
    }
    Ok(Sample {
        seconds,
        peak_bytes: ended.rusage.maxrss,
    })
}

/// The sample in the middle, by time; the most memory of all.
pub fn median(mut samples: Vec<Sample>) -> Sample {
    samples.sort_by(|left, right| left.seconds.total_cmp(&right.seconds));
    Sample {
        seconds: samples[samples.len() / 2].seconds,
        peak_bytes: samples.iter().map(|one| one.peak_bytes).max().unwrap_or(0),
    }
}
