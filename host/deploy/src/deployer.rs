//! Behind the engine's port: a deploy's machines are found, its secrets read, its rollout made,
//! and all of it is written into the audit log.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use orch_engine::port::{
    DeployJob, DeployProgress, DeployReport, Deployed, Deployer, HostReport, HostState, OutputFile,
};
use orch_engine::{Cancel, PlannedDeploy, PlannedFleet, PlannedRelease};
use orch_model::{
    Artifact, Digest, Fault, FaultKind, FleetHost, Image, Inventory, Observation, Proposal, Release,
};

use crate::approval::{approve, is_approved};
use crate::audit::{Audit, Entry, HostEntry};
use crate::connections::Connections;
use crate::each::each;
use crate::local_files::{LocalFiles, ReadContent};
use crate::owner::Owner;
use crate::rollout::{Aim, End, Over};
use crate::secrets::Secrets;
use crate::site::{Shared, Site};
use crate::standing::{Checked, Standing};
use crate::trouble::Trouble;
use crate::wanted::Wanted;
use crate::waves;

/// Finds the machines of an inventory outside of the pipeline.
pub type ReadHosts = dyn Fn(&Inventory) -> Result<Vec<FleetHost>, Fault> + Send + Sync;
/// Says what keeps a file from running on a machine.
pub type Obstacles = dyn Fn(&OutputFile, &Observation) -> Result<Vec<String>, Fault> + Send + Sync;
/// A variable of the user's environment.
pub type ReadVariable = dyn Fn(&str) -> Option<String> + Send + Sync;
/// An image of one target, with what the build ships for it.
pub type ImagePart<'a> = (&'a PlannedRelease, &'a Image, &'a [(Artifact, OutputFile)]);
/// An image in its registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedImage {
    /// `repository@sha256:…`
    pub reference: String,
    /// Bytes that went over the wire.
    pub sent_bytes: u64,
    /// Whether the registry has something now that it had not before.
    pub is_new: bool,
}
/// Makes one image of those of all targets and pushes it.
pub type Push = dyn Fn(&[ImagePart<'_>], &Cancel) -> Result<PushedImage, Fault> + Send + Sync;

/// What deploying is told of this machine and the project.
pub struct Deploying {
    /// The pipeline's folder.
    pub folder: PathBuf,
    /// How machines are reached.
    pub connections: Connections,
    /// Who deploys.
    pub owner: Owner,
    /// The commit of the sources.
    pub commit: Option<String>,
    /// Finds machines.
    pub hosts: Box<ReadHosts>,
    /// The user's environment.
    pub variable: Box<ReadVariable>,
    /// The content behind a digest.
    pub content: Box<ReadContent>,
    /// What keeps a file from running on a machine.
    pub obstacles: Box<Obstacles>,
    /// Makes and pushes images.
    pub push: Box<Push>,
    /// Whether a person has just said that what waits may go on.
    pub promotes: bool,
    /// Whether locks of others are taken away.
    pub break_lock: bool,
}

/// Deploys to the machines of fleets.
pub struct FleetDeployer(pub(crate) Deploying);

impl FleetDeployer {
    /// A deployer for a project.
    pub fn new(deploying: Deploying) -> Self {
        Self(deploying)
    }

    /// Brings the machines back to what held before, or to a release.
    pub fn roll_back(
        &self,
        deploy: &PlannedDeploy,
        to: Option<String>,
        progress: &dyn DeployProgress,
        cancel: &Cancel,
    ) -> Result<Deployed, Fault> {
        let files = vec![Vec::new(); deploy.releases.len()];
        let images = BTreeMap::new();
        let job = DeployJob {
            node: &deploy.node,
            deploy,
            files: &files,
            images: &images,
        };
        self.roll_out(job, Aim::Back(to), progress, cancel)
    }

    /// How the machines stand now.
    pub fn standing(
        &self,
        deploy: &PlannedDeploy,
        cancel: &Cancel,
    ) -> Result<Vec<Standing>, Fault> {
        let files = vec![Vec::new(); deploy.releases.len()];
        let images = BTreeMap::new();
        let hosts = self.hosts(deploy)?;
        let wanted = wanted(deploy, &files, &images);
        let work = Work::begin(&self.0, cancel)?;
        let shared = self.shared(deploy, &work, Secrets::default(), &images, &Silent);
        let sites = sites(&hosts, &wanted, &shared);
        Ok(each(sites, deploy.rollout.at_once as usize, standing))
    }

    /// What the machines are, each reached now.
    pub fn check(&self, deploy: &PlannedDeploy, cancel: &Cancel) -> Result<Vec<Checked>, Fault> {
        let files = vec![Vec::new(); deploy.releases.len()];
        let images = BTreeMap::new();
        let hosts = self.hosts(deploy)?;
        let wanted = wanted(deploy, &files, &images);
        let work = Work::begin(&self.0, cancel)?;
        let shared = self.shared(deploy, &work, Secrets::default(), &images, &Silent);
        let sites = sites(&hosts, &wanted, &shared);
        let checked = |mut site: Site<'_>| Checked {
            host: site.host.clone(),
            found: site.probe().map_err(Trouble::into_fault),
        };
        Ok(each(sites, deploy.rollout.at_once as usize, checked))
    }

    /// The machines of a deploy, in the order of the fleet.
    pub fn hosts(&self, deploy: &PlannedDeploy) -> Result<Vec<FleetHost>, Fault> {
        let targets: Vec<&str> = deploy
            .releases
            .iter()
            .map(|release| release.target.as_str())
            .collect();
        let Some(fleet) = &deploy.fleet else {
            return Ok(vec![this_machine(
                targets.first().copied().unwrap_or_default(),
            )]);
        };
        let mut hosts = self.of_fleet(fleet)?;
        let is_other = |host: &FleetHost| !targets.contains(&host.target.as_str());
        if deploy.some_targets {
            hosts.retain(|host| !is_other(host));
        } else if let Some(other) = hosts.iter().find(|host| is_other(host)) {
            return Err(Fault::usage(format!(
                "machine `{}` of fleet `{}` is a `{}`, for which `{}` has nothing",
                other.name, fleet.name, other.target, deploy.node
            ))
            .hint("add that target to the build, or name the deploy's own by `targets`"));
        }
        match hosts.is_empty() {
            false => Ok(hosts),
            true => Err(Fault::usage(format!(
                "fleet `{}` has no machine for `{}`",
                fleet.name, deploy.node
            ))
            .hint("look at its labels and targets")),
        }
    }

    fn of_fleet(&self, fleet: &PlannedFleet) -> Result<Vec<FleetHost>, Fault> {
        let mut hosts = match &fleet.inventory {
            Inventory::Hosts(hosts) => hosts.clone(),
            elsewhere => (self.0.hosts)(elsewhere)?,
        };
        let labels = &fleet.labels;
        let has = |host: &FleetHost| labels.iter().any(|label| host.labels.contains(label));
        hosts.retain(|host| labels.is_empty() || has(host));
        Ok(hosts)
    }

    fn shared<'a>(
        &'a self,
        deploy: &'a PlannedDeploy,
        work: &'a Work<'a>,
        secrets: Secrets,
        images: &'a BTreeMap<String, String>,
        progress: &'a dyn DeployProgress,
    ) -> Shared<'a> {
        Shared {
            what: deploy.node.to_string(),
            connections: &self.0.connections,
            stop: self.0.connections.stop(),
            secrets,
            images,
            files: &work.files,
            owner: &self.0.owner,
            commit: self.0.commit.as_deref(),
            now,
            progress,
            health: &deploy.rollout.health,
            keep: deploy.rollout.keep as usize,
            break_lock: self.0.break_lock,
        }
    }

    fn roll_out(
        &self,
        job: DeployJob<'_>,
        aim: Aim,
        progress: &dyn DeployProgress,
        cancel: &Cancel,
    ) -> Result<Deployed, Fault> {
        let deploy = job.deploy;
        let name = deploy.name();
        let fleet = self.hosts(deploy)?;
        let folder = &self.0.folder;
        let secrets = Secrets::read(&deploy.secrets, folder, &*self.0.variable)?;
        let wanted = wanted(deploy, job.files, job.images);
        let ids: Vec<String> = wanted.iter().map(|one| one.id.clone()).collect();
        if self.0.promotes {
            approve(folder, name, &ids)?;
        }
        let work = Work::begin(&self.0, cancel)?;
        let shared = self.shared(deploy, &work, secrets, job.images, progress);
        let order = waves::order(&fleet, &deploy.rollout.order);
        let hosts: Vec<FleetHost> = order.iter().map(|&one| fleet[one].clone()).collect();
        let in_order: Vec<usize> = (0..hosts.len()).collect();
        let obstacles = &self.0.obstacles;
        let fits = |site: &mut Site<'_>| fits(site, obstacles);
        let log = Log {
            deploying: &self.0,
            action: match (&aim, self.0.promotes) {
                (Aim::Back(_), _) => "rollback",
                (Aim::Forward, true) => "promote",
                (Aim::Forward, false) => "deploy",
            },
            deploy: name,
            artifacts: artifacts(&wanted),
        };
        let begins = || log.write("began", None, Vec::new());
        let mut over = Over {
            rollout: &deploy.rollout,
            waves: waves::cut(&hosts, &in_order, &deploy.rollout.waves),
            sites: sites(&hosts, &wanted, &shared),
            is_approved: is_approved(folder, name, &ids),
            aim,
            begins: &begins,
            has_begun: false,
            fits: &fits,
        };
        let end = over.go();
        let report = report(&over.sites, &wanted);
        // That nothing had to be done is no news.
        if over.has_begun || end != End::Live {
            log.write(outcome(&end), reason(&end), host_entries(&over.sites))?;
        }
        Ok(deployed(end, report))
    }

    fn push(&self, job: DeployJob<'_>, cancel: &Cancel) -> Result<Deployed, Fault> {
        let releases = job.deploy.releases.iter().zip(job.files);
        let images: Vec<_> = releases
            .filter_map(|(release, files)| match &release.proposal {
                Proposal::Image(image) => Some((release, &**image, files.as_slice())),
                Proposal::Release(_) => None,
            })
            .collect();
        let digests = images.iter().flat_map(|(release, _, files)| {
            let named = |(artifact, file): &(Artifact, OutputFile)| {
                (format!("{}/{}", release.target, artifact.name), file.digest)
            };
            files.iter().map(named)
        });
        let log = Log {
            deploying: &self.0,
            action: "push",
            deploy: job.deploy.name(),
            artifacts: digests.collect(),
        };
        log.write("began", None, Vec::new())?;
        let pushed = (self.0.push)(&images, cancel).inspect_err(|fault| {
            let _ = log.write("failed", Some(fault.message.clone()), Vec::new());
        })?;
        log.write("pushed", Some(pushed.reference.clone()), Vec::new())?;
        let files = images.iter().flat_map(|(_, _, files)| *files);
        let report = DeployReport {
            hosts: Vec::new(),
            changed: pushed.is_new,
            sent_bytes: pushed.sent_bytes,
            total_bytes: files.map(|(_, file)| file.bytes).sum(),
            image: Some(pushed.reference),
        };
        Ok(Deployed::Live(Box::new(report)))
    }
}

