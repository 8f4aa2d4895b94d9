//! The places that releases come from, and what a pipeline may say about them.

use orch_plugin::toolchain_source::Archive;
use orch_plugin::{Error, Facts, Machine, Problem};
use semver::Version;
use serde::Deserialize;

use crate::{Origin, official_archive, registry};

/// Settings of a `[toolchain.*]` table. The manifest has the same as JSON Schema.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceSettings {
    source: Option<OneOrMore>,
    exclude: Option<OneOrMore>,
    pub(crate) slim: bool,
    /// Companions; the manifest offers them where the compiler builds any.
    pub tools: Vec<String>,
}

/// A place that releases come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The index and archives of the releases' own site.
    Official,
    /// A Python package, asked of the registry client that the machine has set up.
    Registry,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Place),
    More(Vec<Place>),
}

impl OneOrMore {
    fn list(&self) -> &[Place] {
        match self {
            OneOrMore::One(place) => std::slice::from_ref(place),
            OneOrMore::More(places) => places,
        }
    }
}

/// A release at one of the places.
pub struct Found {
    /// Which release.
    pub version: Version,
    /// What to fetch, where the place says so in its list already.
    pub archive: Option<Archive>,
}

/// Why a place said nothing that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence(String);

impl Silence {
    /// The reason in words, without a full stop.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl Place {
    /// The places that the settings leave, in order.
    pub(crate) fn chosen<O: Origin>(settings: &SourceSettings) -> Result<Vec<Self>, Error> {
        let named = match &settings.source {
            Some(named) => named.list(),
            None => &[Place::Official, Place::Registry],
        };
        let excluded = settings
            .exclude
            .as_ref()
            .map_or(&[][..], |named| named.list());
        let chosen: Vec<_> = named
            .iter()
            .copied()
            .filter(|place| !excluded.contains(place))
            .collect();
        if chosen.is_empty() {
            return Err(Problem::new(format!(
                "`exclude` leaves no place that {} could come from",
                O::NAME
            ))
            .at("exclude")
            .hint("leave `official` or `registry` in")
            .into());
        }
        Ok(chosen)
    }

    /// Every release that this place has.
    pub(crate) fn releases<O: Origin>(
        self,
        host: &Machine,
        facts: &dyn Facts,
    ) -> Result<Vec<Found>, Silence> {
        match self {
            Place::Official => {
                let mut releases = O::official(host, facts)?;
                releases.retain(|found| found.archive.is_some());
                Ok(releases)
            }
            Place::Registry => registry::releases::<O>(facts),
        }
    }

    /// What to fetch from this place; `None` within where it has nothing for the host.
    pub(crate) fn locate<O: Origin>(
        self,
        version: &Version,
        host: &Machine,
        facts: &dyn Facts,
    ) -> Result<Option<Archive>, Silence> {
        match self {
            Place::Official => official_archive::<O>(version, host, facts),
            Place::Registry => registry::locate::<O>(version, host, facts),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Place::Official => "official",
            Place::Registry => "registry",
        }
    }

    /// What this place said, for a message that lists them all.
    pub(crate) fn said(self, silence: &Silence) -> String {
        format!("{}: {}", self.name(), silence.0)
    }
}
