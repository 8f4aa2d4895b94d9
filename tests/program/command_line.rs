//! The command line itself: what it refuses, and the verbs that need no pipeline.

use orch_tests::expect;

use crate::project;

/// Every plugin inside the binary.
const BUNDLED: [&str; 16] = [
    "cc",
    "cc-debug",
    "cc-release",
    "cortex-m",
    "debian",
    "generic",
    "go",
    "go-debug",
    "go-release",
    "go-runtime",
    "graviton",
    "kunpeng",
    "musl",
    "pi",
    "wasm",
    "zig",
];

#[test]
fn wrong_words_are_usage() {
    for arguments in [
        &["nothing-like-this"][..],
        &["run", "--no-such-flag"],
        &["run", "--jobs", "0"],
        &["explain"],
        &["toolchain"],
        &[],
    ] {
        let ran = project().orch(arguments).exits(2);
        assert_eq!(ran.stdout, "", "for {arguments:?}");
        assert_ne!(ran.stderr, "", "for {arguments:?}");
    }
}

#[test]
fn every_help_text_has_an_example() {
    for arguments in [
        &["init"][..],
        &["check"],
        &["plan"],
        &["run"],
        &["bench"],
        &["bench", "compare"],
        &["bench", "calibrate"],
        &["history"],
        &["watch"],
        &["explain"],
        &["lock"],
        &["fetch"],
        &["schema"],
        &["doctor"],
        &["toolchain", "list"],
        &["toolchain", "install"],
        &["toolchain", "env"],
        &["toolchain", "which"],
        &["toolchain", "remove"],
        &["ci", "github"],
        &["ci", "gitlab"],
        &["target", "list"],
        &["target", "probe"],
        &["target", "check"],
        &["plugin", "build"],
        &["plugin", "inspect"],
        &["plugin", "list"],
        &["completions"],
    ] {
        let line: Vec<&str> = arguments.iter().copied().chain(["--help"]).collect();
        let ran = project().orch(&line).exits(0);
        assert!(
            ran.stdout.contains("\nExample"),
            "{arguments:?}:\n{}",
            ran.stdout
        );
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn a_node_that_is_not_there() {
    let project =
        project().pipeline("version = 1\nname = \"a\"\n\n[task.test]\ncommand = [\"true\"]\n");
    project
        .orch(&["explain", "task.tset"])
        .exits(2)
        .stderr(expect![[r#"
            error: there is no node `task.tset`
            hint: did you mean `task.test`? `orch plan` shows all nodes
        "#]]);
    project
        .orch(&["run", "--only", "task.tset"])
        .exits(2)
        .stderr(expect![[r#"
            error: there is no node `task.tset`
            hint: did you mean `task.test`? `orch plan` shows all nodes
        "#]]);
    project
        .orch(&["run", "--target", "pi5"])
        .exits(2)
        .stderr(expect![[r#"
            error: `--target pi5`: nothing is made for it
            hint: `orch plan` shows all targets
        "#]]);
}

#[test]
fn a_new_project_is_fine_as_it_is() {
    let project = project();
    project.orch(&["init", "."]).exits(0);
    assert_eq!(project.files(), [".gitignore", "pipeline.toml"]);
    project.orch(&["check"]).exits(0);
    project.orch(&["init", "."]).exits(2).stderr(expect![[r#"
        error: `pipeline.toml` is there already
        hint: `orch check` says whether it is fine
    "#]]);
}

#[test]
fn the_bundled_plugins_are_listed() {
    let ran = project().orch(&["plugin", "list"]).exits(0);
    for plugin in BUNDLED {
        assert!(
            ran.stdout
                .lines()
                .any(|line| line.split_whitespace().next() == Some(plugin)),
            "`{plugin}` is not in\n{}",
            ran.stdout
        );
    }
}

#[test]
fn a_bundled_plugin_imports_the_contract_and_nothing_else() {
    for plugin in BUNDLED {
        let ran = project().orch(&["plugin", "inspect", plugin]).exits(0);
        for import in ran
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix("imports"))
        {
            let name = import.trim().split('@').next().unwrap_or_default();
            assert!(
                matches!(
                    name,
                    "orch:plugin/facts" | "orch:plugin/log" | "orch:plugin/types"
                ),
                "`{plugin}` imports `{name}`"
            );
        }
    }
}

#[test]
fn the_schema_is_json_and_knows_every_table() {
    let ran = project().orch(&["schema"]).exits(0);
    for table in ["plugins", "toolchain", "target", "build", "task"] {
        assert!(ran.stdout.contains(&format!("\"{table}\"")), "no `{table}`");
    }
}
