//! Describing what tuning sets.

use crate::{Flag, Pair, Tweak};

impl Tweak {
    /// A flag for a builder that knows the slot, e.g. `go.ldflags`.
    pub fn flag(slot: impl Into<String>, value: impl Into<String>) -> Self {
        Tweak::BuildFlag(Flag {
            slot: slot.into(),
            value: value.into(),
        })
    }

    /// A variable of the build's own environment.
    pub fn build_variable(name: impl Into<String>, value: impl Into<String>) -> Self {
        Tweak::BuildVariable(Pair::new(name, value))
    }

    /// A variable of the running service's environment.
    pub fn runtime_variable(name: impl Into<String>, value: impl Into<String>) -> Self {
        Tweak::RuntimeVariable(Pair::new(name, value))
    }
}

impl Pair {
    /// A name and what it is set to.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}
