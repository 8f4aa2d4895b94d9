//! Builds as they are planned, for toolchains and targets that a test makes up.

use expect_test::{Expect, expect};
use orch_plugin::{InstalledToolchain, Machine, fake, settings, word};

use super::*;

const REGISTRY: &str = r#"
[[package]]
name = "itoa"
version = "1.0.15"
source = "registry+https://github.com/rust-lang/index"
checksum = "00"
"#;

fn toolchain(name: &str, programs: &[&str]) -> InstalledToolchain {
    InstalledToolchain::of(name, "1.95.0").tools(programs)
}

fn request(triple: &str) -> Request {
    let rust = toolchain("rust", &["cargo", "rustc"]);
    Request {
        target: Machine::of(triple),
        ..Request::of("agent", rust)
    }
}

fn planned(request: &Request, json: &str, lock: &str) -> Result<Build, Error> {
    let facts = fake::Facts::new().file("Cargo.lock", lock);
    Cargo::plan(request, settings(json)?, &facts)
}

fn check(build: &Build, expected: Expect) {
    let mut text = String::new();
    for action in &build.actions {
        let arguments: Vec<_> = action.arguments.iter().map(word).collect();
        text += &format!("{}: {}\n", action.name, arguments.join(" "));
        for variable in &action.environment {
            text += &format!("  {}={}\n", variable.name, word(&variable.value));
        }
        text += &format!("  reads {}\n", action.inputs.join(" "));
        if action.network {
            text += "  network\n";
        }
    }
    for artifact in &build.artifacts {
        text += &format!("{} of {}\n", artifact.name, artifact.path.text());
    }
    // What stands between two flags.
    expected.assert_eq(&text.replace('\u{1f}', " "));
}

#[test]
fn crates_are_fetched_once_and_then_read_without_a_network() {
    let json = r#"{"features": ["tls", "json"], "default-features": false}"#;
    let mut request = request("x86_64-unknown-linux-gnu");
    request.tools = vec![toolchain("cc", &["gcc"])];
    let build = planned(&request, json, REGISTRY).unwrap();
    check(
        &build,
        expect![[r#"
            fetch: vendor --locked --quiet --versioned-dirs {output/vendor}
              RUSTC={tool/rust/rustc}
              CARGO_TERM_COLOR=never
              CARGO_INCREMENTAL=0
              CARGO_HOME={cache/cargo}
              reads Cargo.lock **/Cargo.toml .cargo/** **/src/lib.rs **/src/main.rs **/src/bin/** **/build.rs !target/**
              network
            compile: build --locked --offline --target x86_64-unknown-linux-gnu --profile release --bin agent --target-dir {output/target} --features tls,json --no-default-features --config source.crates-io.replace-with="vendored" --config source.vendored.directory="{artifact/fetch/vendor}"
              RUSTC={tool/rust/rustc}
              CARGO_TERM_COLOR=never
              CARGO_INCREMENTAL=0
              CARGO_HOME={scratch/cargo}
              CARGO_ENCODED_RUSTFLAGS=
              CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER={tool/cc/gcc}
              reads ** !target/**
            agent of artifact/compile/target/x86_64-unknown-linux-gnu/release/agent
        "#]],
    );
}

#[test]
fn a_build_of_its_own_crates_alone_is_one_action() {
    let mut request = request("aarch64-unknown-linux-musl");
    request.static_link = true;
    request.target = request.target.cpu("cortex-a76");
    let json = r#"{"bin": "tool", "package": "tools", "profile": "small"}"#;
    check(
        &planned(&request, json, "").unwrap(),
        expect![[r#"
            compile: build --locked --offline --target aarch64-unknown-linux-musl --profile small --bin tool --target-dir {output/target} --package tools
              RUSTC={tool/rust/rustc}
              CARGO_TERM_COLOR=never
              CARGO_INCREMENTAL=0
              CARGO_HOME={scratch/cargo}
              CARGO_ENCODED_RUSTFLAGS=-Ctarget-cpu=cortex-a76 -Ctarget-feature=+crt-static
              CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
              reads ** !target/**
            tool of artifact/compile/target/aarch64-unknown-linux-musl/small/tool
        "#]],
    );
}

#[test]
fn a_lent_compiler_links() {
    let mut request = request("aarch64-unknown-linux-gnu");
    let Err(Error::Unsupported(why)) = planned(&request, "{}", "") else {
        panic!("nobody lends a linker")
    };
    assert!(why.contains("aarch64-linux-gnu-gcc"), "{why}");
    request.tools = vec![toolchain("gcc", &["aarch64-linux-gnu-gcc"])];
    let build = planned(&request, "{}", "").unwrap();
    let linker = build.actions[0]
        .environment
        .iter()
        .find(|variable| variable.name == "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER");
    assert_eq!(
        linker.map(|variable| word(&variable.value)).as_deref(),
        Some("{tool/gcc/aarch64-linux-gnu-gcc}")
    );
}

#[test]
fn what_vendored_crates_replace_is_not_fetched() {
    let facts = fake::Facts::new()
        .file("services/Cargo.lock", REGISTRY)
        .file(
            ".cargo/config.toml",
            "[source.crates-io]\nreplace-with = \"vendored-sources\"\n",
        );
    let mut request = request("wasm32-wasip1");
    request.directory = "services/agent".to_owned();
    let build = Cargo::plan(&request, settings("{}").unwrap(), &facts).unwrap();
    assert_eq!(build.actions.len(), 1);
    assert_eq!(
        build.actions[0].inputs,
        ["services/**", "!services/target/**"]
    );
    assert_eq!(build.artifacts[0].name, "agent.wasm");
}

#[test]
fn what_cannot_be_built_is_said_with_what_to_do() {
    let linux = request("x86_64-unknown-linux-musl");
    let Err(Error::Invalid(problems)) =
        Cargo::plan(&linux, Settings::default(), &fake::Facts::new())
    else {
        panic!("there is no lock")
    };
    assert_eq!(
        problems[0].message,
        "there is no `Cargo.lock` in the pipeline's folder or above it"
    );
    let git = "source = \"git+https://forge.example/crate#abcdef\"\n";
    assert!(matches!(planned(&linux, "{}", git), Err(Error::Invalid(_))));
    let bare = Request::of("agent", toolchain("go", &["go"]));
    assert!(matches!(
        planned(&bare, "{}", ""),
        Err(Error::Unsupported(_))
    ));
}
