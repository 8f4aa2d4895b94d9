//! Plans of the builder: every action word for word, and what it refuses.

use expect_test::{Expect, expect};
use orch_plugin::{
    Flag, InstalledToolchain, Machine, Tweak, Variable, cache, fake, scratch, settings, word,
};

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

fn request(triple: &str) -> Request {
    Request {
        target: Machine::of(triple),
        ..Request::of("agent", zig())
    }
}

/// Two sources, one of them C++.
fn world() -> fake::Facts {
    fake::Facts::new()
        .glob("src/*.c", &["src/main.c"])
        .glob("src/*.cc", &["src/sensor.cc"])
}

const BOTH: &str = r#""sources": ["src/*.c", "src/*.cc"]"#;

fn plan(request: &Request, json: &str, facts: &fake::Facts) -> Result<Build, Error> {
    Cc::plan(request, settings(json)?, facts)
}

/// Each action in a few lines, and what ships.
fn check(request: &Request, json: &str, facts: &fake::Facts, expected: Expect) {
    let build = plan(request, json, facts).unwrap();
    let mut shown = String::new();
    for action in &build.actions {
        let words: Vec<_> = action.arguments.iter().map(word).collect();
        shown += &format!(
            "{} in {}: {}\n  reads {:?} {:?}\n  caches {:?}\n",
            action.name,
            action.directory.text(),
            words.join(" "),
            action.inputs.first(),
            action.after,
            action.caches
        );
    }
    for artifact in &build.artifacts {
        shown += &format!("{} = {}\n", artifact.name, artifact.path.text());
    }
    expected.assert_eq(&shown);
}

fn problem(json: &str, facts: &fake::Facts) -> String {
    match plan(&request("x86_64-unknown-linux-gnu"), json, facts) {
        Err(Error::Invalid(problems)) => problems
            .into_iter()
            .map(|problem| {
                format!(
                    "{}: {}\n  {}\n",
                    problem.setting.unwrap_or_default(),
                    problem.message,
                    problem.hint.unwrap_or_default()
                )
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_source_is_compiled_by_itself_and_all_are_linked() {
    let request = Request {
        static_link: true,
        tweaks: vec![
            Tweak::BuildFlag(Flag {
                slot: "cc.cflags".to_owned(),
                value: "-O3".to_owned(),
            }),
            Tweak::BuildFlag(Flag {
                slot: "cc.ldflags".to_owned(),
                value: "-s".to_owned(),
            }),
        ],
        ..request("aarch64-unknown-linux-musl")
    };
    let json = format!(
        r#"{{{BOTH}, "include": ["include"], "define": ["DEBUG=1"], "std": "c++20",
            "cflags": ["-Wall"], "ldflags": ["-Wl,-z,now"], "libraries": ["m"]}}"#
    );
    check(
        &request,
        &json,
        &world(),
        expect![[r#"
        compile-src.main.c in source: cc -target aarch64-linux-musl -mcpu=baseline -fno-sanitize=undefined -c -O2 -ffile-prefix-map={source}=. -ffile-prefix-map={tool/zig}=toolchain -I{source/include} -DDEBUG=1 -O3 -Wall -o {output/main.c.o} src/main.c
          reads Some("src/main.c") []
          caches ["zig"]
        compile-src.sensor.cc in source: c++ -target aarch64-linux-musl -mcpu=baseline -fno-sanitize=undefined -c -std=c++20 -O2 -ffile-prefix-map={source}=. -ffile-prefix-map={tool/zig}=toolchain -I{source/include} -DDEBUG=1 -O3 -Wall -o {output/sensor.cc.o} src/sensor.cc
          reads Some("src/sensor.cc") []
          caches ["zig"]
        link in source: c++ -target aarch64-linux-musl -mcpu=baseline -fno-sanitize=undefined -static {artifact/compile-src.main.c/main.c.o} {artifact/compile-src.sensor.cc/sensor.cc.o} -s -Wl,-z,now -lm -o {output/agent}
          reads None ["compile-src.main.c", "compile-src.sensor.cc"]
          caches ["zig"]
        agent = artifact/link/agent
    "#]],
    );
}

#[test]
fn paths_are_below_the_builds_directory() {
    let request = Request {
        directory: "firmware".to_owned(),
        ..request("wasm32-wasip1")
    };
    let facts = fake::Facts::new()
        .glob("firmware/*.c", &["firmware/a.c", "firmware/b.c"])
        .glob("firmware/b.c", &["firmware/b.c"]);
    let json = r#"{"sources": ["*.c", "!b.c"], "headers": ["api/*.h"], "include": ["api"]}"#;
    check(
        &request,
        json,
        &facts,
        expect![[r#"
        compile-a.c in source/firmware: cc -target wasm32-wasi -mcpu=baseline -fno-sanitize=undefined -c -O2 -ffile-prefix-map={source}=. -ffile-prefix-map={tool/zig}=toolchain -I{source/firmware/api} -o {output/a.c.o} a.c
          reads Some("firmware/a.c") []
          caches ["zig"]
        link in source: cc -target wasm32-wasi -mcpu=baseline -fno-sanitize=undefined {artifact/compile-a.c/a.c.o} -o {output/agent.wasm}
          reads None ["compile-a.c"]
          caches ["zig"]
        agent.wasm = artifact/link/agent.wasm
    "#]],
    );
    let build = plan(&request, json, &facts).unwrap();
    assert_eq!(
        build.actions[0].inputs,
        ["firmware/a.c", "firmware/api/*.h"]
    );
}

#[test]
fn sources_whose_actions_would_be_called_the_same_are_told_apart() {
    let facts = fake::Facts::new().glob("**/*.c", &["a.b.c", "a/b.c", "a b.c", "[x].c"]);
    let build = plan(
        &request("x86_64-unknown-linux-gnu"),
        r#"{"sources": ["**/*.c"]}"#,
        &facts,
    )
    .unwrap();
    let names: Vec<_> = build
        .actions
        .iter()
        .map(|action| action.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "compile-_x_.c",
            "compile-a_b.c",
            "compile-a.b.c",
            "compile-a.b.c.2",
            "link"
        ]
    );
    assert_eq!(build.actions[0].inputs[0], "[[]x[]].c");
}

#[test]
fn what_cannot_be_built_is_said_with_the_setting() {
    let facts = fake::Facts::new()
        .glob("*.c", &[])
        .glob("src/**", &["src/main.c", "src/main.h", "src/notes"]);
    let shown = [
        problem(r#"{"sources": ["*.c"]}"#, &facts),
        problem(r#"{"sources": ["src/**"]}"#, &facts),
    ]
    .concat();
    expect![[r#"
        sources: no file is a source of this build
          patterns are below the build's `directory`: `*.c` means files in it, `**/*.c` at any depth
        sources: `src/main.h` is no source of C, C++ or assembly
          sources end in `.c`, `.cc`, `.cpp`, `.cxx`, `.c++`, `.C`, `.s` or `.S`; headers belong to `headers`
        sources: `src/notes` is no source of C, C++ or assembly
          sources end in `.c`, `.cc`, `.cpp`, `.cxx`, `.c++`, `.C`, `.s` or `.S`; headers belong to `headers`
    "#]].assert_eq(&shown);
}
