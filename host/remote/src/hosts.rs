//! Finds and reaches the machine of a bench.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use orch_engine::port::{Obstacles, ReadHosts};
use orch_engine::{Cancel, PlannedBench, PlannedPlace};
use orch_measure::{Hosts, Machine};
use orch_model::{Fault, Inventory};
use orch_transport::ReadContent;

use crate::bench_host::BenchHost;
use crate::choice::choose;
use crate::reached::Reached;

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
        let reached = Reached::open(host, self.0.ssh.clone(), cancel)?;
        Ok(Arc::new(BenchHost {
            host: host.clone(),
            address: reached.address,
            reaching: self.0.clone(),
            meter: reached.meter,
            connection: reached.connection,
            transport: reached.transport,
            files: reached.files,
            held: OnceLock::new(),
            filled: Mutex::default(),
            _interrupt: reached.interrupt,
        }))
    }
}
