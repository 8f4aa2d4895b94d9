//! One machine of a deploy: asked, locked, changed, and settled or taken back. What is about to
//! change is written there before it does.

use std::collections::BTreeMap;
use std::time::Duration;

use orch_engine::port::{DeployProgress, HostState};
use orch_model::{Fault, FleetHost, Health, Observation};
use orch_transport::{Command, LocalFiles, Stop};

use crate::connections::Connections;
use crate::filling::Filling;
use crate::health::{Answer, Checks, Unhealthy, await_health};
use crate::lock::{GIVE_BACK, Lock, TAKE, TAKEN};
use crate::owner::Owner;
use crate::record::{Change, FILE, Held, Record};
use crate::remote::Remote;
use crate::secrets::Secrets;
use crate::survey::{SCRIPT, Survey, is_release};
use crate::trouble::Trouble;
use crate::wanted::Wanted;

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
    pub shared: &'a Shared<'a>,
    pub remote: Remote<'a>,
    /// As it was found, and as it was changed since.
    pub survey: Survey,
    /// The release that ran when it was found.
    pub found: Option<String>,
    /// The release that it is to run.
    pub goal: String,
    /// Whether it is to run again what ran before what is under way.
    pub restores: bool,
    lock: Option<String>,
    pub state: HostState,
    /// Whether the release could not be brought or did not hold, whatever became of it then.
    pub has_failed: bool,
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
            remote: Remote {
                host,
                root: wanted.release.root,
                connections: shared.connections,
                stop: shared.stop,
                progress: shared.progress,
                connection: None,
            },
            survey: Survey::default(),
            found: None,
            goal: wanted.id.clone(),
            restores: false,
            lock: None,
            state: HostState::Waiting,
            has_failed: false,
            note: None,
            hint: None,
            log: Vec::new(),
            sent_bytes: 0,
            is_changed: false,
        }
    }

    /// It goes no further; secrets are taken out of what is said.
    pub fn ends(&mut self, state: HostState, trouble: &Trouble) {
        self.has_failed |= state == HostState::Failed;
        self.note = Some(self.shared.secrets.hide(trouble.message()));
        self.hint = trouble.hint().map(|hint| self.shared.secrets.hide(hint));
        self.is(state);
    }

    /// What became of it, told to the user.
    pub fn is(&mut self, state: HostState) {
        self.state = state;
        self.remote.says(state.words());
    }

    /// What a deployer's texts stand for here.
    pub fn filling<'f>(&self, release: &'f str) -> Filling<'f>
    where
        'a: 'f,
    {
        Filling {
            release,
            host: self.host,
            secrets: &self.shared.secrets,
            images: self.shared.images,
        }
    }

    pub fn record(&self) -> &Record {
        &self.survey.record
    }

    pub fn folder(&self, release: &str) -> String {
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
    /// hand, and the goal is what held last, or what held last is gone.
    fn before_goal(&self) -> Option<String> {
        let is_there = |release: &String| self.survey.releases.contains(release);
        let before = self.before().filter(|before| *before != self.goal);
        let held = self.record().held.iter().rev().map(|held| &held.release);
        let mut others = held.filter(|release| **release != self.goal);
        match &before {
            Some(there) if is_there(there) => before,
            _ => others.find(|release| is_there(release)).cloned().or(before),
        }
    }

    /// Asks what the machine knows of the service.
    pub fn look(&mut self) -> Result<(), Trouble> {
        let release = self.wanted.release;
        let mut arguments = vec![release.home.as_str()];
        arguments.extend(release.programs.iter().map(String::as_str));
        let ran = self.remote.run(|_| Command::script(SCRIPT, &arguments))?;
        let survey = Survey::parse(&ran).map_err(|fault| self.remote.fault(&fault))?;
        if let Some(program) = survey.missing.first() {
            return Err(Trouble::Failed(
                Fault::action(format!("`{}` has no program `{program}`", self.host.name))
                    .hint("install it there; the deployer needs it"),
            ));
        }
        self.found = self.found.take().or_else(|| survey.live.clone());
        self.survey = survey;
        Ok(())
    }

    /// What the machine is.
    pub fn probe(&mut self) -> Result<Observation, Trouble> {
        self.remote.ask(|connection| Ok(connection.probe()?))
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
            let root = self.remote.root;
            let ran = self.remote.ask(|connection| {
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
                        _ => self.remote.run(|root| {
                            Command::script(GIVE_BACK, &[&home, &theirs]).as_root(root)
                        })?,
                    };
                }
                code => {
                    let words = ran.last_words();
                    let message = format!("could not lock `{home}` (exit code {code}): {words}");
                    return Err(self.remote.fault(&Fault::action(message)));
                }
            }
        }
        Err(self.remote.fault(&Fault::action(
            "somebody else took the lock at the same time",
        )))
    }

    /// Where nothing is left to do, the lock of a deploy that was killed goes: others could not know
    /// that nobody holds it.
    pub fn drop_dead_lock(&mut self) {
        let line = self.survey.lock.clone();
        if Lock::is_dead(&line, self.shared.owner) {
            let home = self.survey.home.clone();
            let give_back =
                |root| Command::script(GIVE_BACK, &[home.as_str(), line.as_str()]).as_root(root);
            // It is in nobody's way here.
            let _ = self.remote.run(give_back);
        }
    }

    /// Others may; if the machine cannot be reached, they will be told whose lock it is.
    pub fn give_lock_back(&mut self) {
        let Some(line) = self.lock.take() else { return };
        let (home, root) = (self.survey.home.clone(), self.remote.root);
        let command = Command::script(GIVE_BACK, &[&home, &line]).as_root(root);
        self.remote.try_run(command);
    }

    /// Brings the release; nothing that is live changes.
    pub fn stage(&mut self) -> Result<(), Trouble> {
        self.remote.says("staging");
        let folder = self.folder(&self.goal);
        self.remote
            .run(|root| Command::script(MAKE_FOLDER, &[&folder]).as_root(root))?;
        self.is_changed = true;
        let release = self.goal.clone();
        self.perform(&self.wanted.release.stage, &release)
    }

    /// Lets the goal run, and waits until it is healthy.
    pub fn activate(&mut self) -> Result<(), Unhealthy> {
        self.remote.says("activating");
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
        self.remote.says("checking");
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
        let root = self.remote.root;
        self.remote
            .ask(|connection| Ok(connection.link(&link, &to, root)?))?;
        self.survey.live = Some(release.to_owned());
        self.perform(&self.wanted.release.activate, release)
    }

    fn is_healthy(&mut self, release: &str, within_ms: u64, soak_ms: u64) -> Result<(), Unhealthy> {
        let shared = self.shared;
        let filling = self.filling(release);
        let checks = Checks::new(&self.wanted.release.checks, &shared.health.checks, &filling)
            .map_err(|fault| Unhealthy::Trouble(Trouble::Failed(fault)))?;
        let root = self.remote.root;
        let mut ask = || {
            let mut times = 0;
            let answer = self.remote.ask(|connection| {
                times += 1;
                checks.ask(connection, root, shared.connections, shared.stop)
            })?;
            Ok(match times {
                1 => answer,
                _ => Answer::Away,
            })
        };
        let (within, soak) = (
            Duration::from_millis(within_ms),
            Duration::from_millis(soak_ms),
        );
        await_health(&mut ask, within, soak, shared.stop)
    }

    /// Lets run again what ran before; where nothing did, nothing runs.
    pub fn go_back(&mut self) -> Result<(), Trouble> {
        self.remote.says("going back");
        let Some(change) = self.survey.record.change.clone() else {
            return Ok(()); // Nothing was changed.
        };
        self.is_changed = true;
        match &change.from {
            Some(before) if !self.survey.releases.contains(before) => {
                let name = &self.host.name;
                return Err(Trouble::Failed(
                    Fault::action(format!(
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
                        return Err(Trouble::Failed(Fault::action(message)));
                    }
                }
            }
            None => {
                let release = change.release.clone();
                self.perform(&self.wanted.release.withdraw, &release)?;
                let (live, root) = (format!("{}/live", self.survey.home), self.remote.root);
                self.remote
                    .ask(|connection| Ok(connection.remove(&live, root)?))?;
                self.survey.live = None;
            }
        }
        self.survey.record.change = None;
        let is_new =
            |before: &String| self.record().good().map(|held| &held.release) != Some(before);
        if let Some(before) = change.from.filter(is_new) {
            let held = self.held(&before);
            self.survey.record.hold(held);
        }
        self.write_record()
    }

    /// What is to be known of a release that holds now: the sources of one that this deploy has not
    /// made are those that it was made of.
    fn held(&self, release: &str) -> Held {
        let now = Held {
            release: release.to_owned(),
            at: (self.shared.now)(),
            by: self.shared.owner.name.clone(),
            commit: None,
            files: BTreeMap::new(),
        };
        match self.record().held_as(release) {
            _ if release == self.wanted.id => Held {
                commit: self.shared.commit.map(str::to_owned),
                files: self.large_files(),
                ..now
            },
            Some(made) => Held {
                commit: made.commit.clone(),
                files: made.files.clone(),
                ..now
            },
            None => now,
        }
    }

    /// The goal holds, whatever becomes of others; old releases go.
    pub fn settle(&mut self) -> Result<(), Trouble> {
        let held = self.held(&self.goal);
        self.survey.record.hold(held);
        self.write_record()?;
        let old = self.too_old();
        if old.is_empty() {
            return Ok(());
        }
        let home = self.survey.home.clone();
        let mut arguments = vec![home.as_str()];
        arguments.extend(old.iter().map(String::as_str));
        self.remote
            .run(|root| Command::script(REMOVE, &arguments).as_root(root))?;
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

    fn write_record(&mut self) -> Result<(), Trouble> {
        let (file, line) = (format!("{}/{FILE}", self.survey.home), self.record().line());
        let root = self.remote.root;
        self.remote
            .ask(|connection| Ok(connection.write(&file, line.as_bytes(), 0o644, root)?))
    }
}
