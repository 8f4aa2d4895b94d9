//! Where the samples of a metric lie: this build's above those of the baseline, on one axis.

use orch_engine::port::{Figures, MetricReport};

use crate::figure::{grouped, human_value, range};

use super::WIDTH;
use super::picture::{Area, Mark, Picture};
use super::scale::Scale;
use super::spread::Spread;

/// The axis lies between these, in the picture's units.
const LEFT: f64 = 14.0;
const RIGHT: f64 = WIDTH - 14.0;

/// Up to so many samples each is a point; more are a histogram.
const POINTS: usize = 60;

const RADIUS: f64 = 3.0;

/// Height of a row beside its samples: its name above, its box below.
const FRAME: f64 = 44.0;

/// One side's row.
struct Row<'a> {
    name: &'static str,
    is_own: bool,
    figures: &'a Figures,
    spread: Spread,
}

/// The picture; none where no side has two samples.
pub(super) fn distribution(metric: &MetricReport) -> Option<String> {
    let before = metric
        .baseline
        .iter()
        .map(|figures| ("before", false, figures));
    let sides = std::iter::once(("this build", true, &metric.figures)).chain(before);
    let rows: Vec<Row<'_>> = sides
        .filter_map(|(name, is_own, figures)| {
            let spread = Spread::of(&figures.values)?;
            Some(Row {
                name,
                is_own,
                figures,
                spread,
            })
        })
        .collect();
    if rows.iter().all(|row| row.spread.values().len() < 2) {
        return None;
    }
    let shown = rows.iter().flat_map(|row| {
        let (low, high) = row.spread.main_range();
        [
            low,
            high,
            row.figures.median,
            row.figures.low,
            row.figures.high,
        ]
    });
    let scale = Scale::over(shown, LEFT, RIGHT);
    let mut picture = Picture::new(WIDTH);
    let bottom: f64 = rows.iter().map(Row::height).sum();
    scale.draw(&mut picture, &metric.unit, (0.0, bottom), WIDTH);
    let mut top = 0.0;
    for row in &rows {
        row.draw(&mut picture, &scale, &metric.unit, top);
        top += row.height();
    }
    let told: Vec<String> = rows.iter().map(|row| row.told(&metric.unit)).collect();
    let label = format!("Samples of {}. {}", metric.name, told.join("; "));
    Some(picture.finish(bottom + 18.0, &label))
}

