//! What the answer of a server means by its status and headers, and what it says of an error.
//! Knows no credentials.

use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use serde::Deserialize;

use super::address::{named, shown};
use super::trouble::Trouble;

/// What the distribution specification has a registry say of errors.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaints {
    errors: Vec<Complaint>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    code: String,
    message: String,
}

/// What a registry says of the first thing that is wrong, as one line.
pub(super) fn complaint(bytes: &[u8]) -> Option<String> {
    let complaints: Complaints = serde_json::from_slice(bytes).ok()?;
    let first = complaints.errors.into_iter().next()?;
    let text = format!("{} {}", first.code, first.message);
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.trim().chars().map(plain).collect();
    (!text.is_empty()).then_some(text)
}

/// What an answer means that is neither a good one nor about credentials.
pub(super) fn meaning(status: StatusCode, said: String, wait: Option<Duration>) -> Trouble {
    match status {
        // An upload that is not as far as was thought is as good as none.
        StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::RANGE_NOT_SATISFIABLE => {
            Trouble::Absent(said)
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Trouble::Passing(said, wait),
        status if status.is_server_error() => Trouble::Passing(said, wait),
        _ => Trouble::Final(said),
    }
}

/// A good answer, or what another one means, by its status alone: what else it says may hold
/// what it was shown.
pub(super) fn judged_by_status(response: Response) -> Result<Response, Trouble> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let said = format!("`{}` answered {status}", shown(response.url()));
    Err(meaning(status, said, told_to_wait(response.headers())))
}

/// Redirects of a request that carries something must say that it is to be sent again.
pub(super) fn is_redirect(method: &Method, status: StatusCode) -> bool {
    match status.as_u16() {
        307 | 308 => true,
        301..=303 => matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    }
}

/// Where an answer sends on to.
pub(super) fn leads_to(from: &Url, headers: &HeaderMap) -> Result<Url, Trouble> {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| {
        Trouble::Lied(format!(
            "`{}` leads on, and does not say where",
            shown(from)
        ))
    })?;
    named(from, location)
}

/// How long a registry asks to wait, where it says so in seconds.
pub(super) fn told_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}
