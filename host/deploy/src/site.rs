//! One machine of a deploy: reached, asked, changed. Every step can be repeated, so a connection
//! that breaks is opened again and the step done once more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use orch_engine::port::{DeployProgress, HostState};
use orch_model::{Digest, Fault, FleetHost, Health, Observation, Step, Upload};
use orch_transport::{Basis, Command, Connection, File, Stop};

use crate::connections::Connections;
use crate::filling::Filling;
use crate::health::{Checks, Unhealthy, await_health, sleep};
use crate::local_files::LocalFiles;
use crate::lock::{GIVE_BACK, Lock, TAKE, TAKEN};
use crate::owner::Owner;
use crate::record::{Change, FILE, Held, Record};
use crate::secrets::Secrets;
use crate::survey::{SCRIPT, Survey, is_release};
use crate::trouble::Trouble;
use crate::wanted::Wanted;

/// How long a machine is waited for whose connection broke.
const PATIENCE: Duration = Duration::from_secs(30);
/// For one step of the deployer's: a service may take its time to stop.
const STEP_PATIENCE: Duration = Duration::from_secs(300);
/// A smaller file is sent again sooner than it is put together.
const WORTH_A_DIFFERENCE: u64 = 64 << 10;

/// Runs a command in a folder (`$1`).
const IN_FOLDER: &str = "cd \"$1\" || exit\nshift\nexec \"$@\"";
/// Makes the folder of a release.
const MAKE_FOLDER: &str = "mkdir -p \"$1\"";
/// Removes releases (`$2` and on) below the home `$1`.
const REMOVE: &str = "home=$1\nshift\nfor one; do rm -rf \"$home/releases/$one\" || exit; done";

/// What all machines of a deploy share.
pub(crate) struct Shared<'a> {
    pub what: String,
    pub connections: &'a Connections,
    pub stop: &'a Stop,
    pub secrets: Secrets,
    pub images: &'a BTreeMap<String, String>,
    pub files: &'a LocalFiles<'a>,
    pub owner: &'a Owner,
    pub commit: Option<&'a str>,
    pub now: fn() -> u64,
    pub progress: &'a dyn DeployProgress,
    pub health: &'a Health,
    pub keep: usize,
    pub break_lock: bool,
}

/// A machine, and how far it is.
pub(crate) struct Site<'a> {
    pub host: &'a FleetHost,
    pub wanted: &'a Wanted<'a>,
    shared: &'a Shared<'a>,
    connection: Option<Arc<Connection>>,
    /// As it was found, and as it was changed since.
    pub survey: Survey,
    /// The release that ran when it was found.
    pub found: Option<String>,
    /// The release that it is to run.
    pub goal: String,
    lock: Option<String>,
    pub state: HostState,
    /// What happened to it.
    pub note: Option<String>,
    pub hint: Option<String>,
    /// The end of the service's log, where the release did not hold.
    pub log: Vec<String>,
    pub sent_bytes: u64,
    pub is_changed: bool,
}

impl<'a> Site<'a> {
    pub fn new(host: &'a FleetHost, wanted: &'a Wanted<'a>, shared: &'a Shared<'a>) -> Self {
        Self {
            host,
            wanted,
            shared,
            connection: None,
            survey: Survey::default(),
            found: None,
            goal: wanted.id.clone(),
            lock: None,
            state: HostState::Waiting,
            note: None,
            hint: None,
            log: Vec::new(),
            sent_bytes: 0,
            is_changed: false,
        }
    }

    pub fn says(&self, doing: &str) {
        self.shared.progress.host(&self.host.name, doing);
    }

    /// It goes no further; secrets are taken out of what is said.
    pub fn ends(&mut self, state: HostState, trouble: &Trouble) {
        self.state = state;
        self.note = Some(self.shared.secrets.hide(trouble.message()));
        self.hint = trouble.hint().map(|hint| self.shared.secrets.hide(hint));
        self.says(state.words());
    }

    fn root(&self) -> bool {
        self.wanted.release.root
    }

    pub fn record(&self) -> &Record {
        &self.survey.record
    }

    fn folder(&self, release: &str) -> String {
        format!("{}/releases/{release}", self.survey.home)
    }

    /// Whether the goal holds here, and nothing is under way.
    pub fn has_goal(&self) -> bool {
        let record = self.record();
        let is_good = record.good().is_some_and(|held| held.release == self.goal);
        is_good
            && record.change.is_none()
            && self.survey.live.as_ref() == Some(&self.goal)
            && self.survey.releases.contains(&self.goal)
    }

