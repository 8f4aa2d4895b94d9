//! An image of a real program for two machines, pushed to a real registry, read by others and
//! started.

use std::path::Path;
use std::process::Command;

use orch_tests::Project;
use orch_tests::registry::Registry;

use crate::project_of_compilers;

const PIPELINE: &str = r#"
version = 1
name = "agent"

[toolchain.go]
version = "1.22.10"
source = "registry"

[target.static]
platform = "musl"
[target.pi5]
platform = "pi5"

[build.agent]
with = "go"
package = "."
targets = ["static", "pi5"]

[deploy.image]
with = "oci"
of = "build.agent"
repository = "REGISTRY/team/agent"
tags = ["1.2"]
environment = { GREETING = "hello" }
"#;

const MAIN: &str = r#"package main

import (
	"fmt"
	"os"
)

func main() { fmt.Println(os.Getenv("GREETING"), os.Getuid()) }
"#;

fn project(registry: &str) -> Project {
    project_of_compilers()
        .file("pipeline.toml", PIPELINE.replace("REGISTRY", registry))
        .file("go.mod", "module agent.example\n\ngo 1.22\n")
        .file("main.go", MAIN)
}

/// What a program prints; the test fails if the program does.
fn said(package: &str, words: &[&str]) -> String {
    let output = Command::new(words[0])
        .args(&words[1..])
        .output()
        .unwrap_or_else(|error| panic!("{words:?}: {error}; apt-get install {package}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {errors}");
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn an_image_for_two_machines_is_pushed_read_and_started() {
    let registry = Registry::start();
    let project = project(registry.address());
    let pushed = project.orch(&["deploy"]).exits(0);
    assert!(
        pushed.stdout.contains("team/agent@sha256:"),
        "{}",
        pushed.stdout
    );
    let image = format!("docker://{}/team/agent:1.2", registry.address());
    for architecture in ["amd64", "arm64"] {
        let words = [
            "skopeo",
            "inspect",
            "--tls-verify=false",
            "--override-arch",
            architecture,
            &image,
        ];
        let seen = said("skopeo", &words);
        assert!(
            seen.contains(&format!("\"Architecture\": \"{architecture}\"")),
            "{seen}"
        );
    }
    assert_eq!(started(&project.path(), &image), "hello 65532\n");
    // The same image has the same bytes, and the registry has them all.
    let again = project.orch(&["deploy"]).exits(0);
    assert!(again.stdout.contains("sent 0 B"), "{}", again.stdout);
}

#[test]
fn a_registry_that_is_not_there_and_names_that_are_none() {
    let gone = {
        let registry = Registry::start();
        registry.address().to_owned()
    };
    let refused = project(&gone).orch(&["deploy"]).exits(4);
    assert!(
        refused.stderr.contains("could not push the image"),
        "{}",
        refused.stderr
    );
    let wrong = project("UPPER CASE").orch(&["deploy"]).exits(2);
    assert!(wrong.stderr.contains("UPPER CASE"), "{}", wrong.stderr);
}

/// Fetches an image for this machine and starts it.
fn started(folder: &Path, image: &str) -> String {
    let (layout, bundle) = (folder.join("fetched"), folder.join("bundle"));
    let (layout, bundle) = (layout.display().to_string(), bundle.display().to_string());
    let to = format!("oci:{layout}:1.2");
    said(
        "skopeo",
        &["skopeo", "copy", "--src-tls-verify=false", image, &to],
    );
    said(
        "umoci",
        &[
            "umoci",
            "unpack",
            "--image",
            &format!("{layout}:1.2"),
            &bundle,
        ],
    );
    // What `umoci` writes asks for a terminal, which a test has not.
    let config = Path::new(&bundle).join("config.json");
    let text = std::fs::read_to_string(&config).expect("umoci wrote it");
    let text = text.replacen("\"terminal\": true", "\"terminal\": false", 1);
    let text = text.replacen("\"terminal\":true", "\"terminal\":false", 1);
    std::fs::write(&config, text).expect("it can be written");
    let state = format!("{bundle}/state");
    let name = format!("orch-{}", std::process::id());
    said(
        "runc",
        &["runc", "--root", &state, "run", "--bundle", &bundle, &name],
    )
}
