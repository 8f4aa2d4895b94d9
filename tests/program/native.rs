//! Compilers for the machine that builds: its own, and Debian's in a folder of its own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use orch_tests::Project;

use crate::gcc::{C, CXX};
use crate::project_of_compilers;

const HOST: &str = "\
version = 1
name = \"native\"

[toolchain.host]
with = \"system\"
programs = [\"gcc\", \"g++\", \"ar\", \"objcopy\", \"musl-gcc\"]

[target.here]
platform = \"linux-amd64\"
[target.static]
platform = \"musl\"
";

const PROGRAMS: &str = "
[build.agent]
with = \"cc\"
toolchain = \"host\"
sources = [\"agent.c\"]
libraries = [\"m\"]
targets = [\"here\"]
smoke = []

[build.names]
with = \"cc\"
toolchain = \"host\"
sources = [\"names.cc\"]
std = \"c++17\"
targets = [\"here\"]
smoke = []
";

fn project() -> Project {
    project_of_compilers()
        .file("agent.c", C)
        .file("names.cc", CXX)
}

#[test]
fn the_machines_own_compilers_build_programs_and_libraries() {
    let library = "
[build.library]
with = \"cc\"
toolchain = \"host\"
kind = \"static-library\"
sources = [\"agent.c\"]
targets = [\"here\"]
";
    let programs = PROGRAMS.replace("std =", "symbols = \"split\"\nstd =");
    let project = project().pipeline(&format!("{HOST}{programs}{library}"));
    project
        .orch(&["run"])
        .exits(0)
        .shows("dynamically linked, glibc 2.")
        .shows("static library, 1 member: ELF x86_64")
        .shows("ran here");
    assert!(project.path().join("out/names/here/names.debug").is_file());
}

#[test]
fn musls_own_wrapper_builds_a_static_program() {
    let (agent, _) = PROGRAMS.split_once("[build.names]").expect("there are two");
    let build = agent.replace("\"here\"", "\"static\"");
    project()
        .pipeline(&format!("{HOST}{build}"))
        .orch(&["run"])
        .exits(0)
        .shows("ELF 64-bit x86_64, statically linked")
        .shows("ran here");
}

#[test]
fn a_script_of_the_project_builds_without_make() {
    let build = "
[build.agent]
with = \"cc\"
toolchain = \"host\"
command = [\"./build.sh\", \"it's $HOME\"]
outputs = [\"bin/agent\"]
targets = [\"here\"]
smoke = []
";
    let script = "\
#!/bin/sh
set -e
[ \"$1\" = \"it's \\$HOME\" ]
mkdir bin
$CC $CFLAGS agent.c $LDFLAGS -lm -o bin/agent
";
    let project = project()
        .pipeline(&format!("{HOST}{build}"))
        .file("build.sh", script);
    let script = project.path().join("build.sh");
    fs::set_permissions(script, Permissions::from_mode(0o755)).expect("it is the test's own");
    project.orch(&["run"]).exits(0).shows("ran here");
}

#[test]
fn c_in_go_is_compiled_by_the_machines_own_compiler() {
    let pipeline = format!(
        "{HOST}
[toolchain.go]
version = \"1.22.10\"
source = \"registry\"

[build.answer]
with = \"go\"
cgo = true
tools = [\"host\"]
targets = [\"here\"]
smoke = []
"
    );
    let main = "\
package main

// static int answer(void) { return 42; }
import \"C\"

import \"fmt\"

func main() { fmt.Println(\"answer\", C.answer()) }
";
    project_of_compilers()
        .pipeline(&pipeline)
        .file("go.mod", "module answer.example\n\ngo 1.22\n")
        .file("main.go", main)
        .orch(&["run"])
        .exits(0)
        .says("answer 42")
        .shows("ran here");
}

#[test]
fn debians_compiler_for_the_machine_builds_with_a_sysroot() {
    let toolchains = HOST.replace(
        "with = \"system\"\nprograms = [\"gcc\", \"g++\", \"ar\", \"objcopy\", \"musl-gcc\"]",
        "\
with = \"debian\"
packages = [\"g++\"]

[toolchain.amd64]
with = \"debian\"
architecture = \"amd64\"
packages = [\"libc6-dev\"]",
    );
    let lent = "toolchain = \"host\"\ntools = [\"amd64\"]";
    let builds = PROGRAMS.replace("toolchain = \"host\"", lent);
    let project = project().pipeline(&format!("{toolchains}{builds}"));
    project.orch(&["fetch"]).exits(0);
    project
        .orch(&["run"])
        .exits(0)
        .shows("dynamically linked, glibc 2.")
        .shows("ran here");
}
