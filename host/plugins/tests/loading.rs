//! Files that are no plugin, or not one for this `orch`, and what the user reads then.

mod guest;

use std::path::Path;

use expect_test::expect;
use guest::{
    good, host, kind, limits, load, manifest, origin, platform, refused, text, with_manifest,
};
use orch_engine::port::Plugins;
use orch_model::{PluginOrigin, Role};
use orch_plugins::inspect;
use proptest::prelude::*;

#[test]
fn a_good_one_is_understood() {
    let summary = inspect(&good(), origin()).expect("it is good");
    assert_eq!(summary.manifest.roles, [Role::TargetPlatform]);
    assert_eq!(
        summary.imports,
        [
            "orch:plugin/facts@0.1.0",
            "orch:plugin/log@0.1.0",
            "orch:plugin/types@0.1.0"
        ]
    );
    assert_eq!(summary.exports, ["orch:plugin/target-platform@0.1.0"]);
    assert_eq!(summary.bytes, good().len() as u64);
}

#[test]
fn not_webassembly() {
    refused(
        b"",
        expect![
            "unusable: `plugins/demo.wasm` is empty, not a component; was its build cut short?"
        ],
    );
    refused(
        b"#!/bin/sh\n",
        expect![
            "unusable: `plugins/demo.wasm` is not WebAssembly; `orch plugin build` makes a plugin's component"
        ],
    );
    refused(
        b"\0asm",
        expect![
            "unusable: `plugins/demo.wasm` is truncated at byte 4; was its build or its copy cut short?"
        ],
    );
    refused(
        b"\0asm\x07\0\x01\0",
        expect![
            "unusable: `plugins/demo.wasm` is no valid component: unknown binary version:    0x10007 (at byte 4); build it again with `orch plugin build`"
        ],
    );
}

#[test]
fn a_core_module() {
    refused(
        &wat::parse_str("(module)").expect("a module"),
        expect![
            "unusable: `plugins/demo.wasm` is a core module, not a component; `orch plugin build` makes one"
        ],
    );
}

#[test]
fn truncated_at_every_byte() {
    let good = good();
    for end in 0..good.len() {
        let failure = inspect(&good[..end], origin()).expect_err("it is cut");
        assert_eq!(kind(&failure), "unusable", "cut at {end}");
    }
    refused(
        &good[..good.len() / 2],
        expect![
            "unusable: `plugins/demo.wasm` is truncated at byte 4013; was its build or its copy cut short?"
        ],
    );
}

#[test]
fn manifests_that_do_not_do() {
    let bare = "(component)";
    refused(
        &wat::parse_str(bare).expect("a component"),
        expect![
            "unusable: `plugins/demo.wasm` has no manifest (custom section `orch:manifest`); `orch plugin build` writes it from `orch-plugin.toml`"
        ],
    );
    refused(
        &text(bare, "{"),
        expect![
            "unusable: `plugins/demo.wasm` has a manifest that cannot be read: EOF while parsing an object at line 1 column 1; `orch plugin build` writes it from `orch-plugin.toml`"
        ],
    );
    refused(
        &text(bare, "\u{1b}"),
        expect![
            "unusable: `plugins/demo.wasm` has a manifest that cannot be read: expected value at line 1 column 1; `orch plugin build` writes it from `orch-plugin.toml`"
        ],
    );
    refused(
        &text(bare, r#"{"id":"demo"}"#),
        expect![
            "unusable: `plugins/demo.wasm` has a manifest that cannot be read: missing field `version`; `orch plugin build` writes it from `orch-plugin.toml`"
        ],
    );
    refused(
        &text(bare, &manifest("wizard")),
        expect![
            "unusable: `plugins/demo.wasm` has a manifest that cannot be read: unknown variant `wizard`, expected one of `toolchain-source`, `builder`, `target-platform`, `tuning-policy`, `benchmark-probe`, `deployer`; `orch plugin build` writes it from `orch-plugin.toml`"
        ],
    );
    refused(
        &text(bare, &manifest("builder").replace("demo", "../demo")),
        expect![
            "unusable: `plugins/demo.wasm` has a manifest that cannot be read: `../demo` is no plugin name: use lower-case letters, digits and `-`, a letter first; `orch plugin build` writes it from `orch-plugin.toml`"
        ],
    );
    refused(
        &text(bare, &manifest("builder").replace("src/*", "../*")),
        expect![
            "unusable: plugin `demo` 1.2.3 (`plugins/demo.wasm`) asks for files in its manifest, but path `../*` leaves its root"
        ],
    );
    refused(
        &with_manifest(text(bare, &manifest("builder")), "{}"),
        expect!["unusable: `plugins/demo.wasm` has two `orch:manifest` sections"],
    );
    let nested = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    refused(
        &text(bare, &nested),
        expect![
            "unusable: `plugins/demo.wasm` has a manifest that cannot be read: recursion limit exceeded at line 1 column 128; `orch plugin build` writes it from `orch-plugin.toml`"
        ],
    );
}

#[test]
fn code_that_is_not_valid() {
    // The section headers are sound; the function's body is not, which only the compiler
    // sees.
    let mut bytes = platform(
        "",
        "(i32.const 1024)",
        "(i32.add (i32.const 77) (i32.const 88))",
    );
    let code = [0x41, 0xcd, 0x00, 0x41, 0xd8, 0x00, 0x6a];
    let body = bytes
        .windows(code.len())
        .position(|window| window == code)
        .expect("the body is there");
    // An addition of other types than those of its operands.
    bytes[body + 6] = 0x7c;
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(&host, bytes);
    let failure = host
        .platform_offers(&plugin)
        .result
        .expect_err("it is refused");
    assert_eq!(kind(&failure), "unusable", "{failure}");
    assert!(
        failure.to_string().contains("cannot be compiled"),
        "{failure}"
    );
}

#[test]
fn too_large() {
    let limits = orch_plugins::Limits {
        component_bytes: 1 << 20,
        ..limits()
    };
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits);
    let failure = host
        .load_bytes(vec![0; (1 << 20) + 1], origin())
        .expect_err("it is too large");
    expect!["`plugins/demo.wasm` is larger than the 1 MiB that a plugin may have (limit: component size)"]
        .assert_eq(&failure.to_string());
}

