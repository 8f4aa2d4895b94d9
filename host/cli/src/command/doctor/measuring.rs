//! What this machine has for measuring, in a project that measures.

use std::io;

use orch_history::History;
use orch_measure::Calibration;
use orch_model::Fault;
use orch_report::human_minute;
use orch_sandbox::{ProcessorCounters, may_come_first};

use crate::command::bench::told;
use crate::environment::Environment;
use crate::measuring::{MEASUREMENTS, hardware};
use crate::project::Project;
use crate::stop::Stop;

/// One line of the table.
pub(super) struct Row {
    pub(super) fine: bool,
    pub(super) what: &'static str,
    pub(super) state: String,
    pub(super) mend: &'static str,
}

/// None outside of a project with benches.
pub(super) fn rows(environment: &Environment) -> Result<Vec<Row>, Stop> {
    let Some(project) = Project::around(environment)? else {
        return Ok(Vec::new());
    };
    let pipeline = orch_pipeline::parse(&project.source).pipeline;
    if pipeline.is_none_or(|pipeline| pipeline.benches.is_empty()) {
        return Ok(Vec::new());
    }
    let mut rows = noise(&project)?;
    rows.extend([processor(), priority()]);
    Ok(rows)
}

/// Whether and when the noise of this machine was measured, and of which machines of fleets it was.
fn noise(project: &Project) -> Result<Vec<Row>, Fault> {
    let history = History::open_existing(&project.folder.join(MEASUREMENTS))?;
    let (here, fleets) = match &history {
        Some(history) => (
            Calibration::find(history, &hardware())?,
            Calibration::of_fleets(history)?,
        ),
        None => (None, Vec::new()),
    };
    let row = |fine, state| Row {
        fine,
        what: "noise of times",
        state,
        mend: "`orch bench calibrate` measures it",
    };
    let dated = |calibration: &Calibration| {
        let time = human_minute(calibration.time_s);
        format!("{}; last at {time}", told(calibration))
    };
    let here = match here {
        Some(calibration) => row(true, dated(&calibration)),
        None => row(false, "not measured on this machine".to_owned()),
    };
    let fleets = fleets.iter();
    let fleets = fleets
        .map(|(machine, calibration)| row(true, format!("on {machine}: {}", dated(calibration))));
    Ok(std::iter::once(here).chain(fleets).collect())
}

/// Whether the processor's own counters can be read.
fn processor() -> Row {
    let what = "counters of the processor";
    let missing = |state: &str, mend| Row {
        fine: false,
        what,
        state: state.to_owned(),
        mend,
    };
    match ProcessorCounters::open() {
        Ok(_) => Row {
            fine: true,
            what,
            state: "instructions and cycles of what is measured are counted".to_owned(),
            mend: "",
        },
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => missing(
            "the kernel keeps instructions and cycles to itself",
            "sudo sysctl kernel.perf_event_paranoid=2; a container needs `--cap-add PERFMON` too",
        ),
        // perf_event_open(2) has several codes for that.
        Err(_) => missing(
            "the kernel finds none for instructions and cycles",
            "most virtual machines have none: measure on a whole machine, or by times",
        ),
    }
}

/// Whether what is measured comes before other programs.
fn priority() -> Row {
    let (fine, state) = match may_come_first() {
        true => (true, "what is measured comes before other programs"),
        false => (
            false,
            "what is measured waits its turn among other programs",
        ),
    };
    Row {
        fine,
        what: "priority of samples",
        state: state.to_owned(),
        mend: "`nice` of at least -10 for your user in /etc/security/limits.conf (`ulimit -e` 30)",
    }
}
