//! Finds and reaches the machine of a bench.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use orch_engine::port::{Obstacles, ReadHosts};
use orch_engine::{Cancel, PlannedBench, PlannedPlace};
use orch_measure::{Hosts, Machine};
use orch_model::{Fault, Inventory};
use orch_transport::{Address, Command, Connection, HostKey, ReadContent, Stop, Transport};

use crate::bench_host::BenchHost;
use crate::choice::choose;
use crate::kernel_files::KernelFiles;
use crate::meter::{HostMeter, trial};

/// What reaching machines is told of this one and the project.
pub struct Reaching {
    /// The pipeline's folder.
    pub folder: PathBuf,
    /// The user's `ssh`.
    pub ssh: Option<PathBuf>,
    /// Who measures, without white space: `ann@laptop`.
    pub owner: String,
    /// Finds machines.
    pub hosts: Box<ReadHosts>,
    /// What is behind a digest.
    pub content: Box<ReadContent>,
    /// What keeps a file from running on a machine.
    pub obstacles: Box<Obstacles>,
}

/// The machines of fleets.
pub struct FleetHosts(Arc<Reaching>);

impl FleetHosts {
    /// Those of a project.
    pub fn new(reaching: Reaching) -> Self {
        Self(Arc::new(reaching))
    }
}

impl Hosts for FleetHosts {
    fn reach(
        &self,
        bench: &PlannedBench,
        place: &PlannedPlace,
        cancel: &Cancel,
    ) -> Result<Arc<dyn Machine>, Fault> {
        let stated;
        let hosts = match &place.fleet.inventory {
            Inventory::Hosts(hosts) => hosts,
            elsewhere => {
                stated = (self.0.hosts)(elsewhere)?;
                &stated
            }
        };
        let host = choose(bench, place, hosts)?;
        let mut address = Address::parse(&host.address)?;
        if let Some(key) = &host.host_key {
            address = address.pinned(HostKey::parse(key)?);
        }
        let stop = Stop::default();
        let interrupt = cancel.on_cancel({
            let stop = stop.clone();
            move || stop.raise()
        });
        let transport = Transport::new(self.0.ssh.clone())?;
        let connection = transport.open(&address, &stop);
        let connection = connection.map_err(|unreached| unreached.fault)?;
        let files = KernelFiles::of(&connection, transport.folder())?;
        let perl_works = files
            .program("perl")
            .is_some_and(|perl| can_meter(&connection, perl));
        Ok(Arc::new(BenchHost {
            host: host.clone(),
            address,
            reaching: self.0.clone(),
            meter: HostMeter::of(&files, &host.name, perl_works),
            connection,
            transport,
            files,
            held: OnceLock::new(),
            filled: Mutex::default(),
            _interrupt: interrupt,
        }))
    }
}

/// Whether a perl knows what it needs of its kernel.
fn can_meter(connection: &Connection, perl: &str) -> bool {
    let ran = connection.run(Command::new(&trial(perl)));
    ran.is_ok_and(|ran| ran.code == 0)
}
