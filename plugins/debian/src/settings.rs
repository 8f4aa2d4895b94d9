//! What a pipeline may say to this plugin. The manifest has the same as JSON Schema, with
//! a description of each.

use serde::Deserialize;

use crate::architecture::Architecture;
use crate::resolve::Purpose;

/// Settings of a `[toolchain.*]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub(crate) packages: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) programs: Vec<String>,
    pub(crate) sysroot: Option<String>,
    pub(crate) architecture: Option<Architecture>,
    pub(crate) distribution: Distribution,
}

/// Whose packages they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Distribution {
    #[default]
    Debian,
    Ubuntu,
}

impl Distribution {
    /// The package URL of one of its packages, without a version.
    pub(crate) fn url(self, package: &str) -> String {
        let name = match self {
            Distribution::Debian => "debian",
            Distribution::Ubuntu => "ubuntu",
        };
        format!("pkg:deb/{name}/{}", package.replace('+', "%2B"))
    }
}

/// A package that the user names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted<'a> {
    pub(crate) name: &'a str,
    /// The version that it must be; any if none.
    pub(crate) version: Option<&'a str>,
}

impl Settings {
    /// What the packages are unpacked for.
    pub(crate) fn purpose(&self) -> Purpose {
        match self.architecture {
            Some(_) => Purpose::Sysroot,
            None => Purpose::Programs,
        }
    }

    /// The packages that the user names, in order.
    pub(crate) fn wanted(&self) -> Vec<Wanted<'_>> {
        self.packages.iter().map(|text| Wanted::of(text)).collect()
    }
}

impl<'a> Wanted<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        match text.split_once('=') {
            Some((name, version)) => Self {
                name,
                version: Some(version),
            },
            None => Self {
                name: text,
                version: None,
            },
        }
    }
}
