//! Real debuggers stop where they are told in a Go program that policy `go-debug` was for, built
//! in the sandbox by a real release from the machine's package registry.

use std::process::{Command, Output};

use orch_tests::Project;

use crate::project_of_compilers;

const PIPELINE: &str = "\
version = 1
name = \"agent\"

[toolchain.go]
version = \"1.22.10\"

[target.static]
platform = \"musl\"

[build.agent]
with = \"go\"
package = \"./cmd/agent\"
targets = [\"static\"]
tuning = [\"go-release\", \"go-debug\"]
";

const MAIN: &str = "\
package main

import \"fmt\"

func doubled(number int) int {
	twice := number * 2
	return twice
}

func main() {
	fmt.Println(doubled(21))
}
";

/// Where the program lies, below the project's folder.
const PROGRAM: &str = "out/agent/static/agent";

fn built() -> Project {
    let project = project_of_compilers()
        .pipeline(PIPELINE)
        .file("go.mod", "module example.org/agent\n\ngo 1.21\n")
        .file("cmd/agent/main.go", MAIN);
    project.orch(&["run"]).exits(0);
    project
}

/// Sees that a debugger printed all of these parts.
#[track_caller]
fn printed(ran: &Output, parts: &[&str]) {
    let printed = String::from_utf8_lossy(&ran.stdout);
    let said = String::from_utf8_lossy(&ran.stderr);
    for part in parts {
        assert!(
            printed.contains(part),
            "no `{part}` in\n{printed}---\n{said}"
        );
    }
}

#[test]
fn gdb_stops_at_a_line_and_shows_it() {
    let project = built();
    let mapping = format!(
        "set substitute-path example.org/agent {}",
        project.path().display()
    );
    let ran = Command::new("gdb")
        .args(["-nx", "-batch", "-ex", "set debuginfod enabled off"])
        .args(["-ex", &mapping, "-ex", "break cmd/agent/main.go:7"])
        .args(["-ex", "run", "-ex", "info locals"])
        .arg(project.path().join(PROGRAM))
        .current_dir("/")
        .output()
        .unwrap_or_else(|error| panic!("`gdb`: {error}; apt-get install gdb"));
    printed(
        &ran,
        &[
            "main.doubled (number=21",
            "at example.org/agent/cmd/agent/main.go:7\n",
            "7\t\treturn twice\n",
            "twice = 42\n",
        ],
    );
}

/// Debian's Delve is older than the Go, and says so; what it is asked here it can.
#[test]
fn delve_stops_at_a_line_and_shows_it() {
    let project = built();
    let script = format!(
        "config substitute-path example.org/agent {}\n\
         break cmd/agent/main.go:7\ncontinue\nlocals\nargs\nexit\n",
        project.path().display()
    );
    let project = project.file("stop.dlv", script);
    let ran = Command::new("dlv")
        .arg("exec")
        .arg(project.path().join(PROGRAM))
        .arg("--init")
        .arg(project.path().join("stop.dlv"))
        .args([
            "--check-go-version=false",
            "--allow-non-terminal-interactive",
        ])
        // Its settings and its history lie there, and without colours it prints plain lines.
        .env("XDG_CONFIG_HOME", project.path())
        .env("TERM", "dumb")
        .current_dir("/")
        .output()
        .unwrap_or_else(|error| panic!("`dlv`: {error}; apt-get install delve"));
    printed(
        &ran,
        &[
            "for main.doubled() ",
            "cmd/agent/main.go:7\n",
            "=>   7:\t\treturn twice\n",
            "twice = 42\n",
            "number = 21\n",
        ],
    );
}
