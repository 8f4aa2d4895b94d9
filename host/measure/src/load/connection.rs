//! One connection that is kept, with one request at a time.

use std::pin::{Pin, pin};

use http_body_util::{BodyExt as _, Full};
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::endpoint::Endpoint;
use super::failure::Failure;

type Driver = http1::Connection<TokioIo<TcpStream>, Full<Bytes>>;

/// A connection to an endpoint.
pub(crate) struct Connection {
    requests: http1::SendRequest<Full<Bytes>>,
    /// Moves the bytes. It is polled by whoever waits for an answer, in place of a task of its
    /// own: that saves two wake-ups a request. None when the connection is closed.
    driver: Option<Pin<Box<Driver>>>,
}

impl Connection {
    /// Connects.
    pub async fn open(endpoint: &Endpoint) -> Result<Self, Failure> {
        let stream = TcpStream::connect(endpoint.addresses())
            .await
            .map_err(|error| Failure::connect(&error))?;
        // Else the kernel holds small requests back, and latencies are its timer's.
        stream
            .set_nodelay(true)
            .map_err(|error| Failure::connect(&error))?;
        let (requests, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::exchange(&error))?;
        Ok(Self {
            requests,
            driver: Some(Box::pin(driver)),
        })
    }

    /// Whether another request can be sent. Also waits until the last answer was put away.
    pub async fn is_open(&mut self) -> bool {
        let Some(driver) = &mut self.driver else {
            return false;
        };
        let is_open = tokio::select! {
            biased;
            _ = driver => false,
            ready = self.requests.ready() => ready.is_ok(),
        };
        if !is_open {
            self.driver = None;
        }
        is_open
    }

    /// Sends the request and reads the whole answer; what the body says is not looked at.
    pub async fn exchange(&mut self, endpoint: &Endpoint) -> Result<StatusCode, Failure> {
        let response = self.requests.send_request(endpoint.request());
        let mut answer = pin!(async {
            let mut response = response.await?;
            while let Some(frame) = response.frame().await {
                frame?;
            }
            Ok(response.status())
        });
        if let Some(driver) = &mut self.driver {
            tokio::select! {
                biased;
                // An answer that came before the end is still there to be read.
                _ = driver => self.driver = None,
                answer = &mut answer => return told(answer),
            }
        }
        told(answer.await)
    }
}

fn told(answer: hyper::Result<StatusCode>) -> Result<StatusCode, Failure> {
    answer.map_err(|error| Failure::exchange(&error))
}
