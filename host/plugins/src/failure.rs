//! How a call that did not go well reads: who, where, which limit or trap, and the last
//! words. The only place where wasmtime's errors are turned into ours.

use orch_model::{PluginFailure, PluginId, Problem, Role};
use semver::Version;
use wasmtime::Trap;

use crate::call::Left;
use crate::resources::Exceeded;
use crate::{CONTRACT_VERSION, Limits, shown};

/// A plugin did what the contract forbids; the text is the end of a sentence that begins
/// with `it`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Breach(pub String);

/// The host could not do its part.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct HostFault(pub String);

/// What a plugin said instead of a result.
#[derive(Debug)]
pub(crate) enum Said {
    Invalid(Vec<Problem>),
    Unsupported(String),
    Failed(String),
}

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The plugin does not play the role.
    NoSuchRole,
    /// A function of the role has other types than the contract says.
    Misfit(Role, wasmtime::Error),
    /// The plugin trapped, or was stopped.
    Ended(wasmtime::Error),
    /// The plugin said so.
    Said(Said),
    /// What it returned cannot be taken.
    Breach(Breach),
}

impl From<Breach> for CallError {
    fn from(breach: Breach) -> Self {
        CallError::Breach(breach)
    }
}

/// Which function of which plugin was called.
pub(crate) struct Place<'a> {
    pub plugin: &'a PluginId,
    pub version: &'a Version,
    pub role: Role,
    pub function: &'static str,
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "plugin `{}` {} in `{}.{}`",
            self.plugin, self.version, self.role, self.function
        )
    }
}

/// The failure that the rest of the house sees.
pub(crate) fn of_call(
    place: &Place<'_>,
    error: CallError,
    left: &Left,
    limits: &Limits,
) -> PluginFailure {
    let broken = |what: String| {
        let last = match &left.last_line {
            Some(line) => format!("; its last log line: `{line}`"),
            None => "; it wrote no log line".to_owned(),
        };
        PluginFailure::Broken(format!("{place} {what}{last}"))
    };
    match error {
        CallError::NoSuchRole => no_such_role(place),
        CallError::Misfit(role, error) => {
            let misfit = Misfit::Export(role);
            PluginFailure::Unusable(misfit.text(place.plugin, place.version, &error))
        }
        CallError::Breach(breach) => broken(breach.0),
        CallError::Said(Said::Invalid(problems)) => PluginFailure::Invalid(problems),
        CallError::Said(said) => match (&left.denial, said) {
            // What a plugin does not do, it does not do with a grant either.
            (_, Said::Unsupported(text)) => PluginFailure::Unsupported(text),
            (Some(denial), Said::Failed(text)) => {
                PluginFailure::Denied(format!("{place} said: {text}\n{}", denial.0))
            }
            (None, Said::Failed(text)) => PluginFailure::Failed(format!("{place} failed: {text}")),
            (_, Said::Invalid(problems)) => PluginFailure::Invalid(problems),
        },
        CallError::Ended(error) => {
            if let Some(fault) = error.downcast_ref::<HostFault>() {
                return PluginFailure::Host(format!("{place} could not be served: {fault}"));
            }
            broken(ending(&error, limits))
        }
    }
}

/// The plugin was asked for what it never claimed.
pub(crate) fn no_such_role(place: &Place<'_>) -> PluginFailure {
    PluginFailure::Unsupported(format!(
        "plugin `{}` {} does not play the role `{}`",
        place.plugin, place.version, place.role
    ))
}

/// Where a component misses the contract's types.
pub(crate) enum Misfit {
    /// In something that it imports.
    Import,
    /// In a role that it exports.
    Export(Role),
}

impl Misfit {
    /// The whole message. wasmtime's words are kept where they tell the types apart, and
    /// left out where they speak of its own parts.
    pub fn text(&self, plugin: &PluginId, version: &Version, error: &wasmtime::Error) -> String {
        let part = match self {
            Misfit::Import => "something that it imports".to_owned(),
            Misfit::Export(role) => format!("its role `{role}`"),
        };
        let details: Vec<_> = error
            .chain()
            .map(|cause| cause.to_string())
            .map(|cause| {
                cause
                    .replace("component imports instance ", "")
                    .replace(
                        ", but a matching implementation was not found in the linker",
                        "",
                    )
                    .replace("instance export ", "")
            })
            .filter(|cause| !cause.starts_with("failed to convert function"))
            .collect();
        format!(
            "plugin `{plugin}` {version} does not fit version {CONTRACT_VERSION} of the \
             contract in {part}: {}; build it against the `wit/` of this `orch`",
            shown::line(&details.join(": "), 1_000)
        )
    }
}

/// What ended a guest: the end of a sentence that begins with the plugin.
fn ending(error: &wasmtime::Error, limits: &Limits) -> String {
    if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
        return exceeded.to_string();
    }
    if let Some(breach) = error.downcast_ref::<Breach>() {
        return breach.to_string();
    }
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return format!("called `exit` with {}, where it should return", exit.0);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            return format!(
                "used more than {} KiB of stack (limit: stack)",
                limits.stack_bytes >> 10
            );
        }
        Some(Trap::UnreachableCodeReached) => {
            return "panicked or aborted (trap: `unreachable`)".to_owned();
        }
        Some(trap) => {
            let trap = trap.to_string();
            return format!("trapped: {}", trap.trim_start_matches("wasm trap: "));
        }
        None => {}
    }
    // These have no type of their own in wasmtime, only their words.
    let cause = error.root_cause().to_string();
    if cause.contains("fuel allocated for hostcalls") {
        return format!(
            "handed over more than {} MiB at once (limit: result size)",
            limits.result_bytes >> 20
        );
    }
    if let Some((_, count)) = cause.split_once("resource limit exceeded: ") {
        let (what, limit) = match count.split(' ').next().unwrap_or_default() {
            "memory" => ("memories", limits.memories),
            "table" => ("tables", limits.tables),
            _ => ("instances", limits.instances),
        };
        return format!("wanted more than {limit} {what} (limit: {what})");
    }
    if cause.contains("resource table has no free keys") {
        return "kept too many handles of WASI (limit: handles)".to_owned();
    }
    format!(
        "handed over something that cannot be read: {}",
        shown::line(&cause, 500)
    )
}
