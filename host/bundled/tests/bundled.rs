//! What is inside the binary: every plugin of `plugins/`, each a component with a manifest
//! that names it, importing nothing but the contract.

use serde_json::Value;
use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};

/// The text of a component's manifest, and the names of all that it imports.
fn look_into(component: &[u8]) -> (Value, Vec<String>) {
    let mut manifest = None;
    let mut imports = Vec::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("a bundled plugin is a component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) if section.name() == "orch:manifest" => {
                assert!(manifest.is_none(), "one manifest is enough");
                manifest = Some(serde_json::from_slice(section.data()).expect("JSON"));
            }
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(import.expect("a sound import").name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    (manifest.expect("a manifest"), imports)
}

#[test]
fn every_plugin_is_inside_and_sorted() {
    let ids: Vec<_> = orch_bundled::PLUGINS
        .iter()
        .map(|plugin| plugin.id)
        .collect();
    assert_eq!(
        ids,
        [
            "cargo",
            "cc",
            "cc-debug",
            "cc-release",
            "cortex-m",
            "debian",
            "flash",
            "generic",
            "go",
            "go-debug",
            "go-probes",
            "go-release",
            "go-runtime",
            "go-source",
            "gobench",
            "graviton",
            "http-load",
            "kubernetes",
            "kunpeng",
            "musl",
            "oci",
            "pi",
            "process",
            "size",
            "system",
            "system-tuning",
            "systemd",
            "wasm",
            "zig"
        ]
    );
}

#[test]
fn each_says_who_it_is_and_imports_the_contract_only() {
    for plugin in orch_bundled::PLUGINS {
        let (manifest, imports) = look_into(plugin.component);
        assert_eq!(manifest["id"], plugin.id);
        assert!(!manifest["summary"].as_str().unwrap_or_default().is_empty());
        for import in imports {
            let allowed = ["types", "facts", "log"]
                .map(|name| format!("orch:plugin/{name}@0.1.0"))
                .contains(&import);
            assert!(allowed, "plugin `{}` imports `{import}`", plugin.id);
        }
    }
}

#[test]
fn each_has_the_digest_of_its_component() {
    for plugin in orch_bundled::PLUGINS {
        let digest = format!("sha256:{:x}", Sha256::digest(plugin.component));
        assert_eq!(plugin.digest, digest, "plugin `{}`", plugin.id);
    }
}

/// They are read, checked and compiled by every first run.
#[test]
fn each_is_small() {
    let mut large = Vec::new();
    for plugin in orch_bundled::PLUGINS {
        let most = match plugin.id {
            // Those that read documents and versions have the code for it.
            "cc" | "go" | "zig" => 500_000,
            // Read settings and what programs print, and check both; one of them profiles too.
            "gobench" => 400_000,
            "go-probes" | "http-load" => 350_000,
            // Check every setting, and write units and the like of them.
            "flash" => 200_000,
            "oci" => 250_000,
            "systemd" => 300_000,
            // Has the types of a cluster's manifests, with every field that a pod can have.
            "kubernetes" => 600_000,
            "process" | "size" => 200_000,
            "cargo" | "system" => 250_000,
            // Works out which packages a set needs.
            "debian" => 250_000,
            // Find a compiler or its programs as `cc` does.
            "cc-debug" | "cc-release" | "cortex-m" => 250_000,
            _ => 150_000,
        };
        let bytes = plugin.component.len();
        if bytes >= most {
            large.push(format!("plugin `{}` has {bytes} bytes", plugin.id));
        }
    }
    assert!(large.is_empty(), "{}", large.join("\n"));
}
