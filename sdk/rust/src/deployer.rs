//! The role of how an artifact reaches a machine, goes live there, and comes back out.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::contract::deployer::exports::orch::plugin::deployer::Guest;
pub use crate::contract::deployer::exports::orch::plugin::deployer::{
    Check, Release, Request, Step, TextFile, Upload,
};
use crate::panics::report_through_log;
use crate::{Error, Facts, HostFacts, Pair, Path};

/// A way to go live. Export it with [`export_deployer!`](crate::export_deployer).
pub trait Deployer {
    /// What the user may set in a `[deploy.*]` table beside what every deployment has.
    type Settings: DeserializeOwned;

    /// The steps that put a release on a machine, make it live, check it and undo it.
    fn plan(
        request: &Request,
        settings: Self::Settings,
        facts: &dyn Facts,
    ) -> Result<Release, Error>;
}

impl Release {
    /// A release of no steps.
    pub fn empty() -> Self {
        Self {
            stage: Vec::new(),
            activate: Vec::new(),
            checks: Vec::new(),
            rollback: Vec::new(),
            retire: Vec::new(),
        }
    }
}

impl Step {
    /// Sends an artifact to a path of the target machine, readable and runnable by all.
    pub fn upload(artifact: Path, to: impl Into<String>) -> Self {
        Step::Upload(Upload {
            artifact,
            to: to.into(),
            mode: 0o755,
        })
    }

    /// Writes a text file there, readable by all.
    pub fn write(to: impl Into<String>, contents: impl Into<String>) -> Self {
        Step::Write(TextFile {
            to: to.into(),
            contents: contents.into(),
            mode: 0o644,
        })
    }

    /// Atomically points a symbolic link at a path.
    pub fn link(name: impl Into<String>, to: impl Into<String>) -> Self {
        Step::Link(Pair::new(name, to))
    }

    /// Runs a command there; arguments, never a shell line.
    pub fn run(command: &[&str]) -> Self {
        Step::Run(command.iter().map(|&word| word.to_owned()).collect())
    }
}

/// Exports a [`Deployer`](crate::deployer::Deployer) from the component.
#[macro_export]
macro_rules! export_deployer {
    ($plugin:ty) => {
        const _: () = {
            type Exported = $crate::deployer::Adapter<$plugin>;
            #[cfg(target_family = "wasm")]
            $crate::contract::deployer::export_deployer_component!(
                Exported with_types_in $crate::contract::deployer
            );
            // Elsewhere there is nothing to export; that the role is played is checked.
            #[cfg(not(target_family = "wasm"))]
            const _: fn() = $crate::deployer::is_played_by::<Exported>;
        };
    };
}

/// What the macro exports in place of the author's type.
#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

#[doc(hidden)]
pub fn is_played_by<T: Guest>() {}

impl<T: Deployer> Guest for Adapter<T> {
    fn plan(request: Request) -> Result<Release, Error> {
        report_through_log();
        let settings = crate::settings(&request.settings)?;
        T::plan(&request, settings, &HostFacts)
    }
}
