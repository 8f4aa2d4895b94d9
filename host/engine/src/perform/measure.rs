//! Measures, and holds the figures against their gates.

use orch_model::{Digest, FaultKind};

use super::{Done, NodeFailure, NodeProgress, Performer, Undone};
use crate::Origin;
use crate::gather::{self, Left, LeftBy};
use crate::graph::{Node, NodeKind};
use crate::port::{ActionResult, BenchReport, MeasureJob, Measured, Verdict};

impl Performer<'_> {
    pub(super) fn measure(&self, node: &Node, left: LeftBy<'_>) -> Result<Done, Undone> {
        let NodeKind::Measure { bench } = &node.kind else {
            unreachable!("called for nodes that measure");
        };
        let found = gather::bench(self.graph, node, bench, left, &self.world)?;
        let key = found.ledger.key();
        let measurer = self.world.measurer;
        if let Some(report) = measurer.known(bench, &key, self.cancel)? {
            return judged(report, Origin::Cached, key);
        }
        self.world.cache.remember(&key, &found.ledger)?;
        let job = MeasureJob {
            node: &node.id,
            bench,
            key: &key,
            artifacts: &found.artifacts,
            reads: &found.reads,
        };
        let progress = NodeProgress {
            node: &node.id,
            observer: self.observer,
        };
        match measurer.measure(job, &progress, self.cancel)? {
            Measured::Cancelled => Err(Undone::Cancelled),
            Measured::Failed {
                reason,
                hint,
                sample,
            } => Err(Undone::Failed(Box::new(NodeFailure {
                hint,
                sample: sample.map(|sample| *sample),
                ..NodeFailure::new(key, reason)
            }))),
            Measured::Figures(report) => judged(*report, Origin::Done, key),
        }
    }
}

/// What the gates of a bench make of its figures.
fn judged(report: BenchReport, origin: Origin, key: Digest) -> Result<Done, Undone> {
    let findings = serde_json::to_value(&report).expect("it has a JSON form");
    match refused(&report) {
        None => Ok(Done {
            result: ActionResult {
                findings,
                ..ActionResult::default()
            },
            origin,
            left: Left::default(),
            key: Some(key),
        }),
        Some((fault, reason)) => Err(Undone::Failed(Box::new(NodeFailure {
            hint: Some("`orch bench` measures again, whatever was measured before".to_owned()),
            fault: Some(fault),
            findings,
            ..NodeFailure::new(key, reason)
        }))),
    }
}

/// What the gates of a bench say against it: the worst of it, in words.
fn refused(report: &BenchReport) -> Option<(FaultKind, String)> {
    let failed: Vec<_> = report
        .gates(|verdict| *verdict == Verdict::Fails)
        .map(|(metric, gate)| gate.refusal(metric))
        .collect();
    if !failed.is_empty() {
        return Some((FaultKind::GateFailed, failed.join("; ")));
    }
    let open: Vec<_> = report
        .gates(|verdict| matches!(verdict, Verdict::Inconclusive(_)))
        .map(|(metric, gate)| gate.refusal(metric))
        .collect();
    (!open.is_empty()).then(|| (FaultKind::GateInconclusive, open.join("; ")))
}
