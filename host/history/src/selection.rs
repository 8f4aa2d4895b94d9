//! Which measurements are meant.

use orch_model::{Digest, NodeId};
use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{ToSql, named_params};

use crate::measurement::EDITED;

/// Which measurements are meant. What is `None` may be any.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Of this node.
    pub node: Option<NodeId>,
    /// Of this benchmark, whatever its target: to set targets or toolchains side by side.
    pub bench: Option<String>,
    /// For this target.
    pub target: Option<String>,
    /// With this toolchain among others, such as `go 1.22.10`.
    pub toolchain: Option<String>,
    /// Of sources whose commit begins so: as they were committed, or with `-dirty` behind it as they
    /// were edited after.
    pub commit: Option<String>,
    /// Of this run.
    pub run: Option<String>,
    /// Measured on this hardware.
    pub hardware: Option<Digest>,
    /// With times that count, or without.
    pub times_count: Option<bool>,
    /// Whose gates failed, or did not.
    pub failed: Option<bool>,
}

/// The condition on `measurement` and `run` that [`Selection::with_parameters`] fills in.
pub(crate) const CONDITION: &str = "
    (:node IS NULL OR measurement.node = :node)
    AND (:bench IS NULL OR measurement.bench = :bench)
    AND (:target IS NULL OR measurement.target = :target)
    AND (:toolchain IS NULL OR instr(', ' || measurement.toolchains || ', ', ', ' || :toolchain || ', ') > 0)
    AND (:commit IS NULL OR (substr(run.commit_id, 1, length(:commit)) = :commit
        AND (substr(run.commit_id, -6) = '-dirty') = :edited))
    AND (:run IS NULL OR run.id = :run)
    AND (:hardware IS NULL OR measurement.hardware = :hardware)
    AND (:times_count IS NULL OR measurement.times_count = :times_count)
    AND (:failed IS NULL OR measurement.failed = :failed)";

impl Selection {
    /// Hands the parameters of [`CONDITION`] to a query.
    pub(crate) fn with_parameters<T>(&self, query: impl FnOnce(&[(&str, &dyn ToSql)]) -> T) -> T {
        let commit = self.commit.as_deref();
        let committed = commit.map(|commit| commit.strip_suffix(EDITED).unwrap_or(commit));
        query(named_params! {
            ":node": self.node.as_ref().map(NodeId::as_str),
            ":bench": self.bench,
            ":target": self.target,
            ":toolchain": self.toolchain,
            ":commit": committed,
            ":edited": committed != commit,
            ":run": self.run,
            ":hardware": self.hardware.map(Text),
            ":times_count": self.times_count,
            ":failed": self.failed,
        })
    }
}

/// A digest in a column: `sha256:` and its digits.
pub(crate) struct Text(pub(crate) Digest);

impl ToSql for Text {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Text(self.0.to_string())))
    }
}
