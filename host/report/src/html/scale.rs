//! From values to places: an axis with round ticks in a unit that people read.

use crate::figure::{fitting_unit, grouped};

use super::markup::{cut, width};
use super::picture::Picture;

/// Values beyond this are not drawn: differences of larger ones would not be finite.
const LARGEST: f64 = 1e300;

/// A range narrower than this part of its values counts as a single value.
const NARROWEST: f64 = 1e-6;

/// A single value below this counts as zero: a part of it would not be a number any more.
const SMALLEST: f64 = 1e-300;

/// How much of the range stays free on either side.
const MARGIN: f64 = 0.04;

/// How many steps between ticks an axis has at most.
const TICKS: f64 = 5.0;

/// Decimals of a tick at most.
const DECIMALS: f64 = 6.0;

/// The room for a unit of the user's own, in a picture's units.
const UNIT_ROOM: f64 = 80.0;

/// Values along a straight line. Always finite, never of no length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// An axis from `start` to `end`, in a picture's units, that holds all these values but those
    /// that are not finite. Of values that are not negative it shows nothing below zero.
    pub(super) fn over(values: impl Iterator<Item = f64>, start: f64, end: f64) -> Self {
        let drawn = values.filter(|value| value.abs() <= LARGEST);
        let (low, high) = drawn.fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low > high {
            return Self {
                low: 0.0,
                high: 1.0,
                start,
                end,
            };
        }
        let margin = match high - low > low.abs().max(high.abs()) * NARROWEST {
            true => MARGIN * (high - low),
            false if high.abs() < SMALLEST => 1.0,
            false => high.abs() * 0.05,
        };
        let floor = if low >= 0.0 { 0.0 } else { f64::MIN };
        Self {
            low: (low - margin).max(floor),
            high: high + margin,
            start,
            end,
        }
    }

    /// Where a value lies; at an end of the axis if it is beyond it or is no number.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = match value.is_nan() {
            true => self.low,
            false => value.clamp(self.low, self.high),
        };
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }

    /// Whether the axis shows it.
    pub(super) fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Round values along the axis, the lowest first, and how far they are apart.
    pub(super) fn ticks(&self) -> (Vec<f64>, f64) {
        let rough = (self.high - self.low) / TICKS;
        let power = 10_f64.powf(rough.log10().floor());
        let nice = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = nice.into_iter().find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(rough);
        let first = (self.low / step).ceil();
        let ticks = (0..=2 * TICKS as usize).map(|number| (first + number as f64) * step);
        (ticks.filter(|tick| self.holds(*tick)).collect(), step)
    }

    /// The ticks with what stands beside them: all in one unit, which the last one names.
    pub(super) fn labels(&self, unit: &str) -> Vec<(f64, String)> {
        let (ticks, step) = self.ticks();
        let largest = ticks
            .iter()
            .fold(0.0, |most: f64, tick| most.max(tick.abs()));
        let unit = fitting_unit(largest, unit);
        let last = ticks.len().saturating_sub(1);
        let labels = ticks.into_iter().enumerate().map(|(position, tick)| {
            let number = number(tick / unit.size, step / unit.size);
            match position == last && !unit.name.is_empty() {
                true => (tick, format!("{number} {}", cut(unit.name, UNIT_ROOM))),
                false => (tick, number),
            }
        });
        labels.collect()
    }

    /// Draws it from left to right below a plot of which `top` and `bottom` are given: a thin line
    /// for each tick, and labels as far as they have room, inside of 0 to `room`.
    pub(super) fn draw(&self, picture: &mut Picture, unit: &str, span: (f64, f64), room: f64) {
        let (top, bottom) = span;
        let mut free = room;
        for (tick, label) in self.labels(unit).into_iter().rev() {
            let x = self.place(tick);
            picture.line("grid", (x, top), (x, bottom));
            let half = width(&label) / 2.0;
            let middle = x.min(room - half).max(half);
            if middle + half <= free {
                picture.text("tick middle", (middle, bottom + 13.0), &label);
                free = middle - half - 8.0;
            }
        }
    }
}

/// A tick's number, with as many decimals as its distance to the next one asks for.
fn number(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, DECIMALS) as usize;
    match (value.abs(), decimals) {
        (huge, _) if huge >= 1e9 => format!("{value:.1e}"),
        (_, 0) => grouped(value),
        (small, _) if step < 1e-6 && small > 0.0 => format!("{value:.1e}"),
        _ => format!("{:.decimals$}", value + 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], unit: &str) -> Vec<String> {
        let scale = Scale::over(values.iter().copied(), 0.0, 100.0);
        scale
            .labels(unit)
            .into_iter()
            .map(|(_, label)| label)
            .collect()
    }

    #[test]
    fn ticks_are_round_and_share_a_unit() {
        for (values, unit, expected) in [
            (
                &[2.2e6, 2.9e6][..],
                "ns",
                &["2.2", "2.4", "2.6", "2.8 ms"][..],
            ),
            (&[0.0, 4_612_345.0], "B", &["0", "1", "2", "3", "4 MB"]),
            (
                &[9_000.0, 14_000.0],
                "requests/s",
                &["10,000", "12,000", "14,000 requests/s"],
            ),
            (&[7.0], "", &["6.8", "7.0", "7.2"]),
            (&[0.0, 0.0], "", &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            (&[], "", &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            (
                &[1e-9, 3e-9],
                "",
                &["1.0e-9", "1.5e-9", "2.0e-9", "2.5e-9", "3.0e-9"],
            ),
        ] {
            assert_eq!(labels(values, unit), expected, "{values:?}");
        }
    }

    #[test]
    fn every_value_has_a_finite_place() {
        let ends = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN,
        ];
        let values = [0.0, -0.0, 1.0, 1e-320, 1e300, -1e300, 1.0 + 1e-12];
        for one in values.iter().chain(&ends) {
            for other in values.iter().chain(&ends) {
                let scale = Scale::over([*one, *other].into_iter(), 10.0, 350.0);
                for value in values.iter().chain(&ends) {
                    let place = scale.place(*value);
                    assert!(
                        (10.0..=350.0).contains(&place),
                        "{one} {other} {value}: {place}"
                    );
                }
                assert!(scale.ticks().0.iter().all(|tick| tick.is_finite()));
            }
        }
    }
}