impl Deployer for FleetDeployer {
    fn deploy(
        &self,
        job: DeployJob<'_>,
        progress: &dyn DeployProgress,
        cancel: &Cancel,
    ) -> Result<Deployed, Fault> {
        let mut releases = job.deploy.releases.iter();
        match releases.any(|release| matches!(release.proposal, Proposal::Image(_))) {
            true => self.push(job, cancel),
            false => self.roll_out(job, Aim::Forward, progress, cancel),
        }
    }
}

/// What one deploy opens; an interrupt of the user's reaches all that runs over it.
struct Work<'a> {
    files: LocalFiles<'a>,
    _interrupt: orch_engine::Subscription,
}

impl<'a> Work<'a> {
    fn begin(deploying: &'a Deploying, cancel: &Cancel) -> Result<Self, Fault> {
        Ok(Self {
            files: LocalFiles::new(&*deploying.content)?,
            _interrupt: deploying.connections.ended_by(cancel),
        })
    }
}

/// Nobody is told.
struct Silent;

impl DeployProgress for Silent {
    fn host(&self, _: &str, _: &str) {}
}

/// What is done without a fleet is done here.
fn this_machine(target: &str) -> FleetHost {
    FleetHost {
        name: "this machine".to_owned(),
        address: "local".to_owned(),
        target: target.to_owned(),
        labels: Vec::new(),
        variables: BTreeMap::new(),
        host_key: None,
    }
}

