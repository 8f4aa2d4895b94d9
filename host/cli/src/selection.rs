//! The part of the graph that `--only` and `--target` mean.

use orch_engine::{ActionGraph, LeftOut, Plan};
use orch_model::{Fault, NodeId, nearest};

use crate::arguments::Selection;

/// The selected nodes and all that they need; everything where nothing is selected.
pub fn select(
    plan: &Plan,
    graph: &ActionGraph,
    selection: &Selection,
) -> Result<ActionGraph, Fault> {
    for wanted in &selection.only {
        let mut left_out = plan.left_out.iter();
        if let Some(cell) = left_out.find(|cell| cell.node.as_str() == wanted) {
            return Err(
                Fault::usage(format!("`{wanted}` is left out: {}", cell.reason))
                    .hint("`orch plan` shows what there is"),
            );
        }
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
    Ok(graph.needed_by(|id| is_selected(id, selection)))
}

/// The cells that are left out of what is selected.
pub fn left_out(plan: &Plan, selection: &Selection) -> Vec<LeftOut> {
    let cells = plan.left_out.iter();
    cells
        .filter(|cell| is_selected(&cell.node, selection))
        .cloned()
        .collect()
}

/// Whether a selection means a node for itself.
pub fn is_selected(id: &NodeId, selection: &Selection) -> bool {
    let is_named =
        selection.only.is_empty() || selection.only.iter().any(|wanted| id.is_meant_by(wanted));
    let is_aimed = match id.target() {
        _ if selection.target.is_empty() => true,
        Some(target) => selection.target.iter().any(|wanted| wanted == target),
        // What has no target is wanted for itself only where it was named.
        None => !selection.only.is_empty(),
    };
    is_named && is_aimed
}
