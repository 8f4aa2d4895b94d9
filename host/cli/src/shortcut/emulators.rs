//! The emulators that a graph's programs run under. Their content is a part of keys, so a run
//! rests on them: on which file a name means, and on how that file looks.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use orch_engine::{ActionGraph, NodeKind};
use orch_model::{Digest, Fault, Runner};

use crate::environment::Environment;
use crate::hands::Hands;

/// An emulator, and the file that it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emulator {
    name: String,
    /// With no link in its path; `None` where there is none.
    pub file: Option<PathBuf>,
}

impl Emulator {
    fn find(name: &str, environment: &Environment) -> Self {
        let found = orch_execute::find_program(name, environment.path().as_ref());
        Self {
            name: name.to_owned(),
            file: found.and_then(|file| file.canonicalize().ok()),
        }
    }

    /// Whether its name still means the same file.
    pub fn is_where_it_was(&self, environment: &Environment) -> bool {
        Self::find(&self.name, environment) == *self
    }

    /// Whether its file holds what the keys of a run were made from.
    pub fn is_as_used(&self, hands: &Hands) -> Result<bool, Fault> {
        let file = self.file.as_ref();
        let content = file.and_then(|file| Digest::of_reader(File::open(file).ok()?).ok());
        Ok(content.map(|(digest, _)| digest) == hands.emulator(&self.name)?)
    }
}

/// All that a graph names, each once.
pub fn of_graph(graph: &ActionGraph, environment: &Environment) -> Vec<Emulator> {
    let names = graph.nodes().iter().filter_map(|node| match &node.kind {
        NodeKind::Command { action, .. } => match &action.runner {
            Runner::Emulator(command) => command.first(),
            Runner::Native | Runner::EmbeddedWasm => None,
        },
        _ => None,
    });
    let names: BTreeSet<_> = names.collect();
    let names = names.into_iter();
    names
        .map(|name| Emulator::find(name, environment))
        .collect()
}
