//! Connections to machines, kept open from one deploy to the next: to open one takes longer than
//! all that a small release wants of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use orch_engine::{Cancel, Subscription};
use orch_model::{Fault, FleetHost};
use orch_transport::{Address, Connection, HostKey, Stop, Transport};

use crate::trouble::Trouble;

/// Connections to machines. Copies share them; they end with the last copy.
#[derive(Clone)]
pub struct Connections(Arc<Shared>);

struct Shared {
    ssh: Option<PathBuf>,
    stop: Stop,
    transport: OnceLock<Transport>,
    open: Mutex<BTreeMap<Place, Slot>>,
}

/// An address, and the key that the machine there must show.
type Place = (String, Option<String>);
/// Of one machine; locked while its connection is opened, so that two who want it open one.
type Slot = Arc<Mutex<Option<Arc<Connection>>>>;

impl Connections {
    /// None yet. `ssh` is the user's own client; without one only this machine can be reached.
    pub fn new(ssh: Option<PathBuf>) -> Self {
        Self(Arc::new(Shared {
            ssh,
            stop: Stop::default(),
            transport: OnceLock::new(),
            open: Mutex::default(),
        }))
    }

    /// What ends all that runs over them, for ever.
    pub fn stop(&self) -> &Stop {
        &self.0.stop
    }

    /// Lets an interrupt of the user's end all that runs over them.
    pub fn ended_by(&self, cancel: &Cancel) -> Subscription {
        let stop = self.0.stop.clone();
        cancel.on_cancel(move || stop.raise())
    }

    pub(crate) fn transport(&self) -> Result<&Transport, Fault> {
        if self.0.transport.get().is_none() {
            let made = Transport::new(self.0.ssh.clone())?;
            // Another thread's, if that was sooner; ours then ends.
            let _ = self.0.transport.set(made);
        }
        Ok(self.0.transport.get().expect("it was made"))
    }

    /// What was made to be sent is not wanted any more.
    pub(crate) fn forget_sent(&self) {
        if let Some(transport) = self.0.transport.get() {
            transport.forget_sent();
        }
    }

    /// The connection to a machine, opened if it is not.
    pub(crate) fn to(&self, host: &FleetHost) -> Result<Arc<Connection>, Trouble> {
        let slot = self.slot(host);
        let mut slot = slot.lock().expect("nobody panics with it");
        if let Some(open) = slot.as_ref().filter(|open| open.is_open()) {
            return Ok(open.clone());
        }
        // What is left of one that broke goes first.
        *slot = None;
        let opened = Arc::new(self.open(host, &self.0.stop)?);
        Ok(slot.insert(opened).clone())
    }

    /// A connection that nobody else has, and that another flag ends.
    pub(crate) fn open(&self, host: &FleetHost, stop: &Stop) -> Result<Connection, Trouble> {
        let mut address = Address::parse(&host.address).map_err(Trouble::Failed)?;
        if let Some(key) = &host.host_key {
            address = address.pinned(HostKey::parse(key).map_err(Trouble::Failed)?);
        }
        let transport = self.transport().map_err(Trouble::Failed)?;
        Ok(transport.open(&address, stop)?)
    }

    /// Whether one to this machine was open, and nobody found it broken.
    pub(crate) fn is_kept(&self, host: &FleetHost) -> bool {
        let slot = self.slot(host);
        // Who holds it now opens it.
        slot.try_lock().is_ok_and(|slot| slot.is_some())
    }

    /// One that broke is not used again.
    pub(crate) fn forget(&self, host: &FleetHost, broken: &Arc<Connection>) {
        let slot = self.slot(host);
        let mut slot = slot.lock().expect("nobody panics with it");
        if slot.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, broken)) {
            *slot = None;
        }
    }

    fn slot(&self, host: &FleetHost) -> Slot {
        let place = (host.address.clone(), host.host_key.clone());
        let mut open = self.0.open.lock().expect("nobody panics with it");
        open.entry(place).or_default().clone()
    }
}
