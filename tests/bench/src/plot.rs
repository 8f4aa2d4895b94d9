//! Time over tasks, both on logarithmic axes: one line a tool, told apart by its marks as
//! well as by its colour.

use std::path::Path;

use plotters::prelude::*;

use crate::scene::{Scene, Series};

/// Colours that stay apart for colour-blind readers: Okabe and Ito, "Color Universal Design".
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// The marks of the lines, as the legend shows them.
const MARKS: [&str; 3] = ["●", "▲", "✕"];

/// Draws the series into an SVG file.
pub fn draw(file: &Path, scene: &Scene, series: &Series) -> Result<(), String> {
    let failed =
        |error: &dyn std::fmt::Display| format!("could not draw `{}`: {error}", file.display());
    let points = || series.iter().flat_map(|(_, samples)| samples);
    let most_tasks = points().map(|(tasks, _)| *tasks).max().unwrap_or(1);
    let milliseconds: Vec<f64> = points().map(|(_, one)| one.seconds * 1e3).collect();
    let least = milliseconds.iter().copied().fold(f64::MAX, f64::min) / 2.0;
    let most = milliseconds.iter().copied().fold(0.0, f64::max) * 2.0;

    let area = SVGBackend::new(file, (800, 500)).into_drawing_area();
    area.fill(&WHITE).map_err(|error| failed(&error))?;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            format!("{} graph, {} to do", scene.shape, scene.work),
            ("sans-serif", 20),
        )
        .margin(15)
        .margin_right(45)
        .x_label_area_size(45)
        .y_label_area_size(70)
        .build_cartesian_2d(
            (1.0..most_tasks.max(2) as f64).log_scale(),
            (least..most).log_scale(),
        )
        .map_err(|error| failed(&error))?;
    chart
        .configure_mesh()
        .x_desc("tasks")
        .y_desc("milliseconds")
        .light_line_style(WHITE)
        .draw()
        .map_err(|error| failed(&error))?;
    for (position, (name, samples)) in series.iter().enumerate() {
        let colour = COLOURS[position % COLOURS.len()];
        let line: Vec<_> = samples
            .iter()
            .map(|(tasks, one)| (*tasks as f64, one.seconds * 1e3))
            .collect();
        chart
            .draw_series(LineSeries::new(line.clone(), colour.stroke_width(2)))
            .map_err(|error| failed(&error))?
            .label(format!("{} {name}", MARKS[position % MARKS.len()]))
            .legend(move |(x, y)| {
                Rectangle::new([(x - 5, y - 5), (x + 5, y + 5)], colour.filled())
            });
        let points = line.into_iter();
        match position % 3 {
            0 => chart.draw_series(points.map(|at| Circle::new(at, 5, colour.filled()))),
            1 => chart.draw_series(points.map(|at| TriangleMarker::new(at, 7, colour.filled()))),
            _ => chart.draw_series(points.map(|at| Cross::new(at, 5, colour.stroke_width(2)))),
        }
        .map_err(|error| failed(&error))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()
        .map_err(|error| failed(&error))?;
    area.present().map_err(|error| failed(&error))
}
