//! The platforms of images: operating system, architecture and variant, by the words of the
//! OCI image specification, which are those of Go.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a variant of an image runs on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`, as Go's `GOOS`.
    pub os: String,
    /// `arm64`, as Go's `GOARCH`.
    pub architecture: String,
    /// `v7` of `arm`, `v3` of `amd64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// A platform of Linux without a variant.
    pub fn linux(architecture: impl Into<String>) -> Self {
        Self {
            os: "linux".into(),
            architecture: architecture.into(),
            variant: None,
        }
    }

    /// The same platform with a variant.
    pub fn variant(mut self, variant: impl Into<String>) -> Self {
        self.variant = Some(variant.into());
        self
    }

    /// Whether what was made for `other` runs here: the same machine, and of variants the same
    /// or a lower one.
    pub(crate) fn runs(&self, other: &Self) -> bool {
        let same = self.os == other.os && self.architecture == other.architecture;
        same && match (self.level(), other.level()) {
            (Some(own), Some(others)) => others <= own,
            _ => self.variant == other.variant,
        }
    }

    /// The number of the variant. Where none is named, the usual one counts: the specification
    /// says `v8` of `arm64`, containerd says `v7` of `arm`, and `v1` is what every `amd64` is.
    pub(crate) fn level(&self) -> Option<u32> {
        match (&self.variant, self.architecture.as_str()) {
            (Some(variant), _) => variant.strip_prefix('v')?.parse().ok(),
            (None, "arm64") => Some(8),
            (None, "arm") => Some(7),
            (None, "amd64") => Some(1),
            (None, _) => None,
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_runs_its_own_and_lower_variants() {
        let of = |architecture: &str, variant: &str| match variant {
            "" => Platform::linux(architecture),
            variant => Platform::linux(architecture).variant(variant),
        };
        for (architecture, machine, image, expected) in [
            ("arm64", "", "v8", true),
            ("arm64", "v8", "", true),
            ("arm", "v7", "v6", true),
            ("arm", "v6", "v7", false),
            ("arm", "v6", "", false),
            ("amd64", "", "v3", false),
            ("amd64", "v3", "", true),
            ("riscv64", "", "", true),
            ("riscv64", "", "rva23", false),
        ] {
            let runs = of(architecture, machine).runs(&of(architecture, image));
            assert_eq!(runs, expected, "{architecture} {machine} {image}");
        }
        assert!(!Platform::linux("amd64").runs(&Platform::linux("arm64")));
    }
}
