//! GNU make: `Makefile`. Its built-in rules are off, or it would look for a version-controlled
//! or generated form of each input.

use std::path::Path;

use crate::file::write;
use crate::graph::Graph;
use crate::install::Source;
use crate::layout::Layout;
use crate::peer::{Peer, listed};

/// make.
pub static MAKE: Peer = Peer {
    name: "make",
    source: Source::Machine {
        program: "make",
        package: "make",
    },
    layout: Layout::Folders,
    describe,
    arguments: &["--silent", "--no-builtin-rules", "--no-builtin-variables"],
    parallel: Some("-j"),
    variables: &[],
    memory: &[],
    repository: false,
    remark: None,
};

fn describe(graph: &Graph, folder: &Path) -> Result<(), String> {
    let output = |task: usize| Layout::Folders.output(task);
    let mut text = format!("all:{}\n", listed((0..graph.len()).map(output)));
    for (task, needs) in graph.needs.iter().enumerate() {
        let needs = listed(needs.iter().map(|need| output(*need)));
        let input = Layout::Folders.input(task);
        text.push_str(&format!(
            "{}: {input}{needs}\n\tcp {input} $@\n",
            output(task)
        ));
    }
    write(&folder.join("Makefile"), &text)
}
