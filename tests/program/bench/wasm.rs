//! Benches of WebAssembly, which the engine inside `orch` runs.

use crate::project_of_compilers;

const PIPELINE: &str = r#"
version = 1
name = "agent"

[toolchain.go]
version = "1.22.10"
source = "registry"

[target.wasm]
platform = "wasm"

[build.agent]
with = "go"
package = "."
targets = ["wasm"]

[bench.startup]
probe = "startup"
of = "build.agent"
arguments = ["3"]
samples = 4
gate = { metric = "wall", worse-than = "1000%" }

[bench.memory]
probe = "memory"
of = "build.agent"
samples = 2
"#;

/// A program that wants at most one argument, and ends with the number that it is.
const MAIN: &str = r#"package main

import "os"

func main() {
	if len(os.Args) > 1 && os.Args[1] != "3" {
		println("only three is liked")
		os.Exit(4)
	}
}
"#;

#[test]
fn the_engine_inside_is_timed_and_held_to_gates() {
    let project = project_of_compilers()
        .file("pipeline.toml", PIPELINE)
        .file("go.mod", "module agent.example\n\ngo 1.22\n")
        .file("main.go", MAIN);
    project
        .orch(&["run"])
        .exits(0)
        .shows("bench.startup@wasm on ")
        .shows("first (1000.0 %)");
    project
        .orch(&["bench", "--only", "bench.startup"])
        .exits(0)
        .shows("holds (1000.0 %)");

    let other = PIPELINE.replace(r#"["3"]"#, r#"["5"]"#);
    project
        .file("pipeline.toml", other)
        .orch(&["run"])
        .exits(1)
        .says("only three is liked");
}
