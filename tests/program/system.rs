//! Toolchains that are on the machine already: found, asked, digested, shown to actions, and
//! never pinned.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use orch_tests::Project;

use crate::project;

const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A project with a folder of programs of its own on the `PATH`.
fn with_kit(pipeline: &str) -> Project {
    let project = project().pipeline(pipeline);
    let kit = project.path().parent().expect("it lies in one").join("kit");
    fs::create_dir_all(kit.join("bin")).expect("a folder can be made");
    let path = format!("{}:{SYSTEM_PATH}", kit.join("bin").display());
    project.variable("PATH", &path)
}

fn write_tool(project: &Project, text: &str) {
    let folder = project
        .path()
        .parent()
        .expect("it lies in one")
        .join("kit/bin");
    let file = folder.join("tool");
    fs::write(&file, format!("#!/bin/sh\n{text}\n")).expect("a file can be written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

const OWN_TOOL: &str = r#"
version = 1
name = "own"

[toolchain.kit]
with = "system"
programs = ["tool@1"]

[task.use]
command = ["tool", "work"]
tools = ["kit"]
"#;

#[test]
fn a_compiler_of_the_machine_builds_in_the_sandbox() {
    let project = project()
        .pipeline(
            r#"
version = 1
name = "machine"

[toolchain.cc]
with = "system"
programs = ["gcc@>=8", "make"]

[task.hello]
command = ["make", "hello"]
tools = ["cc"]
inputs = ["Makefile", "hello.c"]
outputs = ["hello"]
"#,
        )
        .file("Makefile", "hello: hello.c\n\tgcc -O2 -o $@ $<\n")
        .file("hello.c", "int main(void) { return 0; }\n");
    project.orch(&["run"]).exits(0);
    assert!(project.path().join("hello").is_file());
    assert!(!project.path().join("orch.lock").exists());
    project
        .orch(&["run", "--locked", "--offline"])
        .exits(0)
        .says("nothing to do");
    project.orch(&["doctor"]).exits(0).shows("toolchain `cc`");
}

#[test]
fn a_changed_program_runs_its_tasks_again_and_explain_says_so() {
    let project = with_kit(OWN_TOOL);
    write_tool(&project, "echo tool 1.2.3");
    project
        .orch(&["run"])
        .exits(0)
        .says("done         task.use");
    project.orch(&["run"]).exits(0).says("nothing to do");
    write_tool(&project, "echo tool 1.2.4");
    project.orch(&["run", "--dry-run"]).exits(0);
    project
        .orch(&["explain", "task.use"])
        .exits(0)
        .shows("program `tool` of toolchain `kit` has other content");
    project
        .orch(&["run"])
        .exits(0)
        .says("done         task.use");
    write_tool(&project, "echo tool 2.0.0");
    project
        .orch(&["run"])
        .exits(2)
        .says("program `tool` of this machine is 2.0.0, where `1` is wanted");
}

#[test]
fn a_program_of_the_machine_that_is_missing() {
    let project = project().pipeline(
        r#"version = 1
name = "agent"

[toolchain.cc]
with = "system"
programs = ["gcc@>=99", "no-such-program"]

[task.build]
command = ["gcc", "agent.c"]
tools = ["cc"]
inputs = ["agent.c"]
"#,
    );
    project
        .orch(&["run"])
        .exits(2)
        .as_documented("A program of the machine that is missing");
    project
        .orch(&["doctor"])
        .exits(0)
        .shows("there is no program `no-such-program` on this machine")
        .shows("`apt-get install no-such-program`");
}

#[test]
fn a_go_of_the_machine_builds() {
    let project = project()
        .file("go.mod", "module agent.example\n\ngo 1.21\n")
        .file(
            "main.go",
            "package main\n\nfunc main() { println(\"hello\") }\n",
        );
    project
        .orch(&["toolchain", "install", "go@1.22.10"])
        .exits(0);
    let which = project.orch(&["toolchain", "which", "go@1.22.10"]).exits(0);
    let cache = project.cache().display().to_string();
    let program = which.stdout.trim().replace("[CACHE]", &cache);
    let bin = Path::new(&program).parent().expect("it lies in `bin`");
    let path = format!("{}:{SYSTEM_PATH}", bin.display());
    let project = project.variable("PATH", &path).pipeline(
        r#"
version = 1
name = "agent"

[toolchain.go]
with = "system"
programs = ["go@1.22"]

[target.static]
platform = "musl"

[build.agent]
with = "go"
targets = ["static"]
smoke = []
"#,
    );
    project.orch(&["run"]).exits(0);
    assert!(project.path().join("out/agent/static/agent").is_file());
    project.orch(&["plan"]).exits(0).shows("go         1.22.10");
}
