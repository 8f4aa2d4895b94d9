//! Plugins that do what they should not, and what the user reads then.

mod guest;

use expect_test::{Expect, expect};
use guest::{describe, host, limits, load, platform, words};
use orch_engine::port::{FinishRequest, Plugins};
use orch_model::{Artifact, PluginFailure, RelativePath, Root, SandboxPath};

/// Calls `offers` of a platform with this body.
fn offers(items: &str, body: &str, expected: Expect) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(&host, platform(items, body, "unreachable"));
    expected.assert_eq(&words(&host.platform_offers(&plugin)));
}

#[test]
fn loops_for_ever() {
    describe(
        "",
        "(loop $again br $again) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` ran longer than 0.3 s (limit: time); it wrote no log line"
        ],
    );
}

#[test]
fn loops_while_it_starts() {
    describe(
        "(func $start (loop $again br $again)) (start $start)",
        "unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` ran longer than 0.3 s (limit: time); it wrote no log line"
        ],
    );
}

#[test]
fn grows_memory_without_end() {
    describe(
        "",
        "(loop $again (drop (memory.grow (i32.const 16))) br $again) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` wanted more than 256 MiB of memory (limit: memory); it wrote no log line"
        ],
    );
}

#[test]
fn starts_with_too_much_memory() {
    describe(
        "(memory $big 8000)",
        "unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` wanted more than 256 MiB of memory (limit: memory); it wrote no log line"
        ],
    );
}

#[test]
fn has_many_memories() {
    let memories = "(memory 1)".repeat(40);
    describe(
        &memories,
        "unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` wanted more than 16 memories (limit: memories); it wrote no log line"
        ],
    );
}

#[test]
fn sums_up_its_memories() {
    let memories = "(memory 800)".repeat(6);
    describe(
        &memories,
        "unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` wanted more than 256 MiB of memory (limit: memory); it wrote no log line"
        ],
    );
}

#[test]
fn has_a_huge_table() {
    describe(
        "(table 3000000 funcref)",
        "unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` wanted tables of more than 1048576 elements (limit: tables); it wrote no log line"
        ],
    );
}

#[test]
fn grows_a_table_without_end() {
    describe(
        "(table $t 1 funcref)",
        "(loop $again (drop (table.grow $t (ref.null func) (i32.const 1000))) br $again) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` wanted tables of more than 1048576 elements (limit: tables); it wrote no log line"
        ],
    );
}

#[test]
fn recurses() {
    describe(
        "",
        "(call $describe (local.get 0) (local.get 1) (local.get 2) (local.get 3))",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` used more than 512 KiB of stack (limit: stack); it wrote no log line"
        ],
    );
}

#[test]
fn traps() {
    describe(
        "",
        "(drop (i32.div_u (i32.const 1) (i32.const 0))) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` trapped: integer divide by zero; it wrote no log line"
        ],
    );
    describe(
        "",
        "(drop (i32.load (i32.const -8))) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` trapped: out of bounds memory access; it wrote no log line"
        ],
    );
}

#[test]
fn panics_after_saying_so() {
    describe(
        r#"(data (i32.const 0) "panicked at src/lib.rs:7: \1b[31mno board\nnote")"#,
        "(call $log (i32.const 2) (i32.const 0) (i32.const 45)) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` panicked or aborted (trap: `unreachable`); its last log line: `panicked at src/lib.rs:7: �[31mno board note�`"
        ],
    );
}

#[test]
fn returns_a_gigabyte_that_is_not_there() {
    // A list of 2^26 offers at address 0, in a memory of 128 KiB.
    offers(
        r#"(data (i32.const 1024) "\00\00\00\00\00\00\00\04")"#,
        "(i32.const 1024)",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.offers` handed over something that cannot be read: list pointer/length out of bounds of memory; it wrote no log line"
        ],
    );
}

#[test]
fn returns_more_than_it_may() {
    // One offer whose name has 20 MiB, in a memory that holds it.
    offers(
        r#"(data (i32.const 1024) "\10\04\00\00\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\40\01\00\00\00\00\00\00\00\00")"#,
        "(drop (memory.grow (i32.const 400))) (i32.const 1024)",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.offers` handed over more than 16 MiB at once (limit: result size); it wrote no log line"
        ],
    );
}

#[test]
fn returns_what_is_no_text() {
    // One offer whose name is the byte 0xff.
    offers(
        r#"(data (i32.const 1024) "\10\04\00\00\01\00\00\00\00\00\00\00\00\00\00\00\20\04\00\00\01\00\00\00\00\00\00\00\00\00\00\00\ff")"#,
        "(i32.const 1024)",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.offers` handed over something that cannot be read: invalid utf-8 sequence of 1 bytes from index 0; it wrote no log line"
        ],
    );
}

#[test]
fn offers_a_name_that_is_a_path() {
    offers(
        r#"(data (i32.const 1024) "\10\04\00\00\01\00\00\00\00\00\00\00\00\00\00\00\20\04\00\00\09\00\00\00\00\00\00\00\00\00\00\00../../etc")"#,
        "(i32.const 1024)",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.offers` named the offer `../../etc`; such names have letters, digits, `-`, `_`, `.`, `+`; it wrote no log line"
        ],
    );
}

#[test]
fn names_a_path_that_leaves() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    // `finish` gives back what lies at 2048: a build without actions, with one artifact
    // `x` at `artifact(a)` `../../etc`.
    let data = r#"(data (i32.const 2048)
        "\00\00\00\00\00\00\00\00\00\00\00\00\20\08\00\00\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00"
        "\40\08\00\00\01\00\00\00\04\00\00\00\41\08\00\00\01\00\00\00\42\08\00\00\09\00\00\00\00\00\00\00"
        "xa../../etc")"#;
    let plugin = load(&host, platform(data, "unreachable", "unreachable"));
    let given = FinishRequest {
        platform: "x".into(),
        settings: "{}".into(),
        artifact: Artifact {
            name: RelativePath::new("agent").expect("a path"),
            path: SandboxPath {
                root: Root::Artifact("compile".into()),
                relative: RelativePath::new("agent").expect("a path"),
            },
            executable: true,
        },
        tools: Vec::new(),
    };
    expect!["broken: plugin `demo` 1.2.3 in `target-platform.finish` named the path `../../etc`, which leaves its root; it wrote no log line"].assert_eq(&words(&host.finish_artifact(&plugin, &given)));
}

#[test]
fn a_plugin_that_broke_can_be_called_again() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    // Empty list at 1024; `describe` changes it, which no later call may see.
    let plugin = load(
        &host,
        platform(
            "",
            "(i32.const 1024)",
            "(i32.store (i32.const 1028) (i32.const -1)) unreachable",
        ),
    );
    for _ in 0..3 {
        let failure = host.describe_target(&plugin, "x", "{}").result;
        assert!(
            matches!(failure, Err(PluginFailure::Broken(_))),
            "{failure:?}"
        );
        assert_eq!(host.platform_offers(&plugin).result, Ok(Vec::new()));
    }
}

#[test]
fn a_role_that_it_does_not_play() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(&host, platform("", "unreachable", "unreachable"));
    expect!["unsupported: plugin `demo` 1.2.3 does not play the role `tuning-policy`"]
        .assert_eq(&words(&host.policy_offers(&plugin)));
    let nobody = "nobody".parse().expect("a name");
    expect!["unusable: no plugin `nobody` is loaded; loaded are: `demo`"]
        .assert_eq(&words(&host.policy_offers(&nobody)));
}
