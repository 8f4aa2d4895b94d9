//! A release goes over a fleet: all machines are asked, then locked, then get the files; and then
//! one wave after the other goes live, or all go back.

use orch_engine::port::HostState;
use orch_model::{Commit, Fault, OnFailure, Rollout};

use crate::each::each;
use crate::health::Unhealthy;
use crate::site::Site;
use crate::trouble::Trouble;
use crate::waves::at_most;

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Whoever could be reached has the release.
    Live,
    /// The first wave has it, and a person has to say that it may go on.
    Waits,
    /// Nothing that was live has changed.
    Refused(Fault),
    /// It did not hold; this is why. Each machine says what became of it.
    DidNotHold(String),
    /// The user interrupted.
    Interrupted,
}

/// What is to be done with the machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// They get the release that was made.
    Forward,
    /// They go back to what held before, or to this release. Where something is under way on some,
    /// and no release is named, those alone do.
    Back(Option<String>),
}

/// Machines and how to go over them.
pub(crate) struct Over<'a, 'r> {
    pub rollout: &'r Rollout,
    pub sites: Vec<Site<'a>>,
    /// Positions of the sites in each wave.
    pub waves: Vec<Vec<usize>>,
    pub aim: Aim,
    /// Whether a person has said that these releases may go on behind the first wave.
    pub is_approved: bool,
    /// Whether they say so now, of a release that waits for it.
    pub promotes: bool,
    /// Told once, before anything is changed.
    pub begins: &'r (dyn Fn() -> Result<(), Fault> + Sync),
    pub has_begun: bool,
    /// What speaks against a release on a machine.
    pub fits: &'r (dyn Fn(&mut Site<'a>) -> Result<(), Trouble> + Sync),
}

