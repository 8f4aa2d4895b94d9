//! What whoever works on machines of fleets asks: deploys as well as benches.

use orch_model::{Fault, FleetHost, Inventory, Observation};

use super::OutputFile;

/// Finds the machines of an inventory, which may lie outside of the pipeline.
pub type ReadHosts = dyn Fn(&Inventory) -> Result<Vec<FleetHost>, Fault> + Send + Sync;

/// Says what keeps a file from running on a machine.
pub type Obstacles = dyn Fn(&OutputFile, &Observation) -> Result<Vec<String>, Fault> + Send + Sync;
