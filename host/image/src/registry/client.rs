//! The HTTP client and the runtime that it lives on. Sends one request and says what a broken
//! connection means; knows nothing of registries.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use orch_model::Fault;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, NoProxy, Proxy, Response, Url};
use tokio::runtime::Runtime;

use super::address::shown;
use super::body::Payload;
use super::settings::{Patience, RegistrySettings};
use super::trouble::Trouble;
use crate::Cancelled;
use crate::reference::is_loopback;

/// How often somebody who waits looks whether the user wants to stop.
const LOOK: Duration = Duration::from_millis(50);
/// Whoever takes less than this in a second is given up.
const SLOWEST_BYTES: u64 = 16 << 10;

/// A request that can be sent again.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
}

impl Ask {
    /// A request that carries nothing.
    pub(super) fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            payload: Payload::Nothing,
        }
    }

    /// A request that carries bytes of a kind.
    pub(super) fn carrying(
        method: Method,
        url: Url,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Self, Trouble> {
        let mut ask = Self::new(method, url);
        let kind = HeaderValue::from_str(media_type)
            .map_err(|_| Trouble::Final(format!("`{media_type:?}` is no media type")))?;
        ask.headers.insert(CONTENT_TYPE, kind);
        ask.payload = Payload::Bytes(bytes.into());
        Ok(ask)
    }
}

/// The HTTP client and the runtime that it lives on.
pub(super) struct Client {
    runtime: Runtime,
    remote: reqwest::Client,
    patience: Patience,
}

impl Client {
    /// Reads certificates and starts the runtime.
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, Fault> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("orch-image")
            .enable_all()
            .build()
            .map_err(|error| Fault::internal(format!("could not start the network: {error}")))?;
        let mut headers = HeaderMap::new();
        // A digest is of the bytes as they are, so nobody may pack them on the way.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("orch/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(settings.patience.connect)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tls_backend_preconfigured(encryption()?)
            .no_proxy();
        if let Some(proxy) = proxy(settings)? {
            builder = builder.proxy(proxy);
        }
        let remote = builder.build().map_err(|error| {
            Fault::internal(format!("could not start the network: {}", causes(error)))
        })?;
        Ok(Self {
            runtime,
            remote,
            patience: settings.patience,
        })
    }

    /// Runs `work` to its end or until the user wants to stop. May be called by several threads
    /// at once.
    pub(super) fn run<T>(
        &self,
        cancelled: Cancelled<'_>,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let stop = async {
            while !cancelled() {
                tokio::time::sleep(LOOK).await;
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop => Err(Trouble::Cancelled),
                result = work => result,
            }
        })
    }

    /// Sends a request to `url`, once, and gives whatever answer comes.
    pub(super) async fn send(
        &self,
        ask: &Ask,
        url: &Url,
        authorization: Option<HeaderValue>,
    ) -> Result<Response, Trouble> {
        let mut headers = ask.headers.clone();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value);
        }
        let body = ask.payload.body().map_err(|error| {
            Trouble::Machine(Fault::internal(format!("could not read a layer: {error}")))
        })?;
        let request = self
            .remote
            .request(ask.method.clone(), url.clone())
            .headers(headers)
            .body(body)
            .send();
        self.within(url, ask.payload.bytes(), async {
            request.await.map_err(|error| broken(url, error))
        })
        .await
    }

    /// Ends work on so many bytes of an address that takes longer than any server may.
    pub(super) async fn within<T>(
        &self,
        url: &Url,
        bytes: u64,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let most = self.patience.answer + Duration::from_secs(bytes / SLOWEST_BYTES);
        match tokio::time::timeout(most, work).await {
            Ok(ended) => ended,
            Err(_) => Err(stalled(url)),
        }
    }

    /// The next piece of an answer; nothing at its end.
    pub(super) async fn piece(
        &self,
        response: &mut Response,
    ) -> Result<Option<bytes::Bytes>, Trouble> {
        let url = response.url().clone();
        let piece = async { response.chunk().await.map_err(|error| broken(&url, error)) };
        self.within(&url, 0, piece).await
    }

    /// A whole answer of at most so many bytes.
    pub(super) async fn whole(
        &self,
        mut response: Response,
        most: u64,
    ) -> Result<Vec<u8>, Trouble> {
        let url = response.url().clone();
        let reading = async {
            let mut whole = Vec::new();
            while let Some(piece) = self.piece(&mut response).await? {
                if (whole.len() + piece.len()) as u64 > most {
                    let shown = shown(&url);
                    return Err(Trouble::Lied(format!(
                        "`{shown}` sends more than {most} bytes"
                    )));
                }
                whole.extend_from_slice(&piece);
            }
            Ok(whole)
        };
        self.within(&url, most, reading).await
    }
}

fn stalled(url: &Url) -> Trouble {
    Trouble::Passing(format!("`{}` stopped answering", shown(url)), None)
}

/// What a failed request or an answer that broke off means.
fn broken(url: &Url, error: reqwest::Error) -> Trouble {
    let shown = shown(url);
    if is_distrust(&error) {
        return Trouble::Distrusted(format!("`{shown}` is not trusted: {}", causes(error)));
    }
    if error.is_connect() {
        return Trouble::Unreachable(format!("could not reach `{shown}`: {}", causes(error)));
    }
    Trouble::Passing(
        format!("the connection to `{shown}` broke: {}", causes(error)),
        None,
    )
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

/// The innermost cause, without the address, whose query may hold a token.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The user's proxy. This machine is never asked through one.
fn proxy(settings: &RegistrySettings) -> Result<Option<Proxy>, Fault> {
    let Some(address) = settings.proxy.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    // The error would quote the address, and so a password in it.
    let proxy = Url::parse(address).ok().filter(Url::has_host);
    let proxy = proxy.ok_or_else(|| {
        Fault::usage("the proxy for registries has no address that can be used")
            .hint("`HTTPS_PROXY` takes one such as `http://proxy.example:3128`")
    })?;
    let except = settings.no_proxy.as_deref().and_then(NoProxy::from_string);
    let chosen = Proxy::custom(move |url| {
        let is_here = url.host_str().is_some_and(is_loopback);
        (!is_here).then(|| proxy.clone())
    });
    Ok(Some(chosen.no_proxy(except)))
}

fn encryption() -> Result<rustls::ClientConfig, Fault> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    // Without any, a registry of this machine can be spoken to all the same.
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::internal(format!("could not set up encryption: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
