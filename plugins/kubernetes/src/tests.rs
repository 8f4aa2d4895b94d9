//! Manifests as a person reads them, and what is refused.

use expect_test::{Expect, ExpectFile, expect, expect_file};
use orch_plugin::{fake, settings};

use super::*;

fn request() -> Request {
    let mut request = Request::of("agent");
    request.tweaks = vec![
        Tweak::runtime_variable("GOGC", "200"),
        Tweak::runtime_variable("GOMEMLIMIT", "200MiB"),
        Tweak::service_directive("LimitNOFILE", "65536"),
        Tweak::kernel_parameter("net.core.somaxconn", "4096"),
    ];
    request
}

fn planned(json: &str) -> Result<Proposal, Error> {
    Kubernetes::plan(&request(), settings(json)?, &fake::Facts::new())
}

/// What is planned stands in `goldens/NAME.txt`.
fn check(json: &str, name: &str) {
    golden(name).assert_eq(&planned(json).unwrap().text());
}

fn golden(name: &str) -> ExpectFile {
    expect_file![format!(
        "{}/src/goldens/{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    )]
}

fn refused(json: &str, expected: Expect) {
    expected.assert_eq(&planned(json).unwrap_err().text());
}

#[test]
fn an_image_is_enough() {
    check(
        r#"{"image": "deploy.image", "hardening": false, "verify": false}"#,
        "image",
    );
}

#[test]
fn everything_can_be_said() {
    check(
        r#"{"image": "deploy.image", "name": "sensor", "context": "lab", "namespace": "field",
            "replicas": 3, "arguments": ["--price=$5", "$${X}", "--zone=${host.zone}"],
            "environment": {"GOGC": "50", "TOKEN": "${secret.token}"},
            "ports": {"http": 8080, "https": 443},
            "probes": {"ready": "/ready", "live": "/alive"}, "memory": "256M", "cpu": "0.5",
            "cpu-limit": "2", "max-surge": "25%", "max-unavailable": "1", "stop-timeout": "1500ms",
            "timeout": "1m", "writable": ["/var/lib/sensor"], "force-conflicts": true}"#,
        "everything",
    );
}

#[test]
fn what_no_cluster_takes_is_named() {
    refused(
        r#"{"image": "agent:1.2", "name": "Agent_1", "context": "", "namespace": "a.b",
            "arguments": ["${secret.a}", "${x}"], "environment": {"1A": "", "B": "${host.}"},
            "ports": {"HTTP": 80, "a--b": 81}, "probes": {"ready": "healthz"}, "memory": "50%",
            "cpu": "-1", "cpu-limit": "0.5m", "max-surge": "0%", "max-unavailable": "0",
            "stop-timeout": "soon", "writable": ["tmp", "/a/../b"]}"#,
        expect![[r#"
            image: `agent:1.2` names no deploy that pushes an image
            name: `Agent_1` is no name in a cluster
            namespace: `a.b` is no name in a cluster
            context: `` is no context of kubectl
            ports.HTTP: `HTTP` is no name of a port
            ports.a--b: `a--b` is no name of a port
            probes.ready: `healthz` is no path of a URL
            probes: it is not told which port the probes ask
            memory: `50%` is no amount of memory
            cpu: `-1` is no amount of CPUs
            cpu-limit: `0.5m` is no amount of CPUs
            max-unavailable: an update can neither begin with a copy more nor with one less
            stop-timeout: `soon` is no length of time
            writable[0]: `tmp` is no folder of a container
            writable[1]: `/a/../b` is no folder of a container
            environment.1A: `1A` cannot be a variable in a cluster
            environment.B: `${host.}` is no placeholder
            arguments[0]: everybody on the machine can see the arguments of a program
            arguments[1]: `${x}` is no placeholder
        "#]],
    );
    refused(
        r#"{"image": "deploy.a", "ports": {"web": 80}, "probes": {"port": "http"}}"#,
        expect![[r#"
            probes.port: `http` is none of `ports`
        "#]],
    );
    refused(
        r#"{"image": "deploy.a", "max-surge": "many", "probes": {"port": "web", "startup": "/"}}"#,
        expect![[r#"
            probes.startup: unknown field `startup`, expected one of `port`, `ready`, `live`
        "#]],
    );
    refused(
        "{}",
        expect![[r#"
        image: `` names no deploy that pushes an image
    "#]],
    );
}
