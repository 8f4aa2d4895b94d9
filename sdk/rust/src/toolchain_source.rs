//! The role of places where compilers, SDKs and sysroots come from.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::contract::toolchain_source::exports::orch::plugin::toolchain_source::Guest;
pub use crate::contract::toolchain_source::exports::orch::plugin::toolchain_source::{
    Archive, ArchiveFormat, FoundProgram, Toolchain,
};
use crate::panics::report_through_log;
use crate::{Error, Facts, HostFacts, Machine};

/// A place where toolchains come from. Export it with
/// [`export_toolchain_source!`](crate::export_toolchain_source).
pub trait ToolchainSource {
    /// What the user may set in a `[toolchain.*]` table beside `with` and `version`.
    type Settings: DeserializeOwned;

    /// Releases that satisfy a semver requirement for a host, newest first. An empty
    /// requirement asks for all.
    fn releases(
        requirement: &str,
        host: &Machine,
        settings: Self::Settings,
        facts: &dyn Facts,
    ) -> Result<Vec<String>, Error>;

    /// What to fetch for one release; [`Error::Unsupported`] where a host has no such
    /// archive.
    fn locate(
        version: &str,
        host: &Machine,
        settings: Self::Settings,
        facts: &dyn Facts,
    ) -> Result<Toolchain, Error>;
}

impl Archive {
    /// An archive that any of `urls` yields, with its digest (`sha256:` and 64
    /// hexadecimal digits), unpacked into the toolchain's root.
    pub fn new(format: ArchiveFormat, urls: Vec<String>, digest: impl Into<String>) -> Self {
        Self {
            urls,
            digest: digest.into(),
            bytes: None,
            format,
            strip_components: 0,
            into: String::new(),
            exclude: Vec::new(),
        }
    }

    /// Of this size as downloaded, where it is known.
    pub fn bytes(mut self, bytes: Option<u64>) -> Self {
        self.bytes = bytes;
        self
    }

    /// Without so many leading directories of each name.
    pub fn strip_components(mut self, count: u32) -> Self {
        self.strip_components = count;
        self
    }

    /// Unpacked into a directory below the toolchain's root.
    pub fn below(mut self, directory: impl Into<String>) -> Self {
        self.into = directory.into();
        self
    }

    /// Without the files that these glob patterns below the toolchain's root match.
    pub fn without(mut self, patterns: &[&str]) -> Self {
        self.exclude
            .extend(patterns.iter().map(|&pattern| pattern.to_owned()));
        self
    }
}

/// Exports a [`ToolchainSource`](crate::toolchain_source::ToolchainSource) from the component.
#[macro_export]
macro_rules! export_toolchain_source {
    ($plugin:ty) => {
        const _: () = {
            type Exported = $crate::toolchain_source::Adapter<$plugin>;
            #[cfg(target_family = "wasm")]
            $crate::contract::toolchain_source::export_toolchain_source_component!(
                Exported with_types_in $crate::contract::toolchain_source
            );
            // Elsewhere there is nothing to export; that the role is played is checked.
            #[cfg(not(target_family = "wasm"))]
            const _: fn() = $crate::toolchain_source::is_played_by::<Exported>;
        };
    };
}

/// What the macro exports in place of the author's type.
#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

#[doc(hidden)]
pub fn is_played_by<T: Guest>() {}

impl<T: ToolchainSource> Guest for Adapter<T> {
    fn releases(
        requirement: String,
        host: Machine,
        settings: String,
    ) -> Result<Vec<String>, Error> {
        report_through_log();
        T::releases(&requirement, &host, crate::settings(&settings)?, &HostFacts)
    }

    fn locate(version: String, host: Machine, settings: String) -> Result<Toolchain, Error> {
        report_through_log();
        T::locate(&version, &host, crate::settings(&settings)?, &HostFacts)
    }
}
