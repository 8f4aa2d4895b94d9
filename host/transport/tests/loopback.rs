//! Connections to a real OpenSSH server on loopback, and to this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use orch_tests::ssh_server::{SshServer, free_port};
use orch_transport::{Address, Barrier, Command, Connection, HostKey, Loss, Stop, Transport};

/// The `ssh` of a test, which is the first of its `PATH`.
fn client(path: &str) -> Option<PathBuf> {
    let folder = path.split(':').next().expect("a path has a first folder");
    Some(Path::new(folder).join("ssh"))
}

fn transport(server: &SshServer) -> Transport {
    Transport::new(client(&server.path())).expect("a folder can be made")
}

fn address(server: &SshServer) -> Address {
    Address::parse(&server.address()).expect("it is an address")
}

/// Does the same over `ssh` and on this machine.
fn on_both(check: impl Fn(&Connection, &Stop)) {
    let server = SshServer::start();
    let transport = transport(&server);
    for address in [address(&server), Address::Local] {
        let stop = Stop::default();
        let connection = transport.open(&address, &stop);
        check(&connection.expect("it is reached"), &stop);
    }
}

fn barrier(transport: &Transport, address: &Address) -> Barrier {
    let opened = transport.open(address, &Stop::default());
    opened.err().expect("it is not reached").barrier
}

#[test]
fn words_arrive_as_they_are() {
    on_both(|connection, _| {
        let words = [
            "printf",
            "%s|",
            "a b",
            "$(id)",
            "it's",
            "\\n\n\t\"`!*",
            "",
            "%b\\",
        ];
        let ran = connection.run(Command::new(&words)).unwrap();
        assert_eq!(
            String::from_utf8(ran.stdout).unwrap(),
            "a b|$(id)|it's|\\n\n\t\"`!*||%b\\|"
        );
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    });
}

#[test]
fn input_output_and_code_are_the_commands_own() {
    on_both(|connection, _| {
        let script = Command::script("cat; echo \"$1\" >&2; exit 255", &["no"]);
        let input = vec![b'x'; 3 << 20];
        let ran = connection.run(script.input(&input)).unwrap();
        assert_eq!((ran.code, ran.stderr.as_str()), (255, "no\n"));
        assert!(ran.stdout == input, "{} bytes", ran.stdout.len());
        let killed = connection.run(Command::script("kill -KILL $$", &[]));
        assert_eq!(killed.unwrap().code, 137);
        let missing = connection.run(Command::new(&["no-such-program"])).unwrap();
        assert_eq!(missing.code, 127);
    });
}

#[test]
fn commands_that_follow_each_other_do_not_hear_of_each_other() {
    on_both(|connection, _| {
        for round in 0..20 {
            let input = format!("'{round}' \\n\n%s\n");
            let command = Command::script("cat; echo no >&2; cd /; exit \"$1\"", &["3"]);
            let ran = connection.run(command.input(input.as_bytes())).unwrap();
            assert_eq!(ran.stdout, input.as_bytes());
            assert_eq!((ran.code, ran.stderr.as_str()), (3, "no\n"));
            // What it leaves behind ends with it, and says nothing to the next one.
            let left = Command::script("(sleep 5; echo late) & pwd; cat", &[]);
            let ran = connection.run(left).unwrap();
            assert_ne!(ran.text(), "/");
            assert!(!ran.text().contains("late"), "{}", ran.text());
            // Input that is no text, and more than one at once.
            let bytes = [0, 255, round];
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        let ran = connection.run(Command::new(&["cat"]).input(&bytes));
                        assert_eq!(ran.unwrap().stdout, bytes);
                    });
                }
            });
        }
    });
}

#[test]
fn a_command_that_ended_badly_leaves_the_connection_as_it_was() {
    on_both(|connection, _| {
        let command = Command::new(&["sleep", "1000"]).timeout(Duration::from_millis(200));
        assert_eq!(connection.run(command).unwrap_err().loss, Loss::TimedOut);
        assert_eq!(
            connection
                .run(Command::new(&["echo", "on"]))
                .unwrap()
                .text(),
            "on"
        );
    });
}

#[test]
fn output_without_end_is_cut_and_input_that_nobody_reads_is_no_matter() {
    on_both(|connection, _| {
        let input = vec![0; 1 << 20];
        let command = Command::new(&["head", "-c", "20000000", "/dev/zero"]).input(&input);
        let ran = connection.run(command).unwrap();
        assert_eq!((ran.code, ran.stdout.len()), (0, 4 << 20));
    });
}