impl Row<'_> {
    fn told(&self, unit: &str) -> String {
        let median = human_value(self.figures.median, unit);
        format!(
            "{}: {median}, {}",
            self.name,
            samples(self.figures.values.len())
        )
    }

    fn is_crowd(&self) -> bool {
        self.spread.values().len() > POINTS
    }

    /// How high its samples are stacked at most.
    fn cloud(&self) -> f64 {
        if self.is_crowd() { 44.0 } else { 22.0 }
    }

    fn height(&self) -> f64 {
        self.cloud() + FRAME
    }

    /// Draws the row below `top`: its name, the samples, and a box below them.
    fn draw(&self, picture: &mut Picture, scale: &Scale, unit: &str, top: f64) {
        picture.text("label strong", (0.0, top + 12.0), self.name);
        picture.text(
            "label end",
            (WIDTH, top + 12.0),
            &samples(self.spread.values().len()),
        );
        let floor = top + 18.0 + self.cloud();
        match self.is_crowd() {
            true => self.histogram(picture, scale, floor),
            false => self.points(picture, scale, unit, floor),
        }
        self.summary(picture, scale, unit, floor + 10.0);
        self.beyond(picture, scale, unit, top + 24.0);
    }

    /// Each sample, stacked upon those at the same place.
    fn points(&self, picture: &mut Picture, scale: &Scale, unit: &str, floor: f64) {
        let column = |value: f64| ((scale.place(value) - LEFT) / (2.0 * RADIUS)).round();
        let shown: Vec<f64> = self.shown(scale).collect();
        let stacks: Vec<&[f64]> = shown
            .chunk_by(|one, other| column(*one) == column(*other))
            .collect();
        let highest = stacks.iter().map(|stack| stack.len()).max().unwrap_or(1);
        let step = (2.0 * RADIUS).min((self.cloud() - 2.0 * RADIUS) / highest as f64);
        let mark = if self.is_own { Mark::Dot } else { Mark::Ring };
        for stack in stacks {
            for (level, value) in stack.iter().enumerate() {
                let y = floor - RADIUS - level as f64 * step;
                let title = human_value(*value, unit);
                picture.mark(mark, RADIUS, (scale.place(*value), y), &title);
            }
        }
    }

    /// An outline that is as high as many samples are there.
    fn histogram(&self, picture: &mut Picture, scale: &Scale, floor: f64) {
        let columns = ((self.spread.values().len() as f64).sqrt() as usize).clamp(12, 60);
        let counts = self.spread.columns(scale, (LEFT, RIGHT), columns);
        let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
        let width = (RIGHT - LEFT) / columns as f64;
        let mut outline = vec![(LEFT, floor)];
        for (column, count) in counts.iter().enumerate() {
            let y = floor - self.cloud() * *count as f64 / most;
            let x = LEFT + width * column as f64;
            outline.extend([(x, y), (x + width, y)]);
        }
        outline.push((RIGHT, floor));
        picture.path(
            if self.is_own {
                "cloud own"
            } else {
                "cloud before"
            },
            &outline,
        );
    }

    /// A line over all samples, a box over their middle half, the median and its interval.
    fn summary(&self, picture: &mut Picture, scale: &Scale, unit: &str, middle: f64) {
        let mut shown = self.shown(scale);
        let low = shown.next().unwrap_or(self.figures.median);
        let high = shown.last().unwrap_or(low);
        picture.line(
            "line",
            (scale.place(low), middle),
            (scale.place(high), middle),
        );
        let value = |value| human_value(value, unit);
        let mut bar = |class, low, high, height: f64, what: &str| {
            let x = scale.place(low);
            let width = scale.place(high) - x;
            let y = middle - height / 2.0;
            let title = format!("{what} {}", range(&value(low), &value(high)));
            picture.area(
                class,
                Area {
                    x,
                    y,
                    width,
                    height,
                },
                &title,
            );
        };
        let (lower, upper) = (self.spread.quantile(0.25), self.spread.quantile(0.75));
        bar("box", lower, upper, 12.0, "half of the samples:");
        bar(
            "interval",
            self.figures.low,
            self.figures.high,
            6.0,
            "median, 95 % sure:",
        );
        let x = scale.place(self.figures.median);
        picture.line("median", (x, middle - 9.0), (x, middle + 9.0));
    }

    /// Says how many samples lie beyond the axis.
    fn beyond(&self, picture: &mut Picture, scale: &Scale, unit: &str, y: f64) {
        let values = self.spread.values();
        let middle = self.spread.quantile(0.5);
        let out = |is_above: bool| {
            let out = values.iter().filter(move |value| !scale.holds(**value));
            out.filter(move |value| (**value > middle) == is_above)
                .count()
        };
        let (below, above) = (out(false), out(true));
        if below > 0 {
            let least = human_value(values[0], unit);
            picture.text("note", (0.0, y), &format!("◂ {below} down to {least}"));
        }
        if above > 0 {
            let greatest = human_value(values[values.len() - 1], unit);
            picture.text(
                "note end",
                (WIDTH, y),
                &format!("{above} up to {greatest} ▸"),
            );
        }
    }

    fn shown(&self, scale: &Scale) -> impl Iterator<Item = f64> {
        self.spread
            .values()
            .iter()
            .copied()
            .filter(|value| scale.holds(*value))
    }
}

fn samples(count: usize) -> String {
    match count {
        1 => "1 sample".to_owned(),
        count => format!("{} samples", grouped(count as f64)),
    }
}