    /// Whether the goal was healthy here in a deploy that is not over.
    pub fn was_healthy(&self) -> bool {
        let change = self.record().change.as_ref();
        let is_healthy = change.is_some_and(|change| change.release == self.goal && change.healthy);
        is_healthy && self.survey.live.as_ref() == Some(&self.goal)
    }

    /// What ran before whatever is under way.
    pub fn before(&self) -> Option<String> {
        match &self.record().change {
            Some(change) => change.from.clone(),
            None => self.record().good().map(|held| held.release.clone()),
        }
    }

    /// What to go back to if the goal does not hold: also where somebody has changed the machine by
    /// hand, and the goal is what held last.
    fn before_goal(&self) -> Option<String> {
        let others = |held: &&Held| held.release != self.goal;
        let held = || self.record().held.iter().rev().find(others);
        match self.before() {
            Some(before) if before != self.goal => Some(before),
            _ => held().map(|held| held.release.clone()),
        }
    }

    /// Asks what the machine knows of the service.
    pub fn look(&mut self) -> Result<(), Trouble> {
        let release = self.wanted.release;
        let mut arguments = vec![release.home.as_str()];
        arguments.extend(release.programs.iter().map(String::as_str));
        let ran = self.run(|_| Command::script(SCRIPT, &arguments))?;
        let survey = Survey::parse(&ran).map_err(|fault| self.fault(&fault))?;
        if let Some(program) = survey.missing.first() {
            return Err(Trouble::Failed(
                Fault::usage(format!("`{}` has no program `{program}`", self.host.name))
                    .hint("install it there; the deployer needs it"),
            ));
        }
        self.found = self.found.take().or_else(|| survey.live.clone());
        self.survey = survey;
        Ok(())
    }

    /// What the machine is.
    pub fn probe(&mut self) -> Result<Observation, Trouble> {
        self.ask(|connection| Ok(connection.probe()?))
    }

    /// Nobody else changes the service from now on.
    pub fn take_lock(&mut self) -> Result<(), Trouble> {
        let lock = Lock {
            owner: self.shared.owner.clone(),
            what: self.shared.what.clone(),
            since: (self.shared.now)(),
        };
        let line = lock.line();
        let home = self.survey.home.clone();
        // The second time, a lock that nobody holds any more was removed.
        for _ in 0..2 {
            let root = self.root();
            let ran = self.ask(|connection| {
                let command = Command::script(TAKE, &[&home, &line]).as_root(root);
                Ok(connection.run(command)?)
            })?;
            match ran.code {
                0 => {
                    self.lock = Some(line);
                    return Ok(());
                }
                TAKEN => {
                    let theirs = ran.text();
                    // An answer that was lost on its way: it is ours.
                    if theirs == line {
                        self.lock = Some(line);
                        return Ok(());
                    }
                    let name = &self.host.name;
                    let now = (self.shared.now)();
                    match Lock::refusal(&theirs, name, self.shared.owner, now) {
                        Some(fault) if !self.shared.break_lock => {
                            return Err(Trouble::Failed(fault));
                        }
                        _ => self.run(|root| {
                            Command::script(GIVE_BACK, &[&home, &theirs]).as_root(root)
                        })?,
                    };
                }
                code => {
                    let words = ran.last_words();
                    let message = format!("could not lock `{home}` (exit code {code}): {words}");
                    return Err(self.fault(&Fault::usage(message)));
                }
            }
        }
        Err(self.fault(&Fault::usage(
            "somebody else took the lock at the same time",
        )))
    }

    /// Others may; if the machine cannot be reached, they will be told whose lock it is.
    pub fn give_lock_back(&mut self) {
        let Some(line) = self.lock.take() else { return };
        let (home, root) = (self.survey.home.clone(), self.root());
        let connections = self.shared.connections;
        // What a user's interrupt has ended can say nothing more.
        let opened = match self.shared.stop.is_raised() {
            true => connections
                .open(self.host, &Stop::default())
                .ok()
                .map(Arc::new),
            false => self.connection.take(),
        };
        if let Some(connection) = opened {
            let command = Command::script(GIVE_BACK, &[&home, &line]).as_root(root);
            let _ = connection.run(command);
        }
    }

