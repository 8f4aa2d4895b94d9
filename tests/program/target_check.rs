//! `orch target check`: programs of real compilers on machines whose facts are kept in
//! `tests/machines`, on this one, and on one behind a real OpenSSH server.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use orch_tests::ssh_server::SshServer;
use orch_tests::{Project, expect, tree};

use crate::project;

/// A project with a program by one of the machine's compilers, and the facts of machines.
fn with_program(compiler: &str, packages: &str, flags: &[&str]) -> Project {
    let mut project = project().file(
        "agent.c",
        "#include <stdio.h>\nstatic int data[20000] = {1};\n\
         int main(void) { data[1] = puts(\"hello\"); return 0; }\n",
    );
    for name in ["pi4", "pi5-16k", "alpine"] {
        let path = format!("tests/machines/{name}.json");
        let text = std::fs::read(tree::root().join(&path)).expect("it is kept");
        project = project.file(&format!("{name}.json"), text);
    }
    let made = Command::new(compiler)
        .args(["-o", "agent", "agent.c"])
        .args(flags)
        .current_dir(project.path())
        .status()
        .unwrap_or_else(|error| {
            panic!("{compiler}: {error}; apt-get install --no-install-recommends {packages}")
        });
    assert!(made.success(), "`{compiler}` could not make the program");
    project
}

fn arm64(flags: &[&str]) -> Project {
    with_program(
        "aarch64-linux-gnu-gcc",
        "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
        flags,
    )
}

