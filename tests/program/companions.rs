//! Companions of a Go: pinned with their checksums, built by it, found by tasks. Modules come
//! from a proxy on loopback, with a checksum database beside it.

use std::fmt::Write;

use orch_tests::Project;
use orch_tests::module_proxy::ModuleProxy;

use crate::project;

const PIPELINE: &str = r#"version = 1
name = "kit"

[toolchain.go]
version = "1.22.10"
source = "registry"
tools = ["example.org/kit/cmd/greet@1"]

[task.greet]
command = ["greet"]
tools = ["go"]

[target.arm]
platform = "linux-arm64"

[build.greet]
with = "go"
companion = "example.org/kit/cmd/greet@1"
targets = ["arm"]
"#;

/// A tool of one module that needs another.
fn modules() -> ModuleProxy {
    ModuleProxy::start(&[
        (
            "example.org/kit",
            "v1.2.0",
            &[
                (
                    "go.mod",
                    "module example.org/kit\n\ngo 1.21\n\nrequire example.org/word v0.3.0\n",
                ),
                (
                    "cmd/greet/main.go",
                    "package main\n\nimport \"example.org/word\"\n\nfunc main() { println(word.Hello) }\n",
                ),
            ],
        ),
        (
            "example.org/word",
            "v0.3.0",
            &[
                ("go.mod", "module example.org/word\n\ngo 1.21\n"),
                (
                    "word.go",
                    "package word\n\nconst Hello = \"hello from a companion\"\n",
                ),
            ],
        ),
    ])
}

fn with(proxy: &ModuleProxy) -> Project {
    let mut mirrors = String::new();
    for (site, path) in [("proxy", "proxy/"), ("sum", "sums/")] {
        let _ = write!(mirrors, "https://{site}.golang.org/={},", proxy.url(path));
    }
    project()
        .pipeline(PIPELINE)
        .variable("ORCH_MIRRORS", mirrors.trim_end_matches(','))
        .variable("ORCH_ALLOW_HTTP", &proxy.host())
        .variable("GOPROXY", &proxy.url("proxy"))
}

#[test]
fn a_companion_is_pinned_built_and_found_by_tasks() {
    let proxy = modules();
    let project = with(&proxy);
    let ran = project.orch(&["run", "--only", "task.greet"]).exits(0);
    assert!(ran.stderr.contains("toolchain.go+greet"), "{}", ran.stderr);
    let lock = std::fs::read_to_string(project.path().join("orch.lock")).expect("it was written");
    for pinned in [
        "example.org/kit v1.2.0 h1:",
        "example.org/word v0.3.0/go.mod h1:",
    ] {
        assert!(lock.contains(pinned), "{lock}");
    }
    project
        .orch(&["run", "--only", "task.greet", "--locked", "--offline"])
        .exits(0)
        .says("nothing to do");
    // The same for another machine.
    project.orch(&["run", "--only", "build.greet"]).exits(0);
    assert!(project.path().join("out/greet/arm/greet").is_file());
}

#[test]
fn what_is_not_what_was_pinned_is_not_built() {
    let proxy = modules();
    let project = with(&proxy);
    project.orch(&["lock"]).exits(0);
    proxy.replace(
        "example.org/word",
        "v0.3.0",
        &[
            ("go.mod", "module example.org/word\n\ngo 1.21\n"),
            (
                "word.go",
                "package word\n\nconst Hello = \"something else\"\n",
            ),
        ],
    );
    project
        .orch(&["run", "--only", "task.greet"])
        .exits(1)
        .says("checksum mismatch");
}

#[test]
fn a_companion_without_a_module_proxy() {
    let pipeline = PIPELINE.replace("example.org/kit/cmd/greet@1", "dlv@1.23");
    project()
        .pipeline(&pipeline)
        .variable(
            "ORCH_MIRRORS",
            "https://proxy.golang.org/=http://127.0.0.1:1/",
        )
        .variable("ORCH_ALLOW_HTTP", "127.0.0.1:1")
        .orch(&["lock"])
        .exits(4)
        .says("module `github.com/go-delve/delve` could not be had")
        .says("`packages = [\"delve\"]`");
}
