//! Packages as apt on the machine that builds knows them, asked through the host.

use orch_plugin::{Error, Facts, Machine, Refusal, RegistryFile, nearest};

use crate::programs;
use crate::resolve::Index;
use crate::settings::Distribution;

/// The lists of the machine's own apt.
pub(crate) struct Apt<'a> {
    pub(crate) distribution: Distribution,
    /// The machine that the packages' programs run on.
    pub(crate) host: &'a Machine,
    pub(crate) facts: &'a dyn Facts,
}

impl Apt<'_> {
    /// All versions of a package, newest first; none if there is no such package.
    pub(crate) fn versions(&self, name: &str) -> Result<Option<Vec<String>>, Error> {
        let url = self.distribution.url(name);
        answered(name, self.facts.package_versions(&url))
    }
}

impl Index for Apt<'_> {
    fn find(&self, name: &str, version: Option<&str>) -> Result<Option<RegistryFile>, Error> {
        let url = self.distribution.url(name);
        let version = version.unwrap_or_default();
        answered(name, self.facts.package_file(&url, version, self.host))
    }

    fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, programs::packages())
    }
}

fn answered<T>(name: &str, answer: Result<T, Refusal>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Refusal::Absent) => Ok(None),
        Err(refusal) => Err(refusal.of(&format!("package `{name}`"))),
    }
}
