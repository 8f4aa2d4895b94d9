//! How a service shows that it can be used, and where that is looked for.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs as _};

use orch_model::{Fault, Readiness};

use crate::load::{Endpoint, are_loopback, with_port};

/// How a service shows that it can be used.
#[derive(Clone, Debug)]
pub enum ReadySign {
    /// It answers a request with a status.
    Http {
        /// What is asked.
        endpoint: Box<Endpoint>,
        /// The status, mostly 200.
        status: u16,
    },
    /// It accepts connections.
    Tcp {
        /// As it was given: `localhost:8080`.
        address: String,
        /// Where that is, in order of preference.
        addresses: Vec<SocketAddr>,
    },
}

impl ReadySign {
    /// That `host:port` accepts connections. Looks the host up, once.
    pub fn tcp(address: &str) -> Result<Self, Fault> {
        let addresses = address.to_socket_addrs().map_err(|error| {
            Fault::usage(format!("`{address}` is no address of a service: {error}"))
                .hint("write it as `127.0.0.1:8080`; `${port}` is a free port")
        })?;
        Ok(Self::Tcp {
            address: address.to_owned(),
            addresses: addresses.collect(),
        })
    }

    /// How it is seen that a service is ready which is to say so in this way.
    pub(crate) fn of(ready: &Readiness) -> Result<Self, Fault> {
        match ready {
            Readiness::Http { url, status } => Ok(Self::Http {
                endpoint: Box::new(Endpoint::get(url)?),
                status: *status,
            }),
            Readiness::Tcp(address) => Self::tcp(address),
        }
    }

    /// The same of a service on the machine with this address, where this one is loopback's.
    pub(crate) fn at(self, machine: SocketAddr) -> Self {
        match self {
            Self::Http { endpoint, status } => Self::Http {
                endpoint: Box::new(endpoint.at(machine)),
                status,
            },
            Self::Tcp { addresses, .. } if are_loopback(&addresses) => {
                let port = addresses.first().map_or(0, SocketAddr::port);
                let address = with_port(machine, port);
                Self::Tcp {
                    address: address.to_string(),
                    addresses: vec![address],
                }
            }
            elsewhere => elsewhere,
        }
    }

    /// Where the service is to be.
    pub fn addresses(&self) -> &[SocketAddr] {
        match self {
            Self::Http { endpoint, .. } => endpoint.addresses(),
            Self::Tcp { addresses, .. } => addresses,
        }
    }
}

impl fmt::Display for ReadySign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { endpoint, .. } => f.write_str(endpoint.url()),
            Self::Tcp { address, .. } => f.write_str(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_on_loopback_is_looked_for_at_the_machine() {
        let machine = SocketAddr::from(([10, 0, 0, 7], 0));
        let http = ReadySign::Http {
            endpoint: Box::new(Endpoint::get("http://127.0.0.1:8080/a?b=c").unwrap()),
            status: 200,
        };
        let shown = |sign: ReadySign| (sign.to_string(), sign.addresses().to_vec());
        let at = |port: u16| SocketAddr::from(([10, 0, 0, 7], port));
        assert_eq!(
            shown(http.at(machine)),
            ("http://10.0.0.7:8080/a?b=c".to_owned(), vec![at(8080)])
        );
        let named = ReadySign::tcp("127.0.0.1:81").unwrap();
        assert_eq!(
            shown(named.at(machine)),
            ("10.0.0.7:81".to_owned(), vec![at(81)])
        );
        let elsewhere = ReadySign::tcp("192.0.2.1:81").unwrap();
        assert_eq!(shown(elsewhere.clone().at(machine)), shown(elsewhere));
    }
}
