//! ninja: `build.ninja`, with or without a sandbox around each command.

use std::path::Path;

use crate::file::write;
use crate::graph::Graph;
use crate::install;
use crate::layout::Layout;
use crate::peer::{Peer, listed};

/// ninja as it is. Of itself it runs two commands more at once than there are processors.
pub static NINJA: Peer = Peer {
    name: "ninja",
    source: install::NINJA,
    layout: Layout::Folders,
    describe: |graph, folder| describe(graph, folder, "cp"),
    arguments: &["--quiet"],
    parallel: None,
    variables: &[],
    memory: &[".ninja_log", ".ninja_deps"],
    repository: false,
    remark: None,
};

/// ninja with each command in a sandbox of bubblewrap's that is much like orch's: namespaces
/// of its own, the machine read-only, one folder to write in.
pub static NINJA_IN_BUBBLEWRAP: Peer = Peer {
    name: "ninja-bwrap",
    source: install::NINJA_AND_BUBBLEWRAP,
    describe: |graph, folder| describe(graph, folder, SANDBOXED_COPY),
    ..NINJA
};

const SANDBOXED_COPY: &str = "bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc \
                              --tmpfs /tmp --bind $$PWD /tmp/work --chdir /tmp/work cp";

fn describe(graph: &Graph, folder: &Path, copy: &str) -> Result<(), String> {
    let mut text = format!("rule copy\n  command = {copy} $from $out\n");
    for (task, needs) in graph.needs.iter().enumerate() {
        let (input, output) = (Layout::Folders.input(task), Layout::Folders.output(task));
        let needs = listed(needs.iter().map(|need| Layout::Folders.output(*need)));
        text.push_str(&format!(
            "build {output}: copy {input} |{needs}\n  from = {input}\n"
        ));
    }
    write(&folder.join("build.ninja"), &text)
}
