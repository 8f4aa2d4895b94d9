//! A cache that has lost something heals while it is used: the run is repeated once, and
//! what was lost is made anew.

use orch_engine::{NodeRun, Origin, Outcome, Run};
use orch_model::FaultKind;

use crate::console::Console;

/// Why a node could not go on without content that the cache had lost, if one could not.
pub fn lost(run: &Run) -> Option<String> {
    run.nodes.iter().find_map(|node| match &node.outcome {
        Outcome::Failed {
            reason,
            fault: Some(FaultKind::Lost),
            ..
        } => Some(reason.clone()),
        _ => None,
    })
}

/// Tells of the repetition, before it begins.
pub fn say(lost: &str, console: &Console) {
    if console.is_json() {
        console.warning(
            &format!("the cache had lost something: {lost}"),
            Some("it is being made anew"),
        );
    } else {
        console.say(&format!(
            "note: the cache had lost something, which is being made anew: {lost}"
        ));
    }
}

/// One run out of both: the second, and of the first what it had done.
pub fn joined(first: Run, second: Run) -> Run {
    let took = first.took + second.took;
    let nodes = first.nodes.into_iter().zip(second.nodes);
    Run {
        nodes: nodes.map(|(first, second)| later(first, second)).collect(),
        took,
    }
}

fn later(first: NodeRun, second: NodeRun) -> NodeRun {
    let origin = |run: &NodeRun| match &run.outcome {
        Outcome::Succeeded { origin, .. } => Some(*origin),
        _ => None,
    };
    let found_again = origin(&second) == Some(Origin::Cached);
    let done_before = matches!(origin(&first), Some(Origin::Done | Origin::Restored));
    match found_again && done_before {
        true => first,
        false => second,
    }
}
