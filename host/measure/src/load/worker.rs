//! The threads that generate load, each with its own connections and nothing to share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use orch_engine::Cancel;
use orch_model::Fault;
use tokio::task::{JoinSet, LocalSet};

use super::Load;
use super::arrivals::Arrivals;
use super::connection::Connection;
use super::cpu_meter::{CpuMeter, CpuShares};
use super::endpoint::Endpoint;
use super::failure::{ErrorKind, Failure};
use super::recorder::Recorder;
use super::result::StepResult;
use super::step::{Step, Window};
use crate::stop::Stop;

/// So long nobody may be reached before a step is given up.
const PATIENCE: Duration = Duration::from_secs(1);

/// So long a connection of a closed loop rests after one could not be made, or it would do nothing
/// else.
const REST: Duration = Duration::from_millis(10);

/// What one thread does of a step.
struct Share<'a> {
    load: &'a Load,
    window: Window,
    connections: usize,
    /// Requests a second, in an open loop.
    per_second: Option<f64>,
    /// When the first is due, after the start.
    offset: Duration,
}

/// What one thread found.
struct Found {
    recorder: Recorder,
    cpu: CpuShares,
    /// When it gave up, if it did.
    gave_up: Option<Instant>,
}

/// What the connections of one thread share.
struct Team {
    endpoint: Endpoint,
    request_limit: Duration,
    arrivals: Arrivals,
    recorder: RefCell<Recorder>,
    /// When somebody was last there.
    last_contact: Cell<Instant>,
    gave_up: Cell<Option<Instant>>,
}

/// Takes one step: a closed loop, or an open one at a rate.
pub(super) fn run(
    load: &Load,
    step: &Step,
    per_second: Option<f64>,
    cancel: &Cancel,
) -> Result<StepResult, Fault> {
    let stop = &Stop::of(cancel);
    let window = Window::of(step, Instant::now());
    let found = thread::scope(|scope| {
        let threads = shares(load, step, per_second, window)
            .into_iter()
            .map(|share| {
                thread::Builder::new()
                    .name("load".to_owned())
                    .spawn_scoped(scope, move || share.run(stop))
            });
        // All are started before the first is waited for.
        let threads: Vec<_> = threads.collect();
        let found = threads.into_iter().map(|thread| {
            let thread = thread.map_err(|error| no_thread(&error))?;
            thread.join().expect("a generator does not panic")
        });
        found.collect::<Result<Vec<Found>, Fault>>()
    })?;
    Ok(summed(step, per_second, window, found))
}

/// Splits a step among the threads.
fn shares<'a>(
    load: &'a Load,
    step: &Step,
    per_second: Option<f64>,
    window: Window,
) -> Vec<Share<'a>> {
    let threads = load.threads.clamp(1, step.connections);
    let share = |thread: usize| {
        let connections =
            step.connections / threads + usize::from(thread < step.connections % threads);
        let part = connections as f64 / step.connections as f64;
        Share {
            load,
            window,
            connections,
            per_second: per_second.map(|rate| rate * part),
            offset: per_second.map_or(Duration::ZERO, |rate| {
                Duration::from_secs_f64(thread as f64 / rate)
            }),
        }
    };
    (0..threads).map(share).collect()
}

fn summed(step: &Step, per_second: Option<f64>, window: Window, found: Vec<Found>) -> StepResult {
    let mut recorder = Recorder::new(window);
    let mut cpu = CpuShares::default();
    // A thread that goes on has still somebody to talk to.
    let mut end = None;
    let gave_up = found.iter().all(|found| found.gave_up.is_some());
    for found in found {
        recorder.add(found.recorder);
        cpu = cpu.worst(found.cpu);
        end = end.max(found.gave_up);
    }
    let end = end.filter(|_| gave_up).unwrap_or(window.until);
    let seconds = end.saturating_duration_since(window.from).as_secs_f64();
    let mut result = StepResult::new(step, per_second, recorder, seconds, cpu);
    result.gave_up = gave_up;
    result
}

