//! A slim Go, from the machine's package registry: smaller, and still good for its work.

use orch_tests::{Project, expect};

use crate::project;

const PIPELINE: &str = r#"
version = 1
name = "slim"

[toolchain.go]
version = "1.22.10"
source = "registry"
slim = true

[task.build]
command = ["go", "build", "-o", "hello", "."]
tools = ["go"]
inputs = ["*.go", "go.mod"]
outputs = ["hello"]

[task.vet]
command = ["go", "vet", "./..."]
tools = ["go"]
inputs = ["*.go", "go.mod"]

[task.test]
command = ["go", "test", "./..."]
tools = ["go"]
inputs = ["*.go", "go.mod"]

[task.cgo]
command = ["go", "run", "./with-c"]
tools = ["go"]
inputs = ["with-c/*.go", "go.mod"]
env = { CGO_ENABLED = "1" }
"#;

const WITH_C: &str = r#"package main

// static int answer(void) { return 42; }
import "C"

import "os"

func main() { os.Exit(int(C.answer()) - 42) }
"#;

fn slim() -> Project {
    project()
        .file("pipeline.toml", PIPELINE)
        .file("go.mod", "module slim.example\n\ngo 1.22\n")
        .file("main.go", "package main\n\nfunc main() { println(half(42)) }\n\nfunc half(n int) int { return n / 2 }\n")
        .file(
            "main_test.go",
            "package main\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) {\n\tif half(42) != 21 {\n\t\tt.Fail()\n\t}\n}\n",
        )
        .file("with-c/main.go", WITH_C)
}

#[test]
fn it_builds_vets_tests_and_uses_c_and_says_what_it_saved() {
    let project = slim();
    project.orch(&["run"]).exits(0).says(" MB in place of ");
    project
        .orch(&["toolchain", "list"])
        .exits(0)
        .stdout(expect![[r#"
            TOOLCHAIN       SIZE  LEFT OUT  FILES  LIES IN
            go 1.22.10  110.8 MB   96.6 MB   3189  [CACHE]/toolchains/8e2f0fbdae65ba5762211ec560c4257861164edbd06eb8e929e8c50c0cb1b6ca/tree
        "#]]);
}
