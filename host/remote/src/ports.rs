//! Ports of a machine for services that are loaded over the network: a few, so that a firewall can let
//! them in, below those that the kernel hands out itself.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use orch_measure::Socket;

/// From which one is taken.
pub(crate) const PORTS: RangeInclusive<u16> = 28_000..=28_999;

/// One that no socket has, whatever it is used for. None where all are used.
pub(crate) fn choose(sockets: &[Socket], random: &mut fastrand::Rng) -> Option<u16> {
    let is_free = |port: &u16| sockets.iter().all(|one| one.address.port() != *port);
    let free: Vec<u16> = PORTS.filter(is_free).collect();
    random.choice(free)
}

/// At which addresses somebody listens at a port.
pub(crate) fn listeners(sockets: &[Socket], port: u16) -> Vec<SocketAddr> {
    let listens = |one: &&Socket| one.listens && one.address.port() == port;
    let found = sockets.iter().filter(listens);
    found.map(|socket| socket.address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(address: &str, listens: bool) -> String {
        let address: std::net::SocketAddrV4 = address.parse().unwrap();
        let digits = u32::from_le_bytes(address.ip().octets());
        let state = if listens { "0A" } else { "06" };
        format!(
            "0: {digits:08X}:{:04X} 00000000:0000 {state} 0:0 0:0 0 0 0 9\n",
            address.port()
        )
    }

    #[test]
    fn a_port_is_free_that_nobody_has() {
        let table: String = PORTS
            .filter(|port| *port != 28_500)
            .map(|port| socket(&format!("127.0.0.1:{port}"), port % 2 == 0))
            .collect();
        let sockets: Vec<Socket> = orch_measure::sockets(&table).collect();
        let mut random = fastrand::Rng::with_seed(7);
        assert_eq!(choose(&sockets, &mut random), Some(28_500));
        let full = table + &socket("10.0.0.7:28500", false);
        let full: Vec<Socket> = orch_measure::sockets(&full).collect();
        assert_eq!(choose(&full, &mut random), None);
        assert!(PORTS.contains(&choose(&[], &mut random).unwrap()));
    }

    #[test]
    fn who_only_was_connected_does_not_listen() {
        let table = socket("127.0.0.1:80", true) + &socket("10.0.0.7:80", false);
        let sockets: Vec<Socket> = orch_measure::sockets(&table).collect();
        assert_eq!(listeners(&sockets, 80), ["127.0.0.1:80".parse().unwrap()]);
    }
}
