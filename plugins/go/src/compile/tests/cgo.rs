//! Plans of builds that may use C.

use orch_plugin::{Variable, cache, scratch};

use super::*;

fn zig() -> InstalledToolchain {
    InstalledToolchain {
        environment: vec![
            Variable::new("ZIG_GLOBAL_CACHE_DIR", cache("zig")),
            Variable::new("ZIG_LOCAL_CACHE_DIR", scratch("zig")),
        ],
        ..InstalledToolchain::of("zig", "0.15.2").tool("zig", "zig")
    }
}

/// Debian's, for C alone.
fn gcc() -> InstalledToolchain {
    let gcc = "aarch64-linux-gnu-gcc";
    InstalledToolchain::of("gcc", "12.2.0+4-12.2.0-3").tool(gcc, format!("orch/bin/{gcc}"))
}

fn lent(version: &str, triple: &str, tools: Vec<InstalledToolchain>) -> Request {
    Request {
        tools,
        ..request(version, triple)
    }
}

#[test]
fn a_static_program_is_linked_by_the_compiler_that_is_lent() {
    let mut request = lent("1.22.10", "aarch64-unknown-linux-musl", vec![zig()]);
    request.static_link = true;
    request.tweaks = vec![
        Tweak::flag("go.ldflags", "-s"),
        Tweak::flag("cc.cflags", "-O3"),
    ];
    check(
        &request,
        r#"{"cgo": true}"#,
        &facts(),
        expect![[r#"
        compile: tool/go/bin/go build -trimpath -buildvcs=false -ldflags=-linkmode=external -extldflags=-static -s -o {output/agent} .
          GOWORK=off
          GOOS=linux
          GOARCH=arm64
          ZIG_GLOBAL_CACHE_DIR={cache/zig}
          ZIG_LOCAL_CACHE_DIR={scratch/zig}
          CGO_ENABLED=1
          CC='{tool/zig/zig}' cc -target aarch64-linux-musl -mcpu=baseline -fno-sanitize=undefined '-ffile-prefix-map={tool/zig}=zig-000000000000'
          CXX='{tool/zig/zig}' c++ -target aarch64-linux-musl -mcpu=baseline -fno-sanitize=undefined '-ffile-prefix-map={tool/zig}=zig-000000000000'
          CGO_CFLAGS=-g -O2 -O3
          CGO_CXXFLAGS=-g -O2 -O3
          in source, reads ** !**/*_test.go
          leaves output/agent, keeps build modules zig, network false
        ships agent from artifact/compile/agent
    "#]],
    );
}

#[test]
fn a_compiler_for_c_alone_will_do() {
    let request = lent("1.22.10", "aarch64-unknown-linux-gnu", vec![gcc(), zig()]);
    check(
        &request,
        r#"{"cgo": true}"#,
        &facts(),
        expect![[r#"
        compile: tool/go/bin/go build -trimpath -buildvcs=false -o {output/agent} .
          GOWORK=off
          GOOS=linux
          GOARCH=arm64
          CGO_ENABLED=1
          CC='{tool/gcc/orch/bin/aarch64-linux-gnu-gcc}' -march=armv8-a '-ffile-prefix-map={tool/gcc}=gcc-000000000000'
          in source, reads ** !**/*_test.go
          leaves output/agent, keeps build modules, network false
        ships agent from artifact/compile/agent
    "#]],
    );
}

#[test]
fn a_release_that_reads_no_quotes_is_given_none() {
    let request = lent("1.17.13", "x86_64-unknown-linux-gnu", vec![zig()]);
    let build = planned(&request, r#"{"cgo": true}"#, &facts()).unwrap();
    assert!(!shown(&build).contains('\''), "{}", shown(&build));
}

#[test]
fn another_toolchain_of_the_same_name_is_another_call() {
    let mut other = zig();
    other.recipe = format!("sha256:{}", "1".repeat(64));
    let calls = [zig(), other].map(|zig| {
        let request = lent("1.22.10", "x86_64-unknown-linux-gnu", vec![zig]);
        let build = planned(&request, r#"{"cgo": true}"#, &facts()).unwrap();
        let mut variables = build.actions[0].environment.iter();
        word(
            &variables
                .find(|variable| variable.name == "CC")
                .unwrap()
                .value,
        )
    });
    assert_ne!(calls[0], calls[1]);
}

#[test]
fn what_cannot_be_compiled_is_said_with_the_remedy() {
    let json = r#"{"cgo": true}"#;
    let nothing_lent = request("1.22.10", "x86_64-unknown-linux-gnu");
    let refusals = [
        problems(&nothing_lent, json, &facts()).concat(),
        unsupported(&request("1.22.10", "wasm32-wasip1"), json),
        unsupported(&lent("1.22.10", "aarch64-apple-darwin", vec![zig()]), json),
        unsupported(
            &lent("1.22.10", "x86_64-unknown-linux-gnu", vec![gcc()]),
            json,
        ),
    ];
    expect![[r#"
        cgo: C needs a C compiler for `x86_64-unknown-linux-gnu`, and this build is lent none (add a table `[toolchain.zig]`, and `tools = ["zig"]` to this build)
        Go calls no C on wasip1/wasm; build for this target without `cgo`
        C in Go needs the frameworks of Apple's SDK on macOS, which no C compiler here has; build for this target without `cgo`
        `aarch64-linux-gnu-gcc` builds for `aarch64-linux-gnu`; for `x86_64-unknown-linux-gnu` add `[toolchain.zig]`, or `[toolchain.host]` with `with = "system"` and `programs = ["gcc"]` on a machine with x86_64 and name it in the build's `toolchain` or `tools`"#]].assert_eq(&refusals.join("\n"));
}