fn wanted<'a>(
    deploy: &'a PlannedDeploy,
    files: &'a [Vec<(Artifact, OutputFile)>],
    images: &BTreeMap<String, String>,
) -> Vec<Wanted<'a>> {
    let release = |planned: &'a PlannedRelease| -> Option<&'a Release> {
        match &planned.proposal {
            Proposal::Release(release) => Some(release),
            Proposal::Image(_) => None,
        }
    };
    let releases = deploy.releases.iter().zip(files);
    releases
        .filter_map(|(planned, files)| Some(Wanted::new(planned, release(planned)?, files, images)))
        .collect()
}

/// A site for each machine; those of no wanted target were refused before.
fn sites<'a>(
    hosts: &'a [FleetHost],
    wanted: &'a [Wanted<'a>],
    shared: &'a Shared<'a>,
) -> Vec<Site<'a>> {
    let site = |host: &'a FleetHost| {
        let mut wanted = wanted.iter();
        let wanted = wanted.find(|wanted| wanted.target == host.target)?;
        Some(Site::new(host, wanted, shared))
    };
    hosts.iter().filter_map(site).collect()
}

/// Whether the files of a release can run on a machine.
fn fits(site: &mut Site<'_>, obstacles: &Obstacles) -> Result<(), Trouble> {
    let observation = site.probe()?;
    let mut against = Vec::new();
    for (artifact, file) in site.wanted.files {
        let found = obstacles(file, &observation).map_err(Trouble::Failed)?;
        against.extend(
            found
                .into_iter()
                .map(|why| format!("`{}` {why}", artifact.name)),
        );
    }
    match against.is_empty() {
        true => Ok(()),
        false => Err(Trouble::Failed(
            Fault::usage(format!(
                "it would not run on `{}`: {}",
                site.host.name,
                against.join("; ")
            ))
            .hint(format!(
                "build for what that machine is, or give it another target than `{}`",
                site.host.target
            )),
        )),
    }
}

