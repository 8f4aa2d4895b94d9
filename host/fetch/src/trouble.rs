//! Why an attempt to get something ended without it, sorted by what can be done next.

use orch_http::Failure;
use orch_model::{Fault, Refusal};

/// Why an attempt to get something ended without it. Messages name the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The user interrupted.
    Cancelled,
    /// The network is out of bounds.
    Offline(String),
    /// There is no such thing at that address.
    Absent(String),
    /// The server wants credentials that we do not have.
    Barred(String),
    /// May work in a moment.
    Passing(String),
    /// No connection came about.
    Unreachable(String),
    /// Somebody answers, and cannot prove who it is.
    Distrusted(String),
    /// It is there, and is something else than what is pinned.
    Foreign(String),
    /// Will not work, however often it is tried.
    Final(String),
    /// A program that is needed is not on this machine: what, and what installs it.
    Missing(String, String),
    /// The disk, not the network.
    Machine(Fault),
}

/// What a user can do where nothing answers.
pub const UNREACHABLE: &str = "check the network; `HTTPS_PROXY` names a proxy, `ORCH_MIRRORS` a mirror, \
                           pip's own settings another package index";

/// What to do about a certificate that does not hold.
const DISTRUSTED: &str = "if a proxy of yours stands between, let `SSL_CERT_FILE` name its authority's \
                          certificate; look at this machine's clock";

/// What to do about bytes that are not the pinned ones.
const FOREIGN: &str = "something on the way changed it, or it was replaced: if that was on purpose, \
                       `orch lock --update` pins what is there now";

impl Trouble {
    /// The message and the hint, where there is one.
    pub(crate) fn into_parts(self) -> (String, Option<String>) {
        match self {
            Trouble::Cancelled => ("interrupted".into(), None),
            Trouble::Offline(message) => (
                message,
                Some("`orch fetch` gets it while online".to_owned()),
            ),
            Trouble::Passing(message) => (
                message,
                Some("run it again: what has come is kept".to_owned()),
            ),
            Trouble::Unreachable(message) => (message, Some(UNREACHABLE.to_owned())),
            Trouble::Distrusted(message) => (message, Some(DISTRUSTED.to_owned())),
            Trouble::Foreign(message) => (message, Some(FOREIGN.to_owned())),
            Trouble::Absent(message) | Trouble::Barred(message) | Trouble::Final(message) => {
                (message, None)
            }
            Trouble::Missing(message, hint) => (message, Some(hint)),
            Trouble::Machine(fault) => (fault.message, fault.hint),
        }
    }

    /// As the answer to a plugin's question.
    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Trouble::Offline(_) => Refusal::Offline,
            Trouble::Absent(_) => Refusal::Absent,
            Trouble::Missing(message, hint) => Refusal::Failed(format!("{message}; {hint}")),
            // The plugin says what it makes of it, and the user hears the remedy once.
            other => Refusal::Failed(other.into_parts().0),
        }
    }

    /// As a fault; `doing` says what for.
    pub(crate) fn into_fault(self, doing: &str) -> Fault {
        match self {
            Trouble::Cancelled => Fault::interrupted(),
            Trouble::Machine(fault) => fault,
            other => {
                let (message, hint) = other.into_parts();
                let fault = Fault::fetch(format!("{doing}: {message}"));
                match hint {
                    Some(hint) => fault.hint(hint),
                    None => fault,
                }
            }
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Trouble::Machine(fault)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Distrusted(message) => Trouble::Distrusted(message),
            Failure::Unreachable(message) => Trouble::Unreachable(message),
            Failure::Passing(message) => Trouble::Passing(message),
        }
    }
}
