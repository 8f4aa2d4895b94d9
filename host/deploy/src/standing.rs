//! How the machines of a deploy stand, asked now.

use orch_model::{Fault, FleetHost, Observation};

use crate::site::Site;
use crate::trouble::Trouble;

/// A machine that was asked what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Which.
    pub host: FleetHost,
    /// What it is, or why that is not known.
    pub found: Result<Observation, Fault>,
}

/// One machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name in the fleet.
    pub host: String,
    /// Its target's name.
    pub target: String,
    /// The release that runs.
    pub live: Option<String>,
    /// Since when it holds, in seconds since 1970.
    pub since: Option<u64>,
    /// Who brought it.
    pub by: Option<String>,
    /// The commit of its sources.
    pub commit: Option<String>,
    /// `good`, `in doubt: …`, `offline: …`.
    pub state: String,
    /// Releases that it could go back to, the latest first.
    pub others: Vec<String>,
}

/// Asks one machine.
pub(crate) fn standing(mut site: Site<'_>) -> Standing {
    let looked = site.look();
    let record = site.record();
    let good = record.good();
    let live = site.survey.live.clone();
    let state = match (looked, &record.change, good) {
        (Err(Trouble::Offline(fault)), ..) => format!("offline: {}", fault.message),
        (Err(trouble), ..) => format!("unknown: {}", trouble.message()),
        (Ok(()), Some(change), _) => {
            let healthy = match change.healthy {
                true => "healthy, and not over",
                false => "not known to hold",
            };
            let from = change.from.as_deref().unwrap_or("nothing");
            format!(
                "in doubt: {} over {from} by {}, {healthy}",
                change.release, change.by
            )
        }
        (Ok(()), None, Some(held)) => {
            let release = &held.release;
            let is_there = site.survey.releases.contains(release);
            match live.as_ref() == Some(release) {
                true if is_there => "good".to_owned(),
                true => format!("changed by hand: the files of {release} are gone"),
                false => format!("changed by hand: {release} held"),
            }
        }
        (Ok(()), None, None) => match live.is_some() {
            true => "changed by hand".to_owned(),
            false => "nothing was deployed".to_owned(),
        },
    };
    let others = record.held.iter().rev().map(|held| held.release.clone());
    let is_there =
        |release: &String| site.survey.releases.contains(release) && Some(release) != live.as_ref();
    let mut seen: Vec<String> = Vec::new();
    for release in others.filter(is_there) {
        if !seen.contains(&release) {
            seen.push(release);
        }
    }
    let good = good.filter(|held| Some(&held.release) == live.as_ref());
    Standing {
        host: site.host.name.clone(),
        target: site.host.target.clone(),
        since: good.map(|held| held.at),
        by: good.map(|held| held.by.clone()),
        commit: good.and_then(|held| held.commit.clone()),
        live,
        state,
        others: seen,
    }
}
