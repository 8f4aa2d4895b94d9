//! All that one run rested on, and what has become of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use orch_execute::NotedSources;
use orch_model::Change;
use orch_report::Watching;

use super::asked::AskedFacts;
use super::basis::Basis;

/// All that one run rested on, as far as it came.
#[derive(Default)]
pub struct Sight {
    /// What its plan was made of.
    pub basis: Basis,
    /// What plugins asked.
    pub asked: Option<Arc<AskedFacts>>,
    /// The inputs that it got.
    pub inputs: Option<Arc<NotedSources>>,
    /// The name of a file that each run writes anew, if it lies among the inputs.
    pub trace: Option<String>,
}

impl Sight {
    /// The run is over.
    pub fn close(&self) {
        if let Some(inputs) = &self.inputs {
            inputs.close();
        }
    }

    /// What others have changed, by name.
    pub fn changes(&self) -> BTreeMap<String, Change> {
        let mut changes = self
            .inputs
            .as_ref()
            .map_or_else(BTreeMap::new, |inputs| inputs.changes());
        if let Some(trace) = &self.trace {
            changes.remove(trace);
        }
        changes.extend(self.asked.iter().flat_map(|asked| asked.changes()));
        changes.extend(self.basis.changes());
        changes
    }

    /// The folders in which a change must show.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let mut folders = self.basis.folders();
        folders.extend(self.asked.iter().flat_map(|asked| asked.folders()));
        folders.extend(self.inputs.iter().flat_map(|inputs| inputs.folders()));
        folders
    }

    /// What is waited for, in so many folders.
    pub fn watching(&self, folders: usize, every: Option<Duration>) -> Watching {
        let mut besides: Vec<String> = self.basis.names().map(str::to_owned).collect();
        besides.extend(self.asked.iter().flat_map(|asked| asked.names()));
        Watching {
            inputs: self.inputs.as_ref().map_or(0, |inputs| inputs.count()),
            folders,
            besides,
            every,
        }
    }
}
