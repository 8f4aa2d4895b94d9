//! The HTTP client and the runtime that it lives on. Sends one request and says what a broken
//! connection means; knows nothing of registries.

use std::future::Future;
use std::time::Duration;

use orch_http::{Authorities, Failure};
use orch_model::Fault;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
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
        let mut builder = orch_http::builder(settings.patience.connect, Authorities::IfAny)?
            .retry(reqwest::retry::never());
        if let Some(proxy) = proxy(settings)? {
            builder = builder.proxy(proxy);
        }
        let remote = orch_http::build(builder)?;
        let runtime = orch_http::runtime("orch-image")?;
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
            Err(_) => Err(Failure::stalled(&shown(url)).into()),
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

/// What a failed request or an answer that broke off means.
fn broken(url: &Url, error: reqwest::Error) -> Trouble {
    Failure::of(&shown(url), error).into()
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
