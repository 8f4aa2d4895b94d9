//! Nodes that need each other in a circle, so that none of them could ever start. What
//! the nodes are is not known here.

use orch_model::{Diagnostic, Place, Severity, Span};

use crate::needs::Graph;
use crate::problems::Problems;

/// More nodes of one circle than anybody reads.
const SHOWN: usize = 50;

/// Complains about every circle that a walk through the graph closes. Mending these
/// leaves no other.
pub(crate) fn check(graph: &Graph, problems: &mut Problems) {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Not,
        Under,
        Done,
    }
    let mut visits = vec![Visit::Not; graph.names.len()];
    for root in 0..graph.names.len() {
        if visits[root] != Visit::Not {
            continue;
        }
        // Each entry is a node on the way and how many of its edges were followed.
        let mut way = vec![(root, 0)];
        visits[root] = Visit::Under;
        while let Some((node, followed)) = way.last_mut() {
            let Some((next, _)) = graph.edges[*node].get(*followed) else {
                visits[*node] = Visit::Done;
                way.pop();
                continue;
            };
            *followed += 1;
            match visits[*next] {
                Visit::Done => {}
                Visit::Not => {
                    visits[*next] = Visit::Under;
                    way.push((*next, 0));
                }
                Visit::Under => {
                    let next = *next;
                    problems.add_with(|| {
                        let start = way.iter().rposition(|(node, _)| *node == next);
                        circle(graph, &way[start.unwrap_or_default()..])
                    });
                }
            }
        }
    }
}

/// The message about one circle; each entry needs the next one, the last the first.
fn circle(graph: &Graph, way: &[(usize, usize)]) -> Diagnostic {
    let edge = |(node, followed): &(usize, usize)| -> (usize, usize, Span) {
        let (to, span) = &graph.edges[*node][followed - 1];
        (*node, *to, span.clone())
    };
    let quoted = |node: usize| format!("`{}`", graph.names[node]);
    let mut names: Vec<String> = way
        .iter()
        .take(SHOWN)
        .map(|(node, _)| quoted(*node))
        .collect();
    if way.len() > SHOWN {
        names.push(format!("{} more", way.len() - SHOWN));
    }
    names.push(quoted(way[0].0));
    let message = match way.len() {
        1 => format!("{} needs itself", names[0]),
        _ => format!("nodes need each other in a circle: {}", names.join(" → ")),
    };
    let places = way
        .iter()
        .take(SHOWN)
        .map(edge)
        .map(|(from, to, span)| Place {
            span,
            label: match way.len() {
                1 => String::new(),
                _ => format!("{} needs {}", quoted(from), quoted(to)),
            },
        });
    Diagnostic {
        severity: Severity::Error,
        message,
        places: places.collect(),
        hint: Some("take one of these needs out".to_owned()),
        problems: 1,
    }
}
