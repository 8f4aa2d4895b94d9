//! Images as others see them: their bytes, what other tools read in them, a real registry, and
//! registries that misbehave.

mod base;
mod bytes;
mod faults;
mod secrets;
mod support;
mod tools;
mod uploads;

use support::{fake, real, sample};
