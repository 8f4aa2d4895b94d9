//! Packages as apt on the machine that builds knows them, asked through the host.

use orch_plugin::{Error, Facts, Refusal, RegistryFile, nearest};

use crate::architecture::Architecture;
use crate::programs;
use crate::resolve::Index;
use crate::settings::Distribution;

/// The lists of the machine's own apt, or those that it can get of another architecture.
pub(crate) struct Apt<'a> {
    pub(crate) distribution: Distribution,
    /// What the packages are made for.
    pub(crate) architecture: Architecture,
    /// Whether that is not the machine that builds.
    pub(crate) is_foreign: bool,
    pub(crate) facts: &'a dyn Facts,
}

impl Apt<'_> {
    /// All versions of a package, newest first; none if there is no such package.
    pub(crate) fn versions(&self, name: &str) -> Result<Option<Vec<String>>, Error> {
        let mut url = self.distribution.url(name);
        if self.is_foreign {
            url.push_str("?arch=");
            url.push_str(self.architecture.name());
        }
        answered(name, self.facts.package_versions(&url))
    }
}

impl Index for Apt<'_> {
    fn find(&self, name: &str, version: Option<&str>) -> Result<Option<RegistryFile>, Error> {
        let url = self.distribution.url(name);
        let version = version.unwrap_or_default();
        let machine = self.architecture.machine();
        answered(name, self.facts.package_file(&url, version, &machine))
    }

    fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, programs::packages())
    }

    fn whose(&self) -> String {
        match self.is_foreign {
            true => format!(" for `{}`", self.architecture.name()),
            false => String::new(),
        }
    }
}

fn answered<T>(name: &str, answer: Result<T, Refusal>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Refusal::Absent) => Ok(None),
        Err(refusal) => Err(refusal.of(&format!("package `{name}`"))),
    }
}
