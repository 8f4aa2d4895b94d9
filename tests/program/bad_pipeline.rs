//! Pipelines that are wrong: each ends with exit code 2, says what and where, and leaves
//! nothing behind.

use std::fmt::Write;
use std::time::{Duration, Instant};

use orch_tests::{Project, expect};

use crate::project;

/// What every verb that reads a pipeline must refuse alike.
const VERBS: [&str; 5] = ["check", "plan", "run", "lock", "fetch"];

/// A pipeline that needs no toolchain and no network, with more behind it.
fn with_header(rest: &str) -> Project {
    project().pipeline(&format!("version = 1\nname = \"wrong\"\n\n{rest}"))
}

#[test]
fn an_empty_file() {
    project()
        .pipeline("")
        .orch(&["check"])
        .exits(2)
        .stdout(expect![[""]])
        .stderr(expect![[]]);
}

#[test]
fn every_verb_refuses_alike_and_leaves_nothing() {
    let project = project().pipeline("version = 1\n");
    for verb in VERBS {
        project.orch(&[verb]).exits(2).says("pipeline.toml:");
        assert_eq!(project.files(), ["pipeline.toml"], "after `orch {verb}`");
    }
}

#[test]
fn a_file_that_is_not_utf_8() {
    project()
        .file("pipeline.toml", b"version = 1\nname = \"caf\xe9\"\n")
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[]]);
}

#[test]
fn twenty_thousand_nested_brackets() {
    let deep = format!("x = {}{}\n", "[".repeat(20_000), "]".repeat(20_000));
    with_header(&deep)
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[]]);
}

#[test]
fn a_million_keys() {
    let mut text = String::from("version = 1\nname = \"wide\"\n");
    for number in 0..1_000_000 {
        let _ = writeln!(text, "k{number} = 0");
    }
    let start = Instant::now();
    let ran = project().pipeline(&text).orch(&["check"]).exits(2);
    assert!(
        ran.stderr.len() < 64 * 1024,
        "{} bytes of messages",
        ran.stderr.len()
    );
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "it took {:?}",
        start.elapsed()
    );
}

#[test]
fn a_file_of_unlikely_size() {
    project()
        .file("pipeline.toml", vec![b'#'; (16 << 20) + 1])
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[]]);
}

#[test]
fn a_file_that_is_no_toml() {
    with_header("[task.test\ncommand = ")
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[]]);
}

#[test]
fn no_file() {
    project().orch(&["run"]).exits(2).stderr(expect![[]]);
}

#[test]
fn a_directory_in_place_of_the_file() {
    project()
        .file("pipeline.toml/inside", "")
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[]]);
}

#[test]
fn a_cycle_with_every_node_on_it() {
    with_header(
        "\
[task.one]
command = [\"true\"]
needs = [\"task.two\"]

[task.two]
command = [\"true\"]
needs = [\"task.three\"]

[task.three]
command = [\"true\"]
needs = [\"task.one\"]
",
    )
    .orch(&["check"])
    .exits(2)
    .stderr(expect![[]]);
}

#[test]
fn two_tasks_that_declare_one_output() {
    with_header(
        "\
[task.one]
command = [\"true\"]
outputs = [\"dist/it\"]

[task.two]
command = [\"true\"]
outputs = [\"dist/it\"]
",
    )
    .orch(&["check"])
    .exits(2)
    .stderr(expect![[]]);
}

#[test]
fn a_target_that_no_plugin_offers() {
    with_header(
        "\
[target.board]
platform = \"pi6\"
",
    )
    .orch(&["check"])
    .exits(2)
    .stderr(expect![[]]);
}

#[test]
fn a_plugin_setting_that_its_schema_refuses() {
    with_header(
        "\
[toolchain.go]
version = \"1.22\"

[target.static]
platform = \"musl\"

[build.agent]
with = \"go\"
pakage = \"./cmd/agent\"
targets = [\"static\"]
",
    )
    .orch(&["check"])
    .exits(2)
    .stderr(expect![[]]);
}

#[test]
fn a_version_that_no_release_satisfies() {
    let project = with_header("[toolchain.go]\nversion = \"1.99\"\n");
    project.orch(&["lock"]).exits(2).stderr(expect![[]]);
    assert_eq!(project.files(), ["pipeline.toml"]);
}

#[test]
fn a_version_that_is_none() {
    with_header("[toolchain.go]\nversion = \"newest\"\n")
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[]]);
}

#[test]
fn all_mistakes_at_once() {
    project()
        .pipeline(
            "\
version = 1
nmae = \"agent\"

[task.test]
comand = [\"true\"]
network = \"false\"
needs = [\"task.tset\"]
timeout = 30
",
        )
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[]]);
}

#[test]
fn a_path_that_leaves_the_folder() {
    with_header("[task.test]\ncommand = [\"true\"]\ndirectory = \"../../etc\"\n")
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[]]);
}

#[test]
fn a_variable_that_is_not_set() {
    with_header("[task.test]\ncommand = [\"true\"]\nenv = { TOKEN = \"${env.NO_SUCH_TOKEN}\" }\n")
        .orch(&["run"])
        .exits(2)
        .stderr(expect![[]]);
}

#[test]
fn mistakes_are_events_for_programs() {
    let ran = project()
        .pipeline("version = 1\n")
        .orch(&["check", "--output", "json"])
        .exits(2);
    assert_eq!(ran.stderr, "");
    for line in ran.stdout.lines() {
        assert!(
            line.starts_with('{') && line.ends_with('}'),
            "no event: {line}"
        );
    }
}
