//! What was found, as a table for people and for `docs/performance.md`.

use crate::scene::{Scene, Series};

/// The table: seconds, ratios to orch, how time grows, and memory a node.
pub fn render(scene: &Scene, series: &Series) -> String {
    let mut text = format!("### {} graph, {} to do\n\n", scene.shape, scene.work);
    text.push_str("| tasks |");
    for (name, _) in series {
        text.push_str(&format!(" {name} |"));
    }
    for (name, _) in series.iter().skip(1) {
        text.push_str(&format!(" {name} ÷ orch |"));
    }
    text.push_str(" orch, memory a task |\n|");
    text.push_str(&" ---: |".repeat(series.len() * 2 + 1));
    text.push('\n');
    let orch = &series[0].1;
    for (&tasks, sample) in orch {
        text.push_str(&format!("| {tasks} |"));
        for (_, samples) in series {
            match samples.get(&tasks) {
                Some(sample) => text.push_str(&format!(" {} |", seconds(sample.seconds))),
                None => text.push_str(" – |"),
            }
        }
        for (_, samples) in series.iter().skip(1) {
            match samples.get(&tasks) {
                Some(peer) => text.push_str(&format!(" {:.2} |", peer.seconds / sample.seconds)),
                None => text.push_str(" – |"),
            }
        }
        text.push_str(&format!(
            " {} B |\n",
            sample.peak_bytes / tasks.max(1) as u64
        ));
    }
    text.push_str("\nSlope of time over tasks, log-log, from 1,000 tasks on:");
    for (name, samples) in series {
        let points: Vec<_> = samples
            .iter()
            .filter(|(tasks, _)| **tasks >= 1_000)
            .map(|(tasks, sample)| (*tasks as f64, sample.seconds))
            .collect();
        match slope(&points) {
            Some(slope) => text.push_str(&format!(" {name} {slope:.2}")),
            None => text.push_str(&format!(" {name} –")),
        }
    }
    text.push('\n');
    text
}

fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 0.1 => format!("{:.2} ms", s * 1e3),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
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
}