impl Share<'_> {
    fn run(self, stop: &Stop) -> Result<Found, Fault> {
        let began = Instant::now();
        let meter = CpuMeter::start();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| no_thread(&error))?;
        let arrivals = match self.per_second {
            None => Arrivals::closed(self.window),
            Some(rate) => Arrivals::open(self.window, rate, self.offset),
        };
        let team = Rc::new(Team {
            endpoint: self.load.endpoint.clone(),
            request_limit: self.load.request_limit,
            arrivals,
            recorder: RefCell::new(Recorder::new(self.window)),
            last_contact: Cell::new(began),
            gave_up: Cell::new(None),
        });
        let tasks = LocalSet::new();
        runtime.block_on(tasks.run_until(async {
            tokio::select! {
                biased;
                () = stop.wanted() => Err(Fault::interrupted()),
                over = work(&team, self.connections) => over,
            }
        }))?;
        let cpu = meter.stop();
        let team = Rc::into_inner(team).expect("its connections are over");
        let gave_up = team.gave_up.get();
        let end = gave_up.unwrap_or(self.window.until);
        let mut recorder = team.recorder.into_inner();
        for due in team.arrivals.left(end) {
            recorder.record_unsent(due, end);
        }
        Ok(Found {
            recorder,
            cpu,
            gave_up,
        })
    }
}

/// Lets `connections` work until there is nothing more to send and the last is answered.
async fn work(team: &Rc<Team>, connections: usize) -> Result<(), Fault> {
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let team = Rc::clone(team);
        tasks.spawn_local(async move { team.keep_asking().await });
    }
    let released = tokio::select! {
        released = team.arrivals.release() => released,
        // They end earlier where they give up.
        () = all_over(&mut tasks) => Ok(()),
    };
    released.map_err(|error| {
        Fault::internal(format!(
            "the machine gave no timer to the load generator: {error}"
        ))
        .hint("it may be out of open files: see `ulimit -n`")
    })?;
    all_over(&mut tasks).await;
    Ok(())
}

async fn all_over(tasks: &mut JoinSet<()>) {
    while let Some(over) = tasks.join_next().await {
        over.expect("a connection's task does not panic");
    }
}

impl Team {
    /// What one connection does.
    async fn keep_asking(&self) {
        let mut connection = None;
        while let Some(arrival) = self.arrivals.next().await {
            let asked = tokio::time::timeout(self.request_limit, self.ask(&mut connection)).await;
            let outcome = asked.unwrap_or_else(|_| Err(Failure::timeout(self.request_limit)));
            let end = Instant::now();
            let failed = outcome.as_ref().err().map(|failure| failure.kind);
            self.recorder.borrow_mut().record(arrival, end, outcome);
            match failed {
                Some(ErrorKind::Connect) => self.rest(end).await,
                Some(
                    ErrorKind::Reset
                    | ErrorKind::Timeout
                    | ErrorKind::EarlyEnd
                    | ErrorKind::Garbled,
                ) => {
                    connection = None;
                }
                Some(ErrorKind::ServerStatus | ErrorKind::OtherStatus) | None => {}
            }
        }
    }

    /// One request, on the connection that is there or a new one.
    async fn ask(&self, connection: &mut Option<Connection>) -> Result<(), Failure> {
        let is_open = match connection {
            Some(connection) => connection.is_open().await,
            None => false,
        };
        if !is_open {
            *connection = None;
            *connection = Some(Connection::open(&self.endpoint).await?);
            self.recorder.borrow_mut().connects += 1;
        }
        self.last_contact.set(Instant::now());
        let connection = connection.as_mut().expect("it was made above");
        let status = connection.exchange(&self.endpoint).await?;
        Failure::of_status(status).map_or(Ok(()), Err)
    }

    /// After a connection could not be made: waits a little, or gives up if that goes on.
    async fn rest(&self, now: Instant) {
        if now.saturating_duration_since(self.last_contact.get()) >= PATIENCE {
            self.gave_up.set(self.gave_up.get().or(Some(now)));
            self.arrivals.stop();
        } else if self.arrivals.is_closed_loop() {
            tokio::time::sleep(REST).await;
        }
    }
}

fn no_thread(error: &std::io::Error) -> Fault {
    Fault::internal(format!("the load generator got no thread: {error}"))
        .hint("the machine may be out of threads or open files: see `ulimit -u` and `ulimit -n`")
}
