//! Waits until a service can be used. Knows how to ask, and deliberately not how the service was
//! started: whether it still runs is said by the caller.

use std::fmt;
use std::time::{Duration, Instant};

use orch_engine::Cancel;
use tokio::net::TcpStream;

use crate::load::{Connection, Endpoint};
use crate::ready_sign::ReadySign;
use crate::stop::Stop;

/// So long one try may take: a service that accepts before it answers is asked again.
const TRY: Duration = Duration::from_secs(1);

/// Between two tries lies a twentieth of the time since the beginning, so that the time to
/// readiness is at most about 5% too long, and a service that takes long is left to its work.
const PAUSES: u32 = 20;
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Why a service cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotReady {
    /// It ended before it was ready.
    Ended {
        /// Who was asked.
        asked: String,
        /// What came of the last try.
        last: String,
    },
    /// It took longer than allowed.
    TimeUp {
        /// Who was asked.
        asked: String,
        /// What was allowed.
        limit: Duration,
        /// What came of the last try.
        last: String,
    },
    /// The user interrupted.
    Interrupted,
    /// The machine has not what it takes to ask: open files, for one.
    Unable(String),
}

/// Waits until the service shows the sign, and says how long that took. `is_running` says whether
/// the service still runs; it is asked between two tries.
pub fn wait_until_ready(
    sign: &ReadySign,
    limit: Duration,
    is_running: impl FnMut() -> bool,
    cancel: &Cancel,
) -> Result<Duration, NotReady> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| NotReady::Unable(error.to_string()))?;
    let stop = Stop::of(cancel);
    wait(&sign.to_string(), limit, is_running, cancel, |allowed| {
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop.wanted() => Err(NotReady::Interrupted),
                tried = tokio::time::timeout(allowed, try_once(sign)) => Ok(match tried {
                    Ok(Ok(())) => Tried::Ready,
                    Ok(Err(why)) => Tried::Not(why),
                    Err(_) => Tried::NoAnswer,
                }),
            }
        })
    })
}

/// What one try came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It showed the sign.
    Ready,
    /// It did not, in words.
    Not(String),
    /// The time that was allowed is over.
    NoAnswer,
}

/// The same, where it is asked otherwise: `try_once` is told how long it may take.
pub fn wait(
    asked: &str,
    limit: Duration,
    mut is_running: impl FnMut() -> bool,
    cancel: &Cancel,
    mut try_once: impl FnMut(Duration) -> Result<Tried, NotReady>,
) -> Result<Duration, NotReady> {
    let began = Instant::now();
    let asked = asked.to_owned();
    let mut last = String::new();
    loop {
        let allowed = limit.saturating_sub(began.elapsed()).min(TRY);
        match try_once(allowed)? {
            Tried::Ready => return Ok(began.elapsed()),
            Tried::Not(why) => last = why,
            // The last try of all has little time: what came of the one before says more.
            Tried::NoAnswer if allowed < TRY && !last.is_empty() => {}
            Tried::NoAnswer => last = format!("no whole answer within {allowed:.1?}"),
        }
        if !is_running() {
            return Err(NotReady::Ended { asked, last });
        }
        let pause = (began.elapsed() / PAUSES).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        if cancel.wait(pause) {
            return Err(NotReady::Interrupted);
        }
        if began.elapsed() >= limit {
            return Err(NotReady::TimeUp { asked, limit, last });
        }
    }
}

/// One try; else what it got, in words.
async fn try_once(sign: &ReadySign) -> Result<(), String> {
    match sign {
        ReadySign::Tcp { addresses, .. } => {
            let connected = TcpStream::connect(&addresses[..]).await;
            connected.map(|_| ()).map_err(|error| error.to_string())
        }
        ReadySign::Http { endpoint, status } => answers(endpoint, *status).await,
    }
}

async fn answers(endpoint: &Endpoint, expected: u16) -> Result<(), String> {
    let asked = async {
        let mut connection = Connection::open(endpoint).await?;
        connection.exchange(endpoint).await
    };
    match asked.await {
        Ok(status) if status.as_u16() == expected => Ok(()),
        Ok(status) => Err(format!("status {status} in place of {expected}")),
        Err(failure) => Err(failure.message),
    }
}

