//! Follows the logs of services, a thread each, and says what they say; or keeps that to itself
//! for as long as something else is said.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use orch_deploy::{HostLog, LogEnd, StopFlag};
use orch_engine::{Cancel, Subscription};
use orch_model::NodeId;
use orch_report::LogNames;

use crate::console::Console;

/// Lines that are kept while something else is said; more push out the first.
const MOST_KEPT: usize = 2000;

/// Between two tries to reach a machine, at first and at last.
const SOONEST: Duration = Duration::from_millis(500);
const LATEST: Duration = Duration::from_secs(10);
/// Between two looks at the flag meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// Threads that follow logs. They end when this is dropped, or the user has enough.
pub struct Following<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    cancel: &'env Cancel,
    desk: Arc<Desk<'env>>,
    followers: Vec<Follower<'scope>>,
}

struct Follower<'scope> {
    log: HostLog,
    stop: StopFlag,
    thread: ScopedJoinHandle<'scope, ()>,
    _interrupt: Subscription,
}

impl<'scope, 'env> Following<'scope, 'env> {
    /// Nobody is followed yet. Where nobody reads along any more, `cancel` is raised.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        console: &'env Console,
        cancel: &'env Cancel,
    ) -> Self {
        Self {
            scope,
            cancel,
            desk: Arc::new(Desk {
                console,
                cancel,
                state: Mutex::default(),
            }),
            followers: Vec::new(),
        }
    }

    /// From now on what is said is kept. Who reads something of which nothing is kept on its
    /// machine ends: a deploy may need it.
    pub fn hold(&mut self) {
        self.desk.state().held = Some(Held::default());
        let (kept, streams) = std::mem::take(&mut self.followers)
            .into_iter()
            .partition(|follower| follower.log.is_kept());
        self.followers = kept;
        end(streams);
    }

    /// Says what was kept, and follows these logs and no others: those that are new from so many
    /// lines before.
    pub fn follow(&mut self, logs: &[HostLog], lines: u32) {
        let wanted = |follower: &Follower<'_>| logs.iter().any(|log| log.is_same(&follower.log));
        let (kept, others) = std::mem::take(&mut self.followers)
            .into_iter()
            .partition(|follower| wanted(follower) && !follower.thread.is_finished());
        self.followers = kept;
        end(others);
        self.desk.release(logs);
        for log in logs.iter().filter(|log| log.can_be_followed()) {
            if !self.followers.iter().any(|one| one.log.is_same(log)) {
                let follower = self.start(log.clone(), lines);
                self.followers.push(follower);
            }
        }
    }

    /// Says lines of one of several logs.
    pub fn show(&self, logs: &[HostLog], log: &HostLog, lines: &[String]) {
        self.desk.release(logs);
        lines.iter().for_each(|line| self.desk.line(log, line));
    }

    /// Waits until all have ended.
    pub fn wait(&mut self) {
        for follower in self.followers.drain(..) {
            // A thread that panicked says so itself.
            let _ = follower.thread.join();
        }
    }

    fn start(&self, log: HostLog, lines: u32) -> Follower<'scope> {
        let stop = StopFlag::default();
        let (raised, seen) = (stop.clone(), stop.clone());
        let (desk, followed) = (self.desk.clone(), log.clone());
        Follower {
            log,
            stop,
            thread: self
                .scope
                .spawn(move || follow(&followed, lines, &seen, &desk)),
            _interrupt: self.cancel.on_cancel(move || raised.raise()),
        }
    }
}

impl Drop for Following<'_, '_> {
    fn drop(&mut self) {
        end(std::mem::take(&mut self.followers));
    }
}

fn end(followers: Vec<Follower<'_>>) {
    followers.iter().for_each(|follower| follower.stop.raise());
    for follower in followers {
        let _ = follower.thread.join();
    }
}

