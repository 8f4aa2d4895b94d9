//! `orch bench calibrate`: how far two runs of the same program lie apart on this machine.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use orch_history::Hardware;
use orch_measure::{Calibration, Conditions, Medians, calibrate as runs, warnings};
use orch_model::Fault;
use orch_sandbox::with_priority;
use serde_json::{Value, json};

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::measuring::{hardware, past};
use crate::project::Project;
use crate::stop::Stop;

/// From this noise on gates of a usual size stay open.
const LOUD: f64 = 0.05;

/// Measures the machine's own noise, and keeps it in the project's history.
pub fn calibrate(
    environment: Environment,
    pipeline: &Path,
    console: &Console,
) -> Result<Exit, Stop> {
    let project = Project::open(&environment, pipeline)?;
    let hardware = hardware();
    console.say(&format!("the noise of {}", hardware.summary));
    for warning in warnings(&Conditions::read(Path::new("/"))) {
        console.warning(&warning.to_string(), None);
    }
    let program = std::env::current_exe()
        .map_err(|error| Fault::internal(format!("this program cannot find itself: {error}")))?;
    let values = runs(
        || sample(&program),
        |run, of| console.progress(&format!("run {run} of {of}")),
    )?;
    let medians = Medians {
        values,
        turns: None,
    };
    let calibration = past(&project).calibrate(&hardware, medians)?;
    warn_of_noise(&calibration, console);
    match console.json() {
        Some(json) => json.list("calibrations", &[row(&hardware, &calibration)]),
        None => console.print(&format!("{}\n", told(&calibration))),
    }
    Ok(Exit::Done)
}

/// Says where a machine is too loud to tell much.
pub(super) fn warn_of_noise(calibration: &Calibration, console: &Console) {
    if calibration.noise > LOUD {
        let message = "with so much noise only large changes can be told from it";
        let hint = "end what else runs and calibrate again: the newest five calibrations count";
        console.warning(message, Some(hint));
    }
}

/// A calibration for programs.
pub(super) fn row(hardware: &Hardware, calibration: &Calibration) -> Value {
    json!({
        "machine": hardware.summary,
        "fingerprint": hardware.fingerprint.to_string(),
        "noise": calibration.noise,
        "runs": calibration.runs,
    })
}

/// A calibration for people.
pub fn told(calibration: &Calibration) -> String {
    format!(
        "two runs of the same program lie up to {:.1} % apart: 95 % of all pairs of {} runs",
        100.0 * calibration.noise,
        calibration.runs
    )
}

/// The time of one process that does nothing but its work, in nanoseconds.
fn sample(program: &Path) -> Result<f64, Fault> {
    let mut command = Command::new(program);
    command
        .arg("internal-calibration")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let began = Instant::now();
    // As what is measured.
    let started = with_priority(true, || command.spawn());
    let ended = started.and_then(|mut process| process.wait());
    let passed = began.elapsed();
    match ended {
        Ok(status) if status.success() => Ok(passed.as_nanos() as f64),
        Ok(status) => Err(Fault::internal(format!(
            "the process that is timed ended with {status}"
        ))),
        Err(error) => Err(Fault::io("start", program, &error)),
    }
}
