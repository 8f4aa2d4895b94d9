//! The places that releases come from, one after the other.

use orch_plugin::toolchain_source::Archive;
use orch_plugin::{Error, Facts, Machine, Problem};
use semver::Version;

use crate::settings::{Source, SourceSettings};
use crate::{official, registry};

/// A release at one of the places.
pub(crate) struct Found {
    /// Which release.
    pub(crate) version: Version,
    /// What to fetch, where the place says so in its list already.
    pub(crate) archive: Option<Archive>,
}

/// Why a place said nothing that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Silence(String);

impl Silence {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl Source {
    /// The places that the settings leave, in order.
    pub(crate) fn chosen(settings: &SourceSettings) -> Result<Vec<Self>, Error> {
        let named = match &settings.source {
            Some(named) => named.list(),
            None => &[Source::Official, Source::Registry],
        };
        let excluded = settings
            .exclude
            .as_ref()
            .map_or(&[][..], |named| named.list());
        let chosen: Vec<_> = named
            .iter()
            .copied()
            .filter(|source| !excluded.contains(source))
            .collect();
        if chosen.is_empty() {
            return Err(
                Problem::new("`exclude` leaves no place that Go could come from")
                    .at("exclude")
                    .hint("leave `official` or `registry` in")
                    .into(),
            );
        }
        Ok(chosen)
    }

    /// Every release that this place has.
    pub(crate) fn releases(self, host: &Machine, facts: &dyn Facts) -> Result<Vec<Found>, Silence> {
        match self {
            Source::Official => {
                let mut releases = official::releases(host, facts)?;
                releases.retain(|found| found.archive.is_some());
                Ok(releases)
            }
            Source::Registry => registry::releases(facts),
        }
    }

    /// What to fetch from this place; `None` within where it has nothing for the host.
    pub(crate) fn locate(
        self,
        version: &Version,
        host: &Machine,
        facts: &dyn Facts,
    ) -> Result<Option<Archive>, Silence> {
        match self {
            Source::Official => official::locate(version, host, facts),
            Source::Registry => registry::locate(version, host, facts),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Source::Official => "official",
            Source::Registry => "registry",
        }
    }

    /// What this place said, for a message that lists them all.
    pub(crate) fn said(self, silence: &Silence) -> String {
        format!("{}: {}", self.name(), silence.0)
    }
}
