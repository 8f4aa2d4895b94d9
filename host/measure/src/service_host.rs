//! What a machine does for a service that is measured on it, and what is known of the way there.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use orch_engine::Cancel;
use orch_engine::port::{Job, Trial, TrialSetting};
use orch_model::{Counter, Fault, Readiness};

use crate::machine::ThisMachine;
use crate::placeholder;
use crate::port::{free_port, require_free_port};
use crate::ready::{NotReady, wait_until_ready};
use crate::ready_sign::ReadySign;
use crate::resident;

/// A machine that services run on.
pub trait ServiceHost: Send + Sync {
    /// A port there for a service that is to be ready in this way, in which `${port}` stands for it.
    /// Nobody has it; somebody who has an address at which the service is asked would be measured in
    /// its place, and is refused.
    fn choose_port(&self, ready: &Readiness) -> Result<u16, Fault>;

    /// Where what listens at a port there is reached from here: of loopback if there is no network
    /// between.
    fn address(&self, port: u16) -> Result<SocketAddr, Fault>;

    /// Brings there what a service needs, which takes the time that it takes.
    fn prepare(&self, _: &Job<'_>) -> Result<(), Fault> {
        // Here it is copied in no time.
        Ok(())
    }

    /// Runs a service until it is over, and says what it took.
    fn serve(&self, job: Job<'_>, setting: &TrialSetting, over: &Cancel) -> Result<Trial, Fault>;

    /// Waits until a service is ready as the machine itself sees it. `is_running` says whether the
    /// service still runs.
    fn wait_until_ready(
        &self,
        ready: &Readiness,
        limit: Duration,
        is_running: &mut dyn FnMut() -> bool,
        cancel: &Cancel,
    ) -> Result<(), NotReady>;

    /// What keeps us from a service that listens there, and to which no connection is made from
    /// here; `why` says what came of the last try. None where nobody listens.
    fn unreached(&self, address: SocketAddr, why: &str) -> Result<Option<Fault>, Fault>;

    /// The kernel's view of the memory of whoever listens at a port there; nothing where that cannot
    /// be seen.
    fn memory_of_listener(&self, port: u16) -> Result<Vec<Counter>, Fault>;
}

impl ServiceHost for ThisMachine {
    fn choose_port(&self, ready: &Readiness) -> Result<u16, Fault> {
        let port = free_port()?;
        refuse_taken(&ReadySign::of(&placeholder::fill_readiness(ready, port))?)?;
        Ok(port)
    }

    fn address(&self, port: u16) -> Result<SocketAddr, Fault> {
        Ok((Ipv4Addr::LOCALHOST, port).into())
    }

    fn serve(&self, job: Job<'_>, setting: &TrialSetting, over: &Cancel) -> Result<Trial, Fault> {
        self.executor.try_once(job, setting, over)
    }

    fn wait_until_ready(
        &self,
        ready: &Readiness,
        limit: Duration,
        is_running: &mut dyn FnMut() -> bool,
        cancel: &Cancel,
    ) -> Result<(), NotReady> {
        let sign = ReadySign::of(ready).map_err(|fault| NotReady::Unable(fault.message))?;
        wait_until_ready(&sign, limit, is_running, cancel).map(drop)
    }

    fn unreached(&self, _: SocketAddr, _: &str) -> Result<Option<Fault>, Fault> {
        // Nothing lies between.
        Ok(None)
    }

    fn memory_of_listener(&self, port: u16) -> Result<Vec<Counter>, Fault> {
        Ok(resident::of_listener(port))
    }
}

fn refuse_taken(sign: &ReadySign) -> Result<(), Fault> {
    sign.addresses()
        .iter()
        .try_for_each(|address| require_free_port(*address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{OK, Service, answering};

    #[test]
    fn a_port_that_somebody_has_is_refused_however_readiness_is_seen() {
        let other = Service::start(answering(OK));
        let address = other.address();
        for ready in [
            Readiness::Tcp(address.to_string()),
            Readiness::Http {
                url: other.url(),
                status: 200,
            },
        ] {
            let fault = refuse_taken(&ReadySign::of(&ready).unwrap()).unwrap_err();
            assert!(fault.message.contains("is taken already"), "{fault}");
        }
    }
}
