//! What a name means in a history: people call what was measured by its run, its commit, its target
//! or its toolchain.

use orch_model::Fault;

use crate::{History, Selection};

/// Of which kind a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run.
    Run,
    /// A commit, by its beginning or as git names it.
    Commit,
    /// A target.
    Target,
    /// A toolchain with its release: `go 1.22.10`.
    Toolchain,
}

/// A name, and what it selects.
#[derive(Clone, Debug)]
pub struct Meaning {
    /// Of which kind it is.
    pub kind: Kind,
    /// All that it means.
    pub selection: Selection,
}

impl History {
    /// What a name means: the first of a run, the beginning of a commit, a target, a toolchain and
    /// `commit`, which is what git says of it, under which something was measured. None where
    /// nothing was.
    pub fn meaning(
        &self,
        name: &str,
        commit: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Option<Meaning>, Fault> {
        for kind in [Kind::Run, Kind::Commit, Kind::Target, Kind::Toolchain] {
            if let Some(meaning) = self.measured(kind, name.to_owned())? {
                return Ok(Some(meaning));
            }
        }
        match commit(name) {
            Some(commit) => self.measured(Kind::Commit, commit),
            None => Ok(None),
        }
    }

    /// A meaning under which something was measured.
    fn measured(&self, kind: Kind, name: String) -> Result<Option<Meaning>, Fault> {
        let any = Selection::default();
        let name = Some(name);
        let selection = match kind {
            Kind::Run => Selection { run: name, ..any },
            Kind::Commit => Selection {
                commit: name,
                ..any
            },
            Kind::Target => Selection {
                target: name,
                ..any
            },
            Kind::Toolchain => Selection {
                toolchain: name,
                ..any
            },
        };
        let is_measured = self.newest(&selection)?.is_some();
        Ok(is_measured.then_some(Meaning { kind, selection }))
    }
}
