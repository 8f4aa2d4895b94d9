//! What becomes of C and C++ beside a program: libraries, debug information in a file of its
//! own, and projects that bring a Makefile; by real compilers, debuggers and `make`.

use std::process::Command;

use orch_tests::Project;

use crate::project_of_compilers;

/// Debian's GCC for boards, with `make`.
const TOOLCHAINS: &str = "\
version = 1
name = \"agent\"

[toolchain.gcc]
with = \"debian\"
packages = [\"gcc-aarch64-linux-gnu\", \"libc6-dev-arm64-cross\"]

[toolchain.make]
with = \"debian\"
packages = [\"make\"]

[target.board]
platform = \"linux-arm64\"
";

/// What `orch` found the artifact of a build to be.
fn judged(project: &Project, node: &str, expected: &str) {
    let ran = project.orch(&["run", "--only", node]).exits(0);
    assert!(ran.stdout.contains(expected), "{expected}\n{}", ran.stdout);
}

#[test]
fn libraries_are_judged_by_their_members_and_their_name() {
    let build = |name: &str, kind: &str| {
        format!(
            "\n[build.{name}]\nwith = \"cc\"\ntoolchain = \"gcc\"\nkind = \"{kind}\"\n\
             sources = [\"**/*.c\"]\ntargets = [\"board\"]\ntuning = [\"cc-release\"]\n"
        )
    };
    let pipeline = TOOLCHAINS.to_owned()
        + &build("still", "static-library")
        + &build("moving", "shared-library")
        + "soname = \"libmoving.so.1\"\n";
    let project = project_of_compilers()
        .pipeline(&pipeline)
        .file("one/part.c", "int one(void) { return 1; }\n")
        .file(
            "two/part.c",
            "int one(void); int two(void) { return one() + one(); }\n",
        );
    let static_library = "static library, 2 members: ELF aarch64";
    judged(&project, "build.still", static_library);
    judged(&project, "build.moving", "shared library `libmoving.so.1`");
    for file in ["still/board/libstill.a", "moving/board/libmoving.so"] {
        assert!(project.path().join("out").join(file).is_file(), "{file}");
    }
}

/// The project's own Makefile knows nothing of `orch`.
const MAKEFILE: &str = "\
CFLAGS += -Wall
agent: main.o answer.o
\t$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
libanswer.a: answer.o
\t$(AR) rcs $@ $^
all: agent libanswer.a
";

#[test]
fn a_makefile_is_told_of_the_compiler_and_its_products_ship() {
    let pipeline = TOOLCHAINS.to_owned()
        + "\n[build.agent]\nwith = \"cc\"\ntoolchain = \"gcc\"\ntools = [\"make\"]\n\
           command = [\"make\", \"-j2\", \"all\"]\noutputs = [\"agent\", \"libanswer.a\"]\n\
           ldflags = [\"-static\"]\ntargets = [\"board\"]\ntuning = [\"cc-release\", \"cc-debug\"]\nsmoke = []\n";
    let project = project_of_compilers()
        .pipeline(&pipeline)
        .file("Makefile", MAKEFILE)
        .file("answer.c", "int answer(void) { return 42; }\n")
        .file(
            "main.c",
            "int answer(void);\nint main(void) { return answer() - 42; }\n",
        );
    let ran = project.orch(&["run"]).exits(0);
    assert!(
        ran.stdout.contains("ran under qemu-aarch64-static"),
        "apt-get install qemu-user-static\n{}",
        ran.stdout
    );
    let products = project.path().join("out/agent/board");
    assert!(products.join("libanswer.a").is_file());
    project
        .orch(&["run", "--offline"])
        .exits(0)
        .says("nothing to do");
}

const DEBUGGED: &str = "\
#include <stdio.h>

static int doubled(int number)
{
    int twice = number * 2;
    return twice;
}

int main(void)
{
    printf(\"%d\\n\", doubled(21));
    return 0;
}
";

#[test]
fn a_debugger_stops_at_a_line_by_the_file_that_ships_beside_the_program() {
    let pipeline = "\
version = 1
name = \"agent\"

[toolchain.zig]
version = \"0.15\"
source = \"registry\"

[toolchain.binutils]
with = \"debian\"
packages = [\"binutils-x86-64-linux-gnu\"]

[target.server]
platform = \"linux-amd64\"

[build.agent]
with = \"cc\"
toolchain = \"zig\"
tools = [\"binutils\"]
sources = [\"src/main.c\"]
targets = [\"server\"]
tuning = [\"cc-release\", \"cc-debug\"]
smoke = []
";
    let project = project_of_compilers()
        .pipeline(pipeline)
        .file("src/main.c", DEBUGGED);
    project.orch(&["run"]).exits(0);

    let mapping = format!("set substitute-path . {}", project.path().display());
    let debugger = Command::new("gdb")
        .args(["-nx", "-batch", "-ex", "set debuginfod enabled off"])
        .args(["-ex", &mapping, "-ex", "break src/main.c:6"])
        .args(["-ex", "run", "-ex", "info locals"])
        .arg(project.path().join("out/agent/server/agent"))
        .current_dir("/")
        .output()
        .unwrap_or_else(|error| panic!("`gdb`: {error}; apt-get install gdb"));
    let printed = String::from_utf8_lossy(&debugger.stdout).into_owned();
    for part in [
        "doubled (number=21)",
        "6\t    return twice;\n",
        "twice = 42\n",
    ] {
        let said = String::from_utf8_lossy(&debugger.stderr);
        assert!(
            printed.contains(part),
            "no `{part}` in\n{printed}---\n{said}"
        );
    }
    // Without the file beside it, the program that ships tells a debugger nothing.
    let alone = project.path().join("out/agent/server/agent.debug");
    std::fs::remove_file(alone).expect("the debug information is a file of its own");
    let again = Command::new("gdb")
        .args([
            "-nx",
            "-batch",
            "-ex",
            "set debuginfod enabled off",
            "-ex",
            "info line main",
        ])
        .arg(project.path().join("out/agent/server/agent"))
        .output()
        .expect("gdb ran before");
    let printed = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(!printed.contains("main.c"), "{printed}");
}
