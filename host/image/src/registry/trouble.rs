//! Why something asked of a registry did not come about, sorted by what can be done next.

use std::time::Duration;

use orch_http::Failure;
use orch_model::Fault;

/// Why something asked of a registry did not come about. Messages name the address, without
/// its query, and hold no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The user interrupted.
    Cancelled,
    /// There is no such thing.
    Absent(String),
    /// Credentials are missing or wrong; what to do about it.
    Barred(String, String),
    /// May work in a moment, or after as long as the registry said.
    Passing(String, Option<Duration>),
    /// No connection came about.
    Unreachable(String),
    /// Somebody answers, and cannot prove who it is.
    Distrusted(String),
    /// The registry sends or states something else than what it was asked for.
    Lied(String),
    /// Will not work, however often it is tried.
    Final(String),
    /// This machine, not the registry.
    Machine(Fault),
}

/// What a user can do where nothing answers.
const UNREACHABLE: &str = "check the registry's name and the network; `HTTPS_PROXY` names a proxy";
/// What to do about a certificate that does not hold.
const DISTRUSTED: &str = "if the registry has an authority of its own, let `SSL_CERT_FILE` name \
                          its certificate; look at this machine's clock; only a registry on this \
                           machine is spoken to without encryption";
/// What to do about a registry that broke off.
const PASSING: &str = "run it again: what the registry has already is not sent again";
/// What to do about a registry that lies.
const LIED: &str = "the registry, or something on the way to it, changed it: tell whoever runs it";

impl Trouble {
    /// As a fault; `doing` says what for.
    pub(crate) fn into_fault(self, doing: &str) -> Fault {
        let fault = |message: String| Fault::fetch(format!("{doing}: {message}"));
        match self {
            Trouble::Cancelled => Fault::interrupted(),
            Trouble::Machine(fault) => fault,
            Trouble::Absent(message) | Trouble::Final(message) => fault(message),
            Trouble::Barred(message, hint) => fault(message).hint(hint),
            Trouble::Passing(message, _) => fault(message).hint(PASSING),
            Trouble::Unreachable(message) => fault(message).hint(UNREACHABLE),
            Trouble::Distrusted(message) => fault(message).hint(DISTRUSTED),
            Trouble::Lied(message) => fault(message).hint(LIED),
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
            Failure::Passing(message) => Trouble::Passing(message, None),
        }
    }
}
