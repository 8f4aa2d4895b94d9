//! What the tests stand on: images to write, a real registry, and one that does as a test wants.

pub mod fake;
pub mod real;
pub mod sample;
