//! What orch must reach against its peers, and whether it does.

use crate::figures::{Quantity, Results};
use crate::state::State;
use crate::table::{grouped, significant};

/// The peers that run tasks as orch does; the best of them is what it is compared with.
const TASK_RUNNERS: [&str; 5] = ["make", "just", "turbo", "nx", "moon"];

/// The steepest growth, log-log.
const STEEPEST: f64 = 1.05;

/// One line a goal that can be judged by these results, in Markdown.
pub fn judge(results: &Results) -> String {
    let mut lines = Vec::new();
    let ninja = |tasks| results.ratio(State::UpToDate, "ninja", tasks);
    let sizes = results.sizes(State::UpToDate);
    let (large, small): (Vec<_>, Vec<_>) = sizes.iter().partition(|tasks| **tasks >= 10_000);
    lines.extend(against("ninja, nothing to do", &small, ninja, 1.0));
    lines.extend(against("ninja, nothing to do", &large, ninja, 2.0));
    for state in State::ALL {
        let what = format!("the best task runner, {}", lower(state));
        let best = |tasks| best_task_runner(results, state, tasks);
        lines.extend(against(&what, &results.sizes(state), best, 10.0));
    }
    let sandboxed = |tasks| results.ratio(State::Cold, "ninja-bwrap", tasks);
    let what = "ninja with bubblewrap, everything to do";
    lines.extend(against(what, &[10_000], sandboxed, 5.0));
    for state in State::ALL {
        for (quantity, what) in [(Quantity::Time, "time"), (Quantity::Memory, "memory")] {
            if let Some(slope) = results.slope(state, "orch", quantity) {
                lines.push(format!(
                    "- {}: slope of {what} of orch, {}: {slope:.2}; wanted at most {STEEPEST}",
                    verdict(slope <= STEEPEST),
                    lower(state),
                ));
            }
        }
    }
    format!("\n### Goals\n\n{}\n", lines.join("\n"))
}

/// How often the time of the quickest of them is that of orch.
fn best_task_runner(results: &Results, state: State, tasks: usize) -> Option<f64> {
    let took_part = |name: &&&'static str| results.names.contains(name);
    let names = TASK_RUNNERS.iter().filter(took_part);
    let ratios = names.filter_map(|name| results.ratio(state, name, tasks));
    ratios.reduce(f64::min)
}

/// A line for a ratio that must be reached at each of some sizes, if it is known at one.
fn against(
    whom: &str,
    sizes: &[usize],
    ratio: impl Fn(usize) -> Option<f64>,
    wanted: f64,
) -> Option<String> {
    let known = sizes
        .iter()
        .filter_map(|tasks| Some((*tasks, ratio(*tasks)?)));
    let known: Vec<(usize, f64)> = known.collect();
    let reached = known.iter().all(|(_, ratio)| *ratio >= wanted);
    let shown = known.iter().map(|(tasks, ratio)| {
        let tasks = grouped(*tasks as u64);
        format!("{} with {tasks}", significant(*ratio))
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    (!known.is_empty()).then(|| {
        format!(
            "- {}: {whom}: times the time of orch: {shown} tasks; wanted {wanted}",
            verdict(reached)
        )
    })
}

fn lower(state: State) -> String {
    state.title().to_lowercase()
}

/// How a goal is marked.
pub fn verdict(reached: bool) -> &'static str {
    match reached {
        true => "reached",
        false => "**missed**",
    }
}
