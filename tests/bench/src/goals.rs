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
    for tasks in results.sizes(State::UpToDate) {
        let wanted = if tasks >= 10_000 { 2.0 } else { 1.0 };
        let ratio = results.ratio(State::UpToDate, "ninja", tasks);
        lines.extend(against("ninja, nothing to do", tasks, ratio, wanted));
    }
    for state in State::ALL {
        for tasks in results.sizes(state) {
            let known = TASK_RUNNERS.iter().filter_map(|name| {
                let name = results.names.iter().find(|known| *known == name)?;
                results.ratio(state, name, tasks)
            });
            let what = format!("the best task runner, {}", state.title().to_lowercase());
            lines.extend(against(&what, tasks, known.reduce(f64::min), 10.0));
        }
    }
    let ratio = results.ratio(State::Cold, "ninja-bwrap", 10_000);
    lines.extend(against("ninja with bubblewrap, cold", 10_000, ratio, 5.0));
    for state in State::ALL {
        for (quantity, what) in [(Quantity::Time, "time"), (Quantity::Memory, "memory")] {
            if let Some(slope) = results.slope(state, "orch", quantity) {
                let state = state.title().to_lowercase();
                lines.push(format!(
                    "- {}: slope of {what} of orch, {state}: {slope:.2}, wanted at most {STEEPEST}",
                    verdict(slope <= STEEPEST),
                ));
            }
        }
    }
    format!("\n### Goals\n\n{}\n", lines.join("\n"))
}

fn against(whom: &str, tasks: usize, ratio: Option<f64>, wanted: f64) -> Option<String> {
    let ratio = ratio?;
    Some(format!(
        "- {}: {whom}, {} tasks: {} times the time of orch, wanted {wanted}",
        verdict(ratio >= wanted),
        grouped(tasks as u64),
        significant(ratio),
    ))
}

/// How a goal is marked.
pub fn verdict(reached: bool) -> &'static str {
    match reached {
        true => "reached",
        false => "**missed**",
    }
}
