//! orch itself: `pipeline.toml`.

use std::path::Path;

use crate::file::write;
use crate::graph::Graph;
use crate::install::Source;
use crate::layout::Layout;
use crate::peer::Peer;

/// Each task in its sandbox, as anybody runs it.
pub static ORCH: Peer = Peer {
    name: "orch",
    source: Source::Given,
    layout: Layout::Folders,
    describe,
    arguments: &["run"],
    parallel: None,
    variables: &[],
    memory: &[".orch", "../home/cache"],
    repository: false,
    remark: None,
};

fn describe(graph: &Graph, folder: &Path) -> Result<(), String> {
    let mut text = String::from("version = 1\nname = \"graph\"\n");
    for (task, needs) in graph.needs.iter().enumerate() {
        text.push_str(&table(task, needs));
    }
    write(&folder.join("pipeline.toml"), &text)
}

fn table(task: usize, needs: &[usize]) -> String {
    let (input, output) = (Layout::Folders.input(task), Layout::Folders.output(task));
    let made = needs.iter().map(|need| Layout::Folders.output(*need));
    let inputs: Vec<_> = std::iter::once(input.clone()).chain(made).collect();
    let needs: Vec<_> = needs.iter().map(|need| format!("task.t{need}")).collect();
    format!(
        "\n[task.t{task}]\ncommand = [\"cp\", \"{input}\", \"{output}\"]\ninputs = {inputs:?}\n\
         outputs = [\"{output}\"]\nneeds = {needs:?}\n"
    )
}
