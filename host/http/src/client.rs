//! A client with what holds for every request, and the runtime that it lives on. Redirects and
//! proxies are its user's: a client follows none and knows none by itself.

use std::time::Duration;

use orch_model::Fault;
use reqwest::ClientBuilder;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use tokio::runtime::Runtime;

use crate::failure::innermost;
use crate::trust::Authorities;

/// A runtime with one thread of that name.
pub fn runtime(thread: &str) -> Result<Runtime, Fault> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(thread)
        .enable_all()
        .build()
        .map_err(|error| Fault::internal(format!("could not start the network: {error}")))
}

/// A client to be: `connect` is how long a server may take to take a connection.
pub fn builder(connect: Duration, authorities: Authorities) -> Result<ClientBuilder, Fault> {
    let mut headers = HeaderMap::new();
    // A digest is of the bytes as they are, so nobody may pack them on the way.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(reqwest::Client::builder()
        .user_agent(concat!("orch/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .connect_timeout(connect)
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(authorities.encryption()?)
        .no_proxy())
}

/// The client that a builder has described.
pub fn build(builder: ClientBuilder) -> Result<reqwest::Client, Fault> {
    builder.build().map_err(|error| {
        Fault::internal(format!("could not start the network: {}", innermost(error)))
    })
}
