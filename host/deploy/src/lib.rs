//! Brings releases onto machines: in waves, with health checks, and back where they do not hold.
//!
//! The truth about a machine lies on that machine: a record says which releases held there and
//! which change is under way, and every step is written into it before it is done. So a deploy
//! that was killed, or cut off, is gone on with or undone by the next command, from wherever
//! that is given.
//!
//! This crate knows no plugin and no pipeline: what is to be done comes as a plan.

mod approval;
mod audit;
mod audited;
mod connections;
mod deployer;
mod each;
mod filling;
mod fleet;
mod health;
mod lock;
mod log;
mod outcome;
mod owner;
mod prometheus;
mod record;
mod remote;
mod rollout;
mod secrets;
mod site;
mod standing;
mod steps;
mod survey;
mod trouble;
mod wanted;
mod waves;

pub use audit::{Audit, Entry, HostEntry, Tampered};
pub use connections::Connections;
pub use deployer::{Deploying, FleetDeployer, ImagePart, Push, PushedImage, ReadVariable};
pub use log::{HostLog, LogEnd, ServiceLogs, last_lines};
pub use orch_transport::Stop as StopFlag;
pub use owner::Owner;
pub use standing::{Checked, Standing};
