//! Whether a release holds on a machine: its checks are asked until all hold, and then for as
//! long as they must go on holding.

use std::time::{Duration, Instant};

use orch_model::{Check, Fault, HealthCheck};
use orch_transport::{Address, Command, Connection, Stop};

use crate::connections::Connections;
use crate::filling::Filling;
use crate::prometheus;
use crate::trouble::Trouble;

/// Between two rounds of checks, at first and at last.
const SOONEST: Duration = Duration::from_millis(100);
const LATEST: Duration = Duration::from_secs(1);
/// For one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks of one machine, with everything in its place.
pub(crate) struct Checks {
    machine: Vec<Check>,
    queries: Vec<prometheus::Query>,
}

impl Checks {
    pub fn new(
        deployer: &[Check],
        pipeline: &[HealthCheck],
        filling: &Filling<'_>,
    ) -> Result<Self, Fault> {
        let mut machine = Vec::new();
        let mut queries = Vec::new();
        for check in deployer {
            machine.push(filled(check, filling)?);
        }
        for check in pipeline {
            match check {
                HealthCheck::Machine(check) => machine.push(filled(check, filling)?),
                HealthCheck::Prometheus {
                    url,
                    query,
                    at_most,
                    at_least,
                } => queries.push(prometheus::Query {
                    url: filling.fill(url)?,
                    query: filling.fill(query)?,
                    at_most: *at_most,
                    at_least: *at_least,
                }),
            }
        }
        Ok(Self { machine, queries })
    }

    /// Asks everything once; the first that does not hold is told.
    pub fn ask(
        &self,
        connection: &Connection,
        root: bool,
        connections: &Connections,
        stop: &Stop,
    ) -> Result<(), Unhealthy> {
        for check in &self.machine {
            ask(check, connection, root)?;
        }
        if self.queries.is_empty() {
            return Ok(());
        }
        let transport = connections.transport().map_err(Trouble::Failed);
        let here = transport
            .map_err(Unhealthy::Trouble)?
            .open(&Address::Local, stop)?;
        for query in &self.queries {
            let answer = here
                .get(&query.address(), PATIENCE)
                .map_err(Unhealthy::of_lost)?;
            query.judge(&answer.body).map_err(Unhealthy::Not)?;
        }
        Ok(())
    }
}

/// Why a machine is not healthy now.
pub(crate) enum Unhealthy {
    /// A check does not hold.
    Not(String),
    /// It could not be asked.
    Trouble(Trouble),
}

impl Unhealthy {
    /// An answer that did not come is one; a connection that broke is none.
    fn of_lost(lost: orch_transport::Lost) -> Self {
        match Trouble::from(lost) {
            Trouble::Failed(fault) => Self::Not(fault.message),
            trouble => Self::Trouble(trouble),
        }
    }
}

impl From<orch_transport::Unreached> for Unhealthy {
    fn from(unreached: orch_transport::Unreached) -> Self {
        Self::Trouble(unreached.into())
    }
}

fn ask(check: &Check, connection: &Connection, root: bool) -> Result<(), Unhealthy> {
    match check {
        Check::Http { url, status } => {
            let answer = connection.get(url, PATIENCE).map_err(Unhealthy::of_lost)?;
            match answer.status == *status {
                true => Ok(()),
                false => Err(Unhealthy::Not(format!(
                    "{url} answers {}, not {status}",
                    answer.status
                ))),
            }
        }
        Check::Tcp(address) => connection
            .connects(address, PATIENCE)
            .map_err(Unhealthy::of_lost),
        Check::Command(words) => {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let command = Command::new(&words).as_root(root).timeout(PATIENCE);
            let ran = connection.run(command).map_err(Unhealthy::of_lost)?;
            match ran.code {
                0 => Ok(()),
                code => Err(Unhealthy::Not(format!(
                    "`{}` ends with {code}: {}",
                    words.join(" "),
                    ran.last_words()
                ))),
            }
        }
    }
}

