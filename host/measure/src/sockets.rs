//! The kernel's tables of TCP sockets, `/proc/net/tcp` and `tcp6` of proc_pid_net(5): which ports are
//! used, and who listens at which addresses.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The state of a socket that listens.
const LISTEN: &str = "0A";

/// One end of a connection, or somebody who waits for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its address on the machine.
    pub address: SocketAddr,
    /// Whether connections to it are accepted.
    pub listens: bool,
    /// By which its process is found.
    pub(crate) inode: String,
}

/// The sockets of one table, or of both with one behind the other. Lines that are none are left out.
pub fn sockets(table: &str) -> impl Iterator<Item = Socket> {
    table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (address, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        Some(Socket {
            address: read(address)?,
            listens: *state == LISTEN,
            inode: (*inode).to_owned(),
        })
    })
}

/// `0100007F:1F90`: words of four bytes as a machine keeps them that puts the lowest first, as all do
/// that we know programs for; and the port.
fn read(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let is_hexadecimal = address.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hexadecimal || !matches!(address.len(), 8 | 32) {
        return None;
    }
    let words = address.as_bytes().chunks(8).map(|word| {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        Some(word.to_le_bytes())
    });
    let bytes = words.collect::<Option<Vec<_>>>()?.concat();
    let address = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::from(four),
        Err(_) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    Some(SocketAddr::new(address.to_canonical(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        let check = |text: &str, address: &str| {
            assert_eq!(read(text), Some(address.parse().unwrap()), "{text}");
        };
        check("0100007F:1F90", "127.0.0.1:8080");
        check("00000000:0016", "0.0.0.0:22");
        check("00000000000000000000000001000000:0050", "[::1]:80");
        check("0000000000000000FFFF00000100007F:0050", "127.0.0.1:80");
        check("B80D0120000000000000000007000000:0050", "[2001:db8::7]:80");
        for wrong in [
            "local_address",
            "0100007F",
            "0100007:50",
            "+100007F:0050",
            "Z100007F:0050",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_listens_is_told_from_what_is_connected() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1
   1: 0700000A:0016 0800000A:D431 01 00000000:00000000 02:000A 00000000     0        0 815 4
   2: short
";
        let found: Vec<Socket> = sockets(table).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].listens && !found[1].listens, "{found:?}");
        assert_eq!(found[1].address, "10.0.0.7:22".parse().unwrap());
        assert_eq!(found[0].inode, "4711");
    }
}
