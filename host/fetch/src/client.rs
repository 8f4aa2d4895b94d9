//! The HTTP client: one for a fetcher, made when it is first needed. Decides what a
//! status or a broken connection means; what is done with the bytes is not known here.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use orch_engine::Cancel;
use orch_model::Fault;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::address::{Giver, redirected};
use crate::proxy::proxies;
use crate::redact;
use crate::settings::FetchSettings;
use crate::trouble::Trouble;

const REDIRECTS: usize = 5;

/// The HTTP client and the runtime that it lives on.
pub(crate) struct Client {
    runtime: Runtime,
    http: reqwest::Client,
}

impl Client {
    /// Reads certificates and proxies, and starts the runtime.
    pub(crate) fn new(settings: &FetchSettings) -> Result<Self, Fault> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("orch-fetch")
            .enable_all()
            .build()
            .map_err(|error| Fault::internal(format!("could not start the network: {error}")))?;
        let mut headers = HeaderMap::new();
        // The digest is of the bytes as they are, so nobody may pack them on the way.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("orch/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(settings.patience.connect)
            .read_timeout(settings.patience.read)
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_preconfigured(encryption()?)
            .no_proxy();
        for proxy in proxies(settings)? {
            builder = builder.proxy(proxy);
        }
        let http = builder.build().map_err(|error| {
            Fault::internal(format!("could not start the network: {}", causes(error)))
        })?;
        Ok(Self { runtime, http })
    }

    /// Runs `work` to its end or until the user interrupts.
    pub(crate) fn run<T>(
        &self,
        cancel: &Cancel,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let woken = Arc::new(Notify::new());
        let _subscription = cancel.on_cancel({
            let woken = Arc::clone(&woken);
            move || woken.notify_one()
        });
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = woken.notified() => Err(Trouble::Cancelled),
                result = work => result,
            }
        })
    }

    /// Sends a request, follows redirects, and gives the answer to it if that is a good
    /// one.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: &HeaderMap,
        giver: Giver,
        settings: &FetchSettings,
    ) -> Result<Response, Trouble> {
        let mut at = url.clone();
        for _ in 0..=REDIRECTS {
            let response = self
                .http
                .request(method.clone(), at.clone())
                .headers(headers.clone())
                .send()
                .await
                .map_err(|error| broken(&at, error))?;
            let status = response.status();
            if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return judged(&at, response);
            }
            let location = response
                .headers()
                .get(LOCATION)
                .and_then(|location| location.to_str().ok())
                .ok_or_else(|| {
                    let shown = redact::shown(&at);
                    Trouble::Final(format!("`{shown}` redirects to nowhere"))
                })?;
            at = redirected(&at, location, giver, settings)?;
        }
        Err(Trouble::Final(format!(
            "`{}` redirects more than {REDIRECTS} times",
            redact::shown(url)
        )))
    }
}

/// What a failed request or a body that broke off means.
pub(crate) fn broken(url: &Url, error: reqwest::Error) -> Trouble {
    let shown = redact::shown(url);
    if is_distrust(&error) {
        return Trouble::Distrusted(format!("`{shown}` is not trusted: {}", causes(error)));
    }
    if error.is_connect() {
        return Trouble::Unreachable(format!("could not reach `{shown}`: {}", causes(error)));
    }
    if error.is_timeout() {
        return Trouble::Passing(format!("`{shown}` stopped answering"));
    }
    Trouble::Passing(format!(
        "the connection to `{shown}` broke: {}",
        causes(error)
    ))
}

fn judged(url: &Url, response: Response) -> Result<Response, Trouble> {
    let status = response.status();
    let said = format!("`{}` answered {status}", redact::shown(url));
    Err(match status {
        status if status.is_success() => return Ok(response),
        // Means that what we have is not the beginning of what is there now.
        StatusCode::RANGE_NOT_SATISFIABLE => return Ok(response),
        StatusCode::NOT_FOUND | StatusCode::GONE => Trouble::Absent(said),
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED => Trouble::Barred(said),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Trouble::Passing(said),
        status if status.is_server_error() => Trouble::Passing(said),
        _ => Trouble::Final(said),
    })
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
/// taken off, since it may hold a password and is named by the caller anyway.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    let mut innermost = error.source();
    while let Some(inner) = innermost {
        cause = inner;
        innermost = inner.source();
    }
    redact::text(&cause.to_string())
}

fn encryption() -> Result<rustls::ClientConfig, Fault> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let why = found
            .errors
            .first()
            .map_or_else(String::new, |error| format!(": {error}"));
        return Err(Fault::fetch(format!(
            "found no certificate that servers can be checked with{why}"
        ))
        .hint("install `ca-certificates`, or let `SSL_CERT_FILE` name a file of certificates"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::internal(format!("could not set up encryption: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
