//! The role of boards, server CPUs and runtimes to build for.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::contract::target_platform::exports::orch::plugin::target_platform::Guest;
pub use crate::contract::target_platform::exports::orch::plugin::target_platform::{
    FinishRequest, Observation, Requirement, Runner, Target,
};
use crate::offer::offered;
use crate::panics::report_through_log;
use crate::{Build, Error, Facts, HostFacts, Machine, Offer, Pair};

/// Machines to build for. Export it with [`export_target_platform!`](crate::export_target_platform).
pub trait TargetPlatform {
    /// What the user may set in a `[target.*]` table beside `platform`.
    type Settings: DeserializeOwned;

    /// The platforms, by the names that a pipeline uses.
    fn offers() -> Vec<Offer>;

    /// One of the offers, with the user's settings.
    fn describe(offer: &str, settings: Self::Settings, facts: &dyn Facts) -> Result<Target, Error>;

    /// Which of the offers a device is, best first. Nothing is recognised unless said here.
    fn recognise(_observation: &Observation) -> Vec<String> {
        Vec::new()
    }

    /// Steps after the link: strip, `objcopy`, a firmware image. The artifact ships as it
    /// is unless said here.
    fn finish(_request: &FinishRequest, _settings: Self::Settings) -> Result<Build, Error> {
        Ok(Build::nothing())
    }
}

impl Target {
    /// A target that is this machine, of which nothing more is known or demanded.
    pub fn of(machine: Machine) -> Self {
        Self {
            machine,
            environment: Vec::new(),
            static_link: false,
            runner: Runner::None,
            requirements: Vec::new(),
        }
    }

    /// With a variable that builders set for it, e.g. `GOARM`.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push(Pair::new(name, value));
        self
    }

    /// Where an artifact must need no shared library and no interpreter.
    pub fn static_link(mut self) -> Self {
        self.static_link = true;
        self
    }

    /// Run by a user-mode emulator, for tests: its program, then its arguments.
    pub fn emulator(mut self, command: &[&str]) -> Self {
        self.runner = Runner::Emulator(command.iter().map(|&word| word.to_owned()).collect());
        self
    }

    /// Run by the WebAssembly engine inside the host.
    pub fn embedded_wasm(mut self) -> Self {
        self.runner = Runner::EmbeddedWasm;
        self
    }

    /// With something that a device must show before an artifact is sent to it.
    pub fn requires(mut self, requirement: Requirement) -> Self {
        self.requirements.push(requirement);
        self
    }
}

impl Requirement {
    /// ISA features that the artifact needs, by the names of [`Machine::features`].
    pub fn cpu_features(names: &[&str]) -> Self {
        Requirement::CpuFeatures(names.iter().map(|&name| name.to_owned()).collect())
    }
}

impl Observation {
    /// An observation of these names and values. Where tests begin.
    pub fn of(facts: &[(&str, &str)]) -> Self {
        Self {
            facts: facts
                .iter()
                .map(|&(name, value)| Pair::new(name, value))
                .collect(),
        }
    }

    /// What was read off a device under this name, if it was.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts
            .iter()
            .find(|fact| fact.name == name)
            .map(|fact| fact.value.as_str())
    }
}

/// Exports a [`TargetPlatform`](crate::target_platform::TargetPlatform) from the component.
#[macro_export]
macro_rules! export_target_platform {
    ($plugin:ty) => {
        const _: () = {
            type Exported = $crate::target_platform::Adapter<$plugin>;
            #[cfg(target_family = "wasm")]
            $crate::contract::target_platform::export_target_platform_component!(
                Exported with_types_in $crate::contract::target_platform
            );
            // Elsewhere there is nothing to export; that the role is played is checked.
            #[cfg(not(target_family = "wasm"))]
            const _: fn() = $crate::target_platform::is_played_by::<Exported>;
        };
    };
}

/// What the macro exports in place of the author's type.
#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

#[doc(hidden)]
pub fn is_played_by<T: Guest>() {}

impl<T: TargetPlatform> Guest for Adapter<T> {
    fn offers() -> Vec<Offer> {
        report_through_log();
        T::offers()
    }

    fn describe(name: String, settings: String) -> Result<Target, Error> {
        report_through_log();
        offered(T::offers(), &name)?;
        T::describe(&name, crate::settings(&settings)?, &HostFacts)
    }

    fn recognise(observation: Observation) -> Vec<String> {
        report_through_log();
        T::recognise(&observation)
    }

    fn finish(request: FinishRequest) -> Result<Build, Error> {
        report_through_log();
        offered(T::offers(), &request.name)?;
        T::finish(&request, crate::settings(&request.settings)?)
    }
}
