//! What tuning sets, where it takes effect, and why.

use serde::{Deserialize, Serialize};

/// One thing that tuning sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tweak {
    /// A flag for a builder that knows the slot, e.g. `go.ldflags`.
    BuildFlag {
        /// Whose flag it is.
        slot: String,
        /// The flag itself.
        value: String,
    },
    /// A variable of the build's environment.
    BuildVariable {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
    },
    /// A variable of the running service's environment.
    RuntimeVariable {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
    },
    /// A systemd resource directive.
    ServiceDirective {
        /// The directive, e.g. `LimitNOFILE`.
        name: String,
        /// Its value.
        value: String,
    },
    /// A sysctl; set only where the user allows changes to the system.
    KernelParameter {
        /// The parameter, e.g. `net.core.somaxconn`.
        name: String,
        /// Its value.
        value: String,
    },
}

/// A tweak with who proposed it and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Advice {
    /// The policy's name, e.g. `go-release`.
    pub policy: String,
    /// What to set.
    pub tweak: Tweak,
    /// Why, in one sentence.
    pub reason: String,
    /// Where the claim can be checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl std::fmt::Display for Tweak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Tweak::BuildFlag { slot, value } => write!(f, "{slot} {value}"),
            Tweak::BuildVariable { name, value }
            | Tweak::RuntimeVariable { name, value }
            | Tweak::ServiceDirective { name, value }
            | Tweak::KernelParameter { name, value } => write!(f, "{name}={value}"),
        }
    }
}