    /// Brings the release; nothing that is live changes.
    pub fn stage(&mut self) -> Result<(), Trouble> {
        self.says("staging");
        let folder = self.folder(&self.goal);
        self.run(|root| Command::script(MAKE_FOLDER, &[&folder]).as_root(root))?;
        self.is_changed = true;
        let release = self.goal.clone();
        self.perform(&self.wanted.release.stage, &release)
    }

    /// Lets the goal run, and waits until it is healthy.
    pub fn activate(&mut self) -> Result<(), Unhealthy> {
        self.says("activating");
        let change = Change {
            release: self.goal.clone(),
            from: self.before_goal(),
            by: self.shared.owner.name.clone(),
            since: (self.shared.now)(),
            healthy: false,
        };
        self.survey.record.change = Some(change);
        self.write_record().map_err(Unhealthy::Trouble)?;
        self.is_changed = true;
        let goal = self.goal.clone();
        self.go_live(&goal).map_err(Unhealthy::Trouble)?;
        self.says("checking");
        let (within, soak) = (self.shared.health.within_ms, self.shared.health.soak_ms);
        self.is_healthy(&goal, within, soak)?;
        if let Some(change) = &mut self.survey.record.change {
            change.healthy = true;
        }
        self.write_record().map_err(Unhealthy::Trouble)
    }

    /// Points `live` at a release, and does what the deployer wants done then.
    fn go_live(&mut self, release: &str) -> Result<(), Trouble> {
        let (link, to) = (
            format!("{}/live", self.survey.home),
            format!("releases/{release}"),
        );
        let root = self.root();
        self.ask(|connection| Ok(connection.link(&link, &to, root)?))?;
        self.survey.live = Some(release.to_owned());
        self.perform(&self.wanted.release.activate, release)
    }

    fn is_healthy(&mut self, release: &str, within_ms: u64, soak_ms: u64) -> Result<(), Unhealthy> {
        let shared = self.shared;
        let filling = self.filling(release);
        let checks = Checks::new(&self.wanted.release.checks, &shared.health.checks, &filling)
            .map_err(|fault| Unhealthy::Trouble(Trouble::Failed(fault)))?;
        let root = self.root();
        let mut ask = || {
            let mut unhealthy = None;
            let asked = self.ask(|connection| {
                match checks.ask(connection, root, shared.connections, shared.stop) {
                    Err(Unhealthy::Trouble(trouble)) => Err(trouble),
                    Err(Unhealthy::Not(why)) => {
                        unhealthy = Some(why);
                        Ok(())
                    }
                    Ok(()) => Ok(()),
                }
            });
            match (asked, unhealthy) {
                (Err(trouble), _) => Err(Unhealthy::Trouble(trouble)),
                (Ok(()), Some(why)) => Err(Unhealthy::Not(why)),
                (Ok(()), None) => Ok(()),
            }
        };
        let (within, soak) = (
            Duration::from_millis(within_ms),
            Duration::from_millis(soak_ms),
        );
        await_health(&mut ask, within, soak, shared.stop)
    }

    /// Lets run again what ran before; where nothing did, nothing runs.
    pub fn go_back(&mut self) -> Result<(), Trouble> {
        self.says("going back");
        let Some(change) = self.survey.record.change.clone() else {
            return Ok(()); // Nothing was changed.
        };
        match &change.from {
            Some(before) if !self.survey.releases.contains(before) => {
                let name = &self.host.name;
                return Err(Trouble::Failed(
                    Fault::usage(format!(
                        "`{name}` cannot go back: somebody removed release {before} there"
                    ))
                    .hint("deploy a release that holds"),
                ));
            }
            Some(before) => {
                self.go_live(before)?;
                match self.is_healthy(before, self.shared.health.within_ms, 0) {
                    Ok(()) => {}
                    Err(Unhealthy::Trouble(trouble)) => return Err(trouble),
                    Err(Unhealthy::Not(why)) => {
                        let message = format!("went back to {before}, and that {why}");
                        return Err(Trouble::Failed(Fault::usage(message)));
                    }
                }
            }
            None => {
                let release = change.release.clone();
                self.perform(&self.wanted.release.withdraw, &release)?;
                let (live, root) = (format!("{}/live", self.survey.home), self.root());
                self.ask(|connection| Ok(connection.remove(&live, root)?))?;
                self.survey.live = None;
            }
        }
        self.survey.record.change = None;
        self.write_record()
    }

