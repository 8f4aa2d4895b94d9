//! Releases as a person reads them, and what is refused.

use expect_test::{Expect, ExpectFile, expect, expect_file};
use orch_plugin::deployer::Shipped;
use orch_plugin::{Machine, Tweak, fake, settings};

use super::*;

fn planned(request: &Request, json: &str) -> Result<Proposal, Error> {
    Systemd::plan(request, settings(json)?, &fake::Facts::new())
}

/// What is planned stands in `goldens/NAME.txt`.
fn check(json: &str, name: &str) {
    let proposal = planned(&Request::of("agent"), json).unwrap();
    golden(name).assert_eq(&proposal.text());
}

fn unit(request: &Request, json: &str) -> String {
    let proposal = planned(request, json).unwrap();
    proposal.document("agent.service").unwrap().contents.clone()
}

fn golden(name: &str) -> ExpectFile {
    expect_file![format!(
        "{}/src/goldens/{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    )]
}

fn refused(json: &str, expected: Expect) {
    let error = planned(&Request::of("agent"), json).unwrap_err();
    expected.assert_eq(&error.text());
}

#[test]
fn nothing_needs_to_be_said() {
    check("{}", "nothing");
}

#[test]
fn everything_can_be_said() {
    check(
        r#"{"service": "sensor", "user": "sensor", "arguments": ["--name", "${host.name}", "a $b%"],
            "environment": {"LEVEL": "50% \"loud\"", "TOKEN": "${secret.token}", "ZONE": "it's ${host.zone}"},
            "ports": {"http": 80, "admin": 8081}, "notify": true, "memory": "256M",
            "open-files": 65536, "restart": "on-failure", "restart-delay": "500ms",
            "restart-limit": 0, "stop-timeout": "1m", "after": ["postgresql.service"],
            "writable": ["/srv/the data"], "directives": {"CPUWeight": 50, "UMask": "0027",
            "LoadCredential": ["a:/etc/a", "b:/etc/b"]}, "verify": false}"#,
        "everything",
    );
}

#[test]
fn a_user_has_services_too() {
    check(
        r#"{"scope": "user", "socket": "127.0.0.1:8080", "environment": {"TOKEN": "${secret.token}"}}"#,
        "user",
    );
}

#[test]
fn a_socket_is_handed_over() {
    check(
        r#"{"socket": "443", "ports": {"https": 443}, "hardening": false}"#,
        "socket",
    );
}

#[test]
fn tuning_gives_way_to_what_is_said() {
    let mut request = Request::of("agent");
    request.artifacts.push(Shipped {
        name: "words.txt".to_owned(),
        executable: false,
    });
    request.tweaks = vec![
        Tweak::runtime_variable("GOGC", "100"),
        Tweak::runtime_variable("GOGC", "200"),
        Tweak::runtime_variable("GOMEMLIMIT", "200MiB"),
        Tweak::service_directive("LimitNOFILE", "65536"),
        Tweak::service_directive("MemoryHigh", "200M"),
        Tweak::service_directive("MemoryHigh", "300M"),
        Tweak::service_directive("NoNewPrivileges", "no"),
        Tweak::service_directive("Nice", "1\nExecStartPre=/bin/false"),
        Tweak::kernel_parameter("net.core.somaxconn", "4096"),
        Tweak::kernel_parameter("cpufreq.default_governor", "performance"),
        Tweak::kernel_parameter("vm.swappiness", "10\nkernel.yama.ptrace_scope = 0"),
    ];
    let json = r#"{"open-files": 1024, "environment": {"GOMEMLIMIT": "off"}}"#;
    let text = unit(&request, json);
    let tuned = [
        "Environment",
        "LimitNOFILE",
        "MemoryHigh",
        "NoNewPrivileges",
        "Nice",
    ];
    let is_tuned = |line: &&str| tuned.iter().any(|name| line.starts_with(name));
    let lines: Vec<&str> = text.lines().filter(is_tuned).collect();
    let expected = [
        "Environment=GOGC=200",
        "Environment=GOMEMLIMIT=off",
        "LimitNOFILE=1024",
        "NoNewPrivileges=yes",
        "MemoryHigh=300M",
    ];
    assert_eq!(lines, expected);
    let proposal = planned(&request, json).unwrap();
    assert!(proposal.document("sysctl.conf").is_none());
    let allowed = planned(&request, r#"{"allow-system": true}"#).unwrap();
    let file = allowed.document("sysctl.conf").unwrap();
    assert_eq!(file.contents, "net.core.somaxconn = 4096\n");
    assert!(
        allowed
            .text()
            .contains("upload words.txt as words.txt, 644")
    );
    assert!(allowed.text().contains(
        "  link /etc/sysctl.d/60-agent.conf -> /opt/agent/live/sysctl.conf\n  run [\"systemctl\", \
         \"restart\", \"systemd-sysctl.service\"]\n"
    ));
}

#[test]
fn what_cannot_stand_in_a_unit_is_named() {
    refused(
        r#"{"service": "a/b", "user": "0 root", "memory": "1 GB", "socket": "8080\nExec=",
            "restart-delay": "soon", "stop-timeout": "", "after": ["x", "a b.service", "a.service"],
            "writable": ["srv", "/a/../b", "/a\nb"], "arguments": ["a\u0000", "${x}", "${secret.a}"],
            "environment": {"A-B": "", "C": "\u0007", "D": "${host.}"},
            "directives": {"Exec Start": "", "Nice": "1\nUser=root", "UMask": "0\\",
                "SyslogIdentifier": "${host.name}", "LogExtraFields": ["A=${secret.x}", "B"]}}"#,
        expect![[r#"
            user: `0 root` names no user
            memory: `1 GB` is no amount of memory
            socket: `8080\nExec=` is nothing that a socket listens at
            restart-delay: `soon` is no length of time
            stop-timeout: `` is no length of time
            after[0]: `x` names no unit
            after[1]: `a b.service` names no unit
            writable[0]: `srv` is no absolute path
            writable[1]: `/a/../b` is no absolute path
            writable[2]: `/a\nb` is no absolute path
            directives.Exec Start: `Exec Start` names no directive
            directives.LogExtraFields: `${secret.x}` cannot stand in a directive
            directives.Nice: a directive is one line, and does not end with a backslash
            directives.SyslogIdentifier: `${host.name}` cannot stand in a directive
            directives.UMask: a directive is one line, and does not end with a backslash
            service: `a/b` names no service
            arguments[0]: no argument and no variable of a program can hold a NUL
            environment.A-B: `A-B` is no variable that systemd takes
            environment.C: systemd takes no control characters in a variable but tab and newline
            environment.D: `${host.}` is no placeholder
            arguments[1]: `${x}` is no placeholder
            arguments[2]: everybody on the machine can see the arguments of a program
        "#]],
    );
    refused(
        r#"{"scope": "user", "user": "me", "ports": {"http": 80}}"#,
        expect![[r#"
            user: a service of `scope = "user"` runs as the user who is logged in
            ports.http: a user's service may not listen at a port below 1024
        "#]],
    );
    refused(
        r#"{"program": "agnet"}"#,
        expect![[r#"
        program: the build ships no program `agnet`
    "#]],
    );
    refused(
        r#"{"restart": "sometimes"}"#,
        expect![[r#"
        restart: unknown variant `sometimes`, expected one of `always`, `on-failure`, `never`
    "#]],
    );
    refused(
        r#"{"directives": {"Nice": {}}}"#,
        expect![[r#"
        directives.Nice: a text, a number, true or false, or a list of texts
    "#]],
    );
}

#[test]
fn a_machine_without_systemd_is_no_place() {
    let mut request = Request::of("agent");
    request.target = Machine::of("aarch64-apple-darwin");
    let error = planned(&request, "{}").unwrap_err();
    expect![[r#"
        unsupported: systemd runs services of Linux, and the target is `aarch64-apple-darwin`
    "#]]
    .assert_eq(&error.text());
    let mut request = Request::of("agent");
    request.artifacts[0].name = "agent.service".to_owned();
    let error = planned(&request, "{}").unwrap_err();
    expect![[r#"
        : the build ships `agent.service`, which is the name of a file that is made for systemd
    "#]]
    .assert_eq(&error.text());
}
