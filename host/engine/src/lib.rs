//! Plans, graphs, schedules and explains. Owns the ports that the rest of the house
//! implements, and deliberately knows no file, process, network, terminal or
//! WebAssembly: what it needs of the world comes in through [`port`].

mod cancel;
mod forecast;
mod gather;
mod graph;
mod host;
mod ledger;
mod lower;
mod nearest;
mod outcome;
mod perform;
mod plan;
mod planner;
pub mod port;
mod problem;
mod query;
mod record;
mod resolve;
mod schedule;
mod settings_schema;
mod unit;
mod world;

pub use cancel::{Cancel, Subscription};
pub use forecast::{Forecast, Foreseen, forecast};
pub use graph::{ActionGraph, GraphError, Node, NodeKind};
pub use host::{LOCKED_HOSTS, locked_host};
pub use ledger::{Change, Entry, Ledger};
pub use outcome::{Origin, Outcome};
pub use perform::NodeProgress;
pub use plan::{
    LeftOut, Plan, PlannedBench, PlannedBuild, PlannedDeploy, PlannedFleet, PlannedPlace,
    PlannedRelease, PlannedTarget, PlannedTask, PlannedToolchain, Proposer, SmokeRun,
};
pub use planner::{Planned, Surroundings, check, look_for_programs, plan};
pub use problem::PlanProblem;
pub use query::{edges, named, query};
pub use record::NodeRecord;
pub use resolve::{Keep, Resolution, is_pinned, resolve};
pub use schedule::{NodeRun, Run, RunOptions, run};
pub use unit::PlanUnit;
pub use world::World;