    /// The goal holds, whatever becomes of others; old releases go.
    pub fn settle(&mut self) -> Result<(), Trouble> {
        let held = Held {
            release: self.goal.clone(),
            at: (self.shared.now)(),
            by: self.shared.owner.name.clone(),
            commit: self.shared.commit.map(str::to_owned),
            files: self.large_files(),
        };
        self.survey.record.hold(held);
        self.write_record()?;
        let old = self.too_old();
        if old.is_empty() {
            return Ok(());
        }
        let home = self.survey.home.clone();
        let mut arguments = vec![home.as_str()];
        arguments.extend(old.iter().map(String::as_str));
        self.run(|root| Command::script(REMOVE, &arguments).as_root(root))?;
        self.survey
            .releases
            .retain(|release| !old.contains(release));
        Ok(())
    }

    /// Releases that nobody goes back to: all but the goal and the last that held before it.
    fn too_old(&self) -> Vec<String> {
        let mut kept: Vec<&str> = Vec::new();
        for held in self.record().held.iter().rev() {
            if !kept.contains(&held.release.as_str()) && kept.len() <= self.shared.keep {
                kept.push(&held.release);
            }
        }
        let releases = self.survey.releases.iter();
        let old = releases.filter(|release| !kept.contains(&release.as_str()));
        old.filter(|release| is_release(release)).cloned().collect()
    }

    /// Files of this release that the next one may be made of.
    fn large_files(&self) -> BTreeMap<String, Digest> {
        let mut files = BTreeMap::new();
        if self.goal != self.wanted.id {
            return files; // It went back to another.
        }
        for step in &self.wanted.release.stage {
            if let Step::Upload(upload) = step
                && let Some(file) = self.wanted.file(&upload.artifact)
                && file.bytes >= WORTH_A_DIFFERENCE
            {
                files.insert(upload.to.clone(), file.digest);
            }
        }
        files
    }

    fn write_record(&mut self) -> Result<(), Trouble> {
        let (file, line) = (format!("{}/{FILE}", self.survey.home), self.record().line());
        let root = self.root();
        self.ask(|connection| Ok(connection.write(&file, line.as_bytes(), 0o644, root)?))
    }

    fn filling<'f>(&'f self, release: &'f str) -> Filling<'f> {
        filling(self.host, self.shared, release)
    }

    /// Sends files of the build: what the machine lacks of them.
    fn send(&mut self, uploads: &[&Upload], release: &str) -> Result<(), Trouble> {
        let mut files = Vec::new();
        let mut basis = Vec::new();
        for upload in uploads {
            let file = self.wanted.file(&upload.artifact).ok_or_else(|| {
                let why = format!("`{}` is none of the build's files", upload.artifact);
                Trouble::Failed(Fault::internal(why))
            })?;
            let to = filling(self.host, self.shared, release)
                .fill(&upload.to)
                .map_err(Trouble::Failed)?;
            let local = self
                .shared
                .files
                .file(&file.digest)
                .map_err(Trouble::Failed)?;
            let local = local.ok_or_else(|| {
                let why = format!("`{}` is missing from the store", upload.artifact);
                Trouble::Failed(Fault::lost(why).hint("run again: it will be made anew"))
            })?;
            files.push(File {
                local,
                digest: file.digest,
                bytes: file.bytes,
                to: self.place(release, &to),
                mode: upload.mode,
            });
            basis.extend(self.versions(&to).map_err(Trouble::Failed)?);
        }
        let root = self.root();
        let sent = self.ask(|connection| Ok(connection.put(&files, &basis, root)?))?;
        self.sent_bytes += sent.sent_bytes;
        Ok(())
    }

    /// Versions of a file that earlier releases left there.
    fn versions(&self, to: &str) -> Result<Vec<Basis>, Fault> {
        let mut versions: Vec<Basis> = Vec::new();
        for held in self.record().held.iter().rev() {
            let Some(digest) = held.files.get(to) else {
                continue;
            };
            let is_there = self.survey.releases.contains(&held.release);
            if is_there && versions.iter().all(|known| known.digest != *digest) {
                versions.push(Basis {
                    digest: *digest,
                    remote: self.place(&held.release, to),
                    local: self.shared.files.file(digest)?,
                });
            }
        }
        Ok(versions)
    }

