//! What was found, as tables in Markdown.

use std::fmt::Write;

use crate::figures::{Figures, Quantity, Results};
use crate::peer::PEERS;
use crate::state::State;

/// All tables of a shape: for each state the times with their ratios, and the memory; then
/// how they grow, and who was left out.
pub fn render(results: &Results, states: &[State]) -> String {
    let mut text = format!("## {} graph\n", capitalised(&results.shape.to_string()));
    for &state in states {
        text.push_str(&state_tables(results, state));
    }
    text.push_str(&growth(results, states));
    text.push_str(&remarks(results));
    text
}

fn state_tables(results: &Results, state: State) -> String {
    let found = |name, tasks| results.figures.get(&(state, name, tasks));
    let all = &results.names;
    let times = rows(results, state, all, |name, tasks| {
        found(name, tasks).map(time_cell)
    });
    let ratios = rows(results, state, &all[1..], |name, tasks| {
        results.ratio(state, name, tasks).map(significant)
    });
    let memory = rows(results, state, all, |name, tasks| {
        found(name, tasks).map(|figures| memory_cell(figures, tasks))
    });
    format!(
        "\n### {}\n\nTime: median (shortest – longest run).\n\n{times}\n\
         Ratio: so many times the time of orch.\n\n{ratios}\n\
         Most memory of a process: in all, and a task.\n\n{memory}",
        state.title()
    )
}

/// A table with a row for each size and a column for each tool; what is not known is a dash.
fn rows(
    results: &Results,
    state: State,
    names: &[&'static str],
    cell: impl Fn(&'static str, usize) -> Option<String>,
) -> String {
    let mut text = format!("| tasks | {} |\n", names.join(" | "));
    let _ = writeln!(text, "|{}", " ---: |".repeat(names.len() + 1));
    for tasks in results.sizes(state) {
        let cells = names.iter().map(|name| cell(name, tasks));
        let cells: Vec<_> = cells.map(|cell| cell.unwrap_or("–".to_owned())).collect();
        let _ = writeln!(
            text,
            "| {} | {} |",
            grouped(tasks as u64),
            cells.join(" | ")
        );
    }
    text
}

fn growth(results: &Results, states: &[State]) -> String {
    let mut text = format!(
        "\n### Growth\n\nSlope of time and of memory over tasks, log-log, from {} tasks on.\n\n\
         | state | {} |\n|{}\n",
        grouped(Results::STEADY as u64),
        results.names.join(" | "),
        " ---: |".repeat(results.names.len() + 1)
    );
    let shown = |slope: Option<f64>| slope.map_or("–".to_owned(), |slope| format!("{slope:.2}"));
    for &state in states {
        let cells = results.names.iter().map(|name| {
            let time = shown(results.slope(state, name, Quantity::Time));
            let memory = shown(results.slope(state, name, Quantity::Memory));
            format!("{time}, {memory}")
        });
        let cells: Vec<_> = cells.collect();
        let _ = writeln!(text, "| {} | {} |", state.title(), cells.join(" | "));
    }
    text
}

fn remarks(results: &Results) -> String {
    let mut text = String::new();
    for peer in PEERS
        .iter()
        .filter(|peer| results.names.contains(&peer.name))
    {
        if let Some(remark) = peer.remark {
            let _ = writeln!(text, "- {}: {remark}.", peer.name);
        }
    }
    for absence in &results.absences {
        let tasks = grouped(absence.tasks as u64);
        let (name, why) = (absence.name, &absence.why);
        let _ = writeln!(text, "- {name} is left out from {tasks} tasks on: {why}.");
    }
    match text.is_empty() {
        true => text,
        false => format!("\n{text}"),
    }
}

fn time_cell(figures: &Figures) -> String {
    let spread = match figures.runs {
        1 => "one run".to_owned(),
        runs => format!(
            "{} – {}, {runs} runs",
            seconds(figures.least_seconds),
            seconds(figures.most_seconds)
        ),
    };
    format!("{} ({spread})", seconds(figures.seconds))
}

fn memory_cell(figures: &Figures, tasks: usize) -> String {
    format!(
        "{} MB, {} B",
        significant(figures.peak_bytes as f64 / 1e6),
        grouped(figures.peak_bytes / tasks.max(1) as u64)
    )
}

/// A duration in the unit that suits it.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{} ms", significant(s * 1e3)),
        s => format!("{} s", significant(s)),
    }
}

/// Three digits, or all of a larger number.
pub fn significant(number: f64) -> String {
    match number {
        n if n < 9.995 => format!("{n:.2}"),
        n if n < 99.95 => format!("{n:.1}"),
        n => grouped(n.round() as u64),
    }
}

/// With a comma before each three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact_enough() {
        let shown = [0.123, 1.0, 9.996, 12.34, 99.96, 1234.5, 1e6].map(significant);
        assert_eq!(
            shown,
            ["0.12", "1.00", "10.0", "12.3", "100", "1,235", "1,000,000"]
        );
        assert_eq!(seconds(0.0123), "12.3 ms");
        assert_eq!(seconds(61.0), "61.0 s");
        assert_eq!(
            ["0", "999", "1,000"],
            [0, 999, 1000].map(grouped).each_ref().map(String::as_str)
        );
    }
}
