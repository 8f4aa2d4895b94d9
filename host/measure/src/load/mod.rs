//! Load on an HTTP service, and how long its users would have waited.
//!
//! A generator that sends the next request when the answer to the last one is there slows down
//! together with the service: while the service stands still for a second, one slow request is
//! noted instead of the hundreds that users would have sent meanwhile. Gil Tene named that
//! *coordinated omission*, and his generator `wrk2` shows the way out: a plan says when each request
//! is due, and its latency counts from then, whether or not it could be sent then.
//!
//! So there are two kinds of steps, and a third that is made of both ([`Pace`]):
//!
//! * **A closed loop** sends as fast as answers come. It finds the throughput of a number of
//!   connections. Its latencies are those of a service that is never left alone: with N connections
//!   and T requests per second they are N/T on average, by Little's law, whatever the service is
//!   like. They are given as they were and corrected in no way: to add what was omitted means to
//!   guess what would have been.
//! * **An open loop** sends at a rate. Its latencies are what users meet at that rate.
//! * **A share of the capacity** is the ordinary choice: a closed loop finds the capacity, and the
//!   latencies are measured in an open loop at a share of it.
//!
//! Two versions of a service are compared at one rate: a faster one that is also sent more would
//! hide its gain. Find the capacity of the baseline, and give both [`Pace::PerSecond`] of it.
//!
//! Requests are due at equal distances, not at random ones: random ones are nearer to life, but
//! spread the latencies from one run to the next, and what is wanted here are differences.
//!
//! What runs too long or comes to nothing is counted, never left out ([`StepResult`]). The
//! generator takes one thread or a few, and tells when it was itself too slow ([`Generator`]).
//! It deliberately speaks HTTP/1.1 only and without TLS, follows no redirect, and starts no service.

mod arrivals;
mod connection;
mod cpu_meter;
mod endpoint;
mod failure;
mod recorder;
mod result;
mod step;
mod timer;
mod worker;

use std::time::Duration;

use orch_engine::Cancel;
use orch_model::Fault;

pub(crate) use connection::Connection;
pub use endpoint::Endpoint;
pub(crate) use endpoint::{are_loopback, with_port};
pub use failure::{ErrorKind, Tally};
pub use result::{Generator, Latencies, StepResult};
pub use step::{Pace, Step};

/// What is loaded, and by what.
#[derive(Clone, Debug)]
pub struct Load {
    /// What is asked.
    pub endpoint: Endpoint,
    /// How long a request may take from when it is sent, connecting included.
    pub request_limit: Duration,
    /// How many threads generate; 1 is enough for some 50,000 requests a second.
    pub threads: usize,
}

impl Load {
    /// Takes one step after the other and tells each result. Stops after a step in which not one
    /// request succeeded: the next would say no more.
    ///
    /// Fails if a step makes no sense, if the user interrupted, or if the machine has no threads.
    pub fn climb(
        &self,
        steps: &[Step],
        cancel: &Cancel,
        mut told: impl FnMut(&StepResult),
    ) -> Result<Vec<StepResult>, Fault> {
        for step in steps {
            step.check()?;
        }
        let mut results = Vec::new();
        for step in steps {
            let result = self.take(step, cancel)?;
            told(&result);
            let is_lost = result.succeeded == 0;
            results.push(result);
            if is_lost {
                break;
            }
        }
        Ok(results)
    }

    fn take(&self, step: &Step, cancel: &Cancel) -> Result<StepResult, Fault> {
        let share = match step.pace {
            Pace::Unlimited => return worker::run(self, step, None, cancel),
            Pace::PerSecond(rate) => return worker::run(self, step, Some(rate), cancel),
            Pace::ShareOfCapacity(share) => share,
        };
        let capacity = worker::run(self, step, None, cancel)?;
        if capacity.throughput == 0.0 {
            return Ok(capacity);
        }
        let rate = capacity.throughput * share;
        let mut result = worker::run(self, step, Some(rate), cancel)?;
        result.capacity = Some(Box::new(capacity));
        Ok(result)
    }
}

#[cfg(test)]
mod tests;