    /// Does the deployer's steps.
    fn perform(&mut self, steps: &[Step], release: &str) -> Result<(), Trouble> {
        let uploads = steps.iter().filter_map(|step| match step {
            Step::Upload(upload) => Some(upload),
            _ => None,
        });
        let uploads: Vec<&Upload> = uploads.collect();
        if !uploads.is_empty() {
            self.send(&uploads, release)?;
        }
        for step in steps {
            self.step(step, release)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, release: &str) -> Result<(), Trouble> {
        let root = self.root();
        let filling = filling(self.host, self.shared, release);
        let fill = |text: &str| filling.fill(text).map_err(Trouble::Failed);
        match step {
            Step::Upload(_) => Ok(()), // All were sent at once.
            Step::Write(document) => {
                let (to, contents) = (fill(&document.to)?, fill(&document.contents)?);
                let to = self.place(release, &to);
                self.ask(|connection| {
                    Ok(connection.write(&to, contents.as_bytes(), document.mode, root)?)
                })
            }
            Step::Link { name, to } => {
                let (name, to) = (fill(name)?, fill(to)?);
                self.ask(|connection| Ok(connection.link(&name, &to, root)?))
            }
            Step::Remove(path) => {
                let path = fill(path)?;
                let path = self.place(release, &path);
                self.ask(|connection| Ok(connection.remove(&path, root)?))
            }
            Step::Run(words) => {
                let words = filling.fill_all(words).map_err(Trouble::Failed)?;
                let folder = self.folder(release);
                let mut arguments = vec![folder.as_str()];
                arguments.extend(words.iter().map(String::as_str));
                self.run(|root| {
                    Command::script(IN_FOLDER, &arguments)
                        .as_root(root)
                        .timeout(STEP_PATIENCE)
                })
                .map(drop)
                .map_err(|trouble| match trouble {
                    Trouble::Failed(fault) => {
                        let line = words.join(" ");
                        let message = format!("`{line}`: {}", fault.message);
                        Trouble::Failed(Fault { message, ..fault })
                    }
                    other => other,
                })
            }
        }
    }

    /// Where a path of the deployer's lies.
    fn place(&self, release: &str, path: &str) -> String {
        match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("{}/{path}", self.folder(release)),
        }
    }

    /// Runs a command that must succeed; gives what it printed.
    fn run<'c>(&mut self, command: impl Fn(bool) -> Command<'c>) -> Result<String, Trouble> {
        let root = self.root();
        let ran = self.ask(|connection| Ok(connection.run(command(root))?))?;
        match ran.code {
            0 => Ok(ran.text()),
            code => {
                let message = format!("exit code {code}: {}", ran.last_words());
                Err(self.fault(&Fault::usage(message)))
            }
        }
    }

    fn fault(&self, fault: &Fault) -> Trouble {
        let message = format!("`{}`: {}", self.host.name, fault.message);
        Trouble::Failed(Fault {
            message,
            ..fault.clone()
        })
    }

    /// Does something over the connection, which is opened if it is not, and again where it
    /// breaks.
    pub fn ask<T>(
        &mut self,
        mut doing: impl FnMut(&Connection) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let began = Instant::now();
        let connections = self.shared.connections;
        let was_open = self.connection.is_some() || connections.is_kept(self.host);
        let mut pause = Duration::from_millis(250);
        loop {
            let done = self.opened().and_then(&mut doing);
            match done {
                Err(Trouble::Offline(fault)) => {
                    if let Some(broken) = self.connection.take() {
                        connections.forget(self.host, &broken);
                    }
                    // One that was never reached is not waited for.
                    if !was_open || began.elapsed() >= PATIENCE {
                        return Err(Trouble::Offline(fault));
                    }
                    self.says("waiting for the connection");
                    sleep(pause, self.shared.stop);
                    pause = (pause * 2).min(Duration::from_secs(4));
                }
                done => return done,
            }
        }
    }

    pub fn opened(&mut self) -> Result<&Connection, Trouble> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.shared.connections.to(self.host)?,
        };
        Ok(self.connection.insert(connection))
    }

    pub fn hide(&self, text: &str) -> String {
        self.shared.secrets.hide(text)
    }
}

/// What a deployer's texts stand for on a machine.
fn filling<'f>(host: &'f FleetHost, shared: &'f Shared<'_>, release: &'f str) -> Filling<'f> {
    Filling {
        release,
        host,
        secrets: &shared.secrets,
        images: shared.images,
    }
}