#[test]
fn what_takes_too_long_is_ended_with_all_that_it_started() {
    on_both(|connection, _| {
        let seconds = format!("{}", 100_000 + std::process::id());
        let text = "trap '' TERM; sleep \"$1\" & sleep \"$1\"";
        let command = Command::script(text, &[&seconds]).timeout(Duration::from_millis(300));
        let lost = connection.run(command).unwrap_err();
        assert_eq!(lost.loss, Loss::TimedOut, "{lost}");
        assert_gone(&seconds);
    });
}

#[test]
fn a_raised_flag_ends_what_is_under_way() {
    on_both(|connection, stop| {
        let seconds = format!("{}", 200_000 + std::process::id());
        std::thread::scope(|scope| {
            let run = scope.spawn(|| connection.run(Command::new(&["sleep", &seconds])));
            wait_until(|| runs(&seconds));
            stop.raise();
            assert_eq!(run.join().unwrap().unwrap_err().loss, Loss::Stopped);
        });
        assert_gone(&seconds);
    });
}

#[test]
fn lines_are_followed_until_there_are_enough() {
    on_both(|connection, _| {
        let seconds = format!("{}", 300_000 + std::process::id());
        let text = "i=0; while [ $i -lt 5 ]; do echo line $i; i=$((i+1)); done; sleep \"$1\"";
        let mut lines = Vec::new();
        let endless = || Command::script(text, &[&seconds]);
        let followed = connection.follow(endless(), &Stop::default(), &mut |line| {
            lines.push(line.to_owned());
            match lines.len() {
                3 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        assert_eq!(followed.unwrap(), None);
        assert_eq!(lines, ["line 0", "line 1", "line 2"]);
        assert_gone(&seconds);

        let stop = Stop::default();
        let followed = connection.follow(endless(), &stop, &mut |line| {
            if line == "line 4" {
                stop.raise();
            }
            ControlFlow::Continue(())
        });
        assert_eq!(followed.unwrap_err().loss, Loss::Stopped);
        assert_gone(&seconds);
        // Other work over the same connection goes on.
        let short = Command::script("echo no >&2; exit 3", &[]);
        let ended = connection.follow(short, &Stop::default(), &mut |_| ControlFlow::Continue(()));
        let ended = ended.unwrap().expect("it ended by itself");
        assert_eq!((ended.code, ended.last_words().as_str()), (3, "no"));
    });
}

#[test]
fn files_and_links_are_whole_or_as_they_were() {
    on_both(|connection, _| {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| format!("{}/{name}", folder.path().display());
        let contents = vec![7; 300_000];
        connection
            .write(&path("a/b/file"), &contents, 0o640, false)
            .unwrap();
        assert!(std::fs::read(path("a/b/file")).unwrap() == contents);
        let mode =
            std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path("a/b/file")).unwrap());
        assert_eq!(mode & 0o7777, 0o640);
        connection
            .write(&path("a/b/file"), b"", 0o600, false)
            .unwrap();
        assert_eq!(std::fs::read(path("a/b/file")).unwrap(), b"");
        let lost = connection
            .write(&path("a/b"), b"x", 0o600, false)
            .unwrap_err();
        assert!(lost.to_string().ends_with("there is a folder"), "{lost}");

        for to in ["a", "a/b"] {
            connection.link(&path("live"), to, false).unwrap();
            assert_eq!(std::fs::read_link(path("live")).unwrap(), Path::new(to));
        }
        assert!(connection.link(&path("a/b"), "x", false).is_err());
        let names: Vec<_> = std::fs::read_dir(path("a")).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");

        connection.remove(&path("a"), false).unwrap();
        connection.remove(&path("a"), false).unwrap();
        assert!(!Path::new(&path("a")).exists());
        for odd in ["/", "a", "/a/../b", ""] {
            assert!(connection.remove(odd, false).is_err(), "{odd}");
        }
    });
}

#[test]
fn a_service_is_asked_as_the_host_itself_would() {
    on_both(|connection, _| {
        let port = serve("HTTP/1.1 503 no\r\nContent-Length: 5\r\n\r\nsorry");
        let url = format!("http://127.0.0.1:{port}/healthz?x=1");
        let answer = connection.get(&url, Duration::from_secs(20)).unwrap();
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (503, b"sorry".as_slice())
        );
        connection
            .connects(&format!("127.0.0.1:{port}"), Duration::from_secs(20))
            .unwrap();

        let nobody = format!("127.0.0.1:{}", free_port());
        let lost = connection
            .connects(&nobody, Duration::from_secs(20))
            .unwrap_err();
        assert_eq!(lost.loss, Loss::Failed, "{lost}");
        assert!(lost.to_string().contains("nobody listens"), "{lost}");
        let lost = connection
            .get("https://127.0.0.1/", Duration::from_secs(20))
            .unwrap_err();
        assert!(lost.to_string().contains("no `http:` URL"), "{lost}");
    });
}

