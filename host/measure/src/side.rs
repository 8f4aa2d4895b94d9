//! What is compared: this build, and the one that was measured last. Both are run by the same
//! plan; what differs are the files that they are made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use orch_engine::port::{Job, MeasureJob, OutputFile, ProcessReads};
use orch_model::{Action, Digest, NodeId, SandboxPath};

/// The files that the processes of a bench read of earlier steps, one entry for each process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Files(Vec<BTreeMap<String, Vec<OutputFile>>>);

impl Files {
    pub(crate) fn of(job: &MeasureJob<'_>) -> Self {
        Self(
            job.reads
                .iter()
                .map(|reads| reads.artifacts.clone())
                .collect(),
        )
    }

    /// Whether no process is run.
    pub(crate) fn is_of_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a plan with as many processes can be run with them.
    pub(crate) fn fit(&self, job: &MeasureJob<'_>) -> bool {
        let mut pairs = self.0.iter().zip(job.reads);
        self.0.len() == job.reads.len()
            && pairs.all(|(own, reads)| names(own) == names(&reads.artifacts))
    }

    /// Their contents.
    pub(crate) fn digests(&self) -> impl Iterator<Item = &Digest> {
        let files = self.0.iter().flat_map(BTreeMap::values).flatten();
        files.map(|file| &file.digest)
    }
}

/// Which files there are, whatever is in them.
fn names(steps: &BTreeMap<String, Vec<OutputFile>>) -> Vec<(&str, &SandboxPath)> {
    let files = steps
        .iter()
        .flat_map(|(step, files)| files.iter().map(|file| (step.as_str(), &file.path)));
    files.collect()
}

/// One of what is compared.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    reads: Vec<ProcessReads>,
}

impl Side {
    /// This build.
    pub(crate) fn candidate(job: &MeasureJob<'_>) -> Self {
        Self {
            reads: job.reads.to_vec(),
        }
    }

    /// The one that was measured last, in the same surroundings.
    pub(crate) fn baseline(job: &MeasureJob<'_>, files: &Files) -> Self {
        let reads = job.reads.iter().zip(&files.0);
        let reads = reads.map(|(reads, artifacts)| ProcessReads {
            artifacts: artifacts.clone(),
            ..reads.clone()
        });
        Self {
            reads: reads.collect(),
        }
    }

    /// One process, by its position among those of the bench.
    pub(crate) fn job<'a>(
        &'a self,
        position: usize,
        node: &'a NodeId,
        action: &'a Action,
    ) -> Job<'a> {
        let reads = &self.reads[position];
        Job {
            node,
            action,
            inputs: &reads.inputs,
            artifacts: &reads.artifacts,
            tools: &reads.tools,
        }
    }
}
