//! Files that are no plugins, and plugins that do what they should not: exit code 3, and the
//! message says which plugin, which function, which limit. What else a hostile component may
//! try is tested where components are called, in `host/plugins`.

use orch_tests::component::{component, manifest, platform, platform_module, with_manifest};
use orch_tests::{Project, expect};

use crate::project;

/// The first bytes of every WebAssembly file, then a core module's version.
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// The same with a component's version.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

const PIPELINE: &str = "\
version = 1
name = \"agent\"

[plugins]
demo = { path = \"demo.wasm\" }

[target.board]
platform = \"demo\"
";

/// A pipeline whose plugin `demo` is this file.
fn with_plugin(file: &[u8]) -> Project {
    project().pipeline(PIPELINE).file("demo.wasm", file)
}

/// The list of one offer, `demo`, at 1024.
const OFFERS: &str = r#"(data (i32.const 1024) "\10\04\00\00\01\00\00\00\00\00\00\00\00\00\00\00\20\04\00\00\04\00\00\00\00\00\00\00\00\00\00\00demo")"#;

/// A pipeline whose plugin `demo` runs this when it is asked what its platform is.
fn that_does(items: &str, body: &str) -> Project {
    let items = format!("{OFFERS} {items}");
    with_plugin(&platform(&items, "(i32.const 1024)", body))
}

/// Returns `failed(…)` with the text at an address.
fn fails_with(address: u32, length: u32) -> String {
    format!(
        "(i32.store8 (i32.const 512) (i32.const 1))
         (i32.store8 (i32.const 520) (i32.const 2))
         (i32.store (i32.const 524) (i32.const {address}))
         (i32.store (i32.const 528) (i32.const {length}))
         (i32.const 512)"
    )
}

#[test]
fn a_file_that_is_not_wasm() {
    let project = with_plugin(b"#!/bin/sh\n");
    project
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that is not WebAssembly");
    assert_eq!(project.files(), ["demo.wasm", "pipeline.toml"]);
    project
        .orch(&["plugin", "inspect", "demo.wasm"])
        .exits(3)
        .stderr(expect![[r#"
            error: `demo.wasm` is not WebAssembly; `orch plugin build` makes a plugin's component
        "#]]);
}

#[test]
fn a_truncated_component() {
    with_plugin(&[COMPONENT, b"\x07\xff"].concat())
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that is truncated");
}

#[test]
fn a_core_module() {
    with_plugin(CORE_MODULE)
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that is a core module");
}

#[test]
fn an_empty_file() {
    with_plugin(b"")
        .orch(&["check"])
        .exits(3)
        .stderr(expect![[r#"
            error: `demo.wasm` is empty, not a component; was its build cut short?
        "#]]);
}

#[test]
fn another_version_of_the_contract() {
    with_plugin(&with_manifest(COMPONENT.to_vec(), r#"{"api":"^2"}"#))
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin for another API version");
}

#[test]
fn a_role_that_it_lacks() {
    let module = platform_module("", "unreachable", "unreachable");
    let claims = manifest("target-platform").replace("[\"t", "[\"builder\",\"t");
    with_plugin(&component(&module, "target-platform-plugin", &claims))
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that claims a role that it lacks");
}

#[test]
fn loops() {
    that_does("", "(loop $again br $again) unreachable")
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that loops");
}

#[test]
fn grows_memory_without_end() {
    that_does(
        "",
        "(loop $again (drop (memory.grow (i32.const 16))) br $again) unreachable",
    )
    .orch(&["check"])
    .exits(3)
    .as_documented("A plugin that grows memory without end");
}

#[test]
fn recurses() {
    that_does(
        "(func $deeper (call $deeper))",
        "(call $deeper) unreachable",
    )
    .orch(&["check"])
    .exits(3)
    .as_documented("A plugin that recurses");
}

#[test]
fn returns_a_gigabyte() {
    // Its memory has 128 KiB.
    that_does("", &fails_with(0, 1 << 30))
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that returns a gigabyte");
}

#[test]
fn returns_more_than_it_may() {
    let body = format!(
        "(drop (memory.grow (i32.const 400))) {}",
        fails_with(0, 20 << 20)
    );
    that_does("", &body)
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that returns more than it may");
}

#[test]
fn panics() {
    // A plugin built with the SDK logs where it panicked, then traps.
    that_does(
        r#"(data (i32.const 0) "panicked at src/lib.rs:7: no board")"#,
        "(call $log (i32.const 2) (i32.const 0) (i32.const 34)) unreachable",
    )
    .orch(&["check"])
    .exits(3)
    .as_documented("A plugin that panics");
}

#[test]
fn names_a_path_that_leaves() {
    that_does(
        r#"(data (i32.const 0) "../../etc/passwd")"#,
        "(call $read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16) \
         (i32.const 1024)) unreachable",
    )
    .orch(&["check"])
    .exits(3)
    .as_documented("A plugin that names `../../etc`");
}

/// A pipeline whose plugin says `no` whatever it is told of a variable.
fn that_asks_for(variable: &str) -> Project {
    let items = format!(r#"(data (i32.const 0) "{variable}") (data (i32.const 100) "no")"#);
    let ask = "(call $variable (i32.const 0) (i32.const 5) (i32.const 2048))";
    that_does(&items, &format!("{ask} {}", fails_with(100, 2)))
}

#[test]
fn asks_for_what_it_did_not_declare() {
    that_asks_for("TOKEN")
        .variable("TOKEN", "secret")
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that asks for what it did not declare");
}

#[test]
fn asks_for_what_was_not_granted() {
    that_asks_for("ASKED")
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that asks for what was not granted");
}

#[test]
fn a_name_that_no_plugin_has() {
    project()
        .orch(&["plugin", "inspect", "pi4"])
        .exits(2)
        .stderr(expect![[r#"
            error: no plugin is called `pi4`
            hint: did you mean `pi`? `orch plugin list` shows all; a file is named by its path
        "#]]);
}

#[test]
fn a_plugin_that_is_not_there() {
    project()
        .pipeline(PIPELINE)
        .orch(&["check"])
        .exits(3)
        .as_documented("A plugin that is not there");
}
