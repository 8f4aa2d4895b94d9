//! What is asked of a service: where, and with which request.

use std::net::{SocketAddr, ToSocketAddrs as _};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use orch_model::Fault;

/// A request, and the addresses of who answers it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    url: String,
    addresses: Vec<SocketAddr>,
    request: Request<Full<Bytes>>,
}

impl Endpoint {
    /// A `GET` of `url`, which is `http://host[:port][/path][?query]`. Looks the host up, once.
    pub fn get(url: &str) -> Result<Self, Fault> {
        let wrong = |why: &str| Fault::usage(format!("cannot put load on `{url}`: {why}"));
        let uri: Uri = url
            .parse()
            .map_err(|error| wrong(&format!("it is no URL: {error}")))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(wrong("load is sent without TLS")
                    .hint("give the address of the service itself, behind what ends TLS for it"));
            }
            _ => return Err(wrong("it does not begin with `http://`")),
        }
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(
                wrong("it holds a user or password").hint("send them in a header `authorization`")
            );
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let addresses: Vec<SocketAddr> = (host, authority.port_u16().unwrap_or(80))
            .to_socket_addrs()
            .map_err(|error| wrong(&format!("its host is not known: {error}")))?
            .collect();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::new(Full::default());
        *request.uri_mut() = path.parse().map_err(|_| wrong("its path is odd"))?;
        let named = HeaderValue::from_str(authority.as_str());
        request
            .headers_mut()
            .insert(HOST, named.map_err(|_| wrong("its host is odd"))?);
        Ok(Self {
            url: url.to_owned(),
            addresses,
            request,
        })
    }

    /// The same of a service on the machine with this address, where this one is loopback's.
    pub fn at(mut self, machine: SocketAddr) -> Self {
        if machine.ip().is_loopback() || !are_loopback(&self.addresses) {
            return self;
        }
        let port = self.addresses.first().map_or(80, SocketAddr::port);
        let address = with_port(machine, port);
        // Which of our interfaces leads to it is nobody else's business.
        let named = SocketAddr::new(address.ip(), port).to_string();
        if let Ok(named) = HeaderValue::from_str(&named) {
            self.request.headers_mut().insert(HOST, named);
        }
        self.url = format!("http://{address}{}", self.request.uri());
        self.addresses = vec![address];
        self
    }

    /// With another method: `POST`.
    pub fn with_method(mut self, method: &str) -> Result<Self, Fault> {
        *self.request.method_mut() = Method::from_bytes(method.as_bytes())
            .map_err(|_| Fault::usage(format!("`{method}` is no HTTP method")))?;
        Ok(self)
    }

    /// With a header, instead of one of the same name that was set before.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, Fault> {
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Fault::usage(format!("`{name}` is no name of an HTTP header")))?;
        // Not shown: it may be a secret.
        let value = HeaderValue::from_str(value).map_err(|_| {
            Fault::usage(format!(
                "the value of the header `{name}` holds control characters"
            ))
        })?;
        self.request.headers_mut().insert(key, value);
        Ok(self)
    }

    /// With a body; its length is told in a header.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        *self.request.body_mut() = Full::new(Bytes::from(body.into()));
        self
    }

    /// As it was given.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where to connect to, in order of preference.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The request once more.
    pub(crate) fn request(&self) -> Request<Full<Bytes>> {
        self.request.clone()
    }
}

/// Whether addresses are all of the machine itself that is asked.
pub(crate) fn are_loopback(addresses: &[SocketAddr]) -> bool {
    addresses.iter().all(|one| one.ip().is_loopback())
}

/// The same address with another port.
pub(crate) fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_another_machine_is_asked_by_its_address() {
        let machine: SocketAddr = "[fe80::7%3]:0".parse().unwrap();
        let endpoint = Endpoint::get("http://127.0.0.1:8080/a")
            .unwrap()
            .at(machine);
        assert_eq!(endpoint.url(), "http://[fe80::7%3]:8080/a");
        assert_eq!(endpoint.addresses(), ["[fe80::7%3]:8080".parse().unwrap()]);
        assert_eq!(endpoint.request().headers()[HOST], "[fe80::7]:8080");
        let elsewhere = Endpoint::get("http://192.0.2.1/a").unwrap().at(machine);
        assert_eq!(elsewhere.url(), "http://192.0.2.1/a");
    }
}
