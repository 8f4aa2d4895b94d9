//! The role of what to set, for which machine, and why.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::contract::tuning_policy::exports::orch::plugin::tuning_policy::Guest;
pub use crate::contract::tuning_policy::exports::orch::plugin::tuning_policy::{
    Advice, Domain, Knob, Request, Trial,
};
pub use crate::fixed_policy::FixedPolicy;
use crate::offer::offered;
use crate::panics::report_through_log;
use crate::{Error, Facts, HostFacts, InstalledToolchain, Machine, Offer, Pair, Tweak};

/// Knowledge of what to set. Export it with
/// [`export_tuning_policy!`](crate::export_tuning_policy).
///
/// A policy whose answer is fixed says so in `advise` alone; one that is searched names
/// its knobs too.
pub trait TuningPolicy {
    /// What the user may set for the policies.
    type Settings: DeserializeOwned;

    /// The policies, by the names that a pipeline uses.
    fn offers() -> Vec<Offer>;

    /// What to set; nothing where the policy has nothing to say, as for a builder or a
    /// release that it doesn't know.
    fn advise(
        policy: &str,
        request: &Request,
        settings: Self::Settings,
        facts: &dyn Facts,
    ) -> Result<Vec<Advice>, Error>;

    /// Knobs worth searching.
    fn knobs(
        _policy: &str,
        _request: &Request,
        _settings: Self::Settings,
        _facts: &dyn Facts,
    ) -> Result<Vec<Knob>, Error> {
        Ok(Vec::new())
    }

    /// Next values to try, given all trials so far; none ends the search.
    fn propose(
        _policy: &str,
        _request: &Request,
        _settings: Self::Settings,
        _trials: &[Trial],
        _facts: &dyn Facts,
    ) -> Result<Option<Vec<Pair>>, Error> {
        Ok(None)
    }

    /// The tweaks that one set of values stands for.
    fn apply(
        _policy: &str,
        _request: &Request,
        _settings: Self::Settings,
        _values: &[Pair],
        _facts: &dyn Facts,
    ) -> Result<Vec<Advice>, Error> {
        Ok(Vec::new())
    }
}

impl Tweak {
    /// The tweak as advice, with the reason in one sentence.
    pub fn because(self, reason: impl Into<String>) -> Advice {
        Advice {
            tweak: self,
            reason: reason.into(),
            reference: None,
        }
    }
}

impl Advice {
    /// With a place where the claim can be checked.
    pub fn see(mut self, reference: impl Into<String>) -> Self {
        self.reference = Some(reference.into());
        self
    }
}

impl Request {
    /// A request for flags of a builder with this toolchain for a machine. Where tests begin.
    pub fn of(builder: impl Into<String>, toolchain: InstalledToolchain, target: Machine) -> Self {
        Self {
            settings: "{}".to_owned(),
            builder: builder.into(),
            toolchain,
            tools: Vec::new(),
            target,
            static_link: false,
        }
    }
}

/// Exports a [`TuningPolicy`](crate::tuning_policy::TuningPolicy) from the component.
#[macro_export]
macro_rules! export_tuning_policy {
    ($plugin:ty) => {
        const _: () = {
            type Exported = $crate::tuning_policy::Adapter<$plugin>;
            #[cfg(target_family = "wasm")]
            $crate::contract::tuning_policy::export_tuning_policy_component!(
                Exported with_types_in $crate::contract::tuning_policy
            );
            // Elsewhere there is nothing to export; that the role is played is checked.
            #[cfg(not(target_family = "wasm"))]
            const _: fn() = $crate::tuning_policy::is_played_by::<Exported>;
        };
    };
}

/// What the macro exports in place of the author's type.
#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

#[doc(hidden)]
pub fn is_played_by<T: Guest>() {}

impl<T: TuningPolicy> Guest for Adapter<T> {
    fn offers() -> Vec<Offer> {
        report_through_log();
        T::offers()
    }

    fn advise(policy: String, request: Request) -> Result<Vec<Advice>, Error> {
        report_through_log();
        offered(T::offers(), &policy)?;
        let settings = crate::settings(&request.settings)?;
        T::advise(&policy, &request, settings, &HostFacts)
    }

    fn knobs(policy: String, request: Request) -> Result<Vec<Knob>, Error> {
        report_through_log();
        offered(T::offers(), &policy)?;
        let settings = crate::settings(&request.settings)?;
        T::knobs(&policy, &request, settings, &HostFacts)
    }

    fn propose(
        policy: String,
        request: Request,
        trials: Vec<Trial>,
    ) -> Result<Option<Vec<Pair>>, Error> {
        report_through_log();
        offered(T::offers(), &policy)?;
        let settings = crate::settings(&request.settings)?;
        T::propose(&policy, &request, settings, &trials, &HostFacts)
    }

    fn apply(policy: String, request: Request, values: Vec<Pair>) -> Result<Vec<Advice>, Error> {
        report_through_log();
        offered(T::offers(), &policy)?;
        let settings = crate::settings(&request.settings)?;
        T::apply(&policy, &request, settings, &values, &HostFacts)
    }
}
