//! Attacks by way of sockets and shared memory.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use orch_sandbox::{Protection, Residue};

use crate::Test;
use crate::rig::Rig;

pub const TESTS: &[Test] = &[
    (
        "the_machines_loopback_is_out_of_reach",
        the_machines_loopback_is_out_of_reach,
    ),
    (
        "there_is_a_loopback_of_ones_own",
        there_is_a_loopback_of_ones_own,
    ),
    (
        "the_network_is_there_where_it_is_said",
        the_network_is_there_where_it_is_said,
    ),
    (
        "abstract_sockets_of_others_are_out_of_reach",
        abstract_sockets_of_others_are_out_of_reach,
    ),
    (
        "connections_that_stay_are_noticed",
        connections_that_stay_are_noticed,
    ),
    (
        "shared_memory_that_stays_is_noticed",
        shared_memory_that_stays_is_noticed,
    ),
];

fn connect(port: u16) -> String {
    format!(
        "socket(my $s, PF_INET, SOCK_STREAM, 0) or die; \
         connect($s, sockaddr_in({port}, INADDR_LOOPBACK)) or die \"$!\"; print 'connected'"
    )
}

fn the_machines_loopback_is_out_of_reach() {
    let mut rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    rig.perl(&connect(port)).refused("Connection refused");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    let interfaces = rig.run("tail -n +3 /proc/net/dev | cut -d: -f1").fine();
    assert_eq!(interfaces.trim(), "lo");
}

/// A program that listens and connects to itself; `end` says who closes first.
fn talk_to_oneself(end: &str) -> String {
    format!(
        "socket(my $l, PF_INET, SOCK_STREAM, 0); \
         bind($l, sockaddr_in(0, INADDR_LOOPBACK)) or die \"$!\"; listen($l, 1); \
         socket(my $c, PF_INET, SOCK_STREAM, 0); connect($c, getsockname($l)) or die \"$!\"; \
         accept(my $a, $l) or die \"$!\"; print 'connected'; {end}"
    )
}

fn there_is_a_loopback_of_ones_own() {
    let mut rig = Rig::new();
    assert_eq!(rig.perl(&talk_to_oneself("")).fine(), "connected");
    let resolved = rig.run("getent hosts localhost").fine();
    assert!(resolved.contains("localhost"), "{resolved}");
}

fn the_network_is_there_where_it_is_said() {
    let mut rig = Rig::with(|settings| settings.network = true);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(rig.perl(&connect(port)).fine(), "connected");
    listener.accept().unwrap();
}

fn abstract_sockets_of_others_are_out_of_reach() {
    let name = format!("orch-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    let connect = format!(
        "socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die; \
         connect($s, pack_sockaddr_un(\"\\0{name}\")) or die \"$!\"; print 'connected'"
    );
    Rig::new().perl(&connect).refused("Connection refused");
    // In the machine's own network namespace, only Landlock is in the way.
    let mut networked = Rig::with(|settings| settings.network = true);
    let missing = networked.sandbox.missing().iter();
    if missing
        .clone()
        .all(|missing| missing.protection != Protection::Landlock)
    {
        networked.perl(&connect).refused("Operation not permitted");
    }
}

fn connections_that_stay_are_noticed() {
    let mut rig = Rig::new();
    assert_eq!(rig.run("true").residue, Residue::None);
    // Who closes first keeps the connection for a minute.
    let ran = rig.perl(&talk_to_oneself("close($c); close($a);"));
    assert_eq!(ran.residue, Residue::Sockets);
}

fn shared_memory_that_stays_is_noticed() {
    for attack in [
        "shmget(7, 4096, 01600)",
        "semget(7, 1, 01600)",
        "msgget(7, 01600)",
    ] {
        let mut rig = Rig::new();
        assert_eq!(rig.run("true").residue, Residue::None);
        let ran = rig.perl(&format!("defined({attack}) or die \"$!\"; print 'made'"));
        assert_eq!(ran.residue, Residue::Ipc, "{attack}");
        assert_eq!(ran.fine(), "made");
    }
}
