//! `orch watch`: runs, waits until something that the run rested on has changed, runs again.
//!
//! What counts is what a look finds, never what the kernel reports: that only says when to
//! look. A change while a run is going does not end it; what has finished stays done, and
//! the next run begins when this one is over. With `--deploy`, what a run made goes onto machines,
//! and between two runs their logs are shown.

mod asked;
mod basis;
mod round;
mod sight;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use orch_engine::Cancel;
use orch_model::{Change, Fault};
use orch_report::human_duration;
use orch_watch::{Bell, Deaf, Pace, Rung};

use crate::arguments::{ProjectArguments, Running, Selection};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::following::Following;
use crate::interrupt;
use crate::stop::Stop;

use round::Rounds;
use sight::Sight;

/// What is run again and again.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub arguments: &'a ProjectArguments,
    pub selection: &'a Selection,
    pub running: &'a Running,
    /// Which deploys too, every one if none is named; no deploy if this is missing.
    pub deploys: Option<&'a [String]>,
}

pub fn watch(
    environment: Environment,
    wanted: Wanted<'_>,
    console: &Console,
) -> Result<Exit, Stop> {
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let following = Following::new(scope, console, &cancel);
        let rounds = Rounds::new(environment, wanted, following);
        go_on(rounds, &cancel, console)
    })
}

/// Runs, and again after each change.
fn go_on(mut rounds: Rounds<'_, '_, '_>, cancel: &Cancel, console: &Console) -> Result<Exit, Stop> {
    let is_running = Arc::new(AtomicBool::new(true));
    let (going, for_people) = (is_running.clone(), !console.is_json());
    interrupt::listen_and_say(cancel, move || for_people && going.load(Ordering::Relaxed))?;
    let mut ear = Ear::new(console)?;
    let waker = ear.bell.waker();
    let _waking = cancel.on_cancel(move || waker.wake());
    loop {
        is_running.store(true, Ordering::Relaxed);
        let sight = rounds.run(cancel, console)?;
        is_running.store(false, Ordering::Relaxed);
        if cancel.is_cancelled() || console.is_broken() {
            return Ok(Exit::Interrupted);
        }
        match ear.wait_for_change(&sight)? {
            Some(changes) => console.changed(&changes),
            None => return Ok(Exit::Interrupted),
        }
    }
}

/// Waits for changes, from the first run to the last.
struct Ear<'a> {
    bell: Bell,
    console: &'a Console,
    /// Why changes may go unheard, as it was said last.
    deaf: Option<Deaf>,
    began: Instant,
}

impl<'a> Ear<'a> {
    fn new(console: &'a Console) -> Result<Self, Fault> {
        Ok(Self {
            bell: Bell::new().map_err(|error| cannot_wait(&error))?,
            console,
            deaf: None,
            began: Instant::now(),
        })
    }

    /// What others have changed of all that is in sight, or `None` where the user does not
    /// want to wait any longer.
    fn wait_for_change(
        &mut self,
        sight: &Sight,
    ) -> Result<Option<BTreeMap<String, Change>>, Fault> {
        // Nobody has listened to all of it while the run was going.
        let mut pace = Pace::new(self.now());
        let mut has_looked = false;
        let mut is_told = false;
        loop {
            let heed = self.bell.listen(&sight.folders());
            if heed.fresh {
                pace.heard(self.now());
            }
            pace.deaf(heed.deaf.is_some());
            if has_looked && !heed.fresh && !is_told {
                let every = heed.deaf.is_some().then(|| pace.every());
                self.say_if_deaf(heed.deaf, pace.every());
                self.console.watching(&sight.watching(heed.folders, every));
                is_told = true;
            }
            if !self.wait_until_due(&mut pace)? {
                return Ok(None);
            }
            let began = self.now();
            let changes = sight.changes();
            pace.looked(self.now(), self.now() - began);
            has_looked = true;
            if !changes.is_empty() {
                return Ok(Some(changes));
            }
        }
    }

    /// Waits until it is time to look. Says whether the user still wants to wait.
    fn wait_until_due(&mut self, pace: &mut Pace) -> Result<bool, Fault> {
        loop {
            let left = pace.due().map(|due| due.saturating_sub(self.now()));
            if left == Some(Duration::ZERO) {
                return Ok(true);
            }
            match self.bell.wait(left).map_err(|error| cannot_wait(&error))? {
                Rung::Waker => return Ok(false),
                Rung::Folder => pace.heard(self.now()),
                Rung::TimeUp => {}
            }
        }
    }

    fn say_if_deaf(&mut self, deaf: Option<Deaf>, every: Duration) {
        if let Some(deaf) = deaf.as_ref().filter(|_| deaf != self.deaf) {
            let every = human_duration(every);
            let message = format!("{}; everything is looked at every {every}", deaf.why());
            self.console.warning(&message, deaf.remedy());
        }
        self.deaf = deaf;
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }
}

fn cannot_wait(error: &std::io::Error) -> Fault {
    Fault::internal(format!("could not wait for changes: {error}"))
}
