//! Where a program spends its samples: stacks from the top down, each frame as wide as its share.
//!
//! The crate `inferno` draws such pictures too, but its licence, CDDL-1.0, is none of those of
//! deny.toml, and its pictures bring scripts and colours along.

use crate::figure::{grouped, human_value};

use super::FlameGraph;
use super::markup::{Escaped, cut};
use super::picture::{Area, Picture};
use super::stacks::{Frame, Profile};

/// The picture's width, in its own units. It is wider than others, and a phone scrolls it.
const WIDE: f64 = 1080.0;

const ROW: f64 = 18.0;

/// Frames narrower than this are left out.
const NARROWEST: f64 = 0.8;

/// Frames narrower than this have no name.
const NAMED: f64 = 40.0;

/// A figure of a profile.
pub(super) fn flame(graph: &FlameGraph<'_>) -> String {
    let profile = Profile::parse(graph.folded);
    let whole = profile.root.samples;
    let unread = match profile.unread {
        0 => String::new(),
        1 => "; 1 line could not be read".to_owned(),
        lines => format!("; {lines} lines could not be read"),
    };
    let mut drawing = Drawing {
        picture: Picture::new(WIDE),
        unit: graph.unit,
        whole,
        deepest: 0,
    };
    let scale = WIDE / whole.max(1) as f64;
    drawing.frame(
        "all",
        &profile.root,
        Level {
            depth: 0,
            x: 0.0,
            scale,
        },
    );
    let height = (drawing.deepest + 1) as f64 * ROW;
    let weight = weight(whole, graph.unit);
    let label = format!("Flame graph of {}, {weight}", graph.title);
    format!(
        "<figure class=\"wide\"><figcaption><b>{}</b> {}{unread}</figcaption>\n\
         <div class=\"scroll\">{}</div></figure>\n",
        Escaped(graph.title),
        Escaped(&weight),
        drawing.picture.finish(height, &label)
    )
}

/// How much a frame has, for people.
fn weight(samples: u64, unit: &str) -> String {
    match unit {
        "" => format!("{} samples", grouped(samples as f64)),
        unit => human_value(samples as f64, unit),
    }
}

struct Drawing<'a> {
    picture: Picture,
    unit: &'a str,
    /// Samples of the whole profile.
    whole: u64,
    deepest: usize,
}

/// Where a frame lies.
struct Level {
    depth: usize,
    x: f64,
    /// Width of a sample.
    scale: f64,
}

impl Drawing<'_> {
    /// Draws a frame and all below it. `Profile` bounds how deep they are.
    fn frame(&mut self, name: &str, frame: &Frame, at: Level) {
        let width = frame.samples as f64 * at.scale;
        if width < NARROWEST {
            return;
        }
        self.deepest = self.deepest.max(at.depth);
        let y = at.depth as f64 * ROW;
        let share = 100.0 * frame.samples as f64 / self.whole.max(1) as f64;
        let title = format!("{name}: {}, {share:.1} %", weight(frame.samples, self.unit));
        let class = if at.depth.is_multiple_of(2) {
            "frame"
        } else {
            "frame odd"
        };
        let area = Area {
            x: at.x,
            y,
            width: width - 0.5,
            height: ROW - 1.0,
        };
        self.picture.area(class, area, &title);
        if width >= NAMED {
            let name = cut(name, width - 8.0);
            self.picture
                .text("label under", (at.x + 4.0, y + 12.5), &name);
        }
        let mut calls: Vec<(&String, &Frame)> = frame.calls.iter().collect();
        calls.sort_by(|one, other| other.1.samples.cmp(&one.1.samples).then(one.0.cmp(other.0)));
        let mut x = at.x;
        for (name, call) in calls {
            self.frame(
                name,
                call,
                Level {
                    depth: at.depth + 1,
                    x,
                    scale: at.scale,
                },
            );
            x += call.samples as f64 * at.scale;
        }
    }
}
