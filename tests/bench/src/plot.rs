//! Plots: a quantity over the number of tasks, both logarithmic, four panels a picture.

use crate::figures::{Quantity, Results};
use crate::graph::Shape;
use crate::peer::PEERS;
use crate::state::State;
use crate::svg::{Anchor, Drawing};
use crate::table::grouped;

/// The size of one panel with all that belongs to it.
const PANEL: (f64, f64) = (480.0, 340.0);
/// What lies around its lines: left, top, right, bottom.
const MARGIN: (f64, f64, f64, f64) = (62.0, 34.0, 92.0, 44.0);
/// The height of the picture's own title.
const TITLE: f64 = 40.0;
/// How far names stand from each other at least.
const NAME_HEIGHT: f64 = 13.0;

/// One plot of several.
#[derive(Clone, Debug)]
struct Panel {
    title: String,
    quantity: Quantity,
    /// By the number of the tool.
    lines: Vec<(usize, Vec<(f64, f64)>)>,
}

/// The time of one shape: a panel for each state.
pub fn times(results: &Results) -> String {
    let panels = State::ALL
        .iter()
        .map(|&state| panel(state.title().to_owned(), results, state, Quantity::Time));
    draw(
        &format!("Time of a run, {} graph", results.shape),
        &panels.collect::<Vec<_>>(),
    )
}

/// The memory that a run with nothing to do needs: a panel for each shape.
pub fn memory(all: &[Results], state: State) -> String {
    let panels = all.iter().map(|results| {
        let title = format!("{} graph", results.shape);
        panel(title, results, state, Quantity::Memory)
    });
    let title = state.title().to_lowercase();
    draw(
        &format!("Most memory of a process, {title}"),
        &panels.collect::<Vec<_>>(),
    )
}

/// What the files are called.
pub fn file_name(shape: Shape) -> String {
    format!("performance-{shape}.svg")
}

fn panel(title: String, results: &Results, state: State, quantity: Quantity) -> Panel {
    let lines = PEERS.iter().enumerate().map(|(number, peer)| {
        let line = results.line(state, peer.name, quantity);
        (number, line)
    });
    Panel {
        title,
        quantity,
        lines: lines.filter(|(_, line)| !line.is_empty()).collect(),
    }
}

fn draw(title: &str, panels: &[Panel]) -> String {
    let rows = panels.len().div_ceil(2).max(1) as f64;
    let columns = panels.len().clamp(1, 2) as f64;
    let mut drawing = Drawing::new(columns * PANEL.0, TITLE + rows * PANEL.1);
    drawing.words("title", (20.0, 28.0), Anchor::Start, title);
    for (number, panel) in panels.iter().enumerate() {
        let corner = (
            (number % 2) as f64 * PANEL.0,
            TITLE + (number / 2) as f64 * PANEL.1,
        );
        panel.draw(&mut drawing, corner);
    }
    drawing.finish(title)
}

/// Where values lie in the picture.
struct Scales {
    /// Decimal exponents at the left and right end.
    x: (f64, f64),
    /// Decimal exponents at the lower and upper end.
    y: (f64, f64),
    left: f64,
    top: f64,
}

impl Scales {
    fn of(panel: &Panel, corner: (f64, f64)) -> Self {
        let points = || panel.lines.iter().flat_map(|(_, line)| line);
        Self {
            x: decades(points().map(|point| point.0)),
            y: decades(points().map(|point| point.1)),
            left: corner.0 + MARGIN.0,
            top: corner.1 + MARGIN.1,
        }
    }

    fn right(&self) -> f64 {
        self.left + PANEL.0 - MARGIN.0 - MARGIN.2
    }

    fn bottom(&self) -> f64 {
        self.top + PANEL.1 - MARGIN.1 - MARGIN.3
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let share = |value: f64, (low, high): (f64, f64)| (value.log10() - low) / (high - low);
        (
            self.left + share(x, self.x) * (self.right() - self.left),
            self.bottom() - share(y, self.y) * (self.bottom() - self.top),
        )
    }
}

/// The whole decades around some values, one at least.
fn decades(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(f64::NEG_INFINITY, f64::max);
    match least.is_finite() && least > 0.0 {
        true => {
            let low = least.log10().floor();
            (low, most.log10().ceil().max(low + 1.0))
        }
        false => (0.0, 1.0),
    }
}

