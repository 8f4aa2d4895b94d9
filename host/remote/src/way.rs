//! The way from here to a machine, as its sshd saw it: the address that we reached it by is the one to
//! which load is sent.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};

/// Which of this machine's interfaces has which IPv6 address.
pub(crate) const INTERFACES: &str = "/proc/net/if_inet6";

/// This start of this machine: another machine has another one.
pub(crate) fn own_start() -> String {
    let start = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    start.unwrap_or_default().trim().to_owned()
}

/// Where a machine is reached, without a port: of `SSH_CONNECTION`, ssh(1), which names the client's
/// address and port and then the server's. `interfaces` is the text of [`INTERFACES`]. None where it
/// says nothing of use, as behind a proxy that is no network's.
pub(crate) fn address(connection: &str, interfaces: &str) -> Option<SocketAddr> {
    let words: Vec<&str> = connection.split_whitespace().collect();
    let [client, _, server, _] = words[..] else {
        return None;
    };
    let server = plain(server)?;
    match server {
        // It holds on one wire only, which the machine calls otherwise than we do.
        IpAddr::V6(address) if address.is_unicast_link_local() => {
            let scope = interface_with(plain(client)?, interfaces)?;
            Some(SocketAddrV6::new(address, 0, 0, scope).into())
        }
        server => Some(SocketAddr::new(server, 0)),
    }
}

/// Without the name of an interface.
fn plain(text: &str) -> Option<IpAddr> {
    let address = text.split('%').next()?.parse::<IpAddr>().ok()?;
    Some(address.to_canonical())
}

/// The number of the interface here that has an address: lines of 32 digits, its number and others.
fn interface_with(address: IpAddr, interfaces: &str) -> Option<u32> {
    let IpAddr::V6(address) = address else {
        return None;
    };
    let digits = format!("{:032x}", u128::from(address));
    interfaces.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let is_its = words.next()? == digits;
        let number = u32::from_str_radix(words.next()?, 16).ok()?;
        is_its.then_some(number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "\
00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000022215fffe123456 0c 40 20 80     eth0
";

    #[track_caller]
    fn check(connection: &str, expected: Option<&str>) {
        let expected = expected.map(|text| text.parse().unwrap());
        assert_eq!(address(connection, HERE), expected, "{connection}");
    }

    #[test]
    fn the_servers_address_is_where_load_goes() {
        check("10.0.0.2 51234 10.0.0.7 22", Some("10.0.0.7:0"));
        check("2001:db8::2 5 2001:db8::7 22", Some("[2001:db8::7]:0"));
        check("::ffff:10.0.0.2 5 ::ffff:10.0.0.7 22", Some("10.0.0.7:0"));
        check("UNKNOWN 65535 UNKNOWN 65535", None);
        check("", None);
    }

    #[test]
    fn an_address_of_one_wire_is_reached_by_our_own_interface() {
        let client = "fe80::222:15ff:fe12:3456%enp1s0";
        check(
            &format!("{client} 5 fe80::7%end0 22"),
            Some("[fe80::7%12]:0"),
        );
        check("fe80::9%end0 5 fe80::7%end0 22", None);
    }
}