fn standing(mut site: Site<'_>) -> Standing {
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
        (Ok(()), None, Some(held)) if live.as_ref() == Some(&held.release) => "good".to_owned(),
        (Ok(()), None, Some(held)) => {
            format!("changed by hand: {} held", held.release)
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

fn report(sites: &[Site<'_>], wanted: &[Wanted<'_>]) -> DeployReport {
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

fn deployed(end: End, report: DeployReport) -> Deployed {
    let report = Box::new(report);
    match end {
        End::Live => Deployed::Live(report),
        End::Waits => Deployed::Waits(report),
        End::Interrupted => Deployed::Cancelled,
        End::Refused(fault) => Deployed::Failed {
            report,
            reason: fault.message,
            hint: fault.hint,
            fault: (fault.kind != FaultKind::Usage).then_some(fault.kind),
        },
        End::WentBack(why) => {
            let failed = report
                .hosts
                .iter()
                .any(|host| host.state == HostState::Failed);
            Deployed::Failed {
                reason: why,
                hint: Some(
                    match failed {
                        true => {
                            "not every machine could go back: `orch status` says how they stand"
                        }
                        false => "all machines that had changed run again what ran before",
                    }
                    .to_owned(),
                ),
                fault: Some(FaultKind::RolledBack),
                report,
            }
        }
    }
}

/// Writes what happens to a deploy.
struct Log<'a> {
    deploying: &'a Deploying,
    action: &'static str,
    deploy: &'a str,
    artifacts: BTreeMap<String, Digest>,
}

impl Log<'_> {
    fn write(
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

fn artifacts(wanted: &[Wanted<'_>]) -> BTreeMap<String, Digest> {
    let all = wanted.iter().flat_map(|wanted| {
        let digests = wanted.digests();
        digests.map(|(name, digest)| (format!("{}/{name}", wanted.target), digest))
    });
    all.collect()
}

fn host_entries(sites: &[Site<'_>]) -> Vec<HostEntry> {
    let entry = |site: &Site<'_>| HostEntry {
        name: site.host.name.clone(),
        from: site.found.clone(),
        to: site.survey.live.clone(),
        state: site.state.words().to_owned(),
    };
    sites.iter().map(entry).collect()
}

fn outcome(end: &End) -> &'static str {
    match end {
        End::Live => "live",
        End::Waits => "waits",
        End::Refused(_) => "failed",
        End::WentBack(_) => "rolled-back",
        End::Interrupted => "interrupted",
    }
}

fn reason(end: &End) -> Option<String> {
    match end {
        End::Refused(fault) => Some(fault.message.clone()),
        End::WentBack(why) => Some(why.clone()),
        End::Live | End::Waits | End::Interrupted => None,
    }
}

/// Seconds since 1970, by this machine's clock.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
