//! A drawing as SVG: lines, words and marks. What they look like is said once, as a style
//! sheet with a light and a dark half.

use std::fmt::Write;

/// A drawing that grows.
#[derive(Clone, Debug)]
pub struct Drawing {
    width: f64,
    height: f64,
    body: String,
}

/// Where the words stand, seen from their point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// To the right of it.
    Start,
    /// Around it.
    Middle,
    /// To the left of it.
    End,
}

/// A mark at a point of a line; told apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A filled circle.
    Circle,
    /// A filled square.
    Square,
    /// A hollow square.
    HollowSquare,
    /// A filled triangle.
    Triangle,
    /// A hollow diamond.
    HollowDiamond,
    /// Two strokes, oblique.
    Cross,
    /// Two strokes, upright.
    Plus,
    /// A hollow circle.
    HollowCircle,
}

/// The look of one series: its colours on paper and on black, the dashes of its line, its mark.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    light: &'static str,
    dark: &'static str,
    /// As `stroke-dasharray`; empty for a whole line.
    pub dashes: &'static str,
    /// At each point.
    pub mark: Mark,
}

const fn look(light: &'static str, dark: &'static str, dashes: &'static str, mark: Mark) -> Look {
    Look {
        light,
        dark,
        dashes,
        mark,
    }
}

/// As many looks as tools; colours that stay apart for colour-blind readers, after Okabe and
/// Ito, "Color Universal Design", darkened or lightened until words in them can be read.
pub const LOOKS: [Look; 8] = [
    look("#0060a8", "#6cb6ff", "", Mark::Circle),
    look("#b84a00", "#ff9248", "7 3", Mark::Square),
    look("#b84a00", "#ff9248", "2 2", Mark::HollowSquare),
    look("#00775a", "#3ccf9e", "10 3 2 3", Mark::Triangle),
    look("#a03c78", "#f0a0d0", "4 4", Mark::HollowDiamond),
    look("#1f2328", "#f0f6fc", "12 4", Mark::Cross),
    look("#7a5c00", "#e3c04a", "6 2 2 2 2 2", Mark::Plus),
    look("#5a4fcf", "#b6aaff", "1 3", Mark::HollowCircle),
];

impl Drawing {
    /// An empty one, in pixels.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = writeln!(
            self.body,
            r#"<line class="{class}" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
            from.0, from.1, to.0, to.1
        );
    }

    /// Words.
    pub fn words(&mut self, class: &str, at: (f64, f64), anchor: Anchor, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = writeln!(
            self.body,
            r#"<text class="{class}" x="{:.1}" y="{:.1}" text-anchor="{anchor}">{}</text>"#,
            at.0,
            at.1,
            escaped(words)
        );
    }

    /// The line of a series, with its marks.
    pub fn series(&mut self, number: usize, points: &[(f64, f64)]) {
        let number = number % LOOKS.len();
        let look = &LOOKS[number];
        let corners: Vec<_> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let weight = if number == 0 { " first" } else { "" };
        let _ = writeln!(
            self.body,
            "<g class=\"s{number}{weight}\"><polyline class=\"line\" stroke-dasharray=\"{}\" points=\"{}\"/>",
            if look.dashes.is_empty() {
                "none"
            } else {
                look.dashes
            },
            corners.join(" ")
        );
        for point in points {
            self.mark(look.mark, *point);
        }
        self.body.push_str("</g>\n");
    }

    fn mark(&mut self, mark: Mark, (x, y): (f64, f64)) {
        let square = "m-3.5,-3.5h7v7h-7z";
        let round = "m-4,0a4,4 0 1 0 8,0a4,4 0 1 0 -8,0z";
        let (class, path) = match mark {
            Mark::Circle => ("mark", round),
            Mark::Square => ("mark", square),
            Mark::HollowSquare => ("hollow", square),
            Mark::Triangle => ("mark", "m0,-5l5,8.5h-10z"),
            Mark::HollowDiamond => ("hollow", "m0,-5l5,5l-5,5l-5,-5z"),
            Mark::Cross => ("stroke", "m-4,-4l8,8m0,-8l-8,8"),
            Mark::Plus => ("stroke", "m-5,0h10m-5,-5v10"),
            Mark::HollowCircle => ("hollow", round),
        };
        let _ = writeln!(
            self.body,
            r#"<path class="{class}" d="M{x:.1},{y:.1}{path}"/>"#
        );
    }

    /// The whole file.
    pub fn finish(self, title: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" \
             viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n<style>\n{3}</style>\n\
             <rect class=\"paper\" width=\"{0}\" height=\"{1}\"/>\n{4}</svg>\n",
            self.width,
            self.height,
            escaped(title),
            style(),
            self.body
        )
    }
}

fn style() -> String {
    let colours = |of: fn(&Look) -> &'static str| -> String {
        let rules = LOOKS.iter().enumerate();
        rules
            .map(|(number, look)| format!(".s{number}{{color:{}}}", of(look)))
            .collect()
    };
    format!(
        "text{{font-family:system-ui,'DejaVu Sans',sans-serif;font-size:12px}}\n\
         .paper,.hollow{{fill:#fff}}.ink{{fill:#1f2328}}.soft{{fill:#59636e}}\n\
         .title{{fill:#1f2328;font-size:16px;font-weight:600}}\
         .head{{fill:#1f2328;font-size:13px;font-weight:600}}\n\
         .grid{{stroke:#d8dee4;stroke-width:1}}.axis{{stroke:#818b98;stroke-width:1}}\n\
         .line{{fill:none;stroke:currentColor;stroke-width:1.6}}.first .line{{stroke-width:3}}\n\
         .mark,.name{{fill:currentColor}}\
         .hollow,.stroke{{stroke:currentColor;stroke-width:1.6}}.stroke{{fill:none}}\n\
         .leader{{stroke:currentColor;stroke-width:.7}}\n\
         .name{{stroke:#fff;stroke-width:3;stroke-linejoin:round;paint-order:stroke}}\n{}\n\
         @media (prefers-color-scheme:dark){{\n\
         .paper,.hollow{{fill:#0d1117}}.ink,.title,.head{{fill:#f0f6fc}}.soft{{fill:#9198a1}}\n\
         .name{{stroke:#0d1117}}.grid{{stroke:#2a313c}}.axis{{stroke:#656c76}}\n{}\n}}\n",
        colours(|look| look.light),
        colours(|look| look.dark)
    )
}

fn escaped(words: &str) -> String {
    let words = words.replace('&', "&amp;");
    words.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_series_look_alike_without_their_colour() {
        for (number, look) in LOOKS.iter().enumerate() {
            for other in &LOOKS[..number] {
                assert_ne!(look.dashes, other.dashes);
                assert_ne!(look.mark, other.mark);
            }
        }
    }

    #[test]
    fn words_cannot_become_elements() {
        let mut drawing = Drawing::new(10.0, 10.0);
        drawing.words("ink", (1.0, 2.0), Anchor::Start, "a < b & c");
        let text = drawing.finish("t");
        assert!(text.contains(">a &lt; b &amp; c</text>"), "{text}");
    }
}
