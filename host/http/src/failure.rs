//! What it means that a request got no answer, or that an answer broke off.

use std::error::Error;

use crate::redact;

/// Why a request got no answer, or an answer broke off. The message names the address as the
/// caller shows it, and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Somebody answers, and cannot prove who it is.
    Distrusted(String),
    /// No connection came about.
    Unreachable(String),
    /// May work in a moment.
    Passing(String),
}

impl Failure {
    /// What an error of a request to the address `shown` means.
    pub fn of(shown: &str, error: reqwest::Error) -> Self {
        if is_distrust(&error) {
            let cause = innermost(error);
            return Failure::Distrusted(format!("`{shown}` is not trusted: {cause}"));
        }
        if error.is_connect() {
            let cause = innermost(error);
            return Failure::Unreachable(format!("could not reach `{shown}`: {cause}"));
        }
        if error.is_timeout() {
            return Failure::stalled(shown);
        }
        let cause = innermost(error);
        Failure::Passing(format!("the connection to `{shown}` broke: {cause}"))
    }

    /// That the server at the address `shown` took longer than any may.
    pub fn stalled(shown: &str) -> Self {
        Failure::Passing(format!("`{shown}` stopped answering"))
    }
}

/// Whether the two ends could not agree on how to trust each other.
fn is_distrust(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // One of these does not count what it wraps among its sources.
    let wrapped = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    wrapped.is_some_and(|inner| is_distrust(inner)) || error.source().is_some_and(is_distrust)
}

/// The innermost cause: the outer ones only say that there was an error. The address is
/// taken off, since it may hold a password or a token and is named by the caller anyway.
pub(crate) fn innermost(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    redact::text(&cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distrust_is_found_however_deep_it_lies() {
        let distrust = || rustls::Error::General("unknown issuer".into());
        let wrapped = std::io::Error::other(std::io::Error::other(distrust()));
        assert!(is_distrust(&distrust()));
        assert!(is_distrust(&wrapped));
        assert!(!is_distrust(&std::io::Error::other("reset")));
    }
}
