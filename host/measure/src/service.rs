//! A service while it is measured: started, waited for, worked on, stopped. Nothing of it is left
//! when this returns.

use std::time::Duration;

use orch_engine::Cancel;
use orch_engine::port::{Failure, Trial, TrialSetting};
use orch_model::{Counter, Fault, Readiness, Sample, Service};

use crate::load::Endpoint;
use crate::machine::Machine;
use crate::placeholder;
use crate::port::{free_port, require_free_port};
use crate::ready::{ReadySign, wait_until_ready};
use crate::resident;
use crate::sampling::Unsampled;
use crate::side::Side;

/// The counters of a service's CPU time, in nanoseconds.
pub(crate) const SERVICE_USER: &str = "service-user-ns";
pub(crate) const SERVICE_SYSTEM: &str = "service-system-ns";

/// A service and where it runs.
pub(crate) struct Served<'a> {
    pub(crate) machine: &'a dyn Machine,
    pub(crate) service: &'a Service,
    pub(crate) setting: TrialSetting,
    pub(crate) cancel: &'a Cancel,
}

impl Served<'_> {
    /// Does the work while the service of a side runs, which is told its port. What the service
    /// took of memory stands among the counters of the work's sample.
    pub(crate) fn during(
        &self,
        side: &Side,
        position: usize,
        node: &orch_model::NodeId,
        work: impl FnOnce(u16) -> Result<Sample, Unsampled>,
    ) -> Result<Sample, Unsampled> {
        let port = free_port()?;
        let mut action = (*self.service.action).clone();
        placeholder::fill_action(&mut action, port);
        let sign = sign(&placeholder::fill_readiness(&self.service.ready, port))?;
        let job = side.job(position, node, &action);
        // It ends when its work is over, and when the user interrupts.
        let over = Cancel::new();
        let interrupt = {
            let over = over.clone();
            self.cancel.on_cancel(move || over.cancel())
        };
        let (worked, ended) = std::thread::scope(|scope| {
            // Also where the work panics: else the scope would wait for the service for ever.
            let _over = Over(&over);
            let service = scope.spawn(|| self.machine.try_once(job, &self.setting, &over));
            let limit = Duration::from_millis(self.service.ready_within_ms.into());
            let is_running = || !service.is_finished();
            let worked = match wait_until_ready(&sign, limit, is_running, self.cancel) {
                Ok(_) => {
                    let mut worked = work(port);
                    if let Ok(sample) = &mut worked {
                        sample.counters.extend(resident::of_listener(port));
                    }
                    Ok((worked, service.is_finished()))
                }
                Err(not_ready) => Err(not_ready),
            };
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
            (Err(not_ready), Trial::Cancelled(service) | Trial::Sample(service)) => {
                Err(Unsampled::Failed(Box::new(Failure {
                    reason: not_ready.to_string(),
                    hint: not_ready.hint().map(str::to_owned),
                    sample: service,
                })))
            }
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

/// How it is seen that a service is ready. Somebody else at its port would be measured in its
/// place.
fn sign(ready: &Readiness) -> Result<ReadySign, Fault> {
    let sign = match ready {
        Readiness::Http { url, status } => ReadySign::Http {
            endpoint: Box::new(Endpoint::get(url)?),
            status: *status,
        },
        Readiness::Tcp(address) => ReadySign::tcp(address)?,
    };
    for address in sign.addresses() {
        require_free_port(*address)?;
    }
    Ok(sign)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{OK, Service as Other, answering};

    #[test]
    fn a_port_that_somebody_has_is_refused_however_readiness_is_seen() {
        let other = Other::start(answering(OK));
        let address = other.address();
        for ready in [
            Readiness::Tcp(address.to_string()),
            Readiness::Http {
                url: other.url(),
                status: 200,
            },
        ] {
            let fault = sign(&ready).unwrap_err();
            assert!(fault.message.contains("is taken already"), "{fault}");
        }
    }
}
