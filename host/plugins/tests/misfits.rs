//! Components that miss the contract: another version, other roles, imports and types.

mod guest;

use expect_test::expect;
use guest::{component_of, host, kind, limits, load, manifest, refused, text};
use orch_engine::port::Plugins;

#[test]
fn for_another_contract() {
    refused(
        &text("(component)", r#"{"api":"^2","shape":"unknown today"}"#),
        expect![
            "unusable: `plugins/demo.wasm` is for version `^2` of the plugin contract, and this `orch` speaks 0.1.0; use a build of the plugin, or of `orch`, that fits"
        ],
    );
    refused(
        &text(
            r#"(component (import "orch:plugin/facts@0.2.0" (instance)))"#,
            &manifest("builder"),
        ),
        expect![
            "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) imports `orch:plugin/facts@0.2.0`, and this `orch` speaks version 0.1.0 of the contract; use a build of the plugin, or of `orch`, that fits"
        ],
    );
    refused(
        &text(
            r#"(component (instance $i) (export "orch:plugin/builder@0.2.0" (instance $i)))"#,
            &manifest("builder"),
        ),
        expect![
            "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) exports `orch:plugin/builder@0.2.0`, and this `orch` speaks version 0.1.0 of the contract; use a build of the plugin, or of `orch`, that fits"
        ],
    );
}

#[test]
fn roles_and_exports_that_differ() {
    refused(
        &text("(component)", &manifest("builder")),
        expect![
            "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) claims the role `builder`, but does not export `orch:plugin/builder@0.1.0`; export it, or take the role out of `orch-plugin.toml`"
        ],
    );
    let two = manifest("target-platform").replace("[\"t", "[\"builder\",\"t");
    refused(
        &guest::component(
            &guest::platform_module("", "unreachable", "unreachable"),
            "target-platform-plugin",
            &two,
        ),
        expect![
            "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) claims the role `builder`, but does not export `orch:plugin/builder@0.1.0`; export it, or take the role out of `orch-plugin.toml`"
        ],
    );
    refused(
        &guest::component(
            &guest::platform_module("", "unreachable", "unreachable"),
            "target-platform-plugin",
            &manifest("target-platform").replace("[\"target-platform\"]", "[]"),
        ),
        expect![
            "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) plays no role: `roles` in its manifest is empty"
        ],
    );
    refused(
        &text(
            r#"(component (instance $i) (export "orch:plugin/builder@0.1.0" (instance $i)))"#,
            &manifest("builder"),
        ),
        expect![
            "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) exports `orch:plugin/builder@0.1.0` without its function `plan`"
        ],
    );
    refused(
        &text(
            r#"(component (instance $i) (export "orch:plugin/wizard@0.1.0" (instance $i)))"#,
            &manifest("builder"),
        ),
        expect![
            "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) exports `orch:plugin/wizard@0.1.0`, which is no role of version 0.1.0 of the contract"
        ],
    );
}

#[test]
fn a_role_that_the_manifest_does_not_name() {
    // Exports a platform, claims to be a builder.
    refused(
        &guest::component(
            &guest::platform_module("", "unreachable", "unreachable"),
            "target-platform-plugin",
            &manifest("target-platform").replace("[\"target-platform\"]", "[\"deployer\"]"),
        ),
        expect![
            "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) claims the role `deployer`, but does not export `orch:plugin/deployer@0.1.0`; export it, or take the role out of `orch-plugin.toml`"
        ],
    );
}

#[test]
fn imports_that_are_not_there() {
    for (import, expected) in [
        (
            r#""wasi:sockets/tcp@0.2.0" (instance)"#,
            expect![
                "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) imports `wasi:sockets/tcp@0.2.0`, which plugins do not get; a plugin reaches no network, it asks through `facts.download`"
            ],
        ),
        (
            r#""wasi:nn/graph@0.2.0" (instance)"#,
            expect![
                "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) imports `wasi:nn/graph@0.2.0`, which plugins do not get; `cli`, `clocks`, `filesystem`, `io` and `random` of WASI 0.2 are there, all empty"
            ],
        ),
        (
            r#""wasi:cli/environment@0.3.0" (instance)"#,
            expect![
                "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) imports `wasi:cli/environment@0.3.0`, but only version 0.2 of WASI is there; build it for `wasm32-wasip2`"
            ],
        ),
        (
            r#""mine:own/thing@1.0.0" (instance)"#,
            expect![
                "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) imports `mine:own/thing@1.0.0`, which no plugin can have: only `orch:plugin/facts@0.1.0`, `orch:plugin/log@0.1.0`, `orch:plugin/types@0.1.0` and an empty WASI are there; build it without, or ask through `facts`"
            ],
        ),
        (
            r#""orch:plugin/magic@0.1.0" (instance)"#,
            expect![
                "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) imports `orch:plugin/magic@0.1.0`, which no plugin can have: only `orch:plugin/facts@0.1.0`, `orch:plugin/log@0.1.0`, `orch:plugin/types@0.1.0` and an empty WASI are there; build it without, or ask through `facts`"
            ],
        ),
        (
            r#""anything" (func)"#,
            expect![
                "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) imports `anything`, which no plugin can have: only `orch:plugin/facts@0.1.0`, `orch:plugin/log@0.1.0`, `orch:plugin/types@0.1.0` and an empty WASI are there; build it without, or ask through `facts`"
            ],
        ),
        (
            r#""orch:plugin/log@0.1.0" (instance (export "shout" (func)))"#,
            expect![
                "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) imports the function `shout` of `orch:plugin/log@0.1.0`, which version 0.1.0 of the contract does not have"
            ],
        ),
    ] {
        let component = format!("(component (import {import}))");
        refused(&text(&component, &manifest("builder")), expected);
    }
}

#[test]
fn functions_with_other_types() {
    let wit = "package orch:plugin@0.1.0;
        interface target-platform {
            offers: func() -> u32;
            describe: func(); recognise: func(); finish: func();
        }
        world w { export target-platform; }";
    let module = r#"(module
        (func (export "orch:plugin/target-platform@0.1.0#offers") (result i32) (i32.const 1))
        (func (export "orch:plugin/target-platform@0.1.0#describe"))
        (func (export "orch:plugin/target-platform@0.1.0#recognise"))
        (func (export "orch:plugin/target-platform@0.1.0#finish")))"#;
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(
        &host,
        component_of(wit, module, "w", &manifest("target-platform")),
    );
    let failure = host.check(&plugin).expect_err("it does not fit");
    expect!["unusable: plugin `demo` 1.2.3 does not fit version 0.1.0 of the contract in its role `target-platform`: type mismatch with results: expected `list` found `u32`; build it against the `wit/` of this `orch`"].assert_eq(&format!("{}: {failure}", kind(&failure)));
    let called = host.platform_offers(&plugin);
    assert_eq!(
        called.result.map_err(|failure| kind(&failure)),
        Err("unusable")
    );
}

#[test]
fn imports_with_other_types() {
    let component = r#"(component
        (import "orch:plugin/log@0.1.0" (instance $log (export "write" (func (param "n" u32)))))
        (core module $m (import "" "write" (func (param i32))) (func (export "plan")))
        (core func $write (canon lower (func $log "write")))
        (core instance $m (instantiate $m (with "" (instance (export "write" (func $write))))))
        (func $plan (canon lift (core func $m "plan")))
        (instance $builder (export "plan" (func $plan)))
        (export "orch:plugin/builder@0.1.0" (instance $builder)))"#;
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(&host, text(component, &manifest("builder")));
    let failure = host.check(&plugin).expect_err("it does not fit");
    expect!["unusable: plugin `demo` 1.2.3 does not fit version 0.1.0 of the contract in something that it imports: `orch:plugin/log@0.1.0`: `write` has the wrong type: type mismatch with parameters: expected 2-tuple, found 1-tuple; build it against the `wit/` of this `orch`"].assert_eq(&format!("{}: {failure}", kind(&failure)));
}