#[test]
fn a_service_that_hangs_is_given_up() {
    on_both(|connection, _| {
        let port = serve("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsor");
        let begin = Instant::now();
        let lost = connection.get(
            &format!("http://127.0.0.1:{port}/"),
            Duration::from_millis(500),
        );
        assert_eq!(lost.unwrap_err().loss, Loss::TimedOut);
        assert!(begin.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn a_machine_says_what_it_is() {
    on_both(|connection, _| {
        assert_eq!(connection.probe().unwrap().fact("system"), Some("Linux"));
    });
}

#[test]
fn each_barrier_is_told_apart() {
    let server = SshServer::start();
    let transport = transport(&server);
    let place = address(&server);
    let pin = |key: &str| place.clone().pinned(HostKey::parse(key).unwrap());

    server.knows("");
    assert_eq!(barrier(&transport, &place), Barrier::KeyUnknown);
    // What is pinned is all that counts.
    assert!(
        transport
            .open(&pin(&server.host_key()), &Stop::default())
            .is_ok()
    );
    server.knows(&server.other_key());
    assert_eq!(barrier(&transport, &place), Barrier::KeyChanged);
    server.knows(&server.host_key());
    assert_eq!(
        barrier(&transport, &pin(&server.other_key())),
        Barrier::KeyChanged
    );

    let stranger = Transport::new(client(&server.path_of_stranger())).unwrap();
    assert_eq!(barrier(&stranger, &place), Barrier::Refused);
    let nobody = Address::parse(&format!("ssh://127.0.0.1:{}", free_port())).unwrap();
    assert_eq!(barrier(&transport, &nobody), Barrier::Offline);
    let without = Transport::new(None).unwrap();
    assert_eq!(barrier(&without, &place), Barrier::NoClient);
    server.answers("echo no shell >&2; exit 1");
    assert_eq!(barrier(&transport, &place), Barrier::NoShell);
}

#[test]
fn a_server_that_is_gone_breaks_the_connection() {
    let server = SshServer::start();
    let connection = transport(&server)
        .open(&address(&server), &Stop::default())
        .unwrap();
    // The server's process for this connection started the shell that runs one command after
    // another, and that the one which watches over the command.
    let script = "read -r _ _ _ watching _ </proc/$PPID/stat
        read -r _ _ _ serving _ </proc/$watching/stat
        read -r _ _ _ session _ </proc/$serving/stat
        kill -KILL $session; sleep 100";
    let lost = connection.run(Command::script(script, &[])).unwrap_err();
    assert_eq!(lost.loss, Loss::Broken, "{lost}");
    wait_until(|| !connection.is_open());
    let lost = connection.run(Command::new(&["true"])).unwrap_err();
    assert_eq!(lost.loss, Loss::Broken, "{lost}");
}

/// A server that says the same to everybody who asks, and leaves the connection open.
fn serve(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4096];
            if stream.read(&mut asked).is_ok_and(|count| count > 0) {
                let _ = stream.write_all(answer.as_bytes());
                open.push(stream);
            }
        }
    });
    port
}

/// Whether a process has this word among its arguments.
fn runs(word: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap();
    processes.flatten().any(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let is_sleep = line.starts_with(b"sleep\0");
        is_sleep
            && line
                .split(|byte| *byte == 0)
                .any(|found| found == word.as_bytes())
    })
}

fn assert_gone(word: &str) {
    wait_until(|| !runs(word));
}

/// Waits for something that is about to happen.
#[track_caller]
fn wait_until(happened: impl Fn() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "it does not happen"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}
