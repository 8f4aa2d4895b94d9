//! Deploys: never cached, since how machines stand is known to them alone.

use super::{Done, NodeFailure, NodeProgress, Performer, Undone};
use crate::Origin;
use crate::gather::{self, Left, LeftBy};
use crate::graph::{Node, NodeKind};
use crate::port::{ActionResult, DeployJob, DeployProgress, DeployReport, Deployed, Event};

impl Performer<'_> {
    pub(super) fn deploy(&self, node: &Node, left: LeftBy<'_>) -> Result<Done, Undone> {
        let NodeKind::Deploy { deploy } = &node.kind else {
            unreachable!("called for nodes that deploy");
        };
        let releases = deploy.releases.iter();
        let files: Vec<_> = releases
            .map(|release| gather::shipped_by(self.graph, node, &release.build, left))
            .collect();
        let images = node.needs.iter().filter_map(|&need| {
            let NodeKind::Deploy { deploy } = &self.graph.nodes()[need].kind else {
                return None;
            };
            Some((deploy.name().to_owned(), left(need)?.image.clone()?))
        });
        let job = DeployJob {
            node: &node.id,
            deploy,
            files: &files,
            images: &images.collect(),
        };
        let progress = NodeProgress {
            node: &node.id,
            observer: self.observer,
        };
        match self.world.deployer.deploy(job, &progress, self.cancel)? {
            Deployed::Live(report) => Ok(live(*report)),
            Deployed::Waits(report) => {
                let live = report.hosts.iter().filter(|host| host.state.is_live());
                Err(Undone::Waits {
                    reason: format!(
                        "{} of {} machines run it; `orch promote {}` goes on",
                        live.count(),
                        report.hosts.len(),
                        deploy.name()
                    ),
                    findings: serde_json::to_value(&report).expect("it has a JSON form"),
                })
            }
            Deployed::Cancelled => Err(Undone::Cancelled),
            Deployed::Failed {
                report,
                reason,
                hint,
                fault,
            } => {
                let findings = serde_json::to_value(&report).expect("it has a JSON form");
                Err(Undone::Failed(Box::new(NodeFailure {
                    hint,
                    fault: Some(fault),
                    findings,
                    ..NodeFailure::new(None, reason)
                })))
            }
        }
    }
}

/// Passes on how far a deploy has come.
impl DeployProgress for NodeProgress<'_> {
    fn host(&self, host: &str, doing: &str) {
        let node = self.node;
        self.observer
            .observe(Event::HostProgressed { node, host, doing });
    }
}

fn live(report: DeployReport) -> Done {
    let findings = serde_json::to_value(&report).expect("it has a JSON form");
    Done {
        result: ActionResult {
            findings,
            ..ActionResult::default()
        },
        origin: match report.changed {
            true => Origin::Done,
            false => Origin::Cached,
        },
        left: Left {
            image: report.image,
            ..Left::default()
        },
        key: None,
    }
}
