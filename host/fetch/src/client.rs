//! The HTTP client: one for a fetcher, made when it is first needed. Decides what a
//! status or a broken connection means; what is done with the bytes is not known here.

use std::future::Future;
use std::sync::Arc;

use orch_engine::Cancel;
use orch_http::{Authorities, Failure, redact};
use orch_model::Fault;
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::address::{Giver, redirected};
use crate::proxy::proxies;
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
        let mut builder = orch_http::builder(settings.patience.connect, Authorities::Needed)?
            .read_timeout(settings.patience.read);
        for proxy in proxies(settings)? {
            builder = builder.proxy(proxy);
        }
        let http = orch_http::build(builder)?;
        let runtime = orch_http::runtime("orch-fetch")?;
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
    Failure::of(&redact::shown(url), error).into()
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
