//! The role of how sources become artifacts.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::contract::builder::exports::orch::plugin::builder::Guest;
pub use crate::contract::builder::exports::orch::plugin::builder::Request;
use crate::panics::report_through_log;
use crate::{Build, Error, Facts, HostFacts, Machine, Pair, Path, Tweak};

/// A way to build. Export it with [`export_builder!`](crate::export_builder).
pub trait Builder {
    /// What the user may set in a `[build.*]` table beside what every build has.
    type Settings: DeserializeOwned;

    /// The actions that make the artifacts, and what of their outputs ships. The
    /// settings were read from `request.settings`.
    fn plan(request: &Request, settings: Self::Settings, facts: &dyn Facts)
    -> Result<Build, Error>;
}

impl Request {
    /// A request for a build of this name with a toolchain, from the pipeline's folder;
    /// the host builds, and builds for, a Linux machine on x86_64. Where tests begin.
    pub fn of(unit: impl Into<String>, toolchain: crate::InstalledToolchain) -> Self {
        Self {
            unit: unit.into(),
            settings: "{}".to_owned(),
            directory: String::new(),
            toolchain,
            tools: Vec::new(),
            host: Machine::of("x86_64-unknown-linux-gnu"),
            target: Machine::of("x86_64-unknown-linux-gnu"),
            target_environment: Vec::new(),
            static_link: false,
            tweaks: Vec::new(),
        }
    }

    /// What the target sets for builders under this name, if it does.
    pub fn target_variable(&self, name: &str) -> Option<&str> {
        self.target_environment
            .iter()
            .rev()
            .find(|pair| pair.name == name)
            .map(|pair| pair.value.as_str())
    }

    /// The program of the toolchain that a pipeline calls `name`.
    pub fn program(&self, name: &str) -> Option<Path> {
        self.toolchain.program(name)
    }

    /// The flags that tuning set for a slot, in order.
    pub fn flags(&self, slot: &str) -> Vec<&str> {
        self.tweaks
            .iter()
            .filter_map(|tweak| match tweak {
                Tweak::BuildFlag(flag) if flag.slot == slot => Some(flag.value.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The variables that tuning set for the build, in order.
    pub fn build_variables(&self) -> Vec<&Pair> {
        self.tweaks
            .iter()
            .filter_map(|tweak| match tweak {
                Tweak::BuildVariable(pair) => Some(pair),
                _ => None,
            })
            .collect()
    }
}

/// Exports a [`Builder`](crate::builder::Builder) from the component.
#[macro_export]
macro_rules! export_builder {
    ($plugin:ty) => {
        const _: () = {
            type Exported = $crate::builder::Adapter<$plugin>;
            #[cfg(target_family = "wasm")]
            $crate::contract::builder::export_builder_component!(
                Exported with_types_in $crate::contract::builder
            );
            // Elsewhere there is nothing to export; that the role is played is checked.
            #[cfg(not(target_family = "wasm"))]
            const _: fn() = $crate::builder::is_played_by::<Exported>;
        };
    };
}

/// What the macro exports in place of the author's type.
#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

#[doc(hidden)]
pub fn is_played_by<T: Guest>() {}

impl<T: Builder> Guest for Adapter<T> {
    fn plan(request: Request) -> Result<Build, Error> {
        report_through_log();
        let settings = crate::settings(&request.settings)?;
        T::plan(&request, settings, &HostFacts)
    }
}
