//! What a plugin offers, by name.

use crate::{Error, Offer};

impl Offer {
    /// An offer by the name that a pipeline uses, and one line on it.
    pub fn new(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            summary: summary.into(),
        }
    }
}

/// That `name` is one of `offers`. The host asks only for what was offered; another host,
/// or an author's own test, may not.
pub(crate) fn offered(offers: Vec<Offer>, name: &str) -> Result<(), Error> {
    if offers.iter().any(|offer| offer.name == name) {
        return Ok(());
    }
    let names: Vec<_> = offers
        .iter()
        .map(|offer| format!("`{}`", offer.name))
        .collect();
    Err(Error::Unsupported(format!(
        "there is no `{name}` here; this plugin offers {}",
        names.join(", ")
    )))
}
