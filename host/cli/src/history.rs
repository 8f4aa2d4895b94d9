//! A project's history on disk: `.orch/history.json`.

use std::path::{Path, PathBuf};

use orch_engine::{Run, RunRecord};
use orch_model::Fault;

/// Where a project's history lies.
fn file(project: &Path) -> PathBuf {
    project.join(".orch").join("history.json")
}

/// What is remembered of a project. A missing, damaged or foreign file is no history.
pub fn read(project: &Path) -> RunRecord {
    std::fs::read(file(project))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<RunRecord>(&bytes).ok())
        .filter(|record| record.version == RunRecord::VERSION)
        .unwrap_or_default()
}

/// Adds a run. A run that did nothing new writes nothing.
pub fn add(project: &Path, run: &Run) -> Result<(), Fault> {
    let mut record = read(project);
    if !record.take(run) {
        return Ok(());
    }
    let file = file(project);
    let folder = project.join(".orch");
    std::fs::create_dir_all(&folder).map_err(|error| Fault::io("create", &folder, &error))?;
    let bytes = serde_json::to_vec(&record).map_err(|error| Fault::internal(error.to_string()))?;
    crate::files::replace(&file, &bytes)
}
