//! What all connections share: the user's `ssh`, a private folder, a watchdog.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use orch_model::Fault;
use tempfile::TempDir;

use crate::address::Address;
use crate::connection::Connection;
use crate::put::Parcels;
use crate::stop::Stop;
use crate::watchdog::Watchdog;

/// Where sockets lie: their names may have 108 bytes only, of which `ssh` wants 17 for itself,
/// and the place that the environment names may be longer.
const PLACE: &str = "/tmp";

/// Reaches machines. Copies share everything; the last one that goes, with the last connection,
/// ends every process and removes every file that was made here.
#[derive(Clone)]
pub struct Transport(Arc<Shared>);

struct Shared {
    ssh: Option<PathBuf>,
    next: AtomicU64,
    parcels: Parcels,
    // In this order: who watches the processes removes the folder as well.
    watchdog: Watchdog,
    folder: TempDir,
}

impl Transport {
    /// `ssh` is the user's own client; without one, only this machine can be reached.
    pub fn new(ssh: Option<PathBuf>) -> Result<Self, Fault> {
        let fault = |error: io::Error| {
            Fault::internal(format!(
                "could not prepare connections below {PLACE}: {error}"
            ))
        };
        let folder = TempDir::with_prefix_in("orch-", PLACE).map_err(fault)?;
        Ok(Self(Arc::new(Shared {
            ssh,
            next: AtomicU64::new(0),
            parcels: Parcels::default(),
            watchdog: Watchdog::start(folder.path()).map_err(fault)?,
            folder,
        })))
    }

    /// Opens a connection. Raising `stop` ends what runs over it, now or later.
    pub fn open(&self, address: &Address, stop: &Stop) -> Result<Connection, crate::Unreached> {
        Connection::open(self, address, stop)
    }

    /// A private folder of this machine, for files that go with the connections, also when this
    /// process is killed.
    pub fn folder(&self) -> &Path {
        self.0.folder.path()
    }

    /// Lets go of what was made to be sent. What is being sent still is stays until it is.
    pub fn forget_sent(&self) {
        self.0.parcels.clear();
    }

    pub(crate) fn ssh(&self) -> Option<&Path> {
        self.0.ssh.as_deref()
    }

    pub(crate) fn watchdog(&self) -> &Watchdog {
        &self.0.watchdog
    }

    pub(crate) fn parcels(&self) -> &Parcels {
        &self.0.parcels
    }

    /// A name in the private folder that nothing else has.
    pub(crate) fn new_path(&self) -> PathBuf {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.0.folder.path().join(number.to_string())
    }
}