impl NotReady {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Ended { .. } => Some("see what it printed: it may lack an argument or a file"),
            Self::TimeUp { .. } => {
                Some("see that it listens at this address, or give it more time")
            }
            Self::Interrupted => None,
            Self::Unable(_) => Some("the machine may be out of open files: see `ulimit -n`"),
        }
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { asked, last } => write!(
                f,
                "the service ended before `{asked}` was ready; the last try got: {last}"
            ),
            Self::TimeUp { asked, limit, last } => write!(
                f,
                "`{asked}` was not ready within {limit:?}; the last try got: {last}"
            ),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Unable(why) => write!(f, "the service cannot be asked: {why}"),
        }
    }
}

impl std::error::Error for NotReady {}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::free_port;
    use crate::testing::{OK, Service, answering, read_request};

    /// Only a service that hangs comes near it.
    const LONG: Duration = Duration::from_secs(60);

    fn http(url: &str) -> ReadySign {
        ReadySign::Http {
            endpoint: Box::new(Endpoint::get(url).unwrap()),
            status: 200,
        }
    }

    fn tcp(address: SocketAddr) -> ReadySign {
        ReadySign::tcp(&address.to_string()).unwrap()
    }

    fn nobody() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()))
    }

    #[test]
    fn a_service_that_answers_is_ready() {
        let service = Service::start(answering(OK));
        let signs = [http(&service.url()), tcp(service.address())];
        for sign in signs {
            let waited = wait_until_ready(&sign, LONG, || true, &Cancel::new());
            assert!(waited.unwrap() < LONG);
        }
    }

    #[test]
    fn a_service_is_found_by_its_name() {
        let service = Service::start(answering(OK));
        let named = ReadySign::tcp(&format!("localhost:{}", service.address().port())).unwrap();
        wait_until_ready(&named, LONG, || true, &Cancel::new()).unwrap();
        for odd in ["localhost", "127.0.0.1:http", "127.0.0.1:70000", ""] {
            let fault = ReadySign::tcp(odd).unwrap_err();
            assert!(
                fault.message.contains("is no address of a service"),
                "{fault}"
            );
        }
    }

    #[test]
    fn another_status_is_waited_out() {
        let asked = Arc::new(AtomicUsize::new(0));
        let service = Service::start({
            let asked = Arc::clone(&asked);
            move |stream| {
                let answer = match asked.fetch_add(1, Ordering::SeqCst) {
                    0..3 => "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
                    _ => OK,
                };
                answering(answer)(stream);
            }
        });
        wait_until_ready(&http(&service.url()), LONG, || true, &Cancel::new()).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn the_limit_says_what_the_last_try_got() {
        let limit = Duration::from_millis(50);
        let refused = wait_until_ready(&tcp(nobody()), limit, || true, &Cancel::new());
        let refused = refused.unwrap_err();
        assert!(refused.to_string().contains("was not ready within 50ms"));
        assert!(
            refused.to_string().contains("Connection refused"),
            "{refused}"
        );
        let busy = Service::start(answering(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
        ));
        let error = wait_until_ready(&http(&busy.url()), limit, || true, &Cancel::new());
        let error = error.unwrap_err().to_string();
        assert!(
            error.ends_with("status 503 Service Unavailable in place of 200"),
            "{error}"
        );
    }

    #[test]
    fn a_service_that_never_answers_ends_with_the_limit() {
        let silent = Service::start(|mut stream| while read_request(&mut stream).is_some() {});
        let limit = Duration::from_millis(50);
        let error = wait_until_ready(&http(&silent.url()), limit, || true, &Cancel::new());
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("no whole answer within")
        );
    }

    #[test]
    fn the_end_of_the_service_ends_the_wait() {
        let sign = http(&format!("http://{}/health", nobody()));
        let mut asked = 0;
        let is_running = || {
            asked += 1;
            asked < 3
        };
        let error = wait_until_ready(&sign, LONG, is_running, &Cancel::new()).unwrap_err();
        assert!(matches!(error, NotReady::Ended { .. }), "{error}");
        assert!(
            error
                .to_string()
                .contains("/health` was ready; the last try got")
        );
    }

    #[test]
    fn the_user_ends_the_wait_even_in_the_middle_of_a_try() {
        let cancel = Cancel::new();
        let silent = Service::start({
            let cancel = cancel.clone();
            move |mut stream| {
                while read_request(&mut stream).is_some() {
                    cancel.cancel();
                }
            }
        });
        let error = wait_until_ready(&http(&silent.url()), LONG, || true, &cancel);
        assert_eq!(error, Err(NotReady::Interrupted));
    }
}
