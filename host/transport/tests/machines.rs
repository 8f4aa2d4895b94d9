//! Connections to Debian machines that really boot, whose network is cut and whose disk is full.

use std::path::Path;
use std::time::{Duration, Instant};

use orch_model::Digest;
use orch_tests::machines::Machines;
use orch_transport::{Address, Barrier, Command, Connection, File, HostKey, Loss, Stop, Transport};

fn transport(machines: &Machines) -> Transport {
    Transport::new(Some(machines.client())).expect("a folder can be made")
}

fn open(machines: &Machines, index: usize, user: &str) -> Connection {
    let address = Address::parse(&machines.address(index, user)).expect("it is an address");
    let opened = transport(machines).open(&address, &Stop::default());
    opened.unwrap_or_else(|unreached| panic!("{}", unreached.fault))
}

#[test]
fn root_is_reached_as_each_user_may() {
    let machines = Machines::start(1);
    for (user, expected) in [("root", "0"), ("deploy", "0")] {
        let connection = open(&machines, 0, user);
        let script = "id -u; cat; exit 7";
        let input = vec![b'x'; 200_000];
        let command = Command::script(script, &[]).input(&input).as_root(true);
        let ran = connection.run(command).unwrap();
        assert_eq!((ran.code, ran.stderr.as_str()), (7, ""), "{user}");
        assert_eq!(ran.stdout.len(), 200_002, "{user}");
        assert!(ran.text().starts_with(expected), "{user}");
        connection
            .write("/etc/orch/unit", b"text", 0o600, true)
            .unwrap();
        assert_eq!(
            machines.inside(0, "stat -c '%U %a' /etc/orch/unit"),
            "root 600"
        );
    }
    let lost = open(&machines, 0, "clerk")
        .write("/etc/x", b"", 0o600, true)
        .unwrap_err();
    assert_eq!(lost.loss, Loss::NotRoot);
    assert!(
        lost.to_string().ends_with("`sudo` asks for a password"),
        "{lost}"
    );
    let hint = lost.fault.hint.unwrap();
    assert!(hint.contains("`clerk ALL=(root) NOPASSWD: ALL`"), "{hint}");
}

#[test]
fn what_root_runs_is_ended_too() {
    let machines = Machines::start(1);
    let connection = open(&machines, 0, "deploy");
    let command = Command::new(&["sleep", "100000"])
        .as_root(true)
        .timeout(Duration::from_millis(500));
    assert_eq!(connection.run(command).unwrap_err().loss, Loss::TimedOut);
    wait_until(|| machines.inside(0, "pgrep -x sleep | wc -l") == "0");
}

#[test]
fn a_network_that_is_cut_ends_a_command_on_both_sides() {
    let machines = Machines::start(2);
    let connection = open(&machines, 0, "deploy");
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let command = Command::new(&["sleep", "100000"]);
            connection.run(command.timeout(Duration::from_secs(100)))
        });
        wait_until(|| machines.inside(0, "pgrep -fx 'sleep 100000' | wc -l") != "0");
        machines.cut(0);
        let lost = run.join().unwrap().unwrap_err();
        assert_eq!(lost.loss, Loss::Broken, "{lost}");
    });
    let address = connection.address().clone();
    let offline = transport(&machines).open(&address, &Stop::default());
    assert_eq!(offline.err().unwrap().barrier, Barrier::Offline);
    assert_eq!(open(&machines, 1, "deploy").user().name, "deploy");
    machines.mend(0);
    assert_eq!(open(&machines, 0, "deploy").user().name, "deploy");
}

#[test]
fn a_machine_that_was_set_up_anew_is_not_trusted() {
    let machines = Machines::start(2);
    let address = Address::parse(&machines.address(0, "deploy")).unwrap();
    machines.know(&[machines.host_key(1), machines.host_key(0)]);
    let transport = transport(&machines);
    let changed = transport.open(&address, &Stop::default());
    assert_eq!(changed.err().unwrap().barrier, Barrier::KeyChanged);
    let pinned = address.pinned(HostKey::parse(&machines.host_key(0)).unwrap());
    assert!(transport.open(&pinned, &Stop::default()).is_ok());
}

