//! Lines for the user. The host bounds how many and how long; in a unit test they go to
//! the standard error stream, which the test's harness keeps until it fails.

/// For the plugin's author.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}

/// For a curious user.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// For every user.
pub fn warning(message: &str) {
    write(Level::Warning, message);
}

pub(crate) use crate::contract::base::orch::plugin::log::Level;

#[cfg(target_family = "wasm")]
pub(crate) fn write(level: Level, message: &str) {
    crate::contract::base::orch::plugin::log::write(level, message);
}

#[cfg(not(target_family = "wasm"))]
pub(crate) fn write(level: Level, message: &str) {
    eprintln!("{level:?}: {message}");
}
