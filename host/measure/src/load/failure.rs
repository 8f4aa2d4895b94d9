//! How a request can come to nothing.

use std::error::Error as _;
use std::io;

use hyper::StatusCode;

/// How a request came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorKind {
    /// No connection was made: nobody listens, or there are no more ports or files.
    Connect,
    /// The other side broke the connection off.
    Reset,
    /// There was no whole answer within the limit.
    Timeout,
    /// A status between 500 and 599.
    ServerStatus,
    /// Any other status but those between 200 and 299. Redirects are not followed.
    OtherStatus,
    /// The connection was closed before the answer was whole.
    EarlyEnd,
    /// What came is no HTTP/1.
    Garbled,
}

impl ErrorKind {
    /// As reports name it: `early-end`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::ServerStatus => "server-status",
            Self::OtherStatus => "other-status",
            Self::EarlyEnd => "early-end",
            Self::Garbled => "garbled",
        }
    }
}

/// How often something failed in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many requests.
    pub count: u64,
    /// What was said of one of the first.
    pub example: String,
}

/// Why one request came to nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    pub kind: ErrorKind,
    pub message: String,
}

impl Failure {
    pub fn connect(error: &io::Error) -> Self {
        Self {
            kind: ErrorKind::Connect,
            message: error.to_string(),
        }
    }

    pub fn timeout(limit: std::time::Duration) -> Self {
        Self {
            kind: ErrorKind::Timeout,
            message: format!("no whole answer within {limit:?}"),
        }
    }

    /// What became of an exchange that the other side ended.
    pub fn exchange(error: &hyper::Error) -> Self {
        let cause = io_cause(error);
        let kind = match cause.map(io::Error::kind) {
            Some(io::ErrorKind::UnexpectedEof) => ErrorKind::EarlyEnd,
            Some(_) => ErrorKind::Reset,
            None if error.is_parse() => ErrorKind::Garbled,
            // Closed before, while or right after the request was sent.
            None => ErrorKind::EarlyEnd,
        };
        Self {
            kind,
            message: cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")),
        }
    }

    /// What a status says, if it does not say that all is well.
    pub fn of_status(status: StatusCode) -> Option<Self> {
        let kind = match status {
            status if status.is_success() => return None,
            status if status.is_server_error() => ErrorKind::ServerStatus,
            _ => ErrorKind::OtherStatus,
        };
        Some(Self {
            kind,
            message: status.to_string(),
        })
    }
}

/// The I/O error that an error of hyper's came of.
fn io_cause(error: &hyper::Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref() {
            return Some(io);
        }
        cause = error.source();
    }
    None
}
