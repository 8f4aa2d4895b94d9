//! A project and a home of their own for one measurement.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::file::create_folder;
use crate::measure::{self, Run, Sample};
use crate::tool::search_path;

/// The folders of one measurement; they go when this goes.
pub struct Place {
    whole: tempfile::TempDir,
    /// Where a project goes.
    pub project: PathBuf,
}

impl Place {
    /// Empty ones.
    pub fn new() -> Result<Self, String> {
        let whole = tempfile::Builder::new()
            .prefix("orch-bench-")
            .tempdir()
            .map_err(|error| format!("could not create a folder: {error}"))?;
        let project = whole.path().join("project");
        create_folder(&project)?;
        create_folder(&whole.path().join("home"))?;
        Ok(Self { whole, project })
    }

    /// Runs a command in the project, with a home of its own.
    pub fn run(
        &self,
        words: &[&OsStr],
        more: &[(&str, &str)],
        limit: f64,
    ) -> Result<Sample, String> {
        let words: Vec<OsString> = words.iter().map(|word| (*word).to_owned()).collect();
        let home = self.whole.path().join("home");
        let path = std::env::join_paths(search_path())
            .map_err(|error| format!("the search path cannot be handed on: {error}"))?;
        let mut variables = vec![
            (OsString::from("PATH"), path),
            ("ORCH_CACHE_DIR".into(), home.join("cache").into()),
            ("ORCH_CONFIG_DIR".into(), home.join("config").into()),
            ("GOCACHE".into(), home.join("go-build").into()),
            ("HOME".into(), home.into()),
        ];
        variables.extend(more.iter().map(|(name, value)| (name.into(), value.into())));
        let log = self.whole.path().join("log");
        let run = Run {
            words: &words,
            variables: &variables,
            folder: &self.project,
            log: &log,
            limit,
            leaves: None,
        };
        measure::once(&run).map_err(|why| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            format!("`{}` {why}: {}", words[0].to_string_lossy(), said.trim())
        })
    }
}
