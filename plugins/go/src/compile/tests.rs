//! Whole plans, as a person reads them.

use std::fmt::Write;

use expect_test::{Expect, expect};
use orch_plugin::{InstalledToolchain, Machine, Pair, Tweak, fake, settings, word};
use orch_plugin_go_command::environment;

use super::*;

mod cgo;

const MODULE: &str = "module sensor-agent\n\ngo 1.22\n";

fn request(version: &str, triple: &str) -> Request {
    let toolchain = InstalledToolchain {
        environment: environment::of_toolchain(),
        ..InstalledToolchain::of("go", version)
            .tool("go", "bin/go")
            .tool("gofmt", "bin/gofmt")
    };
    Request {
        target: Machine::of(triple),
        ..Request::of("agent", toolchain)
    }
}

fn facts() -> fake::Facts {
    fake::Facts::new().file("go.mod", MODULE)
}

fn planned(request: &Request, json: &str, facts: &fake::Facts) -> Result<Build, Error> {
    plan(request, &settings(json)?, facts)
}

/// A plan as text, without the variables that are the same in every one.
fn shown(build: &Build) -> String {
    let mut text = String::new();
    for action in &build.actions {
        let arguments: Vec<_> = action.arguments.iter().map(word).collect();
        writeln!(
            text,
            "{}: {} {}",
            action.name,
            action.program.text(),
            arguments.join(" ")
        )
        .unwrap();
        let constant = environment::of_toolchain();
        for variable in &action.environment {
            if !constant.contains(variable) {
                writeln!(text, "  {}={}", variable.name, word(&variable.value)).unwrap();
            }
        }
        writeln!(
            text,
            "  in {}, reads {}",
            action.directory.text(),
            action.inputs.join(" ")
        )
        .unwrap();
        let outputs: Vec<_> = action.outputs.iter().map(orch_plugin::Path::text).collect();
        writeln!(
            text,
            "  leaves {}, keeps {}, network {}",
            outputs.join(" "),
            action.caches.join(" "),
            action.network
        )
        .unwrap();
    }
    for artifact in &build.artifacts {
        writeln!(
            text,
            "ships {} from {}",
            artifact.name,
            artifact.path.text()
        )
        .unwrap();
    }
    text
}

fn check(request: &Request, json: &str, facts: &fake::Facts, expected: Expect) {
    expected.assert_eq(&shown(&planned(request, json, facts).unwrap()));
}

