//! Which bench is measured before which: what others are compared with comes first. Whether that is
//! in the history is not known here.

use orch_model::NodeId;

use crate::plan::PlannedBench;

/// Lets what others of the same table are compared with, another target or another toolchain, be
/// measured before them.
pub(super) fn baselines_first(benches: &mut [PlannedBench]) {
    let known: Vec<_> = benches.iter().map(Cell::of).collect();
    for bench in benches {
        let Some(baseline) = &bench.baseline else {
            continue;
        };
        let own = Cell::of(bench);
        let others = known.iter().filter(|other| {
            let is_target = other.target == *baseline && other.matrix == own.matrix;
            let is_toolchain = other.toolchain == *baseline && other.target == own.target;
            other.node != own.node && (is_target || is_toolchain)
        });
        let is_itself = own.target == *baseline || own.toolchain == *baseline;
        if !is_itself {
            bench.needs.extend(others.map(|other| other.node.clone()));
        }
    }
}

/// What tells the benches of one table apart.
struct Cell {
    node: NodeId,
    target: String,
    /// With its release: `go 1.22.10`.
    toolchain: String,
    /// As the matrix names it, where there is one.
    matrix: Option<String>,
}

impl Cell {
    fn of(bench: &PlannedBench) -> Self {
        let matrix = bench.node.as_str().split_once('+');
        Self {
            node: bench.node.clone(),
            target: bench.target.clone(),
            toolchain: bench.toolchain.clone(),
            matrix: matrix.map(|(_, matrix)| matrix.to_owned()),
        }
    }
}
