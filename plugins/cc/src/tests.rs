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

/// Debian's GCC for boards, with `make` from packages of its own.
fn with_make() -> Request {
    let tools = ["gcc", "gcc-ar", "objcopy"].map(|name| format!("aarch64-linux-gnu-{name}"));
    let tools: Vec<_> = tools.iter().map(String::as_str).collect();
    Request {
        tools: vec![InstalledToolchain::of("make", "4.3.0").tools(&["make"])],
        target: Machine::of("aarch64-unknown-linux-gnu"),
        ..Request::of(
            "agent",
            InstalledToolchain::of("gcc", "12.2.0").tools(&tools),
        )
    }
}

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

#[test]
fn libraries_are_collected_or_linked_with_their_name() {
    let facts = fake::Facts::new().glob("*.c", &["a.c"]);
    let shown = |json: &str| {
        let build = plan(&with_make(), json, &facts).unwrap();
        let words = |action: &orch_plugin::Action| {
            let words: Vec<_> = action.arguments.iter().map(word).collect();
            format!("{}: {}\n", action.name, words.join(" "))
        };
        let actions: String = build.actions.iter().map(words).collect();
        let artifacts = build.artifacts.iter();
        let artifacts: Vec<_> = artifacts
            .map(|it| (it.name.clone(), it.executable))
            .collect();
        format!("{actions}{artifacts:?}\n")
    };
    let all = [
        shown(r#"{"sources": ["*.c"], "kind": "static-library"}"#),
        shown(
            r#"{"sources": ["*.c"], "kind": "shared-library", "soname": "libagent.so.1", "lto": true}"#,
        ),
        shown(r#"{"sources": ["*.c"], "symbols": "split"}"#),
    ];
    expect![[r#"
        compile-a.c: -march=armv8-a -c -O2 -ffile-prefix-map={source}=. -ffile-prefix-map={tool/gcc}=toolchain -o {output/a.c.o} a.c
        link: qcsD {output/libagent.a} {artifact/compile-a.c/a.c.o}
        [("libagent.a", false)]
        compile-a.c: -march=armv8-a -c -O2 -ffile-prefix-map={source}=. -ffile-prefix-map={tool/gcc}=toolchain -flto=auto -fPIC -o {output/a.c.o} a.c
        link: -march=armv8-a -shared -Wl,-soname,libagent.so.1 -O2 -flto=auto {artifact/compile-a.c/a.c.o} -o {output/libagent.so}
        [("libagent.so", false)]
        compile-a.c: -march=armv8-a -c -O2 -ffile-prefix-map={source}=. -ffile-prefix-map={tool/gcc}=toolchain -o {output/a.c.o} a.c
        link: -march=armv8-a {artifact/compile-a.c/a.c.o} -o {output/agent}
        debug-file: --only-keep-debug {artifact/link/agent} {output/agent.debug}
        strip: --strip-all --add-gnu-debuglink={artifact/debug-file/agent.debug} {artifact/link/agent} {output/agent}
        [("agent", true), ("agent.debug", false)]
    "#]].assert_eq(&all.concat());
}

#[test]
fn a_command_is_told_of_the_compiler() {
    let json = r#"{"command": ["make", "it's", "$HOME"], "outputs": ["bin/agent", "libx.so.1"]}"#;
    let build = plan(&with_make(), json, &fake::Facts::new()).unwrap();
    let action = &build.actions[0];
    assert_eq!(action.program.text(), "scratch/command.sh");
    let script = &action.files[0].text;
    let words: Vec<_> = action.arguments.iter().map(word).collect();
    let variables = action.environment.iter();
    let variables: Vec<_> = variables
        .map(|variable| format!("{}={}", variable.name, word(&variable.value)))
        .collect();
    expect![[r##"
        #!/bin/sh
        set -e
        mkdir work
        cp -R "$1/." work
        chmod -R u+w work
        cd work
        'make' 'it'\''s' '$HOME'
        shift
        cp -RL 'bin/agent' "$1"
        shift
        cp -RL 'libx.so.1' "$1"
        {source}
        {output/agent}
        {output/libx.so.1}
        CC={tool/gcc/aarch64-linux-gnu-gcc} -march=armv8-a
        AR={tool/gcc/aarch64-linux-gnu-gcc-ar}
        CFLAGS=-O2 -ffile-prefix-map={scratch/work}=.
        CXXFLAGS=-O2 -ffile-prefix-map={scratch/work}=.
        LDFLAGS=
        PATH={tool/gcc}:{tool/make}:/usr/local/bin:/usr/bin:/bin
        PKG_CONFIG_LIBDIR={scratch/no-packages}
    "##]]
    .assert_eq(&format!(
        "{script}{}\n{}\n",
        words.join("\n"),
        variables.join("\n")
    ));
    assert!(build.artifacts[0].executable && !build.artifacts[1].executable);
}

#[test]
fn what_a_compiler_or_a_command_lacks_is_said_with_the_remedy() {
    let facts = || fake::Facts::new().glob("*.c", &["a.c"]);
    let gcc = Request {
        tools: Vec::new(),
        ..with_make()
    };
    let still = Request {
        static_link: true,
        ..with_make()
    };
    let mut shown = String::new();
    for (request, json) in [
        (&gcc, r#"{"sources": ["*.c"], "lto": "thin"}"#),
        (
            &gcc,
            r#"{"sources": ["*.c"], "lto": true, "kind": "static-library"}"#,
        ),
        (&gcc, r#"{"sources": ["*.c"], "soname": "liba.so"}"#),
        (&still, r#"{"sources": ["*.c"], "kind": "shared-library"}"#),
        (&gcc, r#"{"command": ["make"], "outputs": ["agent"]}"#),
        (&with_make(), r#"{"command": ["make"]}"#),
        (&gcc, "{}"),
    ] {
        let Err(Error::Invalid(problems)) = plan(request, json, &facts()) else {
            panic!("{json}")
        };
        for problem in problems {
            let setting = problem.setting.unwrap_or_default();
            shown += &format!(
                "{setting}: {}\n  {}\n",
                problem.message,
                problem.hint.unwrap_or_default()
            );
        }
    }
    expect![[r#"
        lto: GCC has no thin link-time optimisation
          write `lto = true`
        lto: a static library with link-time optimisation can be read by one release of one compiler only
          take `lto` away, or set it where the library's sources are linked
        soname: only a shared library has a soname
          take it away, or set `kind = "shared-library"`
        kind: the target wants no shared library, so nothing there could load one
          set `kind = "static-library"`, or take a target with a C library of its own
        command: no toolchain of the build has `make`
          lend one: add `[toolchain.make]` with `with = "debian"` and `packages = ["make"]`, and `tools = ["make"]` here; a script of the project begins with `./`
        command: a `command` needs `outputs`
          name the files that it leaves, as in `outputs = ["bin/agent"]`
        : the build has neither `sources` nor a `command`
          write `sources = ["src/*.c"]`, or `command = ["make"]` with its `outputs`
    "#]].assert_eq(&shown);
}
