//! Plans as a person reads them, and what real releases of Go print.

use expect_test::{Expect, expect};
use orch_plugin::{InstalledToolchain, Machine, Pair, fake, settings};
use orch_plugin_go_command::environment;

use super::*;

const VARIABLES: [&str; 3] = [
    include_str!("memory/go1.19.json"),
    include_str!("memory/go1.22.json"),
    include_str!("memory/go1.27.json"),
];

/// The service's resident sets, as the kernel saw them beside [`VARIABLES`].
const RESIDENT: [u64; 3] = [8_343_552, 8_536_064, 9_826_304];

fn request(version: &str, triple: &str) -> Request {
    let toolchain = InstalledToolchain {
        environment: environment::of_toolchain(),
        ..InstalledToolchain::of("go", version).tool("go", "bin/go")
    };
    Request {
        host: Machine::of("x86_64-unknown-linux-gnu").cores(6),
        target: Machine::of(triple),
        ..Request::of("agent", toolchain)
    }
}

fn here() -> Request {
    request("1.22.10", "x86_64-unknown-linux-gnu")
}

fn facts() -> fake::Facts {
    fake::Facts::new().file("go.mod", "module example.test/agent\n\ngo 1.19\n")
}

fn planned(probe: &str, request: &Request, json: &str) -> Result<ProbePlan, Error> {
    GoProbes::plan(probe, request, settings(json)?, &facts())
}

fn check(probe: &str, request: &Request, json: &str, expected: Expect) {
    let plan = planned(probe, request, json).unwrap();
    expected.assert_eq(&plan.text(&environment::of_toolchain()));
}

fn problems(probe: &str, json: &str) -> String {
    planned(probe, &here(), json).unwrap_err().text()
}

