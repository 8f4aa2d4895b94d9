//! Plugins that do what they should not, and what the user reads then.

mod guest;

use expect_test::{Expect, expect};
use guest::{host, limits, load, platform, words};
use orch_engine::port::Plugins;
use orch_model::{LogLevel, PluginFailure, Question, RelativePath, Root, SandboxPath};

/// Calls `describe` of a platform with this body.
fn describe(items: &str, body: &str, expected: Expect) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(&host, platform(items, "unreachable", body));
    expected.assert_eq(&words(&host.describe_target(&plugin, "x", "{}")));
}

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
    let given = SandboxPath {
        root: Root::Artifact("compile".into()),
        relative: RelativePath::new("agent").expect("a path"),
    };
    expect!["broken: plugin `demo` 1.2.3 in `target-platform.finish` named the path `../../etc`, which leaves its root; it wrote no log line"].assert_eq(&words(&host.finish_artifact(&plugin, "x", &given)));
}

#[test]
fn asks_for_a_path_that_leaves() {
    describe(
        r#"(data (i32.const 0) "../../etc/passwd")"#,
        "(call $read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16) (i32.const 1024)) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` named the path `../../etc/passwd`, which leaves its root; it wrote no log line"
        ],
    );
    describe(
        r#"(data (i32.const 0) "../*")"#,
        "(call $glob (i32.const 0) (i32.const 4) (i32.const 1024)) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` asked for files, but path `../*` leaves its root; it wrote no log line"
        ],
    );
}

/// Asks for a variable and returns `failed("no")`, whatever the answer is.
const ASKS: &str = "(call $variable (i32.const 0) (i32.const 5) (i32.const 1024))
    (i32.store8 (i32.const 512) (i32.const 1))
    (i32.store8 (i32.const 520) (i32.const 2))
    (i32.store (i32.const 524) (i32.const 100))
    (i32.store (i32.const 528) (i32.const 2))
    (i32.const 512)";

#[test]
fn asks_for_what_it_did_not_declare() {
    describe(
        r#"(data (i32.const 0) "OTHER") (data (i32.const 100) "no")"#,
        ASKS,
        expect![[r#"
            denied: plugin `demo` 1.2.3 in `target-platform.describe` said: no
            plugin `demo` 1.2.3 asks for variable `OTHER`, which it did not declare in its manifest; its author must add it to `asks` before it can be granted"#]],
    );
}

/// A foreign host is not served better by a grant: what it does not do stays as it is.
#[test]
fn does_not_do_it_with_or_without_a_grant() {
    let unsupported = "(i32.store8 (i32.const 520) (i32.const 1))";
    describe(
        r#"(data (i32.const 0) "OTHER") (data (i32.const 100) "no")"#,
        &ASKS.replace("(i32.store8 (i32.const 520) (i32.const 2))", unsupported),
        expect!["unsupported: no"],
    );
}

#[test]
fn fails_by_itself() {
    describe(
        r#"(data (i32.const 0) "ASKED") (data (i32.const 100) "no")"#,
        ASKS,
        expect!["failed: plugin `demo` 1.2.3 in `target-platform.describe` failed: no"],
    );
}

#[test]
fn asks_for_what_was_not_granted() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let component = platform(
        r#"(data (i32.const 0) "ASKED") (data (i32.const 100) "no")"#,
        "unreachable",
        ASKS,
    );
    let origin = orch_model::PluginOrigin::Path("demo.wasm".into());
    let plugin = host
        .load_bytes(component, origin)
        .expect("it can be loaded");
    let called = host.describe_target(&plugin, "x", "{}");
    expect![[r#"
        denied: plugin `demo` 1.2.3 in `target-platform.describe` said: no
        plugin `demo` 1.2.3 asks for variable `ASKED`, which is not granted; allow it with: orch plugin grant demo variable:ASKED"#]].assert_eq(&words(&called));
    assert_eq!(called.facts.len(), 1);
    assert_eq!(called.facts[0].question, Question::Variable("ASKED".into()));
}

#[test]
fn asks_for_ever() {
    describe(
        r#"(data (i32.const 0) "ASKED")"#,
        "(loop $again
           (global.set $next (i32.const 65536))
           (call $variable (i32.const 0) (i32.const 5) (i32.const 1024))
           br $again) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` asked more than 10000 questions in one call (limit: questions); it wrote no log line"
        ],
    );
}

#[test]
fn asks_at_length() {
    describe(
        "",
        "(memory.fill (i32.const 0) (i32.const 65) (i32.const 60000))
         (loop $again
           (call $variable (i32.const 0) (i32.const 60000) (i32.const 65536))
           br $again) unreachable",
        expect![
            "broken: plugin `demo` 1.2.3 in `target-platform.describe` asked more than 4096 KiB of questions in one call (limit: question size); it wrote no log line"
        ],
    );
}

#[test]
fn logs_a_million_lines() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let limits = orch_plugins::Limits {
        call_time: std::time::Duration::from_secs(60),
        ..limits()
    };
    let host = host(folder.path(), limits);
    let plugin = load(
        &host,
        platform(
            r#"(data (i32.const 0) "again") (global $count (mut i32) (i32.const 0))"#,
            "unreachable",
            "(loop $again
               (call $log (i32.const 1) (i32.const 0) (i32.const 5))
               (global.set $count (i32.add (global.get $count) (i32.const 1)))
               (br_if $again (i32.lt_u (global.get $count) (i32.const 1000000))))
             unreachable",
        ),
    );
    let called = host.describe_target(&plugin, "x", "{}");
    expect!["broken: plugin `demo` 1.2.3 in `target-platform.describe` panicked or aborted (trap: `unreachable`); its last log line: `again`"].assert_eq(&words(&called));
    assert_eq!(called.logs.len(), 1001);
    assert_eq!(called.logs[1000].message, "999000 more lines dropped");
    assert_eq!(called.logs[1000].level, LogLevel::Warning);
}

#[test]
fn a_line_is_cut_and_made_harmless() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(
        &host,
        platform(
            "",
            "unreachable",
            "(memory.fill (i32.const 0) (i32.const 27) (i32.const 60000))
             (call $log (i32.const 1) (i32.const 0) (i32.const 60000)) unreachable",
        ),
    );
    let called = host.describe_target(&plugin, "x", "{}");
    let line = &called.logs[0].message;
    assert!(line.len() <= 4 * 1024 + 4, "{} bytes", line.len());
    assert!(!line.contains('\x1b'));
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

#[test]
fn waiting_for_an_answer_is_not_the_plugins_time() {
    struct Slow;
    impl orch_engine::port::FactSource for Slow {
        fn answer(&self, _: &Question) -> Result<orch_model::Answer, orch_model::Refusal> {
            // Longer than the plugin's own time: this wait is what is tested.
            std::thread::sleep(std::time::Duration::from_millis(500));
            Err(orch_model::Refusal::Absent)
        }
    }
    let folder = tempfile::tempdir().expect("a folder for the test");
    let settings = orch_plugins::PluginHostSettings {
        cache: folder.path().to_owned(),
        limits: limits(),
    };
    let host = orch_plugins::PluginHost::new(
        settings,
        std::sync::Arc::new(Slow),
        orch_plugins::Grants::default(),
    );
    let component = platform(
        r#"(data (i32.const 0) "ASKED") (data (i32.const 100) "no")"#,
        "unreachable",
        ASKS,
    );
    let plugin = load(&host, component);
    let failure = host.describe_target(&plugin, "x", "{}").result;
    assert!(
        matches!(failure, Err(PluginFailure::Failed(_))),
        "{failure:?}"
    );
}
