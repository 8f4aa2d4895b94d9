//! just: `justfile`.

use std::path::Path;

use crate::file::write;
use crate::graph::Graph;
use crate::install;
use crate::layout::Layout;
use crate::peer::{Peer, listed};

/// just. Run all at once, its recipes would take a thread and a process each, so they run one
/// after the other, as they do of themselves.
pub static JUST: Peer = Peer {
    name: "just",
    source: install::JUST,
    layout: Layout::Folders,
    describe,
    arguments: &["--quiet", "all"],
    parallel: None,
    variables: &[],
    memory: &[],
    repository: false,
    remark: Some("knows no inputs: it does everything each time, one task after the other"),
};

fn describe(graph: &Graph, folder: &Path) -> Result<(), String> {
    let recipe = |task: usize| format!("t{task}");
    let mut text = format!("all:{}\n", listed((0..graph.len()).map(recipe)));
    for (task, needs) in graph.needs.iter().enumerate() {
        text.push_str(&format!(
            "t{task}:{}\n\t@cp {} {}\n",
            listed(needs.iter().map(|need| recipe(*need))),
            Layout::Folders.input(task),
            Layout::Folders.output(task)
        ));
    }
    write(&folder.join("justfile"), &text)
}