impl Panel {
    fn draw(&self, drawing: &mut Drawing, corner: (f64, f64)) {
        let scales = Scales::of(self, corner);
        let head = (scales.left, corner.1 + 20.0);
        drawing.words("head", head, Anchor::Start, &self.title);
        self.draw_axes(drawing, &scales);
        if self.lines.is_empty() {
            let middle = (scales.left + 12.0, scales.top + 24.0);
            drawing.words("soft", middle, Anchor::Start, "not measured");
        }
        let mut ends = Vec::new();
        // orch last, so that it lies on top.
        for (number, line) in self.lines.iter().rev() {
            let points: Vec<_> = line.iter().map(|point| scales.at(*point)).collect();
            drawing.series(*number, &points);
            ends.extend(points.last().map(|end| (*number, *end)));
        }
        for (number, end, height) in spread(ends, scales.top, scales.bottom()) {
            drawing.name(number, end, height);
        }
    }

    fn draw_axes(&self, drawing: &mut Drawing, scales: &Scales) {
        let (left, right) = (scales.left, scales.right());
        for exponent in scales.y.0 as i32..=scales.y.1 as i32 {
            let value = 10_f64.powi(exponent);
            let height = scales.at((1.0, value)).1;
            drawing.line("grid", (left, height), (right, height));
            let at = (left - 7.0, height + 4.0);
            drawing.words("soft", at, Anchor::End, &self.quantity.shown(value));
        }
        for exponent in scales.x.0 as i32..=scales.x.1 as i32 {
            let value = 10_f64.powi(exponent);
            let across = scales.at((value, 1.0)).0;
            drawing.line("grid", (across, scales.top), (across, scales.bottom()));
            let at = (across, scales.bottom() + 16.0);
            drawing.words("soft", at, Anchor::Middle, &grouped(value as u64));
        }
        let (bottom, middle) = (scales.bottom(), (left + right) / 2.0);
        drawing.line("axis", (left, bottom), (right, bottom));
        drawing.words("ink", (middle, bottom + 34.0), Anchor::Middle, "tasks");
    }
}

impl Quantity {
    /// A whole power of ten of it.
    fn shown(self, value: f64) -> String {
        let units: &[(f64, &str)] = match self {
            Quantity::Time => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")],
            Quantity::Memory => &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")],
        };
        let fits = |unit: &&(f64, &str)| value >= unit.0 * 0.999;
        let unit = units.iter().find(fits).unwrap_or(&units[units.len() - 1]);
        format!("{} {}", grouped((value / unit.0).round() as u64), unit.1)
    }
}

impl Drawing {
    /// The name of a series beside its end, which may have had to move up or down.
    fn name(&mut self, number: usize, end: (f64, f64), height: f64) {
        let class = format!("s{}", number % crate::svg::LOOKS.len());
        if (height - end.1).abs() > 3.0 {
            let leader = format!("{class} leader");
            self.line(&leader, (end.0 + 5.0, end.1), (end.0 + 11.0, height));
        }
        let at = (end.0 + 13.0, height + 4.0);
        let class = format!("{class} name");
        self.words(&class, at, Anchor::Start, PEERS[number].name);
    }
}

/// Moves names that end at the same place apart, within the panel.
fn spread(
    mut ends: Vec<(usize, (f64, f64))>,
    top: f64,
    bottom: f64,
) -> Vec<(usize, (f64, f64), f64)> {
    ends.sort_by(|left, right| {
        let (left, right) = (left.1, right.1);
        left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1))
    });
    let columns = ends.chunk_by(|left, right| (left.1.0 - right.1.0).abs() < 1.0);
    let mut placed = Vec::new();
    for column in columns {
        let mut heights: Vec<f64> = column.iter().map(|end| end.1.1).collect();
        // Down from above, then up again from below where that went too far.
        let mut free = top;
        for height in &mut heights {
            *height = height.max(free);
            free = *height + NAME_HEIGHT;
        }
        let mut free = bottom;
        for height in heights.iter_mut().rev() {
            *height = height.min(free);
            free = *height - NAME_HEIGHT;
        }
        let ends = column.iter().zip(heights);
        placed.extend(ends.map(|(end, height)| (end.0, end.1, height)));
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_one_end_do_not_touch() {
        let ends = vec![
            (0, (50.0, 98.0)),
            (1, (50.0, 99.0)),
            (2, (50.0, 10.0)),
            (3, (20.0, 99.0)),
        ];
        let placed = spread(ends, 0.0, 100.0);
        let heights: Vec<_> = placed
            .iter()
            .map(|(number, _, height)| (*number, *height))
            .collect();
        assert_eq!(heights, [(3, 99.0), (2, 10.0), (0, 87.0), (1, 100.0)]);
    }

    #[test]
    fn axes_hold_whole_decades() {
        assert_eq!(decades([2.0, 300.0].into_iter()), (0.0, 3.0));
        assert_eq!(decades([1.0].into_iter()), (0.0, 1.0));
        assert_eq!(decades(std::iter::empty()), (0.0, 1.0));
        assert_eq!(Quantity::Time.shown(0.01), "10 ms");
        assert_eq!(Quantity::Memory.shown(1e8), "100 MB");
    }
}
