//! Whether a service answers, asked from the host that it runs on: nothing needs to be installed
//! there.

use std::future::Future;
use std::io;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;

use crate::connection::Connection;
use crate::lost::{Loss, Lost};
use crate::tunnel::Tunnel;

/// A longer body is an error: a health check that is read by a program says less.
const MOST_BODY_BYTES: usize = 4 << 20;

/// Between two looks at the [`Stop`](crate::Stop).
const LOOK: Duration = Duration::from_millis(100);

/// What a service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, such as 200.
    pub status: u16,
    /// The body, as it came.
    pub body: Vec<u8>,
}

/// An `http:` URL in its parts.
struct Url {
    authority: String,
    /// With a port, as a connection needs it.
    endpoint: String,
    target: String,
}

impl Connection {
    /// Asks for an `http:` URL as the host itself would; redirects are not followed. All of the
    /// answer has to be there within `timeout`.
    pub fn get(&self, url: &str, timeout: Duration) -> Result<Answer, Lost> {
        let parts = Url::parse(url).ok_or_else(|| {
            Lost::new(
                Loss::Internal,
                format!("`{url}` is no `http:` URL with a host"),
            )
        })?;
        let asked = async {
            let tunnel = Tunnel::connect(self, &parts.endpoint).await?;
            exchange(tunnel, &parts).await
        };
        self.within(timeout, &format!("`{url}`"), asked)
    }

    /// Whether somebody listens at `host:port`, as the host itself names it: an error if not.
    pub fn connects(&self, endpoint: &str, timeout: Duration) -> Result<(), Lost> {
        let connected = async { Tunnel::connect(self, endpoint).await.map(drop) };
        self.within(timeout, &format!("`{endpoint}`"), connected)
    }

    /// Waits for an answer of `what`, for no longer than `timeout`.
    fn within<T>(
        &self,
        timeout: Duration,
        what: &str,
        asked: impl Future<Output = io::Result<T>>,
    ) -> Result<T, Lost> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Lost::new(Loss::Internal, format!("could not ask {what}: {error}")))?;
        let address = &self.address;
        let stopped = async {
            while !self.stop.is_raised() {
                tokio::time::sleep(LOOK).await;
            }
        };
        runtime.block_on(async {
            tokio::select! {
                answer = tokio::time::timeout(timeout, asked) => match answer {
                    Ok(answer) => answer.map_err(|error| self.unanswered(what, &error)),
                    Err(_) => Err(Lost::new(
                        Loss::TimedOut,
                        format!(
                            "`{address}`: {what} gave no whole answer within {} s",
                            timeout.as_secs_f32()
                        ),
                    )),
                },
                () = stopped => Err(Lost::new(Loss::Stopped, format!("`{address}`: interrupted"))),
            }
        })
    }

    fn unanswered(&self, what: &str, error: &io::Error) -> Lost {
        let address = &self.address;
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Lost::new(
                Loss::Failed,
                format!("`{address}`: nobody listens at {what}"),
            ),
            _ if !self.is_open() => self.broken(&error.to_string()),
            _ => Lost::new(Loss::Failed, format!("`{address}`: {what}: {error}")),
        }
    }
}

impl Url {
    fn parse(text: &str) -> Option<Self> {
        let uri: hyper::Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let endpoint = format!("{}:{}", uri.host()?, authority.port_u16().unwrap_or(80));
        (uri.scheme_str() == Some("http")).then(|| Self {
            authority: authority.to_string(),
            endpoint,
            target: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
        })
    }
}

async fn exchange(tunnel: Tunnel, url: &Url) -> io::Result<Answer> {
    let (mut requests, driver) = http1::handshake(TokioIo::new(tunnel))
        .await
        .map_err(io::Error::other)?;
    let request = Request::get(&url.target)
        .header(HOST, &url.authority)
        .header(USER_AGENT, "orch")
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let answer = async {
        let response = requests
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), MOST_BODY_BYTES);
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        Ok(Answer {
            status,
            body: body.to_vec(),
        })
    };
    // The driver moves the bytes; an answer that came before it ended is still there.
    let (answer, _) = tokio::join!(answer, driver);
    answer
}
