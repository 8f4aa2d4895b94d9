//! Behind the engine's port: a deploy's machines are found, its secrets read, its rollout made,
//! and all of it is written into the audit log.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use orch_engine::port::{
    DeployJob, DeployProgress, DeployReport, Deployed, Deployer, Obstacles, OutputFile, ReadHosts,
};
use orch_engine::{Cancel, PlannedDeploy, PlannedRelease};
use orch_model::{Artifact, Fault, FleetHost, Image, Proposal, Release};
use orch_transport::{LocalFiles, ReadContent};

use crate::approval::{approve, is_approved};
use crate::audited::{Audited, artifacts, host_entries};
use crate::connections::Connections;
use crate::each::each;
use crate::fleet::machines;
use crate::outcome::{deployed, outcome, reason, report};
use crate::owner::Owner;
use crate::rollout::{Aim, End, Over};
use crate::secrets::Secrets;
use crate::site::{Shared, Site};
use crate::standing::{Checked, Standing, standing};
use crate::trouble::Trouble;
use crate::wanted::Wanted;
use crate::waves;

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
        self.ask_each(deploy, cancel, standing)
    }

    /// What the machines are, each reached now.
    pub fn check(&self, deploy: &PlannedDeploy, cancel: &Cancel) -> Result<Vec<Checked>, Fault> {
        self.ask_each(deploy, cancel, |mut site| Checked {
            host: site.host.clone(),
            found: site.probe().map_err(Trouble::into_fault),
        })
    }

    /// Asks every machine, and changes none.
    fn ask_each<R: Send>(
        &self,
        deploy: &PlannedDeploy,
        cancel: &Cancel,
        ask: impl Fn(Site<'_>) -> R + Sync,
    ) -> Result<Vec<R>, Fault> {
        let files = vec![Vec::new(); deploy.releases.len()];
        let images = BTreeMap::new();
        let hosts = machines(deploy, &self.0.hosts)?;
        let wanted = wanted(deploy, &files, &images);
        let work = Work::begin(&self.0, cancel)?;
        let shared = self.shared(deploy, &work, Secrets::default(), &images, &Silent);
        let sites = sites(&hosts, &wanted, &shared);
        Ok(each(sites, deploy.rollout.at_once as usize, ask))
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
        let fleet = machines(deploy, &self.0.hosts)?;
        let folder = &self.0.folder;
        let secrets = Secrets::read(&deploy.secrets, folder, &*self.0.variable)?;
        let wanted = wanted(deploy, job.files, job.images);
        let ids: Vec<String> = wanted.iter().map(|one| one.id.clone()).collect();
        let work = Work::begin(&self.0, cancel)?;
        let shared = self.shared(deploy, &work, secrets, job.images, progress);
        let order = waves::order(&fleet, &deploy.rollout.order);
        let hosts: Vec<FleetHost> = order.iter().map(|&one| fleet[one].clone()).collect();
        let in_order: Vec<usize> = (0..hosts.len()).collect();
        let obstacles = &self.0.obstacles;
        let fits = |site: &mut Site<'_>| fits(site, obstacles);
        let log = Audited {
            deploying: &self.0,
            action: match (&aim, self.0.promotes) {
                (Aim::Back(_), _) => "rollback",
                (Aim::Forward, true) => "promote",
                (Aim::Forward, false) => "deploy",
            },
            deploy: name,
            artifacts: artifacts(&wanted),
        };
        let promotes = self.0.promotes && aim == Aim::Forward;
        let begins = || {
            log.write("began", None, Vec::new())?;
            match promotes {
                true => approve(folder, name, &ids),
                false => Ok(()),
            }
        };
        let mut over = Over {
            rollout: &deploy.rollout,
            waves: waves::cut(&hosts, &in_order, &deploy.rollout.waves),
            sites: sites(&hosts, &wanted, &shared),
            is_approved: is_approved(folder, name, &ids),
            promotes,
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
        let log = Audited {
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
    connections: &'a Connections,
    _interrupt: orch_engine::Subscription,
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        // Connections may be kept for long.
        self.connections.forget_sent();
    }
}

impl<'a> Work<'a> {
    fn begin(deploying: &'a Deploying, cancel: &Cancel) -> Result<Self, Fault> {
        Ok(Self {
            files: LocalFiles::new(&*deploying.content)?,
            connections: &deploying.connections,
            _interrupt: deploying.connections.ended_by(cancel),
        })
    }
}

/// Nobody is told.
struct Silent;

impl DeployProgress for Silent {
    fn host(&self, _: &str, _: &str) {}
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
            Fault::action(format!(
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

/// Seconds since 1970, by this machine's clock.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