fn filled(check: &Check, filling: &Filling<'_>) -> Result<Check, Fault> {
    Ok(match check {
        Check::Http { url, status } => Check::Http {
            url: filling.fill(url)?,
            status: *status,
        },
        Check::Tcp(address) => Check::Tcp(filling.fill(address)?),
        Check::Command(words) => Check::Command(filling.fill_all(words)?),
    })
}

/// Asks until everything holds, for `within` at most, and then for as long as `soak`: the reason
/// if it does not.
pub(crate) fn await_health(
    ask: &mut dyn FnMut() -> Result<(), Unhealthy>,
    within: Duration,
    soak: Duration,
    stop: &Stop,
) -> Result<(), Unhealthy> {
    let began = Instant::now();
    let mut pause = SOONEST;
    let mut holds_since: Option<Instant> = None;
    loop {
        if stop.is_raised() {
            return Err(Unhealthy::Trouble(Trouble::Stopped));
        }
        match (ask(), holds_since) {
            (Ok(()), since) => {
                let since = *holds_since.get_or_insert(since.unwrap_or_else(Instant::now));
                if since.elapsed() >= soak {
                    return Ok(());
                }
                pause = LATEST.min(soak.saturating_sub(since.elapsed()));
            }
            (Err(Unhealthy::Not(why)), Some(since)) => {
                return Err(Unhealthy::Not(format!(
                    "it was healthy for {:.1} s, and then {why}",
                    since.elapsed().as_secs_f32()
                )));
            }
            (Err(Unhealthy::Not(why)), None) if began.elapsed() >= within => {
                return Err(Unhealthy::Not(format!(
                    "not healthy within {} s: {why}",
                    within.as_secs_f32()
                )));
            }
            (Err(Unhealthy::Not(_)), None) => pause = (pause * 3 / 2).min(LATEST),
            (Err(trouble), _) => return Err(trouble),
        }
        sleep(pause, stop);
    }
}

/// Waits, but not for somebody who wants to stop.
pub(crate) fn sleep(pause: Duration, stop: &Stop) {
    let until = Instant::now() + pause;
    while !stop.is_raised() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(SOONEST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answers: &[bool], within_ms: u64, soak_ms: u64) -> Result<usize, String> {
        let mut count = 0;
        let mut ask = || {
            let holds = answers.get(count).or(answers.last()).copied();
            count += 1;
            match holds {
                Some(true) => Ok(()),
                _ => Err(Unhealthy::Not("it answers 500".to_owned())),
            }
        };
        let within = Duration::from_millis(within_ms);
        let soak = Duration::from_millis(soak_ms);
        match await_health(&mut ask, within, soak, &Stop::default()) {
            Ok(()) => Ok(count),
            Err(Unhealthy::Not(why)) => Err(why),
            Err(Unhealthy::Trouble(trouble)) => Err(trouble.message().to_owned()),
        }
    }

    #[test]
    fn what_holds_at_once_is_asked_once() {
        assert_eq!(asked(&[true], 1_000, 0), Ok(1));
    }

    #[test]
    fn it_may_take_its_time() {
        assert_eq!(asked(&[false, false, true], 10_000, 0), Ok(3));
    }

    #[test]
    fn what_never_holds_and_what_stops_holding_are_told_apart() {
        let never = asked(&[false], 0, 0).unwrap_err();
        assert_eq!(never, "not healthy within 0 s: it answers 500");
        let no_more = asked(&[true, false], 0, 60_000).unwrap_err();
        assert!(no_more.starts_with("it was healthy for "), "{no_more}");
    }

    #[test]
    fn a_person_who_interrupts_is_not_kept_waiting() {
        let stop = Stop::default();
        stop.raise();
        let never = &mut || Err(Unhealthy::Not(String::new()));
        let hour = Duration::from_secs(3_600);
        let ended = await_health(never, hour, hour, &stop);
        assert!(matches!(ended, Err(Unhealthy::Trouble(Trouble::Stopped))));
    }
}
