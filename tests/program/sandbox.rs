//! The sandbox as a user meets it: modes, warnings, and what is said of undeclared files.

use std::process::Command;

use orch_tests::{Project, expect};

use crate::project;

const PIPELINE: &str = "\
version = 1
name = \"confined\"

[task.make]
command = [\"sh\", \"-c\", \"echo made > made.txt\"]
outputs = [\"made.txt\"]
";

/// Runs `orch` where the kernel gives no user namespaces: inside one that says so. Returns
/// its exit code, and what it said.
fn without_namespaces(project: &Project, arguments: &[&str]) -> (Option<i32>, String) {
    let orch = project.command(arguments);
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "sh", "-c"])
        .arg("echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"")
        .arg(orch.get_program())
        .args(orch.get_args())
        .current_dir(project.path())
        .env_clear()
        .envs(
            orch.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .output()
        .unwrap_or_else(|error| {
            panic!("`unshare`: {error}; install it: `apt-get install util-linux`")
        });
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[test]
fn strict_refuses_where_a_protection_is_missing() {
    let project = project().pipeline(PIPELINE);
    let (code, said) = without_namespaces(&project, &["run", "--sandbox=strict"]);
    assert_eq!(code, Some(5), "{said}");
    assert!(
        said.starts_with("error: this kernel gives no user namespace"),
        "{said}"
    );
    assert!(said.contains("hint: allow user namespaces: "), "{said}");
    assert!(!project.path().join("made.txt").exists());
    project.orch(&["run", "--sandbox=strict"]).exits(0);
}

#[test]
fn best_goes_on_and_says_what_is_missing() {
    let project = project().pipeline(PIPELINE);
    let (code, said) = without_namespaces(&project, &["run"]);
    assert_eq!(code, Some(0), "{said}");
    let warning = "warning: actions run without a sandbox: this kernel gives no user namespace";
    assert!(said.starts_with(warning), "{said}");
    // What was made without a sandbox is not taken for what is made in one.
    project
        .orch(&["run"])
        .exits(0)
        .says("done         task.make");
}

#[test]
fn off_is_loud_and_kept_apart() {
    let project = project().pipeline(PIPELINE);
    project.orch(&["run"]).exits(0);
    project
        .orch(&["run", "--sandbox=off"])
        .exits(0)
        .says("warning: actions run without a sandbox: they read and write whatever you can")
        .says("done         task.make");
    let explained = project.orch(&["explain", "task.make"]).exits(0).stdout;
    let why = "sandbox was `1` and is `off`";
    assert!(explained.contains(why), "{explained}");
}

#[test]
fn a_file_that_an_action_misses_is_named() {
    let project = project()
        .pipeline(
            "version = 1\nname = \"confined\"\n[task.read]\ncommand = [\"cat\", \"config.json\"]\n",
        )
        .file("config.json", "{}");
    project.orch(&["run"]).exits(1).stderr(expect![[r#"
        failed       task.read  [TIME]
          exited with code 1
            /usr/bin/cat: config.json: No such file or directory
          hint: `config.json` is in the project but not among the inputs; add it: inputs = ["config.json"]
        1 failed in [TIME]
    "#]]);
}
