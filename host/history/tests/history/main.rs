//! A history as a file on a real disk.

mod at_once;
mod exporting;
mod finding;
mod opening;
mod sample;
