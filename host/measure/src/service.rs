//! A service while it is measured: started, waited for, worked on, stopped. Nothing of it is left
//! when this returns.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use orch_engine::Cancel;
use orch_engine::port::{Failure, Trial, TrialSetting};
use orch_model::{Counter, Fault, Readiness, Sample, Service};

use crate::machine::Machine;
use crate::placeholder;
use crate::ready::{NotReady, wait_until_ready};
use crate::ready_sign::ReadySign;
use crate::sampling::Unsampled;
use crate::side::Side;

/// The counters of a service's CPU time, in nanoseconds.
pub(crate) const SERVICE_USER: &str = "service-user-ns";
pub(crate) const SERVICE_SYSTEM: &str = "service-system-ns";

/// How long a connection may take that only sees whether one can be made.
const TRY: Duration = Duration::from_secs(2);

/// A service and where it runs.
pub(crate) struct Served<'a> {
    pub(crate) machine: &'a dyn Machine,
    pub(crate) service: &'a Service,
    pub(crate) setting: TrialSetting,
    /// Whether the work is done from here, and not on the machine itself.
    pub(crate) is_asked_from_here: bool,
    pub(crate) cancel: &'a Cancel,
}

/// Why there is nothing to work on.
enum Unready {
    NotReady(NotReady),
    /// It may be ready, and nobody can tell from here.
    Unreached(Fault),
}

impl Served<'_> {
    /// Does the work while the service of a side runs, which is told where it is reached. What the
    /// service took of memory stands among the counters of the work's sample.
    pub(crate) fn during(
        &self,
        side: &Side,
        position: usize,
        node: &orch_model::NodeId,
        work: impl FnOnce(SocketAddr) -> Result<Sample, Unsampled>,
    ) -> Result<Sample, Unsampled> {
        let port = self.machine.choose_port(&self.service.ready)?;
        let address = match self.is_asked_from_here {
            true => self.machine.address(port)?,
            false => (Ipv4Addr::LOCALHOST, port).into(),
        };
        let mut action = (*self.service.action).clone();
        placeholder::fill_action(&mut action, port);
        let ready = placeholder::fill_readiness(&self.service.ready, port);
        let job = side.job(position, node, &action);
        if let Err(fault) = self.machine.prepare(&job) {
            return Err(match self.cancel.is_cancelled() {
                true => Unsampled::Cancelled,
                false => fault.into(),
            });
        }
        // It ends when its work is over, and when the user interrupts.
        let over = Cancel::new();
        let interrupt = {
            let over = over.clone();
            self.cancel.on_cancel(move || over.cancel())
        };
        let (worked, ended) = std::thread::scope(|scope| {
            // Also where the work panics: else the scope would wait for the service for ever.
            let _over = Over(&over);
            let service = scope.spawn(|| self.machine.serve(job, &self.setting, &over));
            let is_running = || !service.is_finished();
            let worked = self.wait(&ready, address, is_running).map(|()| {
                let worked = work(address).and_then(|mut sample| {
                    sample
                        .counters
                        .extend(self.machine.memory_of_listener(port)?);
                    Ok(sample)
                });
                (worked, service.is_finished())
            });
            over.cancel();
            (worked, service.join().expect("a machine does not panic"))
        });
        drop(interrupt);
        if self.cancel.is_cancelled() {
            return Err(Unsampled::Cancelled);
        }
        match (worked, ended?) {
            (_, Trial::Failed(failure)) => Err(Unsampled::Failed(of_service(failure))),
            (Ok((worked, false)), Trial::Cancelled(service)) => {
                worked.map(|sample| with_service(sample, &service))
            }
            (Ok(_), Trial::Sample(service)) | (Ok((_, true)), Trial::Cancelled(service)) => {
                Err(Unsampled::Failed(Box::new(Failure {
                    reason: "the service ended while it was measured".to_owned(),
                    hint: Some("it has to run until it is stopped".to_owned()),
                    sample: service,
                })))
            }
            (Err(Unready::Unreached(fault)), _) => Err(fault.into()),
            (
                Err(Unready::NotReady(not_ready)),
                Trial::Cancelled(service) | Trial::Sample(service),
            ) => Err(Unsampled::Failed(Box::new(Failure {
                reason: not_ready.to_string(),
                hint: not_ready.hint().map(str::to_owned),
                sample: service,
            }))),
        }
    }

    /// Waits until the service can be used from where it will be.
    fn wait(
        &self,
        ready: &Readiness,
        address: SocketAddr,
        mut is_running: impl FnMut() -> bool,
    ) -> Result<(), Unready> {
        let limit = Duration::from_millis(self.service.ready_within_ms.into());
        if address.ip().is_loopback() {
            let machine = self.machine;
            let ready = machine.wait_until_ready(ready, limit, &mut is_running, self.cancel);
            return ready.map_err(Unready::NotReady);
        }
        let sign = ReadySign::of(ready).map_err(Unready::Unreached)?;
        let sign = sign.at(address);
        let waited = wait_until_ready(&sign, limit, is_running, self.cancel);
        waited.map(drop).map_err(|not_ready| match not_ready {
            NotReady::TimeUp { .. } => self.unreached(address, not_ready),
            NotReady::Ended { .. } | NotReady::Interrupted | NotReady::Unable(_) => {
                Unready::NotReady(not_ready)
            }
        })
    }

    /// Why it was not ready in time: it is not, or nothing that it says comes here.
    fn unreached(&self, address: SocketAddr, not_ready: NotReady) -> Unready {
        let Err(error) = TcpStream::connect_timeout(&address, TRY) else {
            return Unready::NotReady(not_ready);
        };
        match self.machine.unreached(address, &error.to_string()) {
            Ok(None) => Unready::NotReady(not_ready),
            Ok(Some(fault)) | Err(fault) => Unready::Unreached(fault),
        }
    }
}

/// Ends a service when it is dropped.
struct Over<'a>(&'a Cancel);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn of_service(failure: Failure) -> Box<Failure> {
    Box::new(Failure {
        reason: format!("its service {}", failure.reason),
        ..failure
    })
}

/// The sample with what the service took until it was stopped.
fn with_service(mut sample: Sample, service: &Sample) -> Sample {
    let named = [
        ("service-peak-rss", service.peak_rss_bytes),
        (SERVICE_USER, service.user_ns),
        (SERVICE_SYSTEM, service.system_ns),
    ];
    sample.counters.extend(named.map(|(name, value)| Counter {
        name: name.to_owned(),
        value,
    }));
    sample
}
