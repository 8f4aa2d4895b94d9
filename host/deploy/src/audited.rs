//! What one deploy writes into the audit log.

use std::collections::BTreeMap;

use orch_model::{Digest, Fault};

use crate::audit::{Audit, Entry, HostEntry};
use crate::deployer::{Deploying, now};
use crate::site::Site;
use crate::wanted::Wanted;

/// Writes what happens to a deploy.
pub(crate) struct Audited<'a> {
    pub deploying: &'a Deploying,
    pub action: &'static str,
    pub deploy: &'a str,
    pub artifacts: BTreeMap<String, Digest>,
}

impl Audited<'_> {
    /// Adds an entry.
    pub fn write(
        &self,
        outcome: &str,
        reason: Option<String>,
        hosts: Vec<HostEntry>,
    ) -> Result<(), Fault> {
        Audit::of(&self.deploying.folder).add(Entry {
            at: now(),
            by: self.deploying.owner.name.clone(),
            action: self.action.to_owned(),
            deploy: self.deploy.to_owned(),
            outcome: outcome.to_owned(),
            reason,
            commit: self.deploying.commit.clone(),
            artifacts: self.artifacts.clone(),
            hosts,
        })
    }
}

/// The digests of all files, as `target/artifact`.
pub(crate) fn artifacts(wanted: &[Wanted<'_>]) -> BTreeMap<String, Digest> {
    let all = wanted.iter().flat_map(|wanted| {
        let digests = wanted.digests();
        digests.map(|(name, digest)| (format!("{}/{name}", wanted.target), digest))
    });
    all.collect()
}

/// What ran on each machine, and what runs now.
pub(crate) fn host_entries(sites: &[Site<'_>]) -> Vec<HostEntry> {
    let entry = |site: &Site<'_>| HostEntry {
        name: site.host.name.clone(),
        from: site.found.clone(),
        to: site.survey.live.clone(),
        state: site.state.words().to_owned(),
    };
    sites.iter().map(entry).collect()
}