/// Follows a log until it ends or nobody wants it, also over connections that break.
fn follow(log: &HostLog, mut lines: u32, stop: &StopFlag, desk: &Desk<'_>) {
    let mut is_told = false;
    let mut pause = SOONEST;
    loop {
        let mut has_come = false;
        let end = log.follow(lines, stop, &mut |line| {
            has_come = true;
            desk.line(log, line);
        });
        if has_come {
            (lines, is_told, pause) = (0, false, SOONEST);
        }
        let host = log.host();
        match end {
            Ok(LogEnd::Stopped) => return,
            Ok(LogEnd::Ended(words)) => {
                return desk.warning(&format!("the log of `{host}` goes on no longer: {words}"));
            }
            Ok(LogEnd::Broken(fault)) if !is_told => {
                let why = &fault.message;
                desk.warning(&format!("the log of `{host}` is interrupted: {why}"));
                is_told = true;
            }
            Ok(LogEnd::Broken(_)) => {}
            Err(fault) => return desk.warning(&fault.message),
        }
        wait(pause, stop);
        pause = (pause * 2).min(LATEST);
    }
}

fn wait(pause: Duration, stop: &StopFlag) {
    let began = Instant::now();
    while began.elapsed() < pause && !stop.is_raised() {
        std::thread::sleep(LOOK);
    }
}

/// Where all that is said comes together.
struct Desk<'env> {
    console: &'env Console,
    cancel: &'env Cancel,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    names: LogNames,
    /// Whether machines of several deploys are told apart.
    with_deploys: bool,
    /// What waits to be said, where something else is said now.
    held: Option<Held>,
}

#[derive(Default)]
struct Held {
    waiting: VecDeque<Said>,
    left_out: usize,
}

enum Said {
    Line {
        deploy: NodeId,
        host: String,
        line: String,
    },
    Warning(String),
}

impl Desk<'_> {
    fn line(&self, log: &HostLog, line: &str) {
        self.take(Said::Line {
            deploy: log.deploy().clone(),
            host: log.host().to_owned(),
            line: line.to_owned(),
        });
    }

    fn warning(&self, message: &str) {
        self.take(Said::Warning(message.to_owned()));
    }

    fn take(&self, said: Said) {
        let mut state = self.state();
        match &mut state.held {
            None => self.say(&state, &said),
            Some(held) => {
                held.waiting.push_back(said);
                if held.waiting.len() > MOST_KEPT {
                    held.waiting.pop_front();
                    held.left_out += 1;
                }
            }
        }
    }

    /// Says what was kept, and from now on everything at once.
    fn release(&self, logs: &[HostLog]) {
        let mut state = self.state();
        let deploys = logs.iter().map(HostLog::deploy);
        let mut others = deploys.filter(|deploy| *deploy != logs[0].deploy());
        state.with_deploys = others.next().is_some();
        let names = logs
            .iter()
            .map(|log| state.name(log.deploy(), log.host()))
            .collect::<Vec<_>>();
        state.names = LogNames::new(names);
        let Some(held) = state.held.take() else {
            return;
        };
        if held.left_out > 0 {
            let message = format!("{} lines of logs are left out", held.left_out);
            self.console.warning(&message, None);
        }
        held.waiting.iter().for_each(|said| self.say(&state, said));
    }

    fn say(&self, state: &State, said: &Said) {
        match said {
            Said::Line { deploy, host, line } => {
                let name = state.name(deploy, host);
                self.console
                    .service_logged(&state.names, &name, (deploy, host), line);
            }
            Said::Warning(message) => self.console.warning(message, None),
        }
        if self.console.is_broken() {
            self.cancel.cancel();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }
}

/// `edge` of `deploy.edge`.
fn name_of(deploy: &NodeId) -> &str {
    let name = deploy.as_str();
    name.strip_prefix("deploy.").unwrap_or(name)
}

impl State {
    /// By which people tell a log from the others.
    fn name(&self, deploy: &NodeId, host: &str) -> String {
        match self.with_deploys {
            true => format!("{}/{host}", name_of(deploy)),
            false => host.to_owned(),
        }
    }
}
