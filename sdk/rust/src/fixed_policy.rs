//! A policy by itself in a plugin, whose advice for one builder is fixed: nothing to search.

use serde::de::DeserializeOwned;

use crate::tuning_policy::{Advice, Request, TuningPolicy};
use crate::{Error, Facts, Offer, Release};

/// The advice of one policy for one builder. Whoever implements it is a [`TuningPolicy`].
pub trait FixedPolicy {
    /// What the user may set for it.
    type Settings: DeserializeOwned;

    /// The name that a pipeline uses.
    const NAME: &'static str;
    /// One line on it.
    const SUMMARY: &'static str;
    /// The builder whose flags it knows; others are told nothing.
    const BUILDER: &'static str;

    /// What to set, with the release of the build's own toolchain.
    ///
    /// # Errors
    ///
    /// `invalid` for settings that mean nothing.
    fn advice(
        request: &Request,
        release: Release,
        settings: Self::Settings,
    ) -> Result<Vec<Advice>, Error>;
}

impl<P: FixedPolicy> TuningPolicy for P {
    type Settings = <P as FixedPolicy>::Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(P::NAME, P::SUMMARY)]
    }

    fn advise(
        _: &str,
        request: &Request,
        settings: <P as FixedPolicy>::Settings,
        _: &dyn Facts,
    ) -> Result<Vec<Advice>, Error> {
        if request.builder != P::BUILDER {
            return Ok(Vec::new());
        }
        let version = &request.toolchain.version;
        let release = Release::parse(version).ok_or_else(|| {
            Error::Failed(format!(
                "`{version}` of toolchain `{}` is no version",
                request.toolchain.name
            ))
        })?;
        P::advice(request, release, settings)
    }
}
