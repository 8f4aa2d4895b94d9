//! What was measured: medians with their spread, and how they grow.

use std::collections::BTreeMap;

use crate::graph::Shape;
use crate::measure::Sample;
use crate::state::State;

/// What several runs of one kind took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The median, in seconds.
    pub seconds: f64,
    /// The shortest, in seconds.
    pub least_seconds: f64,
    /// The longest, in seconds.
    pub most_seconds: f64,
    /// The most memory that one process held in any of the runs, in bytes.
    pub peak_bytes: u64,
    /// How many runs.
    pub runs: usize,
}

impl Figures {
    /// `None` without a sample.
    pub fn of(samples: &[Sample]) -> Option<Self> {
        let mut seconds: Vec<_> = samples.iter().map(|sample| sample.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        Some(Self {
            seconds: median(seconds.clone())?,
            least_seconds: *seconds.first()?,
            most_seconds: *seconds.last()?,
            peak_bytes: samples.iter().map(|sample| sample.peak_bytes).max()?,
            runs: seconds.len(),
        })
    }
}

/// `None` without a value.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values.get(middle).copied(),
        _ => Some((values.get(middle.checked_sub(1)?)? + values.get(middle)?) / 2.0),
    }
}

/// All that was found for one shape.
#[derive(Clone, Debug)]
pub struct Results {
    /// How the tasks needed each other.
    pub shape: Shape,
    /// Who took part, orch first.
    pub names: Vec<&'static str>,
    /// By state, tool and number of tasks.
    pub figures: BTreeMap<(State, &'static str, usize), Figures>,
    /// Who did not take part in what.
    pub absences: Vec<Absence>,
}

/// A size that a tool was left out of, with all larger ones.
#[derive(Clone, Debug)]
pub struct Absence {
    /// The tool.
    pub name: &'static str,
    /// From how many tasks on.
    pub tasks: usize,
    /// A sentence.
    pub why: String,
}

/// A quantity of which there is one a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Seconds.
    Time,
    /// Bytes.
    Memory,
}

impl Results {
    /// How often the tool's time is orch's.
    pub fn ratio(&self, state: State, name: &'static str, tasks: usize) -> Option<f64> {
        let orch = self.figures.get(&(state, self.names.first()?, tasks))?;
        let other = self.figures.get(&(state, name, tasks))?;
        Some(other.seconds / orch.seconds)
    }

    /// The sizes that were measured in a state, growing.
    pub fn sizes(&self, state: State) -> Vec<usize> {
        let keys = self.figures.keys().filter(|key| key.0 == state);
        let mut sizes: Vec<_> = keys.map(|key| key.2).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// By size, growing, what a tool took.
    pub fn line(&self, state: State, name: &'static str, quantity: Quantity) -> Vec<(f64, f64)> {
        let of_tool = |key: &&(State, &'static str, usize)| key.0 == state && key.1 == name;
        let keys = self.figures.keys().filter(of_tool);
        let points = keys.map(|key| {
            let figures = &self.figures[key];
            let value = match quantity {
                Quantity::Time => figures.seconds,
                Quantity::Memory => figures.peak_bytes as f64,
            };
            (key.2 as f64, value)
        });
        points.collect()
    }

    /// How steeply a quantity grows from [`Self::STEADY`] tasks on, log-log.
    pub fn slope(&self, state: State, name: &'static str, quantity: Quantity) -> Option<f64> {
        let mut points = self.line(state, name, quantity);
        points.retain(|(tasks, _)| *tasks >= Self::STEADY);
        slope(&points)
    }

    /// Below this number of tasks, starting a program hides how it grows.
    pub const STEADY: f64 = 1_000.0;
}

/// The slope of the straight line through the logarithms, by least squares.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < 2 {
        return None;
    }
    let count = points.len() as f64;
    let logs: Vec<_> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let above: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    (below > 0.0).then_some(above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_power_is_its_exponent() {
        let points: Vec<_> = [1.0, 10.0, 100.0_f64]
            .iter()
            .map(|x| (*x, 3.0 * x.powf(1.5)))
            .collect();
        assert!((slope(&points).unwrap() - 1.5).abs() < 1e-9);
        assert_eq!(slope(&points[..1]), None);
        assert_eq!(slope(&[(1.0, 1.0), (1.0, 2.0)]), None);
    }

    #[test]
    fn the_median_lies_in_the_middle() {
        let sample = |seconds, peak_bytes| Sample {
            seconds,
            peak_bytes,
        };
        assert_eq!(Figures::of(&[]), None);
        let three = Figures::of(&[sample(3.0, 1), sample(1.0, 9), sample(2.0, 2)]).unwrap();
        assert_eq!((three.seconds, three.peak_bytes, three.runs), (2.0, 9, 3));
        assert_eq!((three.least_seconds, three.most_seconds), (1.0, 3.0));
        let two = Figures::of(&[sample(1.0, 0), sample(2.0, 0)]).unwrap();
        assert_eq!(two.seconds, 1.5);
    }
}
