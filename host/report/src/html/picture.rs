//! A picture as inline SVG, piece by piece. How lines, areas and texts of a class look is said in
//! `page.css`; where they lie is decided by the plots.

use std::fmt::{self, Write};

use super::markup::{Escaped, cut};

/// A coordinate or a length. Whatever is computed, what is written is a number.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = match self.0.is_finite() {
            true => (self.0 * 10.0).round() / 10.0,
            false => 0.0,
        };
        write!(to, "{}", tenths + 0.0) // There is no -0 after this.
    }
}

/// A place, as x and y.
pub(super) type Place = (f64, f64);

/// An upright rectangle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The shape of a single value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mark {
    /// Filled: this build.
    Dot,
    /// Hollow: the baseline.
    Ring,
    /// Something failed here.
    Cross,
}

/// A picture in the making. Its units are pixels at its usual size.
pub(super) struct Picture {
    width: f64,
    body: String,
}

impl Picture {
    /// An empty one.
    pub(super) fn new(width: f64) -> Self {
        let body = String::new();
        Self { width, body }
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, from: Place, to: Place) {
        self.push(format_args!(
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            Number(from.0),
            Number(from.1),
            Number(to.0),
            Number(to.1)
        ));
    }

    /// A rectangle that says `title` when it is pointed at.
    pub(super) fn area(&mut self, class: &str, area: Area, title: &str) {
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">{}</rect>",
            Number(area.x),
            Number(area.y),
            Number(area.width.max(0.0)),
            Number(area.height.max(0.0)),
            Title(title)
        ));
    }

    /// A line through several places.
    pub(super) fn path(&mut self, class: &str, places: &[Place]) {
        let mut course = String::new();
        for (position, (x, y)) in places.iter().enumerate() {
            let step = if position == 0 { 'M' } else { 'L' };
            let _ = write!(course, "{step}{} {}", Number(*x), Number(*y));
        }
        self.push(format_args!("<path class=\"{class}\" d=\"{course}\"/>"));
    }

    /// A single value that says `title` when it is pointed at.
    pub(super) fn mark(&mut self, mark: Mark, radius: f64, at: Place, title: &str) {
        let (x, y) = (Number(at.0), Number(at.1));
        let title = Title(title);
        let radius = Number(radius);
        match mark {
            Mark::Dot | Mark::Ring => {
                let class = if mark == Mark::Dot { "dot" } else { "ring" };
                self.push(format_args!(
                    "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\">{title}</circle>"
                ));
            }
            Mark::Cross => self.push(format_args!(
                "<path class=\"cross\" d=\"M{x} {y}m-4 -4l8 8m0 -8l-8 8\">{title}</path>"
            )),
        }
    }

    /// A text of one line that begins, has its middle or ends at a place, by its class.
    pub(super) fn text(&mut self, class: &str, at: Place, text: &str) {
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
            Number(at.0),
            Number(at.1),
            Escaped(text)
        ));
    }

    /// A name that is cut where it is wider than its room; the full one shows when pointed at.
    pub(super) fn name(&mut self, class: &str, at: Place, name: &str, room: f64) {
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}{}</text>",
            Number(at.0),
            Number(at.1),
            Escaped(&cut(name, room)),
            Title(name)
        ));
    }

    /// The whole picture. The `label` is read out to those who do not see it.
    pub(super) fn finish(self, height: f64, label: &str) -> String {
        format!(
            "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n",
            Number(self.width),
            Number(height),
            Escaped(label),
            self.body
        )
    }

    fn push(&mut self, piece: fmt::Arguments<'_>) {
        let _ = writeln!(self.body, "{piece}");
    }
}

/// What is shown when something is pointed at; nothing if it is empty.
struct Title<'a>(&'a str);

impl fmt::Display for Title<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.is_empty() {
            true => Ok(()),
            false => write!(to, "<title>{}</title>", Escaped(self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_not_written() {
        for (value, text) in [
            (1.25, "1.3"),
            (-0.01, "0"),
            (360.0, "360"),
            (f64::NAN, "0"),
            (f64::INFINITY, "0"),
        ] {
            assert_eq!(Number(value).to_string(), text);
        }
    }
}
