//! The house's rule about who may know whom, held against what cargo says.
//!
//! Dependencies point down. A crate that is not listed here, or knows one that it is not
//! listed with, fails the test: change the table together with ARCHITECTURE.md, or find
//! the port in the engine that the new edge goes around.

use std::collections::BTreeMap;
use std::path::Path;

use cargo_metadata::{Dependency, DependencyKind, MetadataCommand, Package};
use orch_tests::tree;

/// A crate of the house, and the crates of the house that it may know.
struct Room {
    name: &'static str,
    /// At run time.
    knows: &'static [&'static str],
    /// In its build script.
    builds_with: &'static [&'static str],
}

const fn room(name: &'static str, knows: &'static [&'static str]) -> Room {
    Room {
        name,
        knows,
        builds_with: &[],
    }
}

const HOUSE: [Room; 26] = [
    room("orch-model", &[]),
    room("orch-pipeline", &["orch-model"]),
    room("orch-engine", &["orch-model"]),
    room("orch-store", &["orch-model", "orch-engine"]),
    room("orch-inspect", &["orch-model"]),
    room("orch-machine", &["orch-model"]),
    room("orch-transport", &["orch-model", "orch-machine"]),
    room(
        "orch-measure",
        &["orch-model", "orch-cgroup", "orch-engine", "orch-history"],
    ),
    room("orch-history", &["orch-model"]),
    room(
        "orch-remote",
        &[
            "orch-model",
            "orch-engine",
            "orch-measure",
            "orch-transport",
        ],
    ),
    room("orch-plugins", &["orch-model", "orch-engine", "orch-store"]),
    room("orch-http", &["orch-model"]),
    room(
        "orch-fetch",
        &["orch-model", "orch-engine", "orch-store", "orch-http"],
    ),
    room("orch-image", &["orch-model", "orch-http"]),
    room(
        "orch-deploy",
        &["orch-model", "orch-engine", "orch-transport"],
    ),
    room("orch-cgroup", &[]),
    room("orch-sandbox", &["orch-model", "orch-cgroup"]),
    room(
        "orch-execute",
        &[
            "orch-model",
            "orch-engine",
            "orch-store",
            "orch-cgroup",
            "orch-sandbox",
        ],
    ),
    room("orch-report", &["orch-model", "orch-engine"]),
    room("orch-watch", &[]),
    // The bundled components are bytes: who built them is no concern of who runs them.
    Room {
        name: "orch-bundled",
        knows: &[],
        builds_with: &["orch-plugin-build"],
    },
    room("orch-plugin-build", &[]),
    // The command line wires everything together, so it knows everyone.
    room(
        "orch-cli",
        &[
            "orch-model",
            "orch-pipeline",
            "orch-engine",
            "orch-store",
            "orch-inspect",
            "orch-machine",
            "orch-measure",
            "orch-history",
            "orch-image",
            "orch-deploy",
            "orch-remote",
            "orch-plugins",
            "orch-fetch",
            "orch-execute",
            "orch-sandbox",
            "orch-report",
            "orch-watch",
            "orch-bundled",
            "orch-plugin-build",
        ],
    ),
    room("orch-tests", &[]),
    room("orch-bench", &["orch-tests"]),
    room("xtask", &[]),
];

/// A crate from outside that is let in through one door only.
struct Door {
    /// The crate's name, or how the names of its family begin.
    family: &'static str,
    users: &'static [&'static str],
    why: &'static str,
}

