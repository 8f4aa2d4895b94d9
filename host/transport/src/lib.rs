//! Reaches machines, runs things there, and brings files there: over the user's own `ssh`, or on
//! this machine by its shell.
//!
//! One `ssh` holds the connection to a host, and everything else goes over that. What is run
//! there is told to end when we hang up, so nothing is left behind on either side, however we
//! end. Everything blocks; a caller with many hosts has a thread for each.
//!
//! This crate knows no pipeline, no plugin, no release and no wave.

mod address;
mod ago;
mod child;
mod command;
mod connection;
mod files;
mod http;
mod kept;
mod local_files;
mod lost;
mod put;
mod root;
mod route;
mod session;
mod shell;
mod stop;
mod transport;
mod tunnel;
mod watchdog;

pub use address::{Address, HostKey};
pub use ago::ago;
pub use command::{Command, Ran};
pub use connection::Connection;
pub use http::Answer;
pub use local_files::{LocalFiles, ReadContent};
pub use lost::{Loss, Lost};
pub use orch_machine::{Barrier, Host, Unreached};
pub use put::{Basis, File, Sent};
pub use route::User;
pub use stop::Stop;
pub use transport::Transport;
