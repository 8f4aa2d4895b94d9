//! An image of a real program for two machines, pushed to a real registry, read by others and
//! started.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use orch_tests::Project;
use orch_tests::faulty::Faulty;
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

/// What registries answer at their worst.
fn failure(status: &str, header: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n")
}

#[test]
fn a_registry_that_fails_is_busy_or_forgets_gets_the_image_all_the_same() {
    let registry = Registry::start();
    let told = Mutex::new(BTreeSet::new());
    let faulty = Faulty::before(registry.address(), move |asked| {
        // Each of these once.
        let (name, answer) = match asked.split_once(' ')? {
            ("HEAD", _) => (
                "busy",
                failure("429 Too Many Requests", "Retry-After: 1\r\n"),
            ),
            ("POST", _) => ("fails", failure("500 Internal Server Error", "")),
            ("PATCH", _) => ("forgets", failure("404 Not Found", "")),
            ("PUT", path) if path.contains("/manifests/") => {
                ("is down", failure("503 Unavailable", ""))
            }
            _ => return None,
        };
        let is_first = told.lock().expect("nobody panics with it").insert(name);
        is_first.then_some(answer)
    });
    let project = project(&faulty.address());
    project
        .orch(&["deploy"])
        .exits(0)
        .shows("team/agent@sha256:");
    project.orch(&["deploy"]).exits(0).shows("sent 0 B");
    let image = format!("docker://{}/team/agent:1.2", registry.address());
    assert_eq!(started(&project.path(), &image), "hello 65532\n");
}

#[test]
fn a_registry_that_lets_nobody_in_gets_nothing_and_is_pushed_to_later() {
    let registry = Registry::start();
    let lets_in = Arc::new(AtomicBool::new(false));
    let faulty = Faulty::before(registry.address(), {
        let lets_in = Arc::clone(&lets_in);
        move |_| match lets_in.load(Ordering::SeqCst) {
            true => None,
            false => Some(failure(
                "401 Unauthorized",
                "WWW-Authenticate: Basic realm=\"team\"\r\n",
            )),
        }
    });
    let project = project(&faulty.address());
    let refused = project.orch(&["deploy"]).exits(4);
    refused.says("could not push the image").says("login");
    let audit = project.orch(&["audit"]).exits(0);
    audit.shows("failed");
    lets_in.store(true, Ordering::SeqCst);
    project
        .orch(&["deploy"])
        .exits(0)
        .shows("team/agent@sha256:");
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