#[test]
fn a_machine_that_lost_its_power_is_reached_again() {
    let machines = Machines::start(1);
    let connection = open(&machines, 0, "deploy");
    connection.write("/opt/kept", b"kept", 0o644, true).unwrap();
    machines.reboot(0);
    let lost = connection.run(Command::new(&["true"]));
    assert_eq!(lost.unwrap_err().loss, Loss::Broken);
    let kept = open(&machines, 0, "deploy").run(Command::new(&["cat", "/opt/kept"]));
    assert_eq!(kept.unwrap().text(), "kept");
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let machines = Machines::start(1);
    let connection = open(&machines, 0, "deploy");
    connection.write("/opt/file", b"old", 0o644, true).unwrap();
    machines.resize_disk(0, 1 << 20);
    let lost = connection
        .write("/opt/file", &vec![1; 2 << 20], 0o644, true)
        .unwrap_err();
    assert_eq!(lost.loss, Loss::DiskFull, "{lost}");
    assert_eq!(machines.inside(0, "cat /opt/file; ls /opt"), "oldfile");
}

#[test]
fn an_upload_that_was_cut_goes_on_where_it_was() {
    let machines = Machines::start(1);
    let folder = tempfile::tempdir().unwrap();
    // What travels is a little more: noise does not compress.
    let service = noise(folder.path(), 60 << 20);
    let connection = open(&machines, 0, "deploy");
    let lost = std::thread::scope(|scope| {
        let files = std::slice::from_ref(&service);
        let put = scope.spawn(|| connection.put(files, &[], true));
        wait_until(|| came_through(&machines) > 4 << 20);
        machines.cut(0);
        put.join().unwrap().unwrap_err()
    });
    assert_eq!(lost.loss, Loss::Broken, "{lost}");
    // The other side has not noticed yet; it may still be writing what it got.
    machines.mend(0);
    wait_until(|| machines.inside(0, "pgrep -fx cat | wc -l") == "0");
    let there = came_through(&machines);
    assert_eq!(
        machines.inside(0, "ls /opt/service 2>&1 | grep -c cannot"),
        "1"
    );

    let sent = open(&machines, 0, "deploy").put(std::slice::from_ref(&service), &[], true);
    let sent = sent.unwrap().sent_bytes;
    assert!(
        there > 4 << 20 && sent < service.bytes + (1 << 20) - there,
        "{there} and {sent}"
    );
    let digest = machines.inside(0, "sha256sum </opt/service");
    assert_eq!(digest, format!("{}  -", service.digest.hex()));
    assert_eq!(machines.inside(0, "ls /opt"), "service");
}

#[test]
fn an_upload_to_a_full_disk_leaves_nothing() {
    let machines = Machines::start(1);
    let folder = tempfile::tempdir().unwrap();
    let service = noise(folder.path(), 6 << 20);
    let connection = open(&machines, 0, "deploy");
    for room in [4 << 20, 8 << 20] {
        machines.resize_disk(0, room);
        let lost = connection.put(std::slice::from_ref(&service), &[], true);
        assert_eq!(lost.unwrap_err().loss, Loss::DiskFull);
        assert_eq!(machines.inside(0, "ls /opt"), "");
    }
    machines.resize_disk(0, 64 << 20);
    connection.put(&[service], &[], true).unwrap();
    assert_eq!(machines.inside(0, "ls /opt"), "service");
}

/// How much of an upload lies on the machine.
fn came_through(machines: &Machines) -> u64 {
    let bytes = machines.inside(0, "cat /opt/service.*.part 2>/dev/null | wc -c");
    bytes.parse().unwrap()
}

/// A file that does not compress, for `/opt/service`.
fn noise(folder: &Path, bytes: u64) -> File {
    let mut state = 1_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let contents: Vec<u8> = std::iter::repeat_with(next)
        .flatten()
        .take(usize::try_from(bytes).unwrap())
        .collect();
    let local = folder.join("service");
    std::fs::write(&local, &contents).unwrap();
    File {
        local,
        digest: Digest::of(&contents),
        bytes,
        to: "/opt/service".to_owned(),
        mode: 0o755,
    }
}

#[test]
fn many_machines_are_reached_at_once() {
    let machines = Machines::start(20);
    let transport = transport(&machines);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for index in 0..20 {
            let (machines, transport) = (&machines, &transport);
            scope.spawn(move || {
                let address = Address::parse(&machines.address(index, "deploy")).unwrap();
                let connection = transport.open(&address, &Stop::default());
                let connection = connection.unwrap_or_else(|unreached| {
                    let log = machines.inside(index, "journalctl --no-pager -u ssh -n 20");
                    panic!("{}\n{log}", unreached.fault)
                });
                for round in 0..5 {
                    let round = round.to_string();
                    let ran = connection.run(Command::new(&["echo", &round])).unwrap();
                    assert_eq!(ran.text(), round);
                }
            });
        }
    });
    println!("20 machines, 5 commands each: {:?}", begin.elapsed());
}

/// Waits for something that is about to happen.
#[track_caller]
fn wait_until(happened: impl Fn() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(
            begin.elapsed() < Duration::from_secs(30),
            "it does not happen"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}
