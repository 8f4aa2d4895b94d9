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
    /// It did not hold; this is why.
    WentBack(String),
    /// The user interrupted.
    Interrupted,
}

/// What is to be done with the machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// They get the release that was made.
    Forward,
    /// They go back to what held before, or to this release.
    Back(Option<String>),
}

/// Machines and how to go over them.
pub(crate) struct Over<'a, 'r> {
    pub rollout: &'r Rollout,
    pub sites: Vec<Site<'a>>,
    /// Positions of the sites in each wave.
    pub waves: Vec<Vec<usize>>,
    pub aim: Aim,
    pub is_approved: bool,
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
        let aim = self.aim.clone();
        let fits = self.fits;
        let troubles = self.all(HostState::Waiting, |site| {
            aim_at(site, &aim)?;
            match site.has_goal() || site.was_healthy() || aim != Aim::Forward {
                true => Ok(()),
                false => fits(site),
            }
        });
        self.must_hold(troubles)?;
        for site in &mut self.sites {
            if site.state == HostState::Waiting && site.has_goal() {
                site.state = HostState::Unchanged;
                site.says(site.state.words());
            }
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
        if aim == Aim::Forward {
            self.stage()?;
        }
        Ok(())
    }

    fn look(&mut self) -> Result<(), End> {
        let all = self.sites.len();
        let troubles = self.all(HostState::Waiting, |site| {
            site.says("asking");
            site.look()
        });
        self.must_hold(troubles)?;
        let pending = self.count(HostState::Pending);
        if pending > 0 && (pending == all || self.rollout.commit == Commit::AllOrNone) {
            let offline = self
                .sites
                .iter()
                .find(|site| site.state == HostState::Pending);
            let why = offline
                .and_then(|site| site.note.clone())
                .unwrap_or_default();
            let message = match pending == all {
                true => format!("no machine can be reached: {why}"),
                false => format!("not all machines can be reached: {why}"),
            };
            return Err(End::Refused(
                Fault::fetch(message).hint("nothing was changed; run again when they are back"),
            ));
        }
        Ok(())
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
        let fault = Fault::usage(message);
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
                Ok(()) => site.says("staged"),
                Err(Trouble::Stopped) => return Err(End::Interrupted),
                Err(trouble @ Trouble::Offline(_)) => site.ends(HostState::Pending, &trouble),
                Err(trouble) => {
                    site.ends(HostState::Failed, &trouble);
                    why.get_or_insert_with(|| {
                        Fault::usage(site.note.clone().unwrap_or_default()).hint(
                            site.hint
                                .clone()
                                .unwrap_or_else(|| "nothing that is live was changed".to_owned()),
                        )
                    });
                }
            }
        }
        match why {
            Some(fault) if !self.may_fail(self.count(HostState::Failed)) => {
                Err(End::Refused(fault))
            }
            _ => Ok(()),
        }
    }

    fn count(&self, state: HostState) -> usize {
        self.sites.iter().filter(|site| site.state == state).count()
    }

    fn may_fail(&self, failed: usize) -> bool {
        failed <= at_most(self.rollout.max_failed, self.sites.len())
    }

    fn in_waves(&mut self) -> Result<End, End> {
        for (number, wave) in self.waves.clone().iter().enumerate() {
            let is_due = |position: &&usize| self.sites[**position].state == HostState::Waiting;
            let due: Vec<usize> = wave.iter().filter(is_due).copied().collect();
            if due.is_empty() {
                continue;
            }
            let is_forward = self.aim == Aim::Forward;
            if number > 0 && is_forward && self.rollout.approval && !self.is_approved {
                return Ok(End::Waits);
            }
            self.wave(&due)?;
        }
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
        Ok(End::Live)
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
                Ok(()) => {
                    site.state = HostState::Live;
                    site.says(site.state.words());
                }
                Err(Unhealthy::Trouble(Trouble::Stopped)) => is_interrupted = true,
                Err(Unhealthy::Trouble(trouble)) => {
                    site.ends(HostState::Failed, &trouble);
                    failed.push((position, site.note.clone().unwrap_or_default()));
                }
                Err(Unhealthy::Not(why)) => {
                    let why = format!("`{}`: {why}", site.host.name);
                    site.ends(HostState::Failed, &Trouble::Failed(Fault::usage(why)));
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
        let is_over = !self.may_fail(self.count(HostState::Failed));
        if is_over && self.rollout.on_failure == OnFailure::RollBack {
            let live = self.sites.iter().enumerate();
            let live = live.filter(|(_, site)| site.state == HostState::Live);
            back.extend(live.map(|(position, _)| position));
        }
        self.go_back(&back);
        match is_over {
            true => Err(End::WentBack(why)),
            false => Ok(()),
        }
    }

    fn go_back(&mut self, back: &[usize]) {
        let at_once = self.at_once();
        let sites = self.sites.iter_mut().enumerate();
        let sites = sites.filter(|(position, _)| back.contains(position));
        let went = each(sites, at_once, |(position, site)| {
            (position, site.go_back())
        });
        for (position, result) in went {
            let site = &mut self.sites[position];
            match result {
                Ok(()) => {
                    site.state = HostState::RolledBack;
                    site.says(site.state.words());
                }
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
    }
}

/// What the machine is to run.
fn aim_at(site: &mut Site<'_>, aim: &Aim) -> Result<(), Trouble> {
    let Aim::Back(to) = aim else {
        return Ok(());
    };
    let record = site.record();
    let goal = match (to, &record.change) {
        (Some(to), _) => Some(to.clone()),
        (None, Some(change)) => change.from.clone(),
        (None, None) => record.before().map(|held| held.release.clone()),
    };
    let name = &site.host.name;
    let Some(goal) = goal else {
        return Err(Trouble::Failed(Fault::usage(format!(
            "`{name}` has no release to go back to"
        ))));
    };
    if !site.survey.releases.contains(&goal) {
        let there = site.survey.releases.join(", ");
        return Err(Trouble::Failed(
            Fault::usage(format!("`{name}` has no release {goal}"))
                .hint(format!("its releases are {there}")),
        ));
    }
    site.goal = goal;
    Ok(())
}
