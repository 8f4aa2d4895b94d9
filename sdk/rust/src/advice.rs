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

    /// A resource directive of the running service's unit, e.g. `LimitNOFILE`.
    pub fn service_directive(name: impl Into<String>, value: impl Into<String>) -> Self {
        Tweak::ServiceDirective(Pair::new(name, value))
    }

    /// A parameter of the machine's kernel, e.g. `net.core.somaxconn`.
    pub fn kernel_parameter(name: impl Into<String>, value: impl Into<String>) -> Self {
        Tweak::KernelParameter(Pair::new(name, value))
    }
}

impl Tweak {
    /// How a person reads the tweak, `go.ldflags -s` or `GOGC=200`: for messages and tests.
    pub fn text(&self) -> String {
        match self {
            Tweak::BuildFlag(flag) => format!("{} {}", flag.slot, flag.value),
            Tweak::BuildVariable(pair)
            | Tweak::RuntimeVariable(pair)
            | Tweak::ServiceDirective(pair)
            | Tweak::KernelParameter(pair) => format!("{}={}", pair.name, pair.value),
        }
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
