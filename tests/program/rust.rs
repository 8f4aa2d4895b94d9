//! Rust programs by the machine's own Rust, with a real crate of the registry.

use std::process::Command;

use orch_tests::Project;

use crate::project;

const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Cargo's own name of its registry.
const REGISTRY: &str = concat!(
    "registry+https://github.com/rust-lang/",
    "crates",
    ".io-index"
);

const LOCK: &str = r#"version = 4

[[package]]
name = "agent"
version = "0.1.0"
dependencies = ["itoa"]

[[package]]
name = "itoa"
version = "1.0.18"
source = "[REGISTRY]"
checksum = "8f42a60cbdf9a97f5d2305f08a87dc4e09308d1276d28c869c684d7777685682"
"#;

/// A `PATH` with the Rust that compiled this test.
pub fn path() -> String {
    let rustc = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = rustc.unwrap_or_else(|error| panic!("`rustc`: {error}; https://rustup.rs"));
    let sysroot = String::from_utf8(sysroot.stdout).expect("a path is text");
    format!("{}/bin:{SYSTEM_PATH}", sysroot.trim())
}

/// A program that prints a number by a crate of the registry.
fn agent(platform: &str) -> Project {
    project()
        .variable("PATH", &path())
        .pipeline(&format!(
            r#"version = 1
name = "agent"

[toolchain.rust]
with = "system"
programs = ["cargo@>=1.80", "rustc"]

[toolchain.cc]
with = "system"
programs = ["gcc"]

[target.here]
platform = {platform}

[build.agent]
with = "cargo"
toolchain = "rust"
tools = ["cc"]
targets = ["here"]
features = ["loud"]
smoke = ["21"]
"#
        ))
        .file(
            "Cargo.toml",
            "[package]\nname = \"agent\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [features]\nloud = []\n\n[dependencies]\nitoa = \"1\"\n",
        )
        .file("Cargo.lock", LOCK.replace("[REGISTRY]", REGISTRY))
        .file(
            "src/main.rs",
            "fn main() {\n    let number: u64 = std::env::args().nth(1).unwrap().parse().unwrap();\n    \
             assert!(cfg!(feature = \"loud\"));\n    \
             println!(\"{}\", itoa::Buffer::new().format(number * 2));\n}\n",
        )
}

#[test]
fn a_program_with_a_crate_of_the_registry_is_fetched_once_and_built_offline() {
    let project = agent("\"linux-amd64\"");
    project.orch(&["run"]).exits(0);
    let program = project.path().join("out/agent/here/agent");
    let printed = Command::new(program).arg("21").output().expect("it runs");
    assert_eq!(printed.stdout, b"42\n");
    project
        .orch(&["plan"])
        .exits(0)
        .shows("vendor --locked")
        .shows("build --locked --offline");
    // What is built again needs no crate again.
    let project = project.file("README.md", "# agent\n");
    project
        .orch(&["run"])
        .exits(0)
        .says("done         build.agent@here/compile");
    let explained = project
        .orch(&["explain", "build.agent@here/fetch"])
        .exits(0);
    assert!(
        explained.stdout.contains("up to date"),
        "{}",
        explained.stdout
    );
}

#[test]
fn a_missing_standard_library_is_told_with_the_command_that_adds_it() {
    agent("\"musl\"\narch = \"aarch64\"")
        .orch(&["run"])
        .exits(1)
        .says("rustup target add aarch64-unknown-linux-musl");
}
