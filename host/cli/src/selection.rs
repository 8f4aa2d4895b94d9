//! The part of the graph that `--only` and `--target` mean.

use orch_engine::ActionGraph;
use orch_model::{Fault, NodeId, nearest};

use crate::arguments::Selection;

/// The selected nodes and all that they need; everything where nothing is selected.
pub fn select(graph: &ActionGraph, selection: &Selection) -> Result<ActionGraph, Fault> {
    for wanted in &selection.only {
        orch_engine::named(graph, wanted)?;
    }
    for wanted in &selection.target {
        let targets = || graph.nodes().iter().filter_map(|node| node.id.target());
        if !targets().any(|target| target == wanted) {
            let hint = match nearest(wanted, targets()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`orch plan` shows all targets".to_owned(),
            };
            return Err(
                Fault::usage(format!("`--target {wanted}`: nothing is made for it")).hint(hint),
            );
        }
    }
    if selection.only.is_empty() && selection.target.is_empty() {
        return Ok(graph.clone());
    }
    let named = |id: &NodeId| {
        selection.only.is_empty() || selection.only.iter().any(|wanted| id.is_meant_by(wanted))
    };
    let aimed = |id: &NodeId| match id.target() {
        _ if selection.target.is_empty() => true,
        Some(target) => selection.target.iter().any(|wanted| wanted == target),
        // What has no target is wanted for itself only where it was named.
        None => !selection.only.is_empty(),
    };
    Ok(graph.needed_by(|id| named(id) && aimed(id)))
}
