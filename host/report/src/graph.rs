//! A graph for people and for programs that draw: DOT, and a picture as SVG.

use std::fmt::Write;

use orch_engine::{ActionGraph, NodeKind};

/// Sizes of the picture, in its own units, which are pixels at their usual size.
const BOX_HEIGHT: usize = 26;
const GAP: usize = 14;
const COLUMN_GAP: usize = 60;
const LETTER: usize = 8;

/// The graph in the language of Graphviz.
pub fn render_dot(graph: &ActionGraph) -> String {
    let mut text = String::from("digraph orch {\n  rankdir = LR\n  node [shape = box]\n");
    for node in graph.nodes() {
        let _ = writeln!(
            text,
            "  {} [style = {}]",
            quoted(node.id.as_str()),
            match node.kind {
                NodeKind::Fetch { .. } | NodeKind::Adopt { .. } => "dashed",
                NodeKind::Publish { .. } | NodeKind::Deploy { .. } => "bold",
                NodeKind::Measure { .. } => "rounded",
                NodeKind::Command { .. } | NodeKind::Judge { .. } => "solid",
            }
        );
    }
    for node in graph.nodes() {
        for need in &node.needs {
            let _ = writeln!(
                text,
                "  {} -> {}",
                quoted(graph.nodes()[*need].id.as_str()),
                quoted(node.id.as_str())
            );
        }
    }
    text.push_str("}\n");
    text
}

/// A box on the picture.
struct Placed {
    x: usize,
    y: usize,
    width: usize,
}

/// The graph as a picture: what needs nothing on the left, everything right of all that it
/// needs. Readable without colour; without references to anything outside.
pub fn render_svg(graph: &ActionGraph) -> String {
    let placed = place(graph);
    let width = placed.iter().map(|one| one.x + one.width).max();
    let height = placed.iter().map(|one| one.y + BOX_HEIGHT).max();
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        width.unwrap_or(0) + GAP,
        height.unwrap_or(0) + GAP
    );
    for (node, to) in graph.nodes().iter().zip(&placed) {
        for need in &node.needs {
            let from = &placed[*need];
            let (x1, y1) = (from.x + from.width, from.y + BOX_HEIGHT / 2);
            let (x2, y2) = (to.x, to.y + BOX_HEIGHT / 2);
            let middle = (x1 + x2) / 2;
            let _ = writeln!(
                text,
                "<path d=\"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}\" \
                 fill=\"none\" stroke=\"#999\"/>"
            );
        }
    }
    for (node, at) in graph.nodes().iter().zip(&placed) {
        let (dash, weight) = match node.kind {
            NodeKind::Fetch { .. } | NodeKind::Adopt { .. } => (" stroke-dasharray=\"4 3\"", 1),
            NodeKind::Publish { .. } | NodeKind::Deploy { .. } => ("", 3),
            NodeKind::Measure { .. } => (" stroke-dasharray=\"1 3\"", 2),
            NodeKind::Command { .. } | NodeKind::Judge { .. } => ("", 1),
        };
        let _ = writeln!(
            text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{BOX_HEIGHT}\" rx=\"4\" \
             fill=\"white\" stroke=\"black\" stroke-width=\"{weight}\"{dash}/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            at.x,
            at.y,
            at.width,
            at.x + LETTER,
            at.y + 18,
            escaped(node.id.as_str())
        );
    }
    text.push_str("</svg>\n");
    text
}

fn place(graph: &ActionGraph) -> Vec<Placed> {
    let mut columns = vec![0; graph.nodes().len()];
    for (position, node) in graph.nodes().iter().enumerate() {
        let before = node.needs.iter().map(|need| columns[*need] + 1).max();
        columns[position] = before.unwrap_or(0);
    }
    let count = columns.iter().max().map_or(0, |last| last + 1);
    let width_of = |name: &str| (name.chars().count() + 2) * LETTER;
    let mut widths = vec![0; count];
    for (node, column) in graph.nodes().iter().zip(&columns) {
        widths[*column] = width_of(node.id.as_str()).max(widths[*column]);
    }
    let mut lefts = Vec::with_capacity(count);
    let mut left = GAP;
    for width in &widths {
        lefts.push(left);
        left += width + COLUMN_GAP;
    }
    let mut filled = vec![0; count];
    let nodes = graph.nodes().iter().zip(columns);
    nodes
        .map(|(node, column)| {
            let row = filled[column];
            filled[column] += 1;
            Placed {
                x: lefts[column],
                y: GAP + row * (BOX_HEIGHT + GAP),
                width: width_of(node.id.as_str()),
            }
        })
        .collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn escaped(name: &str) -> String {
    name.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
