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

impl Tweak {
    /// What kind of thing it sets, as the contract calls it.
    pub fn kind(&self) -> &'static str {
        match self {
            Tweak::BuildFlag { .. } => "build-flag",
            Tweak::BuildVariable { .. } => "build-variable",
            Tweak::RuntimeVariable { .. } => "runtime-variable",
            Tweak::ServiceDirective { .. } => "service-directive",
            Tweak::KernelParameter { .. } => "kernel-parameter",
        }
    }

    /// Whether it takes effect in a build, and not where the program runs.
    pub fn is_of_build(&self) -> bool {
        matches!(self, Tweak::BuildFlag { .. } | Tweak::BuildVariable { .. })
    }

    /// Whether both set the same thing, be it to the same value or to another: a variable,
    /// directive or parameter of one name, or in one slot a flag of one name before its `=`.
    pub fn sets_the_same_as(&self, other: &Tweak) -> bool {
        self.kind() == other.kind() && self.setting() == other.setting()
    }

    /// The slot of a flag, and the name of what is set.
    fn setting(&self) -> (&str, &str) {
        match self {
            Tweak::BuildFlag { slot, value } if value.starts_with('-') => {
                (slot, value.split('=').next().unwrap_or_default())
            }
            Tweak::BuildFlag { slot, value } => (slot, value),
            Tweak::BuildVariable { name, .. }
            | Tweak::RuntimeVariable { name, .. }
            | Tweak::ServiceDirective { name, .. }
            | Tweak::KernelParameter { name, .. } => ("", name),
        }
    }
}

/// For each piece of advice the one that takes its place: the last that sets the same thing,
/// where that is another policy's and sets something else. A policy never overrides itself,
/// since a flag such as `-I` may be given many times.
pub fn overriding(advice: &[Advice]) -> Vec<Option<&Advice>> {
    let last = |given: &Advice| {
        let same = |other: &&Advice| given.tweak.sets_the_same_as(&other.tweak);
        advice.iter().rev().find(same)
    };
    advice
        .iter()
        .map(|given| {
            last(given).filter(|last| last.policy != given.policy && last.tweak != given.tweak)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(policy: &str, slot: &str, value: &str) -> Advice {
        let (slot, value) = (slot.to_owned(), value.to_owned());
        advice(policy, Tweak::BuildFlag { slot, value })
    }

    fn advice(policy: &str, tweak: Tweak) -> Advice {
        Advice {
            policy: policy.to_owned(),
            tweak,
            reason: String::new(),
            reference: None,
        }
    }

    fn winners(advice: &[Advice]) -> Vec<&str> {
        overriding(advice)
            .into_iter()
            .map(|one| one.map_or("", |one| one.policy.as_str()))
            .collect()
    }

    #[test]
    fn of_two_policies_the_later_one_counts() {
        let stripped = flag("release", "go.ldflags", "-s");
        let kept = flag("debug", "go.ldflags", "-s=false");
        assert_eq!(winners(&[stripped.clone(), kept.clone()]), ["debug", ""]);
        assert_eq!(winners(&[kept.clone(), stripped.clone()]), ["release", ""]);
        let again = flag("third", "go.ldflags", "-s");
        assert_eq!(winners(&[stripped, kept, again]), ["", "third", ""]);
    }

    #[test]
    fn only_the_same_thing_set_differently_is_a_quarrel() {
        for (one, other) in [
            ("-s", "-s"),
            ("-N", "-l"),
            ("all=-N", "all=-l"),
            ("-X a=1", "-X b=1"),
        ] {
            let both = [flag("a", "slot", one), flag("b", "slot", other)];
            assert_eq!(winners(&both), ["", ""], "{one} {other}");
        }
        assert_eq!(
            winners(&[flag("a", "one", "-s"), flag("b", "two", "-s=false")]),
            ["", ""]
        );
        assert_eq!(
            winners(&[flag("a", "cc", "-D=A"), flag("a", "cc", "-D=B")]),
            ["", ""]
        );
    }

    #[test]
    fn a_variable_of_the_build_is_none_of_the_service() {
        let (name, value) = ("GOGC".to_owned(), "50".to_owned());
        let build = Tweak::BuildVariable {
            name: name.clone(),
            value: "off".to_owned(),
        };
        let runtime = Tweak::RuntimeVariable {
            name: name.clone(),
            value,
        };
        let more = Tweak::RuntimeVariable {
            name,
            value: "200".to_owned(),
        };
        let advice = [advice("a", build), advice("b", runtime), advice("c", more)];
        assert_eq!(winners(&advice), ["", "c", ""]);
    }
}
