//! `orch toolchain …` over a toolchain of a test's own, with real shells.

use std::path::Path;
use std::process::Command;

use orch_tests::{Project, expect};

use crate::pinned::{PROGRAM, lock_of, pinned, printed};

/// A project with `go` 1.22.10 installed, which has a variable that no shell likes.
fn installed() -> Project {
    let project = with_lock("1.22.10", PROGRAM);
    project.orch(&["fetch"]).exits(0);
    project
}

/// A value that every shell would change if it were not quoted.
const ODD: &str = r"it's $HOME \' `x` \";

fn with_lock(release: &str, program: &[u8]) -> Project {
    let project = pinned("").file("go", program);
    relocked(project, release, program)
}

/// The same with another release in the lock.
fn relocked(project: Project, release: &str, program: &[u8]) -> Project {
    let url = format!("file://{}", project.path().join("go").display());
    let tools = "tools = [{ name = \"go\", program = \"go\" }]";
    let variable = format!("{tools}\nenvironment = [{{ name = \"ODD\", value = '''{ODD}''' }}]");
    let lock = lock_of(&url, program, "raw", "go")
        .replace("1.22.10", release)
        .replace(tools, &variable);
    project.file("go", program).file("orch.lock", lock)
}

/// Where the only installed toolchain's program lies.
fn program(project: &Project) -> String {
    let output = project.command(&["toolchain", "which", "go"]).output();
    let output = output.expect("`orch` starts");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("the path is text")
}

/// What a shell prints that has taken in `orch toolchain env go --shell SYNTAX` from a file.
fn shell(project: &Project, syntax: &str, file: &str, line: &[&str]) -> String {
    let ran = project
        .command(&["toolchain", "env", "go", "--shell", syntax])
        .output()
        .expect("`orch` starts");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    std::fs::write(project.path().join(file), ran.stdout).expect("the project can be written");
    shell_in(&project.path(), line)
}

fn shell_in(folder: &Path, line: &[&str]) -> String {
    let output = Command::new(line[0])
        .args(&line[1..])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", folder)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; apt-get install fish direnv", line[0]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line:?}: {said}");
    String::from_utf8(output.stdout).expect("it prints text")
}

/// Prints the variable, and what the toolchain's program makes of a word.
const SCRIPT: &str = "printf '%s\\n' \"$ODD\"; go works";

#[test]
fn every_shell_takes_the_environment_as_it_is() {
    let project = installed();
    let expected = format!("{ODD}\nworks\n");
    let sh = ["sh", "-c", &format!(". ./env.sh; {SCRIPT}")];
    assert_eq!(shell(&project, "sh", "env.sh", &sh), expected);
    let fish = [
        "fish",
        "--no-config",
        "-c",
        &format!("source env.fish; {SCRIPT}"),
    ];
    assert_eq!(shell(&project, "fish", "env.fish", &fish), expected);
    shell(&project, "direnv", ".envrc", &["direnv", "allow", "."]);
    let direnv = ["direnv", "exec", ".", "sh", "-c", SCRIPT];
    assert_eq!(shell_in(&project.path(), &direnv), expected);
    project
        .orch(&["toolchain", "env", "go", "--shell", "goenv"])
        .exits(0)
        .shows(&format!("ODD={ODD}\n"));
}

#[test]
fn a_tool_is_found_by_the_lock_of_the_project_around() {
    let project = installed();
    let program = program(&project);
    assert_eq!(
        printed(program.trim(), &["hello"], &project.path()),
        "hello\n"
    );
    let below = project.path().join("cmd/agent");
    std::fs::create_dir_all(&below).expect("a folder can be made");
    let there = project
        .command(&["toolchain", "which", "go"])
        .current_dir(below)
        .output();
    assert_eq!(there.expect("`orch` starts").stdout, program.as_bytes());

    project
        .orch(&["toolchain", "which", "go", "--tool", "og"])
        .exits(2)
        .stderr(expect![[r#"
            error: go 1.22.10 has no tool `og`
            hint: it has go
        "#]]);
    project
        .orch(&["toolchain", "which", "rust"])
        .exits(2)
        .stderr(expect![[r#"
            error: `[PROJECT]/orch.lock` pins no toolchain `rust`
            hint: `orch lock` pins what the pipeline names; `rust@*` is the newest
        "#]]);
}

#[test]
fn what_a_lock_pins_is_removed_by_force_only() {
    let project = installed();
    let remove = ["toolchain", "remove", "go@1.22"];
    project.orch(&remove).exits(2).stderr(expect![[r#"
        error: go 1.22.10 is pinned by `[PROJECT]/orch.lock`
        hint: `--force` removes it all the same; a run of that project would fetch it again
    "#]]);
    project
        .orch(&["toolchain", "remove", "go@1.22", "--force"])
        .exits(0)
        .stderr(expect![[r#"
            removed go 1.22.10: 20 B freed
        "#]]);
    project
        .orch(&["toolchain", "which", "go"])
        .exits(2)
        .stderr(expect![[r#"
            error: go 1.22.10 is not installed
            hint: run `orch fetch`
        "#]]);
    project.orch(&remove).exits(2).stderr(expect![[r#"
        error: `go@1.22` is not installed
        hint: `orch toolchain list` shows what is
    "#]]);
    project
        .orch(&["toolchain", "remove", "go"])
        .exits(2)
        .stderr(expect![[r#"
            error: `go` names no release
            hint: write `go@1.21.13`, or `go@1.21` where one 1.21 is installed
        "#]]);
}

#[test]
fn of_several_releases_one_is_named() {
    let other = b"#!/bin/sh\necho other\n";
    let project = relocked(installed(), "1.22.9", other);
    project.orch(&["fetch"]).exits(0);
    let several = project.orch(&["toolchain", "remove", "go@1.22"]).exits(2);
    several
        .says("error: `go@1.22` means several:\n  go 1.22.10 in `[CACHE]/toolchains/")
        .says("\n  go 1.22.9 in `[CACHE]/toolchains/");
    // Only the other one is pinned now.
    project
        .orch(&["toolchain", "remove", "go@1.22.10"])
        .exits(0)
        .stderr(expect![[r#"
            removed go 1.22.10: 20 B freed
        "#]]);
    let tree = program(&project).trim().trim_end_matches("/go").to_owned();
    project
        .orch(&["toolchain", "remove", &tree])
        .exits(2)
        .says("error: go 1.22.9 is pinned by");
    project
        .orch(&["toolchain", "remove", &tree, "--force"])
        .exits(0);
    project
        .orch(&["toolchain", "list"])
        .exits(0)
        .says("no toolchain is installed");
}
