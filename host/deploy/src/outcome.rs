//! What a rollout came to, as the engine and the audit log are told.

use orch_engine::port::{DeployReport, Deployed, HostReport, HostState};
use orch_model::FaultKind;

use crate::rollout::End;
use crate::site::Site;
use crate::wanted::Wanted;

/// How the machines stand.
pub(crate) fn report(sites: &[Site<'_>], wanted: &[Wanted<'_>]) -> DeployReport {
    let bytes = |site: &Site<'_>| {
        let mut wanted = wanted.iter();
        wanted
            .find(|wanted| wanted.target == site.host.target)
            .map_or(0, Wanted::bytes)
    };
    DeployReport {
        hosts: sites
            .iter()
            .map(|site| HostReport {
                name: site.host.name.clone(),
                target: site.host.target.clone(),
                release: site.survey.live.clone(),
                state: site.state,
                note: site.note.clone(),
                log: site.log.clone(),
            })
            .collect(),
        image: None,
        changed: sites.iter().any(|site| site.is_changed),
        sent_bytes: sites.iter().map(|site| site.sent_bytes).sum(),
        total_bytes: sites.iter().filter(|site| site.is_changed).map(bytes).sum(),
    }
}

/// For the engine.
pub(crate) fn deployed(end: End, report: DeployReport) -> Deployed {
    let report = Box::new(report);
    match end {
        End::Live => Deployed::Live(report),
        End::Waits => Deployed::Waits(report),
        End::Interrupted => Deployed::Cancelled,
        End::Refused(fault) => Deployed::Failed {
            report,
            reason: fault.message,
            hint: fault.hint,
            fault: fault.kind,
        },
        End::DidNotHold(why) => {
            let count = |state| {
                report
                    .hosts
                    .iter()
                    .filter(|host| host.state == state)
                    .count()
            };
            let hint = match (count(HostState::Failed), count(HostState::Live)) {
                (1.., _) => "not every machine could go back: `orch status` says how they stand",
                (0, 1..) => {
                    "machines that failed run again what ran before, and those on which the \
                     release held keep it"
                }
                (0, 0) => "all machines that had changed run again what ran before",
            };
            Deployed::Failed {
                reason: why,
                hint: Some(hint.to_owned()),
                fault: FaultKind::RolledBack,
                report,
            }
        }
    }
}

/// In a word.
pub(crate) fn outcome(end: &End) -> &'static str {
    match end {
        End::Live => "live",
        End::Waits => "waits",
        End::Refused(_) => "failed",
        End::DidNotHold(_) => "rolled-back",
        End::Interrupted => "interrupted",
    }
}

/// Why it did not come to its end.
pub(crate) fn reason(end: &End) -> Option<String> {
    match end {
        End::Refused(fault) => Some(fault.message.clone()),
        End::DidNotHold(why) => Some(why.clone()),
        End::Live | End::Waits | End::Interrupted => None,
    }
}
