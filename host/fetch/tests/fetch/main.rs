//! Tests of the fetcher from outside: hostile servers on loopback, hostile archives,
//! processes that are killed, and the machine's real package registries.

mod addresses;
mod broken;
mod documents;
mod downloads;
mod hostile;
mod pack;
mod packages;
mod rig;
mod sharing;
mod systems;
mod trees;