const DOORS: [Door; 13] = [
    Door {
        family: "landlock",
        users: &["orch-sandbox"],
        why: "what binds a process is bound in one place, where it is attacked by tests",
    },
    Door {
        family: "seccompiler",
        users: &["orch-sandbox"],
        why: "what binds a process is bound in one place, where it is attacked by tests",
    },
    Door {
        family: "wasmtime",
        users: &["orch-plugins"],
        why: "one crate runs foreign code, and its limits are set in one place",
    },
    Door {
        family: "clap",
        users: &["orch-cli", "orch-bench"],
        why: "only what people start has arguments",
    },
    Door {
        family: "reqwest",
        users: &["orch-http", "orch-fetch", "orch-image"],
        why: "bytes come from the network through a door where they are checked",
    },
    Door {
        family: "hyper",
        users: &["orch-measure", "orch-transport"],
        why: "a client without pool and redirects asks a service how it is, and fetches nothing",
    },
    Door {
        family: "rustls",
        users: &["orch-http", "orch-tests"],
        why: "one crate says which servers are trusted",
    },
    Door {
        family: "etcetera",
        users: &["orch-cli"],
        why: "only the command line knows the user's home; others get paths as arguments",
    },
    Door {
        family: "signal-hook",
        users: &["orch-cli"],
        why: "only the command line is interrupted; others are told through `Cancel`",
    },
    Door {
        family: "indicatif",
        users: &["orch-report"],
        why: "only the report draws on a terminal",
    },
    Door {
        family: "rusqlite",
        users: &["orch-history"],
        why: "one crate knows what lies in the file of measurements, and how it survives",
    },
    Door {
        family: "statrs",
        users: &["orch-measure"],
        why: "one crate says what figures prove",
    },
    Door {
        family: "wit-component",
        users: &["orch-plugin-build", "orch-tests"],
        why: "good components are made in one place, and bad ones for tests in another",
    },
];

