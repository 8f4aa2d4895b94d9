//! Ports of loopback: free ones, and those that somebody has.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use orch_model::Fault;

/// A port of loopback that nobody has at this moment. Somebody may take it before it is used; the
/// kernel goes round all of them before it hands the same one out again, so that is rare.
pub fn free_port() -> Result<u16, Fault> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|error| {
        Fault::internal(format!("loopback has no free port: {error}"))
            .hint("`ss -tan` shows who holds them; `net.ipv4.ip_local_port_range` sets how many there are")
    })
}

/// Whether somebody listens at `address` already. Connections that are only waiting to be
/// forgotten (`TIME_WAIT`) do not count: a listener is let in beside them.
pub fn port_is_taken(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

/// Refuses an address that a service cannot have: somebody else would be measured in its place.
pub fn require_free_port(address: SocketAddr) -> Result<(), Fault> {
    if !port_is_taken(address) {
        return Ok(());
    }
    let port = address.port();
    Err(
        Fault::usage(format!("port {port} of {} is taken already", address.ip())).hint(format!(
            "`ss -ltnp 'sport = :{port}'` shows by whom: end it, or let the service listen at \
             another port"
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_until_somebody_listens() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().unwrap()));
        assert!(!port_is_taken(address));
        let listener = TcpListener::bind(address).unwrap();
        assert!(port_is_taken(address));
        let fault = require_free_port(address).unwrap_err();
        assert!(fault.message.contains("is taken already"), "{fault}");
        assert!(fault.hint.unwrap().starts_with("`ss -ltnp"));
        drop(listener);
        assert_eq!(require_free_port(address), Ok(()));
    }

    #[test]
    fn a_port_that_only_waits_to_be_forgotten_is_free() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        let (served, _) = listener.accept().unwrap();
        // The side that closes first waits.
        drop(served);
        drop(client);
        drop(listener);
        assert!(!port_is_taken(address));
    }
}
