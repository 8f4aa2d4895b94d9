//! A machine of a fleet that was reached, with what it said of itself at once.

use std::path::PathBuf;

use orch_engine::{Cancel, Subscription};
use orch_model::{Fault, FleetHost};
use orch_transport::{Address, Command, Connection, HostKey, Stop, Transport};

use crate::kernel_files::KernelFiles;
use crate::meter::{HostMeter, trial};

/// A connection, and what is there to measure with.
pub(crate) struct Reached {
    pub address: Address,
    // In this order: the connection ends before the folder that its files lie in.
    pub connection: Connection,
    pub transport: Transport,
    /// As it was when it was reached.
    pub files: KernelFiles,
    pub meter: HostMeter,
    pub interrupt: Subscription,
}

impl Reached {
    /// Reaches a machine by the user's `ssh`. What is under way there ends with `cancel`.
    pub fn open(host: &FleetHost, ssh: Option<PathBuf>, cancel: &Cancel) -> Result<Self, Fault> {
        let mut address = Address::parse(&host.address)?;
        if let Some(key) = &host.host_key {
            address = address.pinned(HostKey::parse(key)?);
        }
        let stop = Stop::default();
        let interrupt = cancel.on_cancel({
            let stop = stop.clone();
            move || stop.raise()
        });
        let transport = Transport::new(ssh)?;
        let connection = transport.open(&address, &stop);
        let connection = connection.map_err(|unreached| unreached.fault)?;
        let files = KernelFiles::of(&connection, transport.folder())?;
        let perl_works = files
            .program("perl")
            .is_some_and(|perl| can_meter(&connection, perl));
        Ok(Self {
            meter: HostMeter::of(&files, &host.name, perl_works),
            address,
            connection,
            transport,
            files,
            interrupt,
        })
    }
}

/// Whether a perl knows what it needs of its kernel.
fn can_meter(connection: &Connection, perl: &str) -> bool {
    let ran = connection.run(Command::new(&trial(perl)));
    ran.is_ok_and(|ran| ran.code == 0)
}
