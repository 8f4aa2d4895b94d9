//! What the house is built of: its licences, and where it comes from.
//!
//! `deny.toml` says what is allowed. `cargo deny` checks that and more where it is
//! installed; this test holds the two parts that must never slip to the same file, on
//! every machine.

use std::collections::BTreeSet;

use cargo_metadata::{Metadata, MetadataCommand, Package};
use orch_tests::tree;
use spdx::{Expression, LicenseReq, ParseMode};

/// The parts of `deny.toml` that are read here.
#[derive(serde::Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(serde::Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(serde::Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

impl Licenses {
    fn allow(&self, package: &Package, license: &LicenseReq) -> bool {
        let text = license.to_string();
        let exceptions = self
            .exceptions
            .iter()
            .filter(|exception| exception.name == package.name.as_str())
            .flat_map(|exception| &exception.allow);
        self.allow
            .iter()
            .chain(exceptions)
            .any(|allowed| *allowed == text)
    }
}

#[test]
fn every_licence_is_allowed() {
    let text = std::fs::read_to_string(tree::root().join("deny.toml")).expect("it can be read");
    let deny: Deny = toml::from_str(&text).expect("`deny.toml` names its licences");
    let mut wrong = BTreeSet::new();
    for package in foreign_packages() {
        let Some(license) = &package.license else {
            wrong.insert(format!(
                "{} {}: states no licence",
                package.name, package.version
            ));
            continue;
        };
        // Old crates write `MIT/Apache-2.0`.
        let expression = Expression::parse_mode(license, ParseMode::LAX);
        let allowed = expression.is_ok_and(|expression| {
            expression.evaluate(|license| deny.licenses.allow(&package, license))
        });
        if !allowed {
            wrong.insert(format!("{} {}: {license}", package.name, package.version));
        }
    }
    assert!(
        wrong.is_empty(),
        "these licences are not in deny.toml; if one fits `MIT OR Apache-2.0`, add it there:\n  {}\n",
        wrong.into_iter().collect::<Vec<_>>().join("\n  ")
    );
}

/// One source: no git repository, no second registry, no folder outside of the tree.
#[test]
fn everything_comes_from_the_one_registry() {
    let mut wrong = BTreeSet::new();
    for metadata in every_metadata() {
        for package in metadata.packages {
            let good = match &package.source {
                Some(source) => source.is_crates_io(),
                None => package.manifest_path.starts_with(tree::root()),
            };
            if !good {
                wrong.insert(format!(
                    "{} {}: {:?}",
                    package.name, package.version, package.source
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "these come from elsewhere:\n  {}\n",
        wrong.into_iter().collect::<Vec<_>>().join("\n  ")
    );
}

fn foreign_packages() -> Vec<Package> {
    every_metadata()
        .into_iter()
        .flat_map(|metadata| metadata.packages)
        .filter(|package| package.source.is_some())
        .collect()
}

/// What every workspace is built of on the hosts that it is built for.
fn every_metadata() -> Vec<Metadata> {
    let workspaces = tree::workspaces();
    assert!(workspaces.len() > 1, "the workspaces were not found");
    workspaces
        .iter()
        .map(|manifest| {
            MetadataCommand::new()
                .manifest_path(manifest)
                .other_options(
                    ["--locked", "--filter-platform", "x86_64-unknown-linux-gnu"]
                        .map(str::to_owned)
                        .to_vec(),
                )
                .exec()
                .unwrap_or_else(|error| {
                    panic!("`cargo metadata` of {} failed: {error}", manifest.display())
                })
        })
        .collect()
}
