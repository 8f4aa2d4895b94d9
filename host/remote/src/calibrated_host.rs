//! A machine of a fleet whose noise is measured: the same loop, timed there again and again.

use std::path::PathBuf;

use orch_engine::Cancel;
use orch_measure::{Conditions, Meter};
use orch_model::{Fault, FleetHost, Sample};
use orch_transport::Command;

use crate::bench_host::PREPARE;
use crate::hold::Hold;
use crate::meter::{self, Metered};
use crate::reached::Reached;

/// What is timed: a shell that counts, since every machine has one.
const LOOP: &str = "i=0; while [ \"$i\" -lt \"$1\" ]; do i=$((i + 1)); done";

/// The turns of the shortest loop, and how often they may be doubled.
const FEWEST_TURNS: u64 = 1 << 10;
const MOST_TURNS: u64 = FEWEST_TURNS << 20;

/// So long the loop takes at least: some tens of milliseconds, and many steps of the meter.
const SHORTEST_NS: u64 = 35_000_000;
const STEPS: u64 = 30;

/// A machine that nobody else measures on meanwhile.
pub struct CalibratedHost {
    name: String,
    // In this order: what runs there ends before it is given back.
    reached: Reached,
    held: Hold,
}

impl CalibratedHost {
    /// Reaches a machine by the user's `ssh`; `owner` is who, without white space.
    pub fn reach(
        host: &FleetHost,
        ssh: Option<PathBuf>,
        owner: &str,
        cancel: &Cancel,
    ) -> Result<Self, Fault> {
        let reached = Reached::open(host, ssh, cancel)?;
        let held = Hold::take(
            &reached.transport,
            &reached.address,
            &host.name,
            owner,
            "calibration",
        )?;
        Ok(Self {
            name: host.name.clone(),
            reached,
            held,
        })
    }

    /// What it is and what is set on it.
    pub fn conditions(&self) -> Conditions {
        self.reached.files.conditions()
    }

    /// By what its times are taken.
    pub fn meter(&self) -> &Meter {
        &self.reached.meter.meter
    }

    /// How many turns of the loop take some tens of milliseconds there: a power of two, so that it is
    /// mostly the same when it is found again.
    pub fn turns(&self) -> Result<u64, Fault> {
        let least = SHORTEST_NS.max(STEPS * self.meter().wall_step_ns);
        let mut turns = FEWEST_TURNS;
        while turns < MOST_TURNS && self.fastest_ns(turns)? < least {
            turns *= 2;
        }
        Ok(turns)
    }

    /// The best of a few: whatever disturbs makes it longer.
    fn fastest_ns(&self, turns: u64) -> Result<u64, Fault> {
        let times = (0..3).map(|_| Ok(self.timed(turns)?.wall_ns));
        let times: Vec<u64> = times.collect::<Result<_, Fault>>()?;
        Ok(times.into_iter().min().unwrap_or_default())
    }

    /// The time of one process that makes so many turns, in nanoseconds.
    pub fn sample(&self, turns: u64) -> Result<f64, Fault> {
        Ok(self.timed(turns)?.wall_ns as f64)
    }

    fn timed(&self, turns: u64) -> Result<Sample, Fault> {
        let folder = &self.held.folder;
        let outputs = ["out", "err"].map(|name| format!("{folder}/.{name}"));
        let scratch = format!("{folder}/scratch");
        let turns = turns.to_string();
        let mut words = vec![folder, "warm", "1", &scratch, "env", "-i"];
        words.extend(self.reached.meter.words(&outputs[0], &outputs[1]));
        words.extend(["/bin/sh", "-c", LOOP, "orch", &turns]);
        let ran = self
            .reached
            .connection
            .run(Command::script(PREPARE, &words));
        let ran = ran.map_err(|lost| lost.fault)?;
        let wrong =
            |why: &str| Fault::usage(format!("`{}` cannot be calibrated: {why}", self.name));
        match meter::read(&ran.stdout) {
            Some(Metered::Sample(sample)) if sample.exit_code == 0 => Ok(sample),
            Some(Metered::Sample(sample)) => Err(wrong(&format!(
                "its `/bin/sh` ended with {}: {}",
                sample.exit_code,
                String::from_utf8_lossy(&sample.stderr)
                    .trim()
                    .escape_debug()
            ))),
            Some(Metered::NotStarted(why)) => Err(wrong(&why)),
            Some(Metered::ClockWasSet) => Err(wrong("its clock was set meanwhile")
                .hint("calibrate again when its time is right (`timedatectl`)")),
            None => {
                Err(wrong(&ran.last_words()).hint("its disk may be full: `df -h /var/tmp` there"))
            }
        }
    }
}
