//! The role of how an artifact reaches a machine, goes live there, and comes back out.

mod placeholder;
#[cfg(not(target_family = "wasm"))]
mod text;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

pub use self::placeholder::{Placeholder, Value, literal, placeholders};
use crate::contract::deployer::exports::orch::plugin::deployer::Guest;
pub use crate::contract::deployer::exports::orch::plugin::deployer::{
    Check, Compression, Document, Image, Proposal, Release, Request, Shipped, Step, Upload,
};
use crate::panics::report_through_log;
use crate::{Error, Facts, HostFacts, Machine, Pair, Problem, Tweak, nearest};

/// A way to go live. Export it with [`export_deployer!`](crate::export_deployer).
pub trait Deployer {
    /// What the user may set in a `[deploy.*]` table beside what every deployment has.
    type Settings: DeserializeOwned;

    /// The steps that put a release on a machine and make it live, or the image that it goes into.
    fn plan(
        request: &Request,
        settings: Self::Settings,
        facts: &dyn Facts,
    ) -> Result<Proposal, Error>;
}

impl Request {
    /// A request to deploy a build of this name, which ships one program by that name for a Linux
    /// machine on x86_64. Where tests begin.
    pub fn of(build: impl Into<String>) -> Self {
        let build = build.into();
        Self {
            unit: "edge".to_owned(),
            settings: "{}".to_owned(),
            project: build.clone(),
            target_name: "server".to_owned(),
            target: Machine::of("x86_64-unknown-linux-gnu"),
            artifacts: vec![Shipped {
                name: build.clone(),
                executable: true,
            }],
            tweaks: Vec::new(),
            build,
        }
    }

    /// The first program that the build ships.
    ///
    /// # Errors
    ///
    /// `unsupported` where it ships none.
    pub fn program(&self) -> Result<&Shipped, Error> {
        let mut artifacts = self.artifacts.iter();
        artifacts.find(|one| one.executable).ok_or_else(|| {
            Error::Unsupported("the build ships no program that could be started".to_owned())
        })
    }

    /// The program of that name, or else the first one.
    ///
    /// # Errors
    ///
    /// That the build ships no such program, at the setting `program`; `unsupported` where it
    /// ships none at all.
    pub fn program_named(&self, name: Option<&str>) -> Result<&Shipped, Error> {
        let Some(name) = name else {
            return self.program();
        };
        let programs = || self.artifacts.iter().filter(|one| one.executable);
        if let Some(found) = programs().find(|one| one.name == name) {
            return Ok(found);
        }
        let names: Vec<String> = programs().map(|one| one.name.clone()).collect();
        let hint = match nearest(name, names.iter().cloned()) {
            Some(other) => format!("did you mean `{other}`?"),
            None => format!("it ships {}", names.join(", ")),
        };
        let what = format!("the build ships no program `{}`", name.escape_debug());
        Err(Problem::new(what).at("program").hint(hint).into())
    }

    /// What tuning sets in the environment of the running program.
    pub fn runtime_variables(&self) -> BTreeMap<&str, &str> {
        let variables = self.tweaks.iter().filter_map(|tweak| match tweak {
            Tweak::RuntimeVariable(pair) => Some((pair.name.as_str(), pair.value.as_str())),
            _ => None,
        });
        variables.collect()
    }
}

impl Release {
    /// A release of no steps, which lies there and needs no root.
    pub fn at(home: impl Into<String>) -> Self {
        Self {
            home: home.into(),
            root: false,
            programs: Vec::new(),
            stage: Vec::new(),
            activate: Vec::new(),
            withdraw: Vec::new(),
            checks: Vec::new(),
            log: Vec::new(),
            follow: Vec::new(),
        }
    }
}

impl Step {
    /// Sends an artifact to a path of the machine, readable and runnable by all.
    pub fn upload(artifact: impl Into<String>, to: impl Into<String>) -> Self {
        Step::Upload(Upload {
            artifact: artifact.into(),
            to: to.into(),
            mode: 0o755,
        })
    }

    /// Writes a small file there, readable by all.
    pub fn write(to: impl Into<String>, contents: impl Into<String>) -> Self {
        Step::Write(Document {
            to: to.into(),
            contents: contents.into(),
            mode: 0o644,
        })
    }

    /// Writes a small file there that its owner alone may read.
    pub fn write_private(to: impl Into<String>, contents: impl Into<String>) -> Self {
        Step::Write(Document {
            to: to.into(),
            contents: contents.into(),
            mode: 0o600,
        })
    }

    /// Points a symbolic link at a path, in one step.
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
    fn plan(request: Request) -> Result<Proposal, Error> {
        report_through_log();
        let settings = crate::settings(&request.settings)?;
        T::plan(&request, settings, &HostFacts)
    }
}
