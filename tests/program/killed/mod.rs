//! `kill -9`: the next run is good, and nothing is left of the killed one.
//!
//! `moments` kills runs at random, `calls` at the calls that change something on the disk,
//! `download` one in the middle of a file; `scene` is what all begin with, and how the next
//! run is judged.

mod calls;
mod download;
mod moments;
mod scene;