#[test]
fn every_crate_knows_only_those_below_it() {
    let mut wrong = Vec::new();
    for package in packages(&tree::root().join("Cargo.toml")) {
        let name = package.name.as_str();
        let Some(room) = HOUSE.iter().find(|room| room.name == name) else {
            wrong.push(format!(
                "crate `{name}` is not in the table of this test\n  \
                 add it with the crates that it may know, and to ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in of_the_house(&package) {
            let (allowed, when) = match dependency.kind {
                DependencyKind::Normal => (room.knows, "at run time"),
                DependencyKind::Build => (room.builds_with, "in its build script"),
                // Tests may stand real parts beside each other.
                _ => continue,
            };
            if !allowed.contains(&dependency.name.as_str()) {
                wrong.push(format!(
                    "`{name}` must not know `{}` {when}\n  it may know: {}\n  \
                     what it needs of another crate comes in through a port of `orch-engine`",
                    dependency.name,
                    listed(allowed)
                ));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn nobody_knows_the_command_line_the_tests_or_benchmarks() {
    let mut wrong = Vec::new();
    for package in packages(&tree::root().join("Cargo.toml")) {
        for dependency in of_the_house(&package) {
            let forbidden = match dependency.name.as_str() {
                "orch-cli" | "orch-bench" | "xtask" => true,
                // It deploys to the machines that tests boot. It is run and not shipped, as tests
                // are, and is no test only because what it measures is too long for one.
                "orch-tests" if package.name == "orch-bench" => false,
                "orch-tests" => dependency.kind != DependencyKind::Development,
                _ => false,
            };
            if forbidden {
                wrong.push(format!(
                    "`{}` must not know `{}`: it stands above everyone",
                    package.name, dependency.name
                ));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn foreign_crates_come_in_through_their_doors() {
    let mut wrong = Vec::new();
    for package in packages(&tree::root().join("Cargo.toml")) {
        let name = package.name.as_str();
        for dependency in &package.dependencies {
            let door = DOORS
                .iter()
                .find(|door| is_of_family(&dependency.name, door.family));
            let Some(door) = door else { continue };
            // Tests build what production code only reads.
            if dependency.kind != DependencyKind::Development && !door.users.contains(&name) {
                wrong.push(format!(
                    "`{name}` must not depend on `{}`: {}\n  it may be used by: {}",
                    dependency.name,
                    door.why,
                    listed(door.users)
                ));
            }
        }
    }
    assert_none(&wrong);
}

/// Guests see the contract in `wit/`, never the host: what they could share with it by
/// accident, an author outside this repository would lack.
#[test]
fn guests_and_their_sdk_never_know_the_host() {
    let host = tree::root().join("host");
    let mut wrong = Vec::new();
    let workspaces = tree::workspaces();
    let guests: Vec<_> = workspaces
        .iter()
        .filter(|manifest| manifest.parent() != Some(tree::root()))
        .collect();
    assert!(!guests.is_empty(), "no workspace of guests was found");
    for manifest in guests {
        for package in packages(manifest) {
            for dependency in &package.dependencies {
                let path = dependency.path.as_ref();
                if path.is_some_and(|path| path.as_std_path().starts_with(&host)) {
                    wrong.push(format!(
                        "`{}` must not know `{}`: it runs inside a sandbox and sees `wit/` only",
                        package.name, dependency.name
                    ));
                }
            }
        }
    }
    assert_none(&wrong);
}

/// `foo = "1"` in a member would be a version without a reason, and a second one in time.
#[test]
fn versions_and_reasons_stand_in_one_place() {
    let mut wrong = Vec::new();
    let root = std::fs::read_to_string(tree::root().join("Cargo.toml")).expect("it can be read");
    let workspace: Manifest = toml::from_str(&root).expect("the workspace's manifest is TOML");
    for package in packages(&tree::root().join("Cargo.toml")) {
        let text = std::fs::read_to_string(&package.manifest_path).expect("it can be read");
        let manifest: Manifest = toml::from_str(&text).expect("a manifest is TOML");
        for (name, entry) in manifest.all_dependencies() {
            if entry.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                wrong.push(format!(
                    "`{}` gives `{name}` a version of its own\n  \
                     write `{name}.workspace = true`, and version and reason in the root's Cargo.toml",
                    package.name
                ));
            }
        }
        if manifest
            .lints
            .get("workspace")
            .and_then(toml::Value::as_bool)
            != Some(true)
        {
            wrong.push(format!(
                "`{}` is not linted like the others\n  write `[lints]` and `workspace = true`",
                package.name
            ));
        }
    }
    for name in workspace.workspace.dependencies.keys() {
        if !has_reason(&root, name) {
            wrong.push(format!(
                "dependency `{name}` has no reason\n  \
                 write a comment above it, or above the group that it belongs to"
            ));
        }
    }
    assert_none(&wrong);
}

/// The parts of a manifest that these tests look at.
#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case", default)]
#[derive(Default)]
struct Manifest {
    workspace: Workspace,
    lints: BTreeMap<String, toml::Value>,
    dependencies: BTreeMap<String, toml::Value>,
    dev_dependencies: BTreeMap<String, toml::Value>,
    build_dependencies: BTreeMap<String, toml::Value>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Workspace {
    dependencies: BTreeMap<String, toml::Value>,
}

impl Manifest {
    fn all_dependencies(&self) -> impl Iterator<Item = (&String, &toml::Value)> {
        self.dependencies
            .iter()
            .chain(&self.dev_dependencies)
            .chain(&self.build_dependencies)
    }
}

/// Whether a comment stands above the line of a dependency, with no empty line between.
fn has_reason(manifest: &str, name: &str) -> bool {
    let mut commented = false;
    for line in manifest.lines() {
        match line.trim_start() {
            "" => commented = false,
            comment if comment.starts_with('#') => commented = true,
            entry if entry.split(['=', ' ']).next() == Some(name) => return commented,
            _ => {}
        }
    }
    false
}

fn packages(manifest: &Path) -> Vec<Package> {
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec();
    match metadata {
        Ok(metadata) => metadata.packages,
        Err(error) => panic!("`cargo metadata` of {} failed: {error}", manifest.display()),
    }
}

fn of_the_house(package: &Package) -> impl Iterator<Item = &Dependency> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.path.is_some())
}

fn is_of_family(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "nobody".to_owned(),
        names => names.join(", "),
    }
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
