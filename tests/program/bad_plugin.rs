//! Files that are no plugins. What a hostile component does when it is called is tested
//! where components are called, in `host/plugins`.

use orch_tests::expect;

use crate::project;

/// The first bytes of every WebAssembly file, then a core module's version.
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

#[test]
fn a_file_that_is_not_wasm() {
    project()
        .file("mine.wasm", "#!/bin/sh\n")
        .orch(&["plugin", "inspect", "mine.wasm"])
        .exits(3)
        .stderr(expect![[r#"
            error: `mine.wasm`: `mine.wasm` is not WebAssembly; `orch plugin build` makes a plugin's component
        "#]]);
}

#[test]
fn a_core_module() {
    project()
        .file("mine.wasm", CORE_MODULE)
        .orch(&["plugin", "inspect", "mine.wasm"])
        .exits(3)
        .stderr(expect![[r#"
            error: `mine.wasm`: `mine.wasm` is a core module, not a component; `orch plugin build` makes one
        "#]]);
}

#[test]
fn a_truncated_component() {
    project()
        .file("mine.wasm", b"\0asm\x0d\0\x01\0\x07\xff")
        .orch(&["plugin", "inspect", "mine.wasm"])
        .exits(3)
        .stderr(expect![[r#"
            error: `mine.wasm`: `mine.wasm` is truncated at byte 10; was its build or its copy cut short?
        "#]]);
}

#[test]
fn an_empty_file() {
    project()
        .file("mine.wasm", "")
        .orch(&["plugin", "inspect", "mine.wasm"])
        .exits(3)
        .stderr(expect![[r#"
            error: `mine.wasm`: `mine.wasm` is empty, not a component; was its build cut short?
        "#]]);
}

#[test]
fn a_name_that_no_plugin_has() {
    project()
        .orch(&["plugin", "inspect", "pi4"])
        .exits(2)
        .stderr(expect![[r#"
            error: no plugin is called `pi4`
            hint: did you mean `pi5`? `orch plugin list` shows all; a file is named by its path
        "#]]);
}

#[test]
fn a_pipeline_that_names_such_a_file() {
    let project = project()
        .file("mine.wasm", CORE_MODULE)
        .pipeline("version = 1\nname = \"a\"\n\n[plugins]\nmine = { path = \"mine.wasm\" }\n");
    project.orch(&["check"]).exits(3).stderr(expect![[r#"
        error: plugin `mine` (`mine.wasm`): `[PROJECT]/mine.wasm` is a core module, not a component; `orch plugin build` makes one
        hint: `orch plugin build` makes a component of a plugin's folder
    "#]]);
    assert_eq!(project.files(), ["mine.wasm", "pipeline.toml"]);
}

#[test]
fn a_pipeline_that_names_no_file() {
    project()
        .pipeline("version = 1\nname = \"a\"\n\n[plugins]\nmine = { path = \"mine.wasm\" }\n")
        .orch(&["check"])
        .exits(3)
        .stderr(expect![[r#"
            error: plugin `mine` (`mine.wasm`): could not read the plugin `[PROJECT]/mine.wasm`: No such file or directory (os error 2); is the path right?
            hint: `orch plugin build` makes a component of a plugin's folder
        "#]]);
}