fn problems(request: &Request, json: &str, facts: &fake::Facts) -> Vec<String> {
    match planned(request, json, facts) {
        Err(Error::Invalid(problems)) => problems
            .into_iter()
            .map(|problem| {
                format!(
                    "{}: {} ({})",
                    problem.setting.unwrap_or_default(),
                    problem.message,
                    problem.hint.unwrap_or_default()
                )
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn unsupported(request: &Request, json: &str) -> String {
    match planned(request, json, &facts()) {
        Err(Error::Unsupported(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_raspberry_pi_of_a_release_that_knows_variants_of_arm64() {
    let mut request = request("1.24.1", "aarch64-unknown-linux-gnu");
    request.target_environment = vec![Pair::new("GOARM64", "v8.2,crypto"), Pair::new("CC", "cc")];
    check(
        &request,
        r#"{"package": "./cmd/agent"}"#,
        &facts(),
        expect![[r#"
            compile: tool/go/bin/go build -trimpath -buildvcs=false -o {output/agent} ./cmd/agent
              GOWORK=off
              GOOS=linux
              GOARCH=arm64
              GOARM64=v8.2,crypto
              in source, reads ** !**/*_test.go
              leaves output/agent, keeps build modules, network false
            ships agent from artifact/compile/agent
        "#]],
    );
}

#[test]
fn an_older_release_is_not_told_what_it_does_not_know() {
    let mut request = request("1.17.13", "aarch64-unknown-linux-gnu");
    request.target_environment = vec![
        Pair::new("GOARM64", "v8.2,crypto"),
        Pair::new("GOAMD64", "v3"),
    ];
    check(
        &request,
        "{}",
        &facts(),
        expect![[r#"
            compile: tool/go/bin/go build -trimpath -o {output/agent} .
              GOWORK=off
              GOOS=linux
              GOARCH=arm64
              in source, reads ** !**/*_test.go
              leaves output/agent, keeps build modules, network false
            ships agent from artifact/compile/agent
        "#]],
    );
}

#[test]
fn tuning_and_settings_meet_in_one_flag_each() {
    let mut request = request("1.22.10", "x86_64-unknown-linux-musl");
    request.static_link = true;
    request.target_environment = vec![Pair::new("GOAMD64", "v2")];
    request.tweaks = vec![
        Tweak::flag("go.ldflags", "-s"),
        Tweak::flag("go.flags", "-trimpath"),
        Tweak::flag("go.gcflags", "-B"),
        Tweak::flag("cc.cflags", "-O3"),
        Tweak::build_variable("GOEXPERIMENT", "rangefunc"),
        Tweak::runtime_variable("GOGC", "200"),
    ];
    let json = r#"{
        "output": "sensor", "tags": ["edge", "netgo"], "ldflags": ["-w"], "gcflags": ["-l"],
        "stamp": {"main.version": "1.2", "main.name": "the agent"},
        "environment": {"GOFLAGS": "-v"}
    }"#;
    check(
        &request,
        json,
        &facts(),
        expect![[r#"
            compile: tool/go/bin/go build -trimpath -buildvcs=false -tags=edge,netgo -gcflags=-B -l -ldflags=-s -w -X 'main.name=the agent' -X main.version=1.2 -o {output/sensor} .
              GOWORK=off
              GOOS=linux
              GOARCH=amd64
              GOAMD64=v2
              GOEXPERIMENT=rangefunc
              GOFLAGS=-v
              in source, reads ** !**/*_test.go
              leaves output/sensor, keeps build modules, network false
            ships sensor from artifact/compile/sensor
        "#]],
    );
}

#[test]
fn the_users_word_on_paths_stands_above_a_policys() {
    let mut request = request("1.22.10", "x86_64-unknown-linux-gnu");
    request.tweaks = vec![Tweak::flag("go.flags", "-trimpath")];
    let build = planned(&request, r#"{"trimpath": false}"#, &facts()).unwrap();
    assert!(!shown(&build).contains("-trimpath"));
}

#[test]
fn modules_from_elsewhere_need_the_network() {
    let facts = fake::Facts::new().file(
        "svc/go.mod",
        "module svc\ngo 1.21\nrequire example.org/a v1.0.0\n",
    );
    let mut request = request("1.22.10", "armv7-unknown-linux-gnueabihf");
    request.directory = "svc".to_owned();
    check(
        &request,
        "{}",
        &facts,
        expect![[r#"
            compile: tool/go/bin/go build -trimpath -buildvcs=false -modcacherw -o {output/agent} .
              GOWORK=off
              GOPROXY=https://proxy.golang.org,direct
              GOOS=linux
              GOARCH=arm
              GOARM=7
              in source/svc, reads svc/** !**/*_test.go
              leaves output/agent, keeps build modules, network true
            ships agent from artifact/compile/agent
        "#]],
    );
    let vendored = fake::Facts::new()
        .file(
            "svc/go.mod",
            "module svc\ngo 1.21\nrequire example.org/a v1.0.0\n",
        )
        .file("svc/vendor/modules.txt", "");
    for (json, facts) in [(r#"{"proxy": "off"}"#, &facts), ("{}", &vendored)] {
        let build = planned(&request, json, facts).unwrap();
        assert!(!build.actions[0].network, "{json}");
        assert!(
            !shown(&build).contains("GOPROXY="),
            "off, as for every program: {json}"
        );
    }
}

#[test]
fn a_vendor_folder_that_go_does_not_read_spares_no_network() {
    let module = "module agent\ngo 1.13\nrequire example.org/a v1.0.0\n";
    let facts = fake::Facts::new()
        .file("go.mod", module)
        .file("vendor/modules.txt", "");
    let request = request("1.22.10", "x86_64-unknown-linux-gnu");
    let build = planned(&request, "{}", &facts).unwrap();
    assert!(build.actions[0].network);
}

#[test]
fn programs_are_named_as_their_systems_want() {
    for (triple, name) in [
        ("wasm32-wasip1", "agent.wasm"),
        ("x86_64-pc-windows-gnu", "agent.exe"),
        ("aarch64-apple-darwin", "agent"),
    ] {
        let build = planned(&request("1.22.10", triple), "{}", &facts()).unwrap();
        assert_eq!(build.artifacts[0].name, name, "{triple}");
        assert_eq!(build.actions[0].outputs[0].relative, name, "{triple}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let mut request = request("1.22.10", "x86_64-unknown-linux-musl");
    request.static_link = true;
    let json = r#"{
        "package": "../agent", "output": "bin/agent", "tags": ["a b"], "buildmode": "pie",
        "stamp": {"version": "1", "main.quote": "a ' and a \""}
    }"#;
    expect![[r#"
        package: `../agent` leaves the build's folder (set `directory` to the folder that holds it)
        output: `bin/agent` is no plain file name (write a name without folders; the file lies in `out/<build>/<target>/`)
        tags[0]: `a b` is no build tag (write one tag in each item)
        stamp.main.quote: a value with both kinds of quotes can't be handed to Go's linker ()
        stamp.version: `version` names no variable of a package (write the package's path, a dot and the variable, e.g. `main.version`)
        buildmode: Go's position-independent programs need an interpreter, and the target wants none (take `buildmode` away, or choose another target)
        : there is no `go.mod` in the pipeline's folder or above it (set `directory` to the folder of a Go module, or make one there with `go mod init`)"#]]
    .assert_eq(&problems(&request, json, &fake::Facts::new()).join("\n"));
}

#[test]
fn inputs_and_variables_that_no_action_can_have_are_named() {
    let request = request("1.22.10", "x86_64-unknown-linux-gnu");
    let json = r#"{
        "inputs": ["../**", "!/etc/*", "a\\b", "", "!", "src/[a", "{a,b", "a}", "[z-a]", "ok/**"],
        "environment": {"A=B": "c", "": "d", "NUL": "a\u0000b", "GOFLAGS": "-v"},
        "ldflags": ["-s", "a\u0000b"], "gcflags": ["\u0000"], "stamp": {"main.v": "\u0000"},
        "proxy": "\u0000"
    }"#;
    expect![[r#"
        inputs[0]: `../**` leaves the pipeline's folder (write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`)
        inputs[1]: `!/etc/*` is absolute (write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`)
        inputs[2]: `a\\b` holds a backslash or a NUL (write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`)
        inputs[3]: `` matches nothing (write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`)
        inputs[4]: `!` matches nothing (write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`)
        inputs[5]: `src/[a` has a `[` without a `]` (write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`)
        inputs[6]: `{a,b` has a `{` without a `}` (write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`)
        inputs[7]: `a}` has a `}` without a `{` (write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`)
        inputs[8]: `[z-a]` has a range that runs backwards (write a pattern below the pipeline's folder, e.g. `cmd/**/*.go`)
        environment.: `` names no variable (write a name without `=`, of 128 bytes at most)
        environment.A=B: `A=B` names no variable (write a name without `=`, of 128 bytes at most)
        environment.NUL: no argument and no variable of a program can hold a NUL ()
        proxy: no argument and no variable of a program can hold a NUL ()
        ldflags[1]: no argument and no variable of a program can hold a NUL ()
        gcflags[0]: no argument and no variable of a program can hold a NUL ()
        stamp.main.v: no argument and no variable of a program can hold a NUL ()"#]]
    .assert_eq(&problems(&request, json, &facts()).join("\n"));
}

#[test]
fn packages_that_would_leave_or_miss_the_sources_are_refused() {
    let request = request("1.22.10", "x86_64-unknown-linux-gnu");
    for (package, expected) in [
        ("/src/agent", "absolute"),
        ("C:/agent", "absolute"),
        ("./cmd/../../agent", "leaves"),
        ("./...", "several"),
        ("-o=/etc/passwd", "no package"),
        ("cmd/agent", "write `./cmd/agent`"),
    ] {
        let json = format!(r#"{{"package": "{package}"}}"#);
        let problem = problems(&request, &json, &facts()).remove(0);
        assert!(problem.contains(expected), "{problem}");
    }
    for package in [
        ".",
        "./cmd/agent",
        "sensor-agent/cmd/agent",
        "example.org/tool",
        "main.go",
    ] {
        let json = format!(r#"{{"package": "{package}"}}"#);
        assert!(planned(&request, &json, &facts()).is_ok(), "{package}");
    }
}

#[test]
fn a_module_that_is_too_new_is_said_before_go_says_it() {
    let facts = fake::Facts::new().file("go.mod", "module agent\ngo 1.23.1\n");
    let candidate = request("1.23.1-rc.1", "x86_64-unknown-linux-gnu");
    assert_eq!(problems(&candidate, "{}", &facts).len(), 1);
    let line = fake::Facts::new().file("go.mod", "module agent\ngo 1.22\n");
    let candidate = request("1.22.0-rc.1", "x86_64-unknown-linux-gnu");
    assert!(planned(&candidate, "{}", &line).is_ok());
    let request = request("1.22.10", "x86_64-unknown-linux-gnu");
    expect![": `go.mod` asks for Go 1.23.1 or later, and toolchain `go` is 1.22.10 (set `version = \"1.23\"` in `[toolchain.go]`)"]
        .assert_eq(&problems(&request, "{}", &facts).join("\n"));
}

#[test]
fn what_cannot_be_done_is_said() {
    let native = request("1.22.10", "x86_64-unknown-linux-gnu");
    expect!["Go 1.20.14 does not build for wasip1/wasm, which came with Go 1.21; ask for `version = \">=1.21\"` in the toolchain's table"]
        .assert_eq(&unsupported(&request("1.20.14", "wasm32-wasip1"), "{}"));
    let mut without = native;
    without.toolchain.tools.clear();
    expect!["toolchain `go` has no tool `go`"].assert_eq(&unsupported(&without, "{}"));
}

#[test]
fn a_program_for_a_javascript_engine_ships_with_what_the_release_runs_it_by() {
    for (version, folder) in [("1.22.10", "misc"), ("1.24.0", "lib")] {
        let request = request(version, "wasm32-unknown-js");
        let build = planned(&request, "{}", &facts()).unwrap();
        let shipped: Vec<_> = build
            .artifacts
            .iter()
            .map(|artifact| format!("{} {}", artifact.name, artifact.path.text()))
            .collect();
        assert_eq!(shipped[0], "agent.wasm artifact/compile/agent.wasm");
        assert_eq!(
            shipped[1],
            format!("wasm_exec.js tool/go/{folder}/wasm/wasm_exec.js")
        );
        assert_eq!(
            shipped[2],
            format!("wasm_exec_node.js tool/go/{folder}/wasm/wasm_exec_node.js")
        );
        assert!(!build.artifacts[1].executable);
    }
}
