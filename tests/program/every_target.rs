//! Every platform of the guide that a compiler is made for: a program in C and one in C++ are
//! really compiled and linked for it, and run where something here runs them.

use orch_tests::Project;

use crate::{platforms, project_of_compilers};

const C: &str = "\
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *text = malloc(16);
    if (text == NULL)
        return 1;
    strcpy(text, \"every target\");
    return strlen(text) == 12 ? 0 : 2;
}
";

const CXX: &str = "\
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

int main()
{
    std::vector<std::unique_ptr<std::string>> words;
    for (const char *word : {\"target\", \"every\"})
        words.push_back(std::make_unique<std::string>(word));
    std::sort(words.begin(), words.end(), [](auto &one, auto &other) { return *one < *other; });
    return *words.front() == \"every\" ? 0 : 1;
}
";

/// C without an operating system, which needs newlib.
const BARE_C: &str = "\
#include <stdlib.h>
#include <string.h>

void Reset_Handler(void)
{
    char *text = malloc(16);
    if (text != NULL)
        strcpy(text, \"every target\");
    for (;;)
        ;
}

__attribute__((section(\".isr_vector\"), used))
static void (*const vectors[])(void) = {0, Reset_Handler};
";

/// C++ that needs nothing but the language.
const BARE_CXX: &str = "\
struct Counter {
    virtual int next() = 0;
};

struct Up final : Counter {
    int count = 41;
    int next() override { return ++count; }
};

extern \"C\" void Reset_Handler()
{
    Up up;
    Counter &counter = up;
    while (counter.next() != 0)
        ;
}

__attribute__((section(\".isr_vector\"), used))
static void (*const vectors[])() = {0, Reset_Handler};
";

/// GCC 12 of Debian for each Linux machine that it has a C library for.
const GCC: &str = "
[toolchain.aarch64]
with = \"debian\"
packages = [\"g++-aarch64-linux-gnu\", \"libc6-dev-arm64-cross\"]

[toolchain.armhf]
with = \"debian\"
packages = [\"g++-arm-linux-gnueabihf\", \"libc6-dev-armhf-cross\"]

[toolchain.armel]
with = \"debian\"
packages = [\"g++-arm-linux-gnueabi\", \"libc6-dev-armel-cross\"]

[toolchain.riscv64]
with = \"debian\"
packages = [\"g++-riscv64-linux-gnu\", \"libc6-dev-riscv64-cross\"]
";

const BARE: &str = "
[toolchain.bare]
with = \"debian\"
packages = [\"gcc-arm-none-eabi\", \"libnewlib-arm-none-eabi\"]
programs = [\"arm-none-eabi-g++\"]
";

const ZIG: &str = "
[toolchain.zig]
version = \"0.15\"
source = \"registry\"
";

/// A program in C, or in C++, for every target.
fn programs(toolchains: &str, targets: &(String, String), build: &str) -> Project {
    let (tables, names) = targets;
    project_of_compilers()
        .pipeline(&format!(
            "\
version = 1
name = \"every-target\"
{toolchains}{tables}
[build.c]
with = \"cc\"
sources = [\"main.c\"]
targets = [{names}]
tuning = [\"cc-release\"]
smoke = []
{build}
[build.cxx]
with = \"cc\"
sources = [\"main.cc\"]
targets = [{names}]
tuning = [\"cc-release\"]
smoke = []
{build}"
        ))
        .file("main.c", C)
        .file("main.cc", CXX)
}

/// Builds everything, and expects so many programs to have run.
fn all_run(project: &Project, arguments: &[&str], expected: usize) {
    let ran = project.orch(&[&["run"], arguments].concat()).exits(0);
    let runs = ran.stdout.lines().filter(|line| line.contains("ran "));
    assert_eq!(
        runs.count(),
        expected,
        "apt-get install qemu-user-static\n{}",
        ran.stdout
    );
}

/// The one platform with a CPU that GCC 12 does not know.
fn is_too_new(line: &str) -> bool {
    line.contains("neoverse-v2")
}

#[test]
fn gcc_links_for_every_linux_machine_that_it_has_a_c_library_for() {
    let linux = [
        "`aarch64-unknown-linux-gnu`",
        "`armv7-unknown-linux-gnueabihf`",
        "`armv5te-unknown-linux-gnueabi`",
        "`riscv64gc-unknown-linux-gnu`",
    ];
    let is_wanted = |line: &str| linux.iter().any(|it| line.contains(it)) && !is_too_new(line);
    let targets = platforms::tables_of(is_wanted);
    let count = targets.1.split(',').count();
    let project = programs(
        GCC,
        &targets,
        "toolchain = \"aarch64\"\ntools = [\"armhf\", \"armel\", \"riscv64\"]\n\
         ldflags = [\"-static\"]\n",
    );
    for name in ["aarch64", "armhf", "armel", "riscv64"] {
        // One after the other: each is as large as a release of Go.
        let node = format!("toolchain.{name}");
        project.orch(&["run", "--only", &node]).exits(0);
    }
    all_run(&project, &[], 2 * count);
}

#[test]
fn gcc_links_for_every_microcontroller() {
    let mut targets = platforms::tables_of(|line| line.contains("-none-eabi"));
    let memories = "flash = { origin = 0, kib = 256 }\nram = { origin = 0x20000000, kib = 32 }";
    targets.0 = targets
        .0
        .replace("\nplatform", &format!("\n{memories}\nplatform"));
    // Newlib with calls of a system that is not there, and without C++'s own library, which
    // takes 1.5 GB.
    let build = "toolchain = \"bare\"\nldflags = [\"--specs=nosys.specs\", \"-nodefaultlibs\"]\n\
                 libraries = [\"c\", \"nosys\", \"c\", \"gcc\"]\n\
                 cflags = [\"-fno-exceptions\"]\n";
    let project = programs(BARE, &targets, build)
        .file("main.c", BARE_C)
        .file("main.cc", BARE_CXX);
    project.orch(&["fetch"]).exits(0);
    all_run(&project, &[], 0);
}

#[test]
fn zig_links_c_for_every_machine_that_gcc_is_not_made_for() {
    let others = [
        "`aarch64-apple-darwin`",
        "`x86_64-pc-windows-gnu`",
        "`arm-unknown-linux-gnueabihf`",
        "`wasm32-wasip1`",
        "`x86_64-unknown-linux-gnu` | | |",
        "-linux-musl` | `generic`",
        "-linux-musl` | `x86-64`",
    ];
    let targets = platforms::tables_of(|line| others.iter().any(|it| line.contains(it)));
    let names: Vec<_> = targets
        .1
        .split(", ")
        .map(|name| name.trim_matches('"'))
        .collect();
    assert_eq!(names.len(), 7);
    let project = programs(ZIG, &targets, "toolchain = \"zig\"\n");
    project.orch(&["fetch"]).exits(0);
    for name in names {
        // One after the other: each compiles a C library first. They are not run: this machine
        // may lack the shared libraries of others.
        let node = format!("build.c@{name}/verify");
        project.orch(&["run", "--only", &node]).exits(0);
    }
    // C++'s own library takes minutes for each; one shows how it is linked.
    let wasm = targets
        .0
        .split("[target.")
        .find(|table| table.contains("\"wasm\""));
    let name = wasm
        .and_then(|table| table.split(']').next())
        .expect("a row");
    let node = format!("build.cxx@{name}");
    all_run(&project, &["--only", &node], 1);
}
