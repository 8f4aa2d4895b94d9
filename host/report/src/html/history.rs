//! A metric over runs: its medians, their intervals as a band, and where something failed.

use orch_model::Better;

use crate::figure::{human_value, range};

use super::date::{human_day, human_minute};
use super::markup::{Escaped, cut, width};
use super::picture::{Mark, Picture, Place};
use super::scale::Scale;
use super::{Point, Series, WIDTH};

/// Left of it stand the values of the grid.
const LEFT: f64 = 48.0;
const RIGHT: f64 = WIDTH - 10.0;
const TOP: f64 = 14.0;
const FLOOR: f64 = 136.0;
const HEIGHT: f64 = FLOOR + 34.0;

/// The room for a commit's or run's name below the axis, and its letters.
const NAME_ROOM: f64 = 56.0;
const COMMIT_LETTERS: usize = 7;

/// How much wider a name is in bold letters.
const BOLD: f64 = 1.15;

/// From so many runs on, only those are marked that failed, and the last.
const CROWD: usize = 60;

/// A figure for a series; nothing for one without points.
pub(super) fn history(series: &Series) -> String {
    let Some(last) = series.points.last().filter(|_| series.points.len() > 1) else {
        return String::new(); // One run has no history.
    };
    let now = told_value(last, &series.unit);
    let count = series.points.len();
    let aim = match series.better {
        Better::Less => "",
        Better::More => "; more is better",
    };
    format!(
        "<figure><figcaption><b>{}</b> over {count} runs, now {}{aim}</figcaption>\n{}</figure>\n",
        Escaped(&series.metric),
        Escaped(&now),
        picture(series, last)
    )
}

fn picture(series: &Series, last: &Point) -> String {
    let points = &series.points;
    let ends = points
        .iter()
        .flat_map(|point| [point.low, point.median, point.high]);
    // Upwards is more, and y grows downwards.
    let values = Scale::over(ends, FLOOR, TOP);
    let runs = Runs {
        count: points.len(),
    };
    let mut picture = Picture::new(WIDTH);
    grid(&mut picture, &values, &series.unit);
    let placed: Vec<(usize, &Point)> = points.iter().enumerate().collect();
    for stretch in placed.chunk_by(|(_, one), (_, next)| has_value(one) == has_value(next)) {
        if has_value(stretch[0].1) {
            draw_stretch(&mut picture, stretch, &runs, &values);
        }
    }
    marks(&mut picture, series, &runs, &values);
    names(&mut picture, points, &runs);
    let failed = points.iter().filter(|point| point.failed).count();
    let label = format!(
        "{} of {} over {} runs, of which {failed} failed. Now: {}",
        series.metric,
        series.node,
        points.len(),
        told(last, &series.unit)
    );
    picture.finish(HEIGHT, &label)
}

fn has_value(point: &Point) -> bool {
    point.median.is_finite()
}

/// A mark for each run, at the bottom for one that failed without a value.
fn marks(picture: &mut Picture, series: &Series, runs: &Runs, values: &Scale) {
    let points = &series.points;
    for (position, point) in points.iter().enumerate() {
        let y = match has_value(point) {
            true => values.place(point.median),
            false => FLOOR,
        };
        let place = (runs.place(position), y);
        let is_last = position + 1 == points.len();
        let title = told(point, &series.unit);
        match (point.failed, has_value(point)) {
            (true, _) => picture.mark(Mark::Cross, 4.0, place, &title),
            (false, true) if is_last => picture.mark(Mark::Dot, 4.0, place, &title),
            (false, true) if points.len() < CROWD => picture.mark(Mark::Dot, 2.5, place, &title),
            (false, _) => {}
        }
    }
}

/// Runs beside each other at equal distances, whatever time lay between them.
struct Runs {
    count: usize,
}

impl Runs {
    fn place(&self, position: usize) -> f64 {
        match self.count {
            0 | 1 => (LEFT + RIGHT) / 2.0,
            count => LEFT + (RIGHT - LEFT) * position as f64 / (count - 1) as f64,
        }
    }
}

/// Thin lines with their values above them, from which the eye reads heights.
fn grid(picture: &mut Picture, values: &Scale, unit: &str) {
    for (tick, label) in values.labels(unit) {
        let y = values.place(tick);
        picture.line("grid", (0.0, y), (WIDTH, y));
        picture.text("tick", (0.0, y - 3.0), &label);
    }
}

/// A band of intervals and a line of medians over runs that follow upon each other.
fn draw_stretch(picture: &mut Picture, stretch: &[(usize, &Point)], runs: &Runs, values: &Scale) {
    let along = |value: fn(&Point) -> f64| {
        let places = stretch
            .iter()
            .map(move |(position, point)| (runs.place(*position), values.place(value(point))));
        places.collect::<Vec<Place>>()
    };
    let mut band = along(|point| point.low);
    band.extend(along(|point| point.high).into_iter().rev());
    picture.path("band", &band);
    picture.path("course", &along(|point| point.median));
}

/// Commits below the axis, those that failed before the others, as many as have room; below them
/// the first and the last day.
fn names(picture: &mut Picture, points: &[Point], runs: &Runs) {
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let (failed, passed): (Vec<_>, Vec<_>) = points
        .iter()
        .enumerate()
        .rev()
        .partition(|(_, point)| point.failed);
    for (position, point) in failed.into_iter().chain(passed) {
        let name = cut(&short_name(point), NAME_ROOM);
        let wider = if point.failed { BOLD } else { 1.0 };
        let half = wider * width(&name) / 2.0;
        let x = runs.place(position).min(WIDTH - half).max(half);
        let own = (x - half - 4.0, x + half + 4.0);
        let is_free = |other: &(f64, f64)| own.1 <= other.0 || own.0 >= other.1;
        if taken.iter().all(is_free) {
            let weight = if point.failed { " strong" } else { "" };
            let class = format!("tick middle{weight}");
            picture.text(&class, (x, FLOOR + 14.0), &name);
            taken.push(own);
        }
    }
    if let [first, .., last] = points {
        picture.text("tick", (0.0, FLOOR + 29.0), &human_day(first.time_s));
        picture.text("tick end", (WIDTH, FLOOR + 29.0), &human_day(last.time_s));
    }
}

fn short_name(point: &Point) -> String {
    match &point.commit {
        Some(commit) => commit.chars().take(COMMIT_LETTERS).collect(),
        None => point.run.clone(),
    }
}

fn told_value(point: &Point, unit: &str) -> String {
    match has_value(point) {
        true => human_value(point.median, unit),
        false => "without a value".to_owned(),
    }
}

/// `run r5, 9f3c1ab, 2026-11-21 20:23 UTC: 2.31 ms (2.30 … 2.40 ms), failed`.
fn told(point: &Point, unit: &str) -> String {
    let commit = point.commit.as_deref().unwrap_or("no commit");
    let time = human_minute(point.time_s);
    let mut told = format!(
        "run {}, {commit}, {time}: {}",
        point.run,
        told_value(point, unit)
    );
    if has_value(point) && point.low != point.high {
        let (low, high) = (human_value(point.low, unit), human_value(point.high, unit));
        told.push_str(&format!(" ({})", range(&low, &high)));
    }
    if point.failed {
        told.push_str(", failed");
    }
    told
}