#[test]
fn too_slow_to_compile() {
    let limits = orch_plugins::Limits {
        compile_time: std::time::Duration::ZERO,
        ..limits()
    };
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits);
    let plugin = load(&host, good());
    let failure = host
        .platform_offers(&plugin)
        .result
        .expect_err("there is no time");
    expect!["plugin `demo` 1.2.3 (bundled) took longer than 0 s to compile (limit: compile time)"]
        .assert_eq(&failure.to_string());
}

#[test]
fn files_and_folders() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let load = |path: &str| host.load_path(folder.path(), Path::new(path));
    let refused = |path: &str| load(path).expect_err("it is refused").to_string();
    let write = |path: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(path), bytes).expect("a file can be written");
    };
    std::fs::create_dir(folder.path().join("plugins")).expect("a folder can be made");
    expect!["could not read the plugin `plugins/none.wasm`: No such file or directory (os error 2); is the path right?"].assert_eq(&refused("plugins/none.wasm"));
    expect!["`plugins` holds no component (`*.wasm`); `orch plugin build` makes one"]
        .assert_eq(&refused("plugins"));
    write("plugins/demo.wasm", &good());
    let id = load("plugins").expect("there is one");
    assert_eq!(id.as_str(), "demo");
    assert_eq!(load("plugins/demo.wasm"), Ok(id.clone()));
    write("plugins/other.wasm", &good());
    expect![
        "`plugins` holds 2 components; name one of them: `plugins/demo.wasm`, `plugins/other.wasm`"
    ]
    .assert_eq(&refused("plugins"));

    // The same name with other content: a bundled one gives way, another file does not.
    let other = platform("", "(i32.const 2048)", "unreachable");
    write("plugins/other.wasm", &other);
    expect!["two different plugins are called `demo`: `plugins/demo.wasm` and `plugins/other.wasm`; take one out, or give it another `id` in its `orch-plugin.toml`"].assert_eq(&refused("plugins/other.wasm"));
    assert_eq!(host.load_bytes(other, PluginOrigin::Bundled), Ok(id));
    let origin = PluginOrigin::Path("plugins/demo.wasm".to_owned());
    assert_eq!(host.summaries()[0].origin, origin);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the bytes are, looking into them ends in an answer.
    #[test]
    fn no_bytes_make_it_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = good();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let _ = inspect(&bytes, origin());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_component_makes_the_host_panic(place in any::<prop::sample::Index>(), value: u8) {
        let mut bytes = good();
        let place = place.index(bytes.len());
        bytes[place] = value;
        let folder = tempfile::tempdir().expect("a folder for the test");
        let host = host(folder.path(), limits());
        if let Ok(plugin) = host.load_bytes(bytes, PluginOrigin::Bundled) {
            let _ = host.check(&plugin);
            let _ = host.platform_offers(&plugin);
        }
    }
}
