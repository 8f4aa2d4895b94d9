//! Plugins that ask and log: what they may, what they may not, and how much.

mod guest;

use expect_test::expect;
use guest::{describe, host, limits, load, platform, words};
use orch_engine::Cancel;
use orch_engine::port::Plugins;
use orch_model::{LogLevel, PluginFailure, Question};

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
        cancel: Cancel::new(),
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
