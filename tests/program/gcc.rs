//! C and C++ by GCC: cross compilers of distribution packages, found in the build's own
//! toolchain and among those that are lent to it.

use orch_tests::Project;

use crate::project_of_compilers;

/// Prints a root.
pub(crate) const C: &str = "\
#include <math.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    (void)arguments;
    printf(\"%.0f\\n\", sqrt(count * 1764.0));
    return 0;
}
";

/// Throws and catches.
pub(crate) const CXX: &str = "\
#include <iostream>
#include <map>
#include <stdexcept>

int main()
{
    std::map<int, std::string> names{{42, \"answer\"}};
    try {
        names.at(1);
    } catch (const std::out_of_range &) {
        std::cout << names.at(42) << '\\n';
        return 0;
    }
    return 1;
}
";

/// Two programs with these toolchains for these targets; statically linked, since the C library
/// of a target is not where an emulator looks for it.
fn programs(toolchains: &str, targets: &str, build: &str) -> Project {
    project_of_compilers()
        .pipeline(&format!(
            "\
version = 1
name = \"agent\"
{toolchains}
{targets}
[build.agent]
with = \"cc\"
sources = [\"agent.c\"]
libraries = [\"m\"]
ldflags = [\"-static\"]
smoke = []
{build}

[build.names]
with = \"cc\"
sources = [\"names.cc\"]
std = \"c++17\"
ldflags = [\"-static\"]
smoke = []
{build}
"
        ))
        .file("agent.c", C)
        .file("names.cc", CXX)
}

const GCC: &str = "
[toolchain.gcc]
with = \"debian\"
packages = [\"g++-aarch64-linux-gnu\", \"libc6-dev-arm64-cross\"]
";

#[test]
fn a_gcc_of_packages_builds_for_a_board_and_its_programs_run() {
    let project = programs(
        GCC,
        "[target.pi5]\nplatform = \"pi5\"\n",
        "toolchain = \"gcc\"\ntargets = [\"pi5\"]",
    );
    let ran = project.orch(&["run"]).exits(0);
    for build in ["agent", "names"] {
        let smoke = format!("build.{build}@pi5/smoke");
        let line = ran.stderr.lines().find(|line| line.contains(&smoke));
        assert!(
            line.is_some_and(|line| line.starts_with("done")),
            "{smoke} did not run; apt-get install qemu-user-static\n{}",
            ran.stderr
        );
    }
    project
        .orch(&["plan"])
        .exits(0)
        .shows("-mcpu=cortex-a76+aes+crc+dotprod+fp16+lse+rcpc+rdma+sha2 -c");
}

#[test]
fn a_compiler_that_is_lent_builds_what_the_builds_own_does_not() {
    programs(
        &format!("{GCC}\n[toolchain.zig]\nversion = \"0.15\"\nsource = \"registry\"\n"),
        "[target.pi5]\nplatform = \"pi5\"\n[target.any]\nplatform = \"musl\"\n",
        "toolchain = \"gcc\"\ntools = [\"zig\"]\ntargets = [\"pi5\", \"any\"]",
    )
    .orch(&["plan"])
    .exits(0)
    .shows("aarch64-linux-gnu-g++} -mcpu=cortex-a76+")
    .shows("zig} c++ -target x86_64-linux-musl");
}

/// One program for one target by Debian's GCC for 64-bit Arm, with more lines of its build.
fn one_program(target: &str, build: &str) -> Project {
    project_of_compilers()
        .pipeline(&format!(
            "\
version = 1
name = \"agent\"

[toolchain.gcc]
with = \"debian\"
packages = [\"gcc-aarch64-linux-gnu\", \"libc6-dev-arm64-cross\"]

[target.device]
{target}

[build.agent]
with = \"cc\"
toolchain = \"gcc\"
sources = [\"agent.c\"]
targets = [\"device\"]
{build}"
        ))
        .file("agent.c", C)
}

/// Pins the toolchain, which is said once.
fn locked(project: Project) -> Project {
    project.orch(&["lock"]).exits(0);
    project
}

#[test]
fn a_target_that_no_compiler_builds_for() {
    locked(one_program("platform = \"cortex-m4f\"", ""))
        .orch(&["plan"])
        .exits(2)
        .as_documented("A target that no compiler builds for");
}

#[test]
fn a_cpu_that_a_compiler_does_not_know() {
    let target = "platform = \"graviton\"\ncpu = \"graviton4\"";
    locked(one_program(target, ""))
        .orch(&["plan"])
        .exits(2)
        .as_documented("A CPU that a compiler does not know");
}

#[test]
fn a_program_whose_c_library_is_missing() {
    let build = "libraries = [\"m\"]\nsmoke = []\n";
    let project = one_program("platform = \"linux-arm64\"", build);
    project
        .orch(&["run"])
        .exits(1)
        .says("build.agent@device/link");
    // What was built is at hand, so all that is told now is about the smoke run.
    project
        .orch(&["run"])
        .exits(1)
        .as_documented("A program whose C library is missing");
}
