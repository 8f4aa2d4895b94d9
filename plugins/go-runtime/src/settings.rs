//! What a pipeline may say to this policy. The manifest has the same as JSON Schema.

use serde::Deserialize;
use serde::de::Error as _;

/// Settings of an entry of `tuning`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySettings {
    /// What the service may take of the machine's memory.
    pub(crate) memory: Option<Mebibytes>,
}

/// An amount of memory in MiB, written `512MiB` or `2GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mebibytes(pub(crate) u64);

impl<'de> Deserialize<'de> for Mebibytes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let amount = |unit: &str, mib: u64| {
            let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
            number.checked_mul(mib).filter(|mib| *mib > 0).map(Self)
        };
        let amount = amount("MiB", 1).or_else(|| amount("GiB", 1024));
        amount.ok_or_else(|| D::Error::custom(format!("`{text}` is no amount such as `512MiB`")))
    }
}
