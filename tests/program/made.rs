//! Toolchains that a build makes: Go of its sources, and a program by that Go.

use orch_tests::Project;

use crate::project;

const PIPELINE: &str = r#"version = 1
name = "made"

[toolchain.sources]
with = "go"
version = "1.22.10"
source = "registry"

[toolchain.bootstrap]
with = "go"
version = "1.21.13"
source = "registry"
slim = true

[toolchain.shell]
with = "system"
programs = ["bash"]

[target.here]
platform = "linux-amd64"

[build.tree]
with = "go-source"
toolchain = "sources"
tools = ["bootstrap", "shell"]
targets = ["here"]

[toolchain.go]
from = "build.tree@here"

[build.hello]
with = "go"
targets = ["here"]
smoke = []
# What the task leaves lies in the folder of the build.
needs = ["task.version"]

[task.version]
command = ["sh", "-c", "go version > version"]
tools = ["go"]
outputs = ["version"]
"#;

fn made() -> Project {
    project()
        .pipeline(PIPELINE)
        .file("go.mod", "module made.example\n\ngo 1.21\n")
        .file(
            "main.go",
            "package main\n\nfunc main() { println(\"hello\") }\n",
        )
}

/// Nobody watches the clock: a whole Go is 6 minutes of processor time.
#[test]
fn a_go_of_its_sources_builds_and_is_used_by_tasks() {
    let project = made();
    let ran = project.command(&["run"]).output().expect("orch starts");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    assert!(project.path().join("out/hello/here/hello").is_file());
    let version = std::fs::read_to_string(project.path().join("version")).expect("it was left");
    assert_eq!(version, "go version go1.22.10 linux/amd64\n");
    // It is made once.
    project
        .orch(&["run", "--locked", "--offline"])
        .exits(0)
        .says("nothing to do");
    project
        .orch(&["explain", "toolchain.go"])
        .exits(0)
        .shows("toolchain 1.22.10, made by `build.tree@here/make`");
}

#[test]
fn a_toolchain_from_what_is_no_build() {
    let pipeline = PIPELINE.replace("from = \"build.tree@here\"", "from = \"build.tre\"");
    made()
        .pipeline(&pipeline)
        .orch(&["check"])
        .exits(2)
        .as_documented("A toolchain from a build that is not there");
}

#[test]
fn a_toolchain_for_another_machine() {
    let pipeline = PIPELINE.replace("\"linux-amd64\"", "\"linux-arm64\"");
    made()
        .pipeline(&pipeline)
        .orch(&["run"])
        .exits(2)
        .says("`build.tree@here` makes a toolchain for another machine than this one");
}

#[test]
fn a_toolchain_from_a_build_that_makes_none() {
    let pipeline = PIPELINE
        .replace("from = \"build.tree@here\"", "from = \"build.hello@here\"")
        .replace(
            "with = \"go\"\ntargets",
            "with = \"go\"\ntoolchain = \"bootstrap\"\ntargets",
        );
    made()
        .pipeline(&pipeline)
        .orch(&["run"])
        .exits(2)
        .says("`build.hello@here` leaves no folder that could be a toolchain");
}