fn unsupported(probe: &str, request: &Request) -> String {
    let json = match probe {
        "memstats" => r#"{"arguments": ["${port}"]}"#,
        _ => "{}",
    };
    match planned(probe, request, json) {
        Err(Error::Unsupported(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn read(probe: &str, measurement: &str, samples: &[Sample]) -> Result<String, Error> {
    let metrics = GoProbes::read(probe, measurement, Settings::default(), samples)?.metrics;
    Ok(metrics.iter().map(|metric| metric.text()).collect())
}

#[test]
fn the_scheduler_of_a_board() {
    let mut request = request("1.24.1", "aarch64-unknown-linux-gnu");
    request.target_environment = vec![Pair::new("GOARM64", "v8.2")];
    check(
        "go-scheduler",
        &request,
        r#"{"env": {"GOGC": "200"}}"#,
        expect![[r#"
            action scheduler
              runs tool/go/bin/go build -trimpath -buildvcs=false -o {output/scheduler} scheduler.go
              with GOWORK=off GOOS=linux GOARCH=arm64 GOARM64=v8.2
              in scratch, reads [], keeps ["build", "modules"]
              brings ["scheduler.go"], leaves ["output/scheduler"], network false
            measurement scheduler: 1 warm-ups, 10 samples, 60000 ms for one
              runs artifact/scheduler/scheduler
              with GOGC=200
              in scratch, reads [], keeps []
        "#]],
    );
}

#[test]
fn the_speed_of_builds() {
    let json = r#"{"package": "./cmd/agent", "tags": ["fast"]}"#;
    check(
        "build-speed",
        &here(),
        json,
        expect![[r#"
            measurement warm: 1 warm-ups, 10 samples, 1200000 ms for one
              runs tool/go/bin/go build -trimpath -buildvcs=false -tags=fast -o {scratch/program} ./cmd/agent
              with GOWORK=off GOOS=linux GOARCH=amd64 GOCACHE={cache/build-speed}
              in source, reads ["**", "!**/*_test.go"], keeps ["modules", "build-speed"]
            measurement list: 1 warm-ups, 20 samples, 1200000 ms for one
              runs tool/go/bin/go list -deps -tags=fast ./...
              with GOWORK=off GOOS=linux GOARCH=amd64 GOCACHE={cache/build-speed}
              in source, reads ["**", "!**/*_test.go"], keeps ["modules", "build-speed"]
            measurement mod-graph: 1 warm-ups, 20 samples, 1200000 ms for one
              runs tool/go/bin/go mod graph
              with GOWORK=off GOOS=linux GOARCH=amd64 GOCACHE={cache/build-speed}
              in source, reads ["**", "!**/*_test.go"], keeps ["modules", "build-speed"]
            measurement cold-p1: 0 warm-ups, 3 samples, 1200000 ms for one
              runs tool/go/bin/go build -trimpath -buildvcs=false -p=1 -tags=fast -o {scratch/program} ./cmd/agent
              with GOWORK=off GOOS=linux GOARCH=amd64 GOCACHE={scratch/build-cache}
              in source, reads ["**", "!**/*_test.go"], keeps ["modules"]
            measurement cold-p2: 0 warm-ups, 3 samples, 1200000 ms for one
              runs tool/go/bin/go build -trimpath -buildvcs=false -p=2 -tags=fast -o {scratch/program} ./cmd/agent
              with GOWORK=off GOOS=linux GOARCH=amd64 GOCACHE={scratch/build-cache}
              in source, reads ["**", "!**/*_test.go"], keeps ["modules"]
            measurement cold-p4: 0 warm-ups, 3 samples, 1200000 ms for one
              runs tool/go/bin/go build -trimpath -buildvcs=false -p=4 -tags=fast -o {scratch/program} ./cmd/agent
              with GOWORK=off GOOS=linux GOARCH=amd64 GOCACHE={scratch/build-cache}
              in source, reads ["**", "!**/*_test.go"], keeps ["modules"]
            measurement cold-p6: 0 warm-ups, 3 samples, 1200000 ms for one
              runs tool/go/bin/go build -trimpath -buildvcs=false -p=6 -tags=fast -o {scratch/program} ./cmd/agent
              with GOWORK=off GOOS=linux GOARCH=amd64 GOCACHE={scratch/build-cache}
              in source, reads ["**", "!**/*_test.go"], keeps ["modules"]
        "#]],
    );
}

#[test]
fn a_module_that_vendors_has_no_graph() {
    let facts = fake::Facts::new()
        .file("go.mod", "module agent\ngo 1.19\nrequire a.test/b v1.0.0\n")
        .file("vendor/modules.txt", "# a.test/b v1.0.0\n");
    let settings = settings(r#"{"parallel": [2]}"#).unwrap();
    let plan = GoProbes::plan("build-speed", &here(), settings, &facts).unwrap();
    let names: Vec<_> = plan.measurements.iter().map(|one| &one.name).collect();
    assert_eq!(names, ["warm", "list", "cold-p2"]);
}

#[test]
fn the_memory_of_a_service() {
    check(
        "memstats",
        &here(),
        r#"{"arguments": ["--listen", "127.0.0.1:${port}"], "ready": "/healthz",
            "path": "/readings"}"#,
        expect![[r#"
            action fetch
              runs tool/go/bin/go build -trimpath -buildvcs=false -o {output/fetch} fetch.go
              with GOWORK=off GOOS=linux GOARCH=amd64
              in scratch, reads [], keeps ["build", "modules"]
              brings ["fetch.go"], leaves ["output/fetch"], network false
            measurement memory: 0 warm-ups, 10 samples, 600000 ms for one
              serves when http://127.0.0.1:${port}/healthz says 200, within 10000 ms
              runs artifact/build/agent --listen 127.0.0.1:${port}
              in scratch, reads [], keeps []
              runs artifact/fetch/fetch 127.0.0.1:${port} /debug/vars /readings 1000
              in scratch, reads [], keeps []
        "#]],
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let all = r#"{"env": {"A": "b", "B=C": "\u0000"}, "package": "../x", "tags": ["a"], "parallel": [0, 2, 2],
        "arguments": [":8080"], "ready": "x", "vars": "y", "path": "", "requests": 3}"#;
    let said = Probe::ALL
        .map(|probe| problems(probe.name(), all))
        .join("\n");
    expect![[r#"
        package: `package` means nothing to `go-scheduler`
        tags: `tags` means nothing to `go-scheduler`
        parallel: `parallel` means nothing to `go-scheduler`
        arguments: `arguments` means nothing to `go-scheduler`
        ready: `ready` means nothing to `go-scheduler`
        vars: `vars` means nothing to `go-scheduler`
        path: `path` means nothing to `go-scheduler`
        requests: `requests` means nothing to `go-scheduler`
        env.B=C: `B=C` names no variable
        env.B=C: no argument and no variable of a program can hold a NUL

        env: `env` means nothing to `build-speed`
        arguments: `arguments` means nothing to `build-speed`
        ready: `ready` means nothing to `build-speed`
        vars: `vars` means nothing to `build-speed`
        path: `path` means nothing to `build-speed`
        requests: `requests` means nothing to `build-speed`
        env.B=C: `B=C` names no variable
        env.B=C: no argument and no variable of a program can hold a NUL
        package: `../x` is no folder of one package below the build's
        parallel[0]: 0 programs at once are not possible, 1 to 1024 are
        parallel[2]: 2 programs at once are there twice

        package: `package` means nothing to `memstats`
        tags: `tags` means nothing to `memstats`
        parallel: `parallel` means nothing to `memstats`
        env.B=C: `B=C` names no variable
        env.B=C: no argument and no variable of a program can hold a NUL
        vars: `y` is no path of a URL
        path: `` is no path of a URL
        ready: `x` is no path of a URL
        arguments: nothing tells the program at which port to listen
    "#]]
    .assert_eq(&said);
    expect![[r#"
        requests: `requests` says how often, and nothing says of what
        arguments: nothing tells the program at which port to listen
    "#]]
    .assert_eq(&problems("memstats", r#"{"requests": 3}"#));
}

#[test]
fn what_cannot_be_measured_is_unsupported() {
    let without_go = Request {
        toolchain: InstalledToolchain::of("zig", "0.15.2").tool("zig", "zig"),
        ..here()
    };
    let without_program = Request {
        artifacts: Vec::new(),
        ..here()
    };
    let old = request("1.18.10", "x86_64-unknown-linux-gnu");
    let windows = request("1.22.10", "x86_64-pc-windows-gnu");
    for (probe, request, why) in [
        (
            "build-speed",
            &without_go,
            "toolchain `zig` has no tool `go`",
        ),
        (
            "go-scheduler",
            &without_go,
            "toolchain `zig` has no tool `go`",
        ),
        ("go-scheduler", &old, "needs Go 1.19 or later"),
        ("go-scheduler", &windows, "windows/amd64"),
        ("memstats", &windows, "windows/amd64"),
        ("memstats", &without_program, "ships no program"),
        ("racer", &windows, "no probe `racer`"),
    ] {
        let said = unsupported(probe, request);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn the_figures_of_the_scheduler() {
    // Of Go 1.19, 1.22 and 1.27.
    let printed = [
        r#"{"channel round-trip":348.879425,"gc-pause max":4624187,"gc-pause p50":1843008,"goroutine p50":210,"goroutine p99":2975}"#,
        r#"{"channel round-trip":328.84337,"gc-pause max":4948604,"gc-pause p50":152159,"goroutine p50":170,"goroutine p99":261}"#,
        r#"{"channel round-trip":759.030645,"gc-pause max":9331097,"gc-pause p50":2075088,"goroutine p50":170,"goroutine p99":260}"#,
    ];
    let samples = printed.map(Sample::printing);
    expect![[r#"
        goroutine p50: [210.0, 170.0, 170.0] ns, Better::Less
        goroutine p99: [2975.0, 261.0, 260.0] ns, Better::Less
        channel round-trip: [348.879425, 328.84337, 759.030645] ns, Better::Less
        gc-pause p50: [1843008.0, 152159.0, 2075088.0] ns, Better::Less
        gc-pause max: [4624187.0, 4948604.0, 9331097.0] ns, Better::Less
    "#]]
    .assert_eq(&read("go-scheduler", "scheduler", &samples).unwrap());
    for odd in [
        "",
        "{",
        "{}",
        "[1]",
        r#"{"goroutine p50": NaN}"#,
        &printed[0].replace("210", "1e999"),
    ] {
        let refused = read("go-scheduler", "scheduler", &[Sample::printing(odd)]);
        assert!(
            matches!(refused, Err(Error::Failed(_))),
            "{odd}: {refused:?}"
        );
    }
}

#[test]
fn the_parts_of_a_services_memory() {
    let samples: Vec<_> = VARIABLES
        .iter()
        .zip(RESIDENT)
        .map(|(text, resident)| Sample::printing(*text).counting("rss", resident))
        .collect();
    expect![[r#"
        heap-in-use: [3284992.0, 3334144.0, 3506176.0] B, Better::Less
        stacks: [360448.0, 425984.0, 360448.0] B, Better::Less
        gc-sys: [8123440.0, 1801240.0, 1855248.0] B, Better::Less
        heap-released: [483328.0, 368640.0, 4456448.0] B, Better::More
        go-total: [12475408.0, 6274064.0, 7821576.0] B, Better::Less
        rss: [8343552.0, 8536064.0, 9826304.0] B, Better::Less
        outside-go: [-4131856.0, 2262000.0, 2004728.0] B, Better::Less
    "#]]
    .assert_eq(&read("memstats", "memory", &samples).unwrap());
    // Where the kernel says nothing, its figures are left out.
    let alone = [Sample::printing(VARIABLES[0])];
    assert!(
        !read("memstats", "memory", &alone)
            .unwrap()
            .contains("outside-go")
    );
    for odd in [
        "",
        "{}",
        &VARIABLES[0][..200],
        r#"{"memstats": {"Sys": -1}}"#,
    ] {
        match read("memstats", "memory", &[Sample::printing(odd)]) {
            Err(Error::Failed(text)) => assert!(text.contains("`expvar`"), "{text}"),
            other => panic!("{odd}: {other:?}"),
        }
    }
}

#[test]
fn the_time_that_few_builds_exceed() {
    let took = |count: u64| {
        let samples = (1..=count).rev();
        let samples: Vec<_> = samples
            .map(|wall_ns| Sample {
                wall_ns,
                ..Sample::printing("")
            })
            .collect();
        samples
    };
    let p95 = |count| {
        let metrics = GoProbes::read("build-speed", "list", Settings::default(), &took(count));
        metrics.unwrap().metrics[1].values[0]
    };
    assert_eq!(
        [p95(1), p95(19), p95(20), p95(40), p95(100)],
        [1.0, 19.0, 19.0, 38.0, 95.0]
    );
    let cold = read("build-speed", "cold-p2", &took(2)).unwrap();
    assert_eq!(cold, "cold-p2: [2.0, 1.0] ns, Better::Less\n");
}

#[test]
fn the_programs_are_small_enough_to_be_brought() {
    for (probe, json) in [
        ("go-scheduler", "{}"),
        ("memstats", r#"{"arguments": ["${port}"]}"#),
    ] {
        let plan = planned(probe, &here(), json).unwrap();
        assert!(plan.actions[0].files[0].text.len() <= 16 << 10, "{probe}");
    }
}
