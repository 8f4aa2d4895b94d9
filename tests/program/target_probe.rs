//! `orch target probe`: this machine, and one behind a real OpenSSH server.

use orch_tests::expect;
use orch_tests::ssh_server::{SshServer, free_port};

use crate::project;

/// The facts that every Linux with a shell gives.
const ALWAYS: [&str; 9] = [
    "cores",
    "cpuinfo",
    "kernel",
    "libc",
    "libc-name",
    "loaders",
    "machine",
    "memory-bytes",
    "page-bytes",
];

#[test]
fn this_machine_says_what_it_is() {
    let ran = project().orch(&["target", "probe"]).exits(0);
    ran.shows(std::env::consts::ARCH)
        .shows("C library")
        .shows(" KiB");
    let ran = project()
        .orch(&["target", "probe", "--output", "json"])
        .exits(0);
    for name in ALWAYS {
        assert!(
            ran.stdout.contains(&format!("\"{name}\":\"")),
            "no `{name}` in {}",
            ran.stdout
        );
    }
}

#[test]
fn another_machine_gives_the_same_facts_over_ssh() {
    let server = SshServer::start();
    let project = project().variable("PATH", &server.path());
    let here = project.orch(&["target", "probe"]).exits(0);
    let there = project
        .orch(&["target", "probe", &server.address()])
        .exits(0);
    // It is the same machine, only asked through a network.
    assert_eq!(here.stdout, there.stdout);
}

/// A system of busybox and musl alone, as small as they come: no `getconf`, no `ldd`.
#[test]
fn a_machine_with_busybox_and_musl_alone() {
    const LOADER: &str = "/lib/ld-musl-x86_64.so.1";
    let system = tempfile::tempdir().expect("a folder can be made");
    let root = system.path().join("root");
    for folder in ["bin", "lib", "dev", "proc"] {
        std::fs::create_dir_all(root.join(folder)).expect("a folder can be made");
    }
    for (from, to, package) in [
        ("/bin/busybox", "bin/busybox", "busybox-static"),
        (LOADER, "lib/ld-musl-x86_64.so.1", "musl"),
    ] {
        std::fs::copy(from, root.join(to)).unwrap_or_else(|error| {
            panic!("{from}: {error}; apt-get install --no-install-recommends {package}")
        });
    }
    for applet in ["sh", "uname", "od", "tr"] {
        std::os::unix::fs::symlink("busybox", root.join("bin").join(applet)).expect("a link");
    }
    let enter = system.path().join("enter");
    let root = root.display();
    let text = format!(
        "exec unshare --user --map-root-user --mount \\\n  sh -c 'mount --rbind /proc {root}/proc && \
         mount --rbind /dev {root}/dev && \
         PATH=/bin exec /usr/sbin/chroot {root} /bin/sh -s'\n"
    );
    std::fs::write(&enter, text).expect("it can be written");
    let server = SshServer::start();
    server.answers(&format!("sh {}", enter.display()));
    let project = project().variable("PATH", &server.path());
    project
        .orch(&["target", "probe", &server.address(), "--output", "json"])
        .exits(0)
        .shows("\"libc\":\"1.2.3\",\"libc-name\":\"musl\"")
        .shows(&format!("\"loaders\":\"{LOADER}\""))
        .shows("\"page-bytes\":\"4096\"")
        .shows("\"machine\":\"x86_64\"");
}

#[test]
fn a_machine_that_cannot_be_asked() {
    let server = SshServer::start();
    let address = server.address();
    let name = |ran: orch_tests::Ran| {
        let place = address.trim_start_matches("ssh://").to_owned();
        let (user_and_host, port) = place.rsplit_once(':').expect("it has a port");
        ran.naming(&address, "[HOST]")
            .naming(user_and_host, "[USER]@[ADDRESS]")
            .naming(port, "[PORT]")
    };
    let ask = |path: &str| {
        let project = project().variable("PATH", path);
        name(project.orch(&["target", "probe", &address])).exits(4)
    };
    ask(&server.path_of_stranger()).stderr(expect![[r#"
        error: `[HOST]` refuses to let us in: [USER]@[ADDRESS]: Permission denied (publickey).
        hint: `ssh [HOST] true` must work without a question: add your key there (`ssh-copy-id [HOST]`), or load it into your agent (`ssh-add`)
    "#]]);
    server.knows("");
    ask(&server.path()).stderr(expect![[r#"
        error: the host key of `[HOST]` is not known
        hint: log in once by hand (`ssh [HOST]`), compare the key that is shown with the machine's own, and accept it
    "#]]);
    server.knows(&server.other_key());
    ask(&server.path()).stderr(expect![[r#"
        error: `[HOST]` shows another host key than the one that is known
        hint: somebody may stand between; if the machine was set up anew, remove its old key by `ssh-keygen -R '[127.0.0.1]:[PORT]'` and log in once by hand
    "#]]);
    let host_key = server.host_key();
    server.knows(&host_key);
    server.answers("echo sorry >&2; exit 1");
    ask(&server.path()).stderr(expect![[r#"
        error: `[HOST]` lets us in but answers no questions: sorry
        hint: its user needs a login shell that runs `sh`, and the machine a POSIX shell
    "#]]);
    server.answers("echo system=Linux");
    ask(&server.path()).stderr(expect![[r#"
        error: `[HOST]` lets us in but answers no questions: it exited with code 0 and said nothing
        hint: its user needs a login shell that runs `sh`, and the machine a POSIX shell
    "#]]);
}

#[test]
fn a_machine_that_is_not_there() {
    let port = free_port();
    let address = format!("ssh://board@127.0.0.1:{port}");
    project()
        .orch(&["target", "probe", &address])
        .naming(&port.to_string(), "[PORT]")
        .exits(4)
        .stderr(expect![[r#"
            error: `ssh://board@127.0.0.1:[PORT]` cannot be reached: ssh: connect to host 127.0.0.1 port [PORT]: Connection refused
            hint: is it switched on, and is that its address and port? `ssh -v ssh://board@127.0.0.1:[PORT]` shows each step
        "#]]);
    project()
        .orch(&["target", "probe", "a b"])
        .exits(2)
        .stderr(expect![[r#"
            error: `a b` is no host
            hint: write it as ssh takes it: `board`, `user@board`, `ssh://user@board:2222`
        "#]]);
    project()
        .variable("PATH", "/nowhere")
        .orch(&["target", "probe", "board"])
        .exits(5)
        .stderr(expect![[r#"
            error: cannot ask `board`: there is no `ssh` here
            hint: apt-get install openssh-client
        "#]]);
}
