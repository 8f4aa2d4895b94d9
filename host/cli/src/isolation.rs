//! What keeps actions apart in this run: what the user asked for, held against what the
//! kernel gives.

use std::ffi::OsString;
use std::sync::Arc;

use orch_execute::{SandboxSettings, Sandboxes};
use orch_model::Fault;
use orch_sandbox::{Limits, Protection, StartError};

use crate::arguments::SandboxMode;
use crate::console::Console;
use crate::environment::Environment;

/// The sandboxes of a run, and what there is to say about them.
pub struct Isolation {
    /// `None` where actions run without one.
    pub sandboxes: Option<Arc<Sandboxes>>,
    /// A warning with its hint.
    warning: Option<(String, String)>,
}

impl Isolation {
    /// What a mode comes to on this machine. Where it must be strict and is not, that is a
    /// fault of the machine.
    pub fn find(mode: SandboxMode, environment: &Environment) -> Result<Self, Fault> {
        if mode == SandboxMode::Off {
            return Ok(Self::without(
                "actions run without a sandbox: they read and write whatever you can".to_owned(),
                "leave out `--sandbox=off`; results made like this are kept apart from others"
                    .to_owned(),
            ));
        }
        match examine(environment)? {
            Ok(sandboxes) => Self::with(mode, sandboxes),
            Err((protection, why)) => {
                let what = format!("this kernel gives no {protection}: {why}");
                let remedy = remedies(&[protection]);
                match mode {
                    SandboxMode::Strict => Err(Fault::internal(what).hint(remedy)),
                    SandboxMode::Best | SandboxMode::Off => Ok(Self::without(
                        format!("actions run without a sandbox: {what}"),
                        remedy,
                    )),
                }
            }
        }
    }

    fn with(mode: SandboxMode, sandboxes: Sandboxes) -> Result<Self, Fault> {
        let missing: Vec<String> = sandboxes
            .missing()
            .iter()
            .map(|missing| format!("no {}: {}", missing.protection, missing.why))
            .collect();
        let protections: Vec<Protection> = sandboxes
            .missing()
            .iter()
            .map(|missing| missing.protection)
            .collect();
        let warning = (!missing.is_empty()).then(|| {
            let what = format!("the sandbox is not complete: {}", missing.join("; "));
            (what, remedies(&protections))
        });
        match (mode, warning) {
            (SandboxMode::Strict, Some((what, remedy))) => Err(Fault::internal(what).hint(remedy)),
            (_, warning) => Ok(Self {
                sandboxes: Some(Arc::new(sandboxes)),
                warning,
            }),
        }
    }

    fn without(what: String, remedy: String) -> Self {
        Self {
            sandboxes: None,
            warning: Some((what, remedy)),
        }
    }

    /// Whether another run of the same mode keeps actions apart in the same way. Where the
    /// kernel withholds something today, it may not tomorrow.
    pub fn is_settled(&self, mode: SandboxMode) -> bool {
        mode == SandboxMode::Off || self.warning.is_none()
    }

    /// Says once what this run does without.
    pub fn warn(&self, console: &Console) {
        if let Some((what, remedy)) = &self.warning {
            console.warning(what, Some(remedy));
        }
    }
}

/// The sandboxes of this machine, or what they cannot do without, with what the kernel said.
pub fn examine(
    environment: &Environment,
) -> Result<Result<Sandboxes, (Protection, String)>, Fault> {
    let settings = SandboxSettings {
        cache: environment.cache.clone(),
        command: own_command("internal-sandbox")?,
        limits: Limits {
            // The rest is for `orch` and everybody else.
            memory_bytes: environment
                .host
                .memory_bytes
                .map_or(u64::MAX, |all| all / 8 * 7),
            ..Limits::default()
        },
    };
    match Sandboxes::new(settings) {
        Ok(sandboxes) => Ok(Ok(sandboxes)),
        Err(StartError::Withheld { protection, why }) => Ok(Err((protection, why))),
        Err(error @ (StartError::Failed(_) | StartError::Unlimited(_))) => Err(Fault::internal(
            format!("could not start a sandbox: {error}"),
        )
        .hint("`--sandbox=off` runs without one")),
    }
}

/// The command that starts this program for a part of its own.
pub fn own_command(part: &str) -> Result<Vec<OsString>, Fault> {
    let program = std::env::current_exe()
        .map_err(|error| Fault::internal(format!("could not find the `orch` program: {error}")))?;
    Ok(vec![program.into(), part.into()])
}

fn remedies(protections: &[Protection]) -> String {
    let remedies: Vec<&str> = protections
        .iter()
        .map(|protection| protection.remedy())
        .collect();
    remedies.join("; ")
}
