//! Plans, graphs, schedules and explains. Owns the ports that the rest of the house
//! implements, and deliberately knows no file, process, network, terminal or
//! WebAssembly: what it needs of the world comes in through [`port`].

mod cancel;
mod outcome;
pub mod port;

pub use cancel::{Cancel, Subscription};
pub use outcome::{Origin, Outcome};