#[test]
fn a_program_that_would_not_run_says_why() {
    let project = arm64(&["-Wl,-z,max-page-size=4096"]);
    project
        .orch(&["target", "check", "agent", "--on", "pi4.json"])
        .exits(1)
        .stdout(expect![[r#"
            agent: ELF 64-bit aarch64, dynamically linked, glibc 2.34, not stripped
            would not run on pi4.json

            it needs glibc 2.34, but the machine has 2.31
              why:    the loader ends it: `version `GLIBC_2.34' not found`
              remedy: build it where glibc is 2.31 or older (`zig cc -target …-gnu.2.31` links against any), or link it statically
        "#]])
        .stderr(expect![""]);
    project
        .orch(&["target", "check", "agent", "--on", "pi5-16k.json"])
        .exits(1)
        .shows("cannot be loaded by a kernel with pages of 16 KiB");
    project
        .orch(&[
            "target", "check", "agent", "--on", "pi4.json", "--output", "json",
        ])
        .exits(1)
        .shows(r#""of":"obstacles","rows":[{"certain":true,"what":"needs glibc 2.34"#);
}

#[test]
fn a_program_that_would_run() {
    let project = arm64(&[]);
    project
        .orch(&["target", "check", "agent", "--on", "pi5-16k.json"])
        .exits(0)
        .stdout(expect![[r#"
            agent: ELF 64-bit aarch64, dynamically linked, glibc 2.34, not stripped
            would run on pi5-16k.json
        "#]]);
    let native = with_program("gcc", "gcc libc6-dev", &[]);
    native
        .orch(&["target", "check", "agent"])
        .exits(0)
        .shows("would run on this machine");
    native
        .orch(&["target", "check", "agent", "--on", "alpine.json"])
        .exits(1)
        .shows("is linked against glibc");
}

/// What one `orch` asked, another one believes.
#[test]
fn the_facts_of_a_probe_are_read_again() {
    let project = with_program("gcc", "gcc libc6-dev", &[]);
    let output = project
        .command(&["target", "probe", "--output", "json"])
        .output()
        .expect("it runs");
    let project = project.file("here.json", output.stdout);
    project
        .orch(&["target", "check", "agent", "--on", "here.json"])
        .exits(0)
        .shows("would run on here.json");
}

#[test]
fn a_machine_is_asked_over_ssh() {
    let server = SshServer::start();
    let address = server.address();
    let native = with_program("gcc", "gcc libc6-dev", &[]).variable("PATH", &server.path());
    native
        .orch(&["target", "check", "agent", "--on", &address])
        .exits(0)
        .shows("would run on ssh://");
    let foreign = arm64(&["-static"]).variable("PATH", &server.path());
    foreign
        .orch(&["target", "check", "agent", "--on", &address])
        .exits(1)
        .shows("is for aarch64, but the machine is x86_64");
    native
        .variable("PATH", &server.path_of_stranger())
        .orch(&["target", "check", "agent", "--on", &address])
        .exits(4)
        .says("refuses to let us in");
}

#[test]
fn what_is_no_program_or_no_facts() {
    let project = arm64(&["-static"]);
    let whole = std::fs::read(project.path().join("agent")).expect("it was made");
    let project = project
        .file("cut", &whole[..whole.len() / 2])
        .file("bad.json", "{\"format\": 1")
        .file("other.json", "{\"format\": \"x\"}");
    for (arguments, expected) in [
        (
            ["cut", "pi4.json"],
            expect![[r#"
            error: `cut` is cut short: a segment ends at byte 512578, the file at byte 391248
            hint: name a program or a library as the linker made it; if it was copied here, copy it again and compare the sizes
        "#]],
        ),
        (
            ["agent.c", "pi4.json"],
            expect![[r#"
            error: `agent.c` is neither ELF, Mach-O, PE, WebAssembly nor a static library: it begins with `#include <stdio.`
            hint: name a program or a library as the linker made it; if it was copied here, copy it again and compare the sizes
        "#]],
        ),
        (
            ["missing", "pi4.json"],
            expect![[r#"
            error: `missing` cannot be read: No such file or directory (os error 2)
        "#]],
        ),
        (
            ["/dev/zero", "pi4.json"],
            expect![[r#"
            error: `/dev/zero` is no file
        "#]],
        ),
        (
            ["agent", "bad.json"],
            expect![[r#"
            error: `bad.json` is no JSON: EOF while parsing an object at line 1 column 12
            hint: write it by `orch target probe HOST --output json > machine.json`
        "#]],
        ),
        (
            ["agent", "other.json"],
            expect![[r#"
            error: `other.json` holds no facts of a machine: its `format` is not `orch-machine`
            hint: write it by `orch target probe HOST --output json > machine.json`
        "#]],
        ),
        (
            ["agent", "missing.json"],
            expect![[r#"
            error: `missing.json` cannot be read: No such file or directory (os error 2)
        "#]],
        ),
    ] {
        let [artifact, on] = arguments;
        project
            .orch(&["target", "check", artifact, "--on", on])
            .exits(2)
            .stderr(expected);
    }
}

/// What Go's linker wrote down is believed: whoever says `v8.2` needs LSE, as the
/// emulator of a CPU without shows.
#[test]
fn a_program_by_go_for_a_later_armv8() {
    let project = arm64(&[])
        .file("go.mod", "module agent\n\ngo 1.23\n")
        .file(
            "main.go",
            "package main\n\nfunc main() { println(\"hello\") }\n",
        )
        .pipeline(
            "version = 1\nname = \"agent\"\n\n[toolchain.go]\nversion = \"1.23\"\n\n\
             [target.pi5]\nplatform = \"pi5\"\n\n[build.agent]\nwith = \"go\"\n\
             package = \".\"\ntargets = [\"pi5\"]\n",
        );
    project.orch(&["run"]).exits(0);
    let artifact = "out/agent/pi5/agent";
    project
        .orch(&["target", "check", artifact, "--on", "pi5-16k.json"])
        .exits(0);
    project
        .orch(&["target", "check", artifact, "--on", "pi4.json"])
        .exits(1)
        .stdout(expect![[r#"
            out/agent/pi5/agent: ELF 64-bit aarch64, statically linked, with debug information
            would not run on pi4.json

            it is built with `GOARM64=v8.2,crypto`, which uses the atomic instructions of ARMv8.1 (LSE), but the machine's CPU knows none
              why:    it dies at the first of them: `Illegal instruction` (SIGILL)
              remedy: build it for the machine's CPU or the first version of the architecture: `-march=armv8-a`, in Go `GOARM64=v8.0`
        "#]]);
    for (cpu, signal) in [
        ("cortex-a76", None),
        ("cortex-a72", Some(ILLEGAL_INSTRUCTION)),
    ] {
        let ended = Command::new("qemu-aarch64-static")
            .args(["-cpu", cpu, artifact])
            .current_dir(project.path())
            .stderr(Stdio::null())
            .status()
            .expect("apt-get install --no-install-recommends qemu-user-static");
        assert_eq!(ended.signal(), signal, "on {cpu}");
    }
}

/// SIGILL.
const ILLEGAL_INSTRUCTION: i32 = 4;
