//! Asks a machine what it is: this one, or another over the user's own `ssh`. And which
//! programs this one has.
//!
//! One small shell script does it in both cases, so what is tested here holds there. This
//! crate knows the script, what it prints, and what `ssh` says when it cannot. It knows
//! neither artifacts nor platforms, and reads nothing of a machine but the script's output,
//! which it does not trust: it is bounded, and whatever is odd is left out.

mod asking;
mod auxiliary_vector;
mod programs;
mod reading;
mod ssh;

use std::path::PathBuf;
use std::time::Duration;

use orch_model::{Fault, Observation};

pub use programs::{Place, ProgramSettings, Programs};
pub use reading::read;
pub use ssh::{Barrier, Host, Unreached, last_words, ssh_options};

/// What is run on the machine, by a POSIX shell; [`read`] reads what it prints.
pub const SCRIPT: &str = include_str!("probe.sh");

/// How a machine is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The user's `ssh`, if there is one.
    pub ssh: Option<PathBuf>,
    /// How long it may take in all.
    pub patience: Duration,
}

/// Asks a machine; `None` is this one.
pub fn probe(host: Option<&Host>, settings: &Settings) -> Result<Observation, Fault> {
    let Some(host) = host else {
        let asked = asking::ask("sh", &["-s"], SCRIPT, settings.patience)?;
        return reading::read(&asked.stdout).ok_or_else(|| {
            Fault::internal(format!(
                "this machine's `sh` did not get to the end of the questions: {}",
                asked.last_words()
            ))
        });
    };
    let Some(program) = &settings.ssh else {
        return Err(Unreached::no_client(host).fault);
    };
    let asked = asking::ask(program, &host.ssh_arguments(), SCRIPT, settings.patience).map_err(
        |fault| Fault {
            message: format!("`{host}`: {}", fault.message),
            ..fault
        },
    )?;
    match reading::read(&asked.stdout) {
        Some(seen) => Ok(seen),
        None => Err(Unreached::by_what_ssh_says(host, asked.code, &asked.stderr).fault),
    }
}