impl<'a> Over<'a, '_> {
    /// All of it. The locks are given back however it ends.
    pub fn go(&mut self) -> End {
        let end = self.prepare().and_then(|()| self.in_waves());
        let at_once = self.at_once();
        each(&mut self.sites, at_once, Site::give_lock_back);
        match end {
            Ok(end) | Err(end) => end,
        }
    }

    fn at_once(&self) -> usize {
        self.rollout.at_once as usize
    }

    /// The same on all machines that are in this state.
    fn all<R: Send>(
        &mut self,
        state: HostState,
        work: impl Fn(&mut Site<'a>) -> R + Sync,
    ) -> Vec<(usize, R)> {
        let at_once = self.at_once();
        let sites = self.sites.iter_mut().enumerate();
        let wanted = sites.filter(|(_, site)| site.state == state);
        each(wanted, at_once, |(position, site)| (position, work(site)))
    }

    /// Everything up to the point where something live changes.
    fn prepare(&mut self) -> Result<(), End> {
        self.look()?;
        self.aim()?;
        for site in self.sites.iter_mut() {
            if site.state == HostState::Waiting && site.has_goal() {
                site.drop_dead_lock();
                site.is(HostState::Unchanged);
            }
        }
        if self.promotes {
            self.must_wait()?;
        }
        if self.aim == Aim::Forward {
            let fits = self.fits;
            let troubles = self.all(HostState::Waiting, |site| match site.was_healthy() {
                true => Ok(()),
                false => fits(site),
            });
            self.must_hold(troubles)?;
        }
        if self.count(HostState::Waiting) > 0 {
            (self.begins)().map_err(End::Refused)?;
            self.has_begun = true;
        }
        let troubles = self.all(HostState::Waiting, |site| {
            site.take_lock()?;
            // It may have changed before the lock was ours.
            let goal = site.goal.clone();
            site.look()?;
            site.goal = goal;
            Ok(())
        });
        self.must_hold(troubles)?;
        self.must_be_there()?;
        if self.aim == Aim::Forward {
            self.stage()?;
        }
        Ok(())
    }

    fn look(&mut self) -> Result<(), End> {
        let troubles = self.all(HostState::Waiting, |site| {
            site.remote.says("asking");
            site.look()
        });
        self.must_hold(troubles)?;
        self.must_be_there()
    }

    /// Some machine must be there, and all where all are to get the release or none.
    fn must_be_there(&self) -> Result<(), End> {
        let pending = self.count(HostState::Pending);
        let is_strict = self.rollout.commit == Commit::AllOrNone;
        match pending {
            0 => Ok(()),
            _ if pending == self.sites.len() => Err(self.unreached("no machine can be reached")),
            _ if is_strict => Err(self.unreached("not all machines can be reached")),
            _ => Ok(()),
        }
    }

    fn unreached(&self, what: &str) -> End {
        let mut sites = self.sites.iter();
        let offline = sites.find(|site| site.state == HostState::Pending);
        let why = offline.and_then(|site| site.note.as_deref());
        let fault = Fault::fetch(format!("{what}: {}", why.unwrap_or_default()));
        End::Refused(fault.hint("nothing that is live was changed; run again when they are back"))
    }

    /// Says what each machine is to run.
    fn aim(&mut self) -> Result<(), End> {
        let Aim::Back(to) = self.aim.clone() else {
            return Ok(());
        };
        let mut sites = self.sites.iter();
        let is_under_way = to.is_none() && sites.any(|site| site.record().change.is_some());
        let mut troubles = Vec::new();
        for (position, site) in self.sites.iter_mut().enumerate() {
            if site.state != HostState::Waiting {
                continue;
            }
            match (is_under_way, site.record().change.is_some()) {
                (true, true) => site.restores = true,
                (true, false) => site.is(HostState::Unchanged),
                (false, _) => troubles.push((position, aim_at(site, to.as_deref()))),
            }
        }
        self.must_hold(troubles)
    }

    /// A person approves what they have seen run, and nothing else.
    fn must_wait(&self) -> Result<(), End> {
        let has_more = self.count(HostState::Waiting) > 0;
        let runs = |site: &Site<'_>| site.was_healthy() || site.state == HostState::Unchanged;
        match has_more && !self.sites.iter().any(runs) {
            true => Err(End::Refused(
                Fault::action("no machine runs what the sources make now, so nothing of it waits")
                    .hint(
                        "`orch status` says what runs; `orch deploy` brings this release to the \
                         first wave",
                    ),
            )),
            false => Ok(()),
        }
    }

    /// Machines that are offline are pending; any other trouble ends it before anything was
    /// changed, and all of it is told.
    fn must_hold(&mut self, troubles: Vec<(usize, Result<(), Trouble>)>) -> Result<(), End> {
        let mut against = Vec::new();
        for (position, result) in troubles {
            let site = &mut self.sites[position];
            match result {
                Ok(()) => {}
                Err(Trouble::Stopped) => return Err(End::Interrupted),
                Err(trouble @ Trouble::Offline(_)) => site.ends(HostState::Pending, &trouble),
                Err(trouble) => {
                    site.ends(HostState::Failed, &trouble);
                    against.push(position);
                }
            }
        }
        let Some(first) = against.first() else {
            return Ok(());
        };
        let said = against
            .iter()
            .filter_map(|position| self.sites[*position].note.clone());
        let message = said.collect::<Vec<_>>().join("; ");
        let fault = Fault::action(message);
        Err(End::Refused(match &self.sites[*first].hint {
            Some(hint) => fault.hint(format!("{hint}. Nothing was changed")),
            None => fault.hint("nothing was changed"),
        }))
    }

    fn stage(&mut self) -> Result<(), End> {
        let staged = self.all(HostState::Waiting, |site| match site.was_healthy() {
            true => Ok(()),
            false => site.stage(),
        });
        let mut why = None;
        for (position, result) in staged {
            let site = &mut self.sites[position];
            match result {
                Ok(()) => site.remote.says("staged"),
                Err(Trouble::Stopped) => return Err(End::Interrupted),
                Err(trouble @ Trouble::Offline(_)) => site.ends(HostState::Pending, &trouble),
                Err(trouble) => {
                    site.ends(HostState::Failed, &trouble);
                    why.get_or_insert_with(|| {
                        Fault::action(site.note.clone().unwrap_or_default()).hint(
                            site.hint
                                .clone()
                                .unwrap_or_else(|| "nothing that is live was changed".to_owned()),
                        )
                    });
                }
            }
        }
        match why {
            Some(fault) if !self.may_go_on() => Err(End::Refused(fault)),
            _ => self.must_be_there(),
        }
    }

    fn count(&self, state: HostState) -> usize {
        self.sites.iter().filter(|site| site.state == state).count()
    }

    /// Whether no more machines have failed, in all waves together, than may.
    fn may_go_on(&self) -> bool {
        let failed = self.sites.iter().filter(|site| site.has_failed).count();
        let most = match self.rollout.commit {
            Commit::AllOrNone => 0,
            Commit::Each => at_most(self.rollout.max_failed, self.sites.len()),
        };
        failed <= most
    }

    fn in_waves(&mut self) -> Result<End, End> {
        self.restore()?;
        for (number, wave) in self.waves.clone().iter().enumerate() {
            let is_due = |position: &&usize| self.sites[**position].state == HostState::Waiting;
            let due: Vec<usize> = wave.iter().filter(is_due).copied().collect();
            if due.is_empty() {
                continue;
            }
            if number > 0 && self.must_be_approved() {
                return Ok(End::Waits);
            }
            self.wave(&due)?;
        }
        self.settle();
        Ok(End::Live)
    }

    fn must_be_approved(&self) -> bool {
        let is_approved = self.is_approved || self.promotes;
        self.aim == Aim::Forward && self.rollout.approval && !is_approved
    }

    /// Where something is under way, what ran before it runs again.
    fn restore(&mut self) -> Result<(), End> {
        let due = self.positions(|site| site.restores && site.state == HostState::Waiting);
        self.go_back(&due)?;
        let mut sites = self.sites.iter();
        match sites.find(|site| site.has_failed) {
            Some(site) => Err(End::DidNotHold(site.note.clone().unwrap_or_default())),
            None => Ok(()),
        }
    }

    fn positions(&self, is_meant: impl Fn(&Site<'_>) -> bool) -> Vec<usize> {
        let sites = self.sites.iter().enumerate();
        let meant = sites.filter(|(_, site)| is_meant(site));
        meant.map(|(position, _)| position).collect()
    }

    /// Releases that are live hold, whatever comes after.
    fn settle(&mut self) {
        let at_once = self.at_once();
        let live = self
            .sites
            .iter_mut()
            .filter(|site| site.state == HostState::Live);
        let settled = each(live, at_once, |site| (site.settle(), site));
        for (result, site) in settled {
            if let Err(trouble) = result {
                // It runs, and was healthy: what is left over is done by the next run.
                site.note = Some(trouble.message().to_owned());
            }
        }
    }

    fn wave(&mut self, due: &[usize]) -> Result<(), End> {
        let at_once = self.at_once();
        let sites = self.sites.iter_mut().enumerate();
        let sites = sites.filter(|(position, _)| due.contains(position));
        let activated = each(sites, at_once, |(position, site)| {
            (
                position,
                match site.was_healthy() {
                    true => Ok(()),
                    false => site.activate().inspect_err(|why| site.keep_log(why)),
                },
            )
        });
        let mut failed: Vec<(usize, String)> = Vec::new();
        let mut is_interrupted = false;
        for (position, result) in activated {
            let site = &mut self.sites[position];
            match result {
                Ok(()) => site.is(HostState::Live),
                Err(Unhealthy::Trouble(Trouble::Stopped)) => is_interrupted = true,
                Err(Unhealthy::Trouble(trouble)) => {
                    site.ends(HostState::Failed, &trouble);
                    failed.push((position, site.note.clone().unwrap_or_default()));
                }
                Err(Unhealthy::Not(why)) => {
                    let why = format!("`{}`: {why}", site.host.name);
                    site.ends(HostState::Failed, &Trouble::Failed(Fault::action(why)));
                    failed.push((position, site.note.clone().unwrap_or_default()));
                }
            }
        }
        if is_interrupted {
            return Err(End::Interrupted);
        }
        let Some((_, why)) = failed.first().cloned() else {
            return Ok(());
        };
        let mut back: Vec<usize> = failed.into_iter().map(|(position, _)| position).collect();
        if self.may_go_on() {
            return self.go_back(&back);
        }
        match self.rollout.on_failure {
            OnFailure::RollBack => {
                // Also what an earlier deploy left half done where this one has not come to.
                back.extend(self.positions(|site| match site.state {
                    HostState::Live => true,
                    HostState::Waiting => site.record().change.is_some(),
                    _ => false,
                }));
                self.go_back(&back)?;
            }
            OnFailure::Stop => {
                self.go_back(&back)?;
                self.settle();
            }
        }
        Err(End::DidNotHold(why))
    }

    fn go_back(&mut self, back: &[usize]) -> Result<(), End> {
        let at_once = self.at_once();
        let sites = self.sites.iter_mut().enumerate();
        let sites = sites.filter(|(position, _)| back.contains(position));
        let went = each(sites, at_once, |(position, site)| {
            (position, site.go_back())
        });
        let mut is_interrupted = false;
        for (position, result) in went {
            let site = &mut self.sites[position];
            match result {
                Ok(()) => site.is(HostState::RolledBack),
                Err(Trouble::Stopped) => is_interrupted = true,
                Err(trouble) => {
                    let before = site.note.take();
                    site.ends(HostState::Failed, &trouble);
                    let now = site.note.take().unwrap_or_default();
                    site.note = Some(match before {
                        Some(before) if before != now => format!("{before}; then {now}"),
                        _ => now,
                    });
                }
            }
        }
        match is_interrupted {
            true => Err(End::Interrupted),
            false => Ok(()),
        }
    }
}

/// The machine is to run this release, or what held before.
fn aim_at(site: &mut Site<'_>, to: Option<&str>) -> Result<(), Trouble> {
    let before = || site.record().before().map(|held| held.release.as_str());
    let goal = to.or_else(before).map(str::to_owned);
    let name = &site.host.name;
    let Some(goal) = goal else {
        return Err(Trouble::Failed(Fault::action(format!(
            "`{name}` has no release to go back to"
        ))));
    };
    if !site.survey.releases.contains(&goal) {
        let there = site.survey.releases.join(", ");
        return Err(Trouble::Failed(
            Fault::action(format!("`{name}` has no release {goal}"))
                .hint(format!("its releases are {there}")),
        ));
    }
    site.goal = goal;
    Ok(())
}
