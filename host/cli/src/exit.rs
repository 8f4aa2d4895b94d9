//! Exit codes: documented, stable, one place.

use orch_engine::{Outcome, PlanProblem, Run};
use orch_model::FaultKind;

/// What `orch` exits with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for is done.
    Done,
    /// An action failed, or what was to be verified is damaged.
    ActionFailed,
    /// The command line or the pipeline is wrong.
    Usage,
    /// A plugin refused, was denied or failed.
    Plugin,
    /// Something could not be fetched or verified.
    Fetch,
    /// Our own fault, or the machine's.
    Internal,
    /// A gate failed.
    GateFailed,
    /// A gate could not be decided.
    GateInconclusive,
    /// A release did not hold, and machines went back.
    RolledBack,
    /// The user interrupted.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> i32 {
        match self {
            Exit::Done => 0,
            Exit::ActionFailed => 1,
            Exit::Usage => 2,
            Exit::Plugin => 3,
            Exit::Fetch => 4,
            Exit::Internal => 5,
            Exit::GateFailed => 10,
            Exit::GateInconclusive => 11,
            Exit::RolledBack => 12,
            Exit::Interrupted => 130,
        }
    }

    /// Of a fault.
    pub fn of_fault(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Action => Exit::ActionFailed,
            FaultKind::Usage => Exit::Usage,
            FaultKind::Plugin => Exit::Plugin,
            FaultKind::Fetch => Exit::Fetch,
            FaultKind::Internal | FaultKind::Lost => Exit::Internal,
            FaultKind::GateFailed => Exit::GateFailed,
            FaultKind::GateInconclusive => Exit::GateInconclusive,
            FaultKind::RolledBack => Exit::RolledBack,
            FaultKind::Interrupted => Exit::Interrupted,
        }
    }

    /// Of what is wrong with a pipeline: the user's own mistakes first, since they are
    /// mended first.
    pub fn of_problems(problems: &[PlanProblem]) -> Self {
        [
            FaultKind::Usage,
            FaultKind::Plugin,
            FaultKind::Fetch,
            FaultKind::Internal,
        ]
        .into_iter()
        .find(|kind| {
            problems
                .iter()
                .any(|problem| problem.is_error() && problem.kind == *kind)
        })
        .map_or(Exit::Done, Exit::of_fault)
    }

    /// Of a run: an interrupt first, then our own fault, then what failed, then
    /// what was measured.
    pub fn of_run(run: &Run) -> Self {
        let of_node = |outcome: &Outcome| match outcome {
            Outcome::Succeeded { .. } | Outcome::Skipped { .. } | Outcome::Waits { .. } => {
                Exit::Done
            }
            Outcome::Cancelled => Exit::Interrupted,
            Outcome::Failed {
                fault: Some(kind), ..
            } => Exit::of_fault(*kind),
            Outcome::Failed { fault: None, .. } => Exit::ActionFailed,
        };
        let exits: Vec<Exit> = run
            .nodes
            .iter()
            .map(|node| of_node(&node.outcome))
            .collect();
        [
            Exit::Interrupted,
            Exit::Internal,
            Exit::Fetch,
            Exit::Plugin,
            Exit::Usage,
            Exit::ActionFailed,
            Exit::RolledBack,
            Exit::GateFailed,
            Exit::GateInconclusive,
        ]
        .into_iter()
        .find(|exit| exits.contains(exit))
        .unwrap_or(Exit::Done)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        (exit.code() as u8).into()
    }
}
