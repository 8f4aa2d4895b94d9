//! Measurements to keep.

use std::path::PathBuf;

use orch_history::{Hardware, History, Kept, Measurement, Run, Selection};
use orch_model::{Better, Digest, Metric, NodeId};

/// A history in a folder of its own, which is removed with it.
pub struct Scene {
    pub history: History,
    pub path: PathBuf,
    pub folder: tempfile::TempDir,
}

impl Scene {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("measured.sqlite");
        Self {
            history: History::open(&path).expect("a new history can be made"),
            path,
            folder,
        }
    }

    /// What was added last.
    pub fn newest(&self) -> Kept {
        let newest = self.history.newest(&Selection::default());
        newest.unwrap().expect("something was added")
    }

    /// Adds a measurement of a run.
    pub fn add(&mut self, id: &str, measurement: &Measurement) -> i64 {
        let number = self.history.add(&run(id), measurement);
        number.expect("it can be added")
    }
}

pub fn run(id: &str) -> Run {
    Run {
        id: id.to_owned(),
        time_s: 1_790_000_000,
        commit: Some(format!("c0ffee{id}")),
    }
}

pub fn hardware(name: &str) -> Hardware {
    Hardware {
        fingerprint: Digest::of(name),
        summary: format!("{name}, 4 cores, 8 GiB"),
    }
}

pub fn metric(name: &str, unit: &str, better: Better, values: &[f64]) -> Metric {
    Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        better,
        values: values.to_vec(),
    }
}

pub fn node(name: &str) -> NodeId {
    serde_json::from_value(name.into()).expect("any text is a node's name")
}

/// How long `cold-start` takes for a target, on a Pi.
pub fn start(target: &str, wall_ns: &[f64]) -> Measurement {
    Measurement {
        node: node(&format!("bench.cold-start@{target}")),
        bench: "cold-start".to_owned(),
        target: Some(target.to_owned()),
        artifact: Some(Digest::of(target)),
        hardware: hardware("Pi 5"),
        toolchains: "go 1.22.10, zig 0.13.0".to_owned(),
        tuning: None,
        key: Digest::of(format!("{target} {wall_ns:?}")),
        verdict: None,
        failed: false,
        times_count: true,
        metrics: vec![metric("wall", "ns", Better::Less, wall_ns)],
    }
}
