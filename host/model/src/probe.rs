//! What a benchmark probe wants done, before anything is measured.

use serde::{Deserialize, Serialize};

use crate::{Action, Artifact};

/// What makes the programs that are measured, and what is measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProbePlan {
    /// What makes programs of the probe's own.
    pub actions: Vec<Action>,
    /// At least one, each by a name of its own.
    pub measurements: Vec<Measurement>,
    /// Outputs of the actions that the user finds after the run.
    pub files: Vec<Artifact>,
}

/// One thing that is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Measurement {
    /// Unique within its bench.
    pub name: String,
    /// Runs while the work is done.
    pub service: Option<Service>,
    /// What is done for each sample.
    pub work: Work,
    /// Whether the program's files are taken out of the kernel's cache before each sample.
    pub cold: bool,
    /// How often the work is done before it counts.
    pub warmups: u32,
    /// How often it counts at first; a gate may want more.
    pub samples: u32,
}

/// What is done for one sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// The artifacts are looked into.
    Inspect,
    /// A process runs to its end; its limit of time is the sample's.
    Run(Box<Action>),
    /// A service is loaded.
    Load(Load),
}

/// A process that takes requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Service {
    /// How it is started.
    pub action: Box<Action>,
    /// How it is known that it takes requests.
    pub ready: Readiness,
    /// How long that may take, in milliseconds.
    pub ready_within_ms: u32,
}

/// How it is known that a service takes requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// A URL answers with a status.
    Http {
        /// The URL.
        url: String,
        /// The status.
        status: u16,
    },
    /// `host:port` takes connections.
    Tcp(String),
}

/// Requests to a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Load {
    /// Where they are sent.
    pub url: String,
    /// `GET` and the like.
    pub method: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Sent with each.
    pub body: Vec<u8>,
    /// Connections at once.
    pub connections: u32,
    /// Requests each second over all connections; as many as there can be if none.
    pub rate: Option<f64>,
    /// How long it counts.
    pub duration_ms: u32,
    /// How long it does not count yet.
    pub warmup_ms: u32,
    /// How long one request may take.
    pub timeout_ms: u32,
}

impl Measurement {
    /// The processes that it runs.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        let service = self.service.iter().map(|service| &*service.action);
        let run = match &self.work {
            Work::Run(action) => Some(&**action),
            Work::Inspect | Work::Load(_) => None,
        };
        service.chain(run)
    }

    /// Lets its process, or each request of its load, take so many milliseconds.
    pub fn allow(&mut self, timeout_ms: u32) {
        match &mut self.work {
            Work::Run(action) => action.timeout_ms = Some(timeout_ms.into()),
            Work::Load(load) => load.timeout_ms = timeout_ms,
            Work::Inspect => {}
        }
    }

    /// The same, to be changed.
    pub fn actions_mut(&mut self) -> impl Iterator<Item = &mut Action> {
        let service = self.service.iter_mut().map(|service| &mut *service.action);
        let run = match &mut self.work {
            Work::Run(action) => Some(&mut **action),
            Work::Inspect | Work::Load(_) => None,
        };
        service.chain(run)
    }
}
