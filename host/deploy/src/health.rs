//! Whether a release holds on a machine: its checks are asked until all hold, and then for as
//! long as they must go on holding.

use std::time::{Duration, Instant};

use orch_model::{Check, Fault, HealthCheck};
use orch_transport::{Address, Command, Connection, Lost, Stop};

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
    ) -> Result<Answer, Trouble> {
        for check in &self.machine {
            if let Some(why) = against(check, connection, root)? {
                return Ok(Answer::Not(why));
            }
        }
        if self.queries.is_empty() {
            return Ok(Answer::Holds);
        }
        let transport = connections.transport().map_err(Trouble::Failed)?;
        let here = transport.open(&Address::Local, stop)?;
        for query in &self.queries {
            let judged = match here.get(&query.address(), PATIENCE) {
                Ok(answer) => query.judge(&answer.body),
                Err(lost) => Err(unanswered(lost, &here)?),
            };
            if let Err(why) = judged {
                return Ok(Answer::Not(why));
            }
        }
        Ok(Answer::Holds)
    }
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Holds,
    /// A check does not hold, for this reason.
    Not(String),
    /// The connection broke meanwhile and was opened again.
    Away,
}

/// Why a machine is not healthy.
pub(crate) enum Unhealthy {
    /// A check does not hold.
    Not(String),
    /// It could not be asked.
    Trouble(Trouble),
}

/// What speaks against a check.
fn against(check: &Check, connection: &Connection, root: bool) -> Result<Option<String>, Trouble> {
    match check {
        Check::Http { url, status } => match connection.get(url, PATIENCE) {
            Ok(answer) if answer.status == *status => Ok(None),
            Ok(answer) => Ok(Some(format!(
                "{url} answers {}, not {status}",
                answer.status
            ))),
            Err(lost) => unanswered(lost, connection).map(Some),
        },
        Check::Tcp(address) => match connection.connects(address, PATIENCE) {
            Ok(()) => Ok(None),
            Err(lost) => unanswered(lost, connection).map(Some),
        },
        Check::Command(words) => {
            let line = words.join(" ");
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let command = Command::new(&words).as_root(root).timeout(PATIENCE);
            match connection.run(command) {
                Ok(ran) if ran.code == 0 => Ok(None),
                Ok(ran) => {
                    let (code, said) = (ran.code, ran.last_words());
                    Ok(Some(format!("`{line}` ends with {code}: {said}")))
                }
                Err(lost) => {
                    unanswered(lost, connection).map(|why| Some(format!("`{line}`: {why}")))
                }
            }
        }
    }
}

/// Why an answer did not come. That of a network which was cut does not either, and speaks against
/// nobody: so the machine has to say that it is there.
fn unanswered(lost: Lost, connection: &Connection) -> Result<String, Trouble> {
    let why = match Trouble::from(lost) {
        Trouble::Failed(fault) => fault.message,
        trouble => return Err(trouble),
    };
    connection.run(Command::new(&["true"]))?;
    Ok(why)
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

/// How often a machine may be away while it is asked.
const MOST_AWAY: u32 = 10;

/// Asks until everything holds, for `within` at most, and then for as long as `soak`: the reason
/// if it does not. A machine that was away begins anew: it may have been started again.
pub(crate) fn await_health(
    ask: &mut dyn FnMut() -> Result<Answer, Trouble>,
    within: Duration,
    soak: Duration,
    stop: &Stop,
) -> Result<(), Unhealthy> {
    let mut began = Instant::now();
    let mut pause = SOONEST;
    let mut holds_since: Option<Instant> = None;
    let mut away = 0;
    loop {
        if stop.is_raised() {
            return Err(Unhealthy::Trouble(Trouble::Stopped));
        }
        match (ask().map_err(Unhealthy::Trouble)?, holds_since) {
            (Answer::Holds, since) => {
                let since = *holds_since.get_or_insert(since.unwrap_or_else(Instant::now));
                if since.elapsed() >= soak {
                    return Ok(());
                }
                pause = LATEST.min(soak.saturating_sub(since.elapsed()));
            }
            (Answer::Away, _) if away == MOST_AWAY => {
                let why = "its connection breaks again and again".to_owned();
                return Err(Unhealthy::Not(why));
            }
            (Answer::Away, _) => {
                away += 1;
                began = Instant::now();
                holds_since = None;
                pause = SOONEST;
            }
            (Answer::Not(why), Some(since)) => {
                return Err(Unhealthy::Not(format!(
                    "it was healthy for {:.1} s, and then {why}",
                    since.elapsed().as_secs_f32()
                )));
            }
            (Answer::Not(why), None) if began.elapsed() >= within => {
                return Err(Unhealthy::Not(format!(
                    "not healthy within {} s: {why}",
                    within.as_secs_f32()
                )));
            }
            (Answer::Not(_), None) => pause = (pause * 3 / 2).min(LATEST),
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

    fn asked(answers: &[Option<bool>], within_ms: u64, soak_ms: u64) -> Result<usize, String> {
        let mut count = 0;
        let mut ask = || {
            let answer = answers.get(count).or(answers.last()).copied().flatten();
            count += 1;
            Ok(match answer {
                Some(true) => Answer::Holds,
                Some(false) => Answer::Not("it answers 500".to_owned()),
                None => Answer::Away,
            })
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
        assert_eq!(asked(&[Some(true)], 1_000, 0), Ok(1));
    }

    #[test]
    fn it_may_take_its_time() {
        assert_eq!(
            asked(&[Some(false), Some(false), Some(true)], 10_000, 0),
            Ok(3)
        );
    }

    #[test]
    fn what_never_holds_and_what_stops_holding_are_told_apart() {
        let never = asked(&[Some(false)], 0, 0).unwrap_err();
        assert_eq!(never, "not healthy within 0 s: it answers 500");
        let no_more = asked(&[Some(true), Some(false)], 0, 60_000).unwrap_err();
        assert!(no_more.starts_with("it was healthy for "), "{no_more}");
    }

    #[test]
    fn who_was_away_is_asked_anew_but_not_for_ever() {
        let (holds, fails, away) = (Some(true), Some(false), None);
        assert_eq!(asked(&[away, fails, holds], 10_000, 0), Ok(3));
        let held = [holds, away, fails, holds];
        assert!(asked(&held, 10_000, 1_000).is_ok_and(|count| count > 3));
        let flaps = asked(&[away], 10_000, 0).unwrap_err();
        assert_eq!(flaps, "its connection breaks again and again");
    }

    #[test]
    fn a_person_who_interrupts_is_not_kept_waiting() {
        let stop = Stop::default();
        stop.raise();
        let never = &mut || Ok(Answer::Not(String::new()));
        let hour = Duration::from_secs(3_600);
        let ended = await_health(never, hour, hour, &stop);
        assert!(matches!(ended, Err(Unhealthy::Trouble(Trouble::Stopped))));
    }
}
