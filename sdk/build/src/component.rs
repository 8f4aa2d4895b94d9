//! A core module with bindings becomes a component, and a component gets its manifest:
//! a custom section `orch:manifest` that a host reads before it compiles anything.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;
use wasm_encoder::{CustomSection, Section};
use wasmparser::{Encoding, Parser, Payload};
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::BuildError;

/// The name of the section.
const SECTION: &str = "orch:manifest";

/// The package of the contract, as components name it.
const CONTRACT: &str = "orch:plugin/";

/// Makes a component of a core module and puts its manifest in.
pub(crate) fn wrap(module: &[u8], manifest: &Value) -> Result<Vec<u8>, BuildError> {
    let id = id(manifest);
    let component = ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| BuildError::Component {
            id,
            reason: format!("{error:#}"),
        })?;
    with_manifest(component, manifest)
}

/// Puts the manifest of an `orch-plugin.toml` into a component that another language's
/// tools have made. A component that has a manifest already is refused.
pub fn embed(component: &[u8], manifest_toml: &str) -> Result<Vec<u8>, BuildError> {
    let manifest = crate::manifest(manifest_toml, crate::MANIFEST_FILE)?;
    with_manifest(component.to_vec(), &manifest)
}

/// Puts a manifest into a component that has none.
pub(crate) fn with_manifest(
    mut component: Vec<u8>,
    manifest: &Value,
) -> Result<Vec<u8>, BuildError> {
    let broken = |reason| BuildError::Component {
        id: id(manifest),
        reason,
    };
    if has_manifest(&component).map_err(broken)? {
        return Err(broken(format!("it has an `{SECTION}` section already")));
    }
    let exported = roles(&component).map_err(broken)?;
    agree(manifest, &exported)?;
    let text = manifest.to_string();
    let section = CustomSection {
        name: Cow::Borrowed(SECTION),
        data: Cow::Borrowed(text.as_bytes()),
    };
    component.push(section.id());
    wasm_encoder::Encode::encode(&section, &mut component);
    Ok(component)
}

/// Whether a component has a manifest of its own, and not only a component within it.
fn has_manifest(component: &[u8]) -> Result<bool, String> {
    let mut depth = 0u32;
    let mut found = false;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| error.to_string())? {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if depth == 0 => {
                return Err("it is a core module; `wasm-tools component new` makes a \
                            component of one that has bindings"
                    .to_owned());
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 => found |= section.name() == SECTION,
            _ => {}
        }
    }
    Ok(found)
}

/// The roles that a component exports.
fn roles(component: &[u8]) -> Result<BTreeSet<String>, String> {
    let decoded = wit_component::decode(component).map_err(|error| format!("{error:#}"))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err("it is a package of WIT, not a component".to_owned());
    };
    Ok(resolve.worlds[world]
        .exports
        .keys()
        .filter_map(|key| {
            let name = resolve.name_world_key(key);
            let role = name.strip_prefix(CONTRACT)?.split('@').next()?;
            Some(role.to_owned())
        })
        .collect())
}

/// That the manifest names exactly the roles that are exported.
fn agree(manifest: &Value, exported: &BTreeSet<String>) -> Result<(), BuildError> {
    let declared: BTreeSet<String> = manifest["roles"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|role| role.as_str().map(str::to_owned))
        .collect();
    let disagreement = if let Some(role) = declared.difference(exported).next() {
        format!(
            "says in `{}` that it is a `{role}`, but exports none; call \
             `orch_plugin::export_{}!` or take the role away",
            crate::MANIFEST_FILE,
            role.replace('-', "_")
        )
    } else if let Some(role) = exported.difference(&declared).next() {
        format!(
            "exports a `{role}` that `{}` does not name; add it to `roles`",
            crate::MANIFEST_FILE
        )
    } else {
        return Ok(());
    };
    Err(BuildError::Roles {
        id: id(manifest),
        disagreement,
    })
}

fn id(manifest: &Value) -> String {
    manifest["id"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
id = "board"
version = "0.1.0"
api = "^0.1"
roles = ["target-platform"]
summary = "A board"
"#;

    /// A component that exports empty interfaces of these names.
    fn component(exports: &[&str]) -> Vec<u8> {
        let exports: String = exports
            .iter()
            .map(|name| format!("(export \"{name}\" (instance $empty))"))
            .collect();
        wat::parse_str(format!("(component (instance $empty) {exports})"))
            .expect("the text is a component")
    }

    #[test]
    fn a_manifest_is_embedded_once() {
        let plain = component(&["orch:plugin/target-platform@0.1.0"]);
        let embedded = embed(&plain, MANIFEST).unwrap();
        assert!(
            embedded.starts_with(&plain),
            "the component is left as it is"
        );
        let text = crate::manifest(MANIFEST, "").unwrap().to_string();
        assert!(embedded.ends_with(text.as_bytes()));
        let again = embed(&embedded, MANIFEST).unwrap_err().to_string();
        assert!(
            again.ends_with("it has an `orch:manifest` section already"),
            "{again}"
        );
    }

    #[test]
    fn roles_that_are_exported_and_declared_must_be_the_same() {
        let error = |exports: &[&str]| {
            embed(&component(exports), MANIFEST)
                .unwrap_err()
                .to_string()
        };
        let none = error(&["wasi:cli/run@0.2.0"]);
        assert!(
            none.contains("`orch_plugin::export_target_platform!`"),
            "{none}"
        );
        let more = error(&[
            "orch:plugin/target-platform@0.1.0",
            "orch:plugin/deployer@0.1.0",
        ]);
        assert!(more.contains("exports a `deployer`"), "{more}");
    }

    #[test]
    fn what_is_no_component_is_refused() {
        for bytes in [&b""[..], b"\0asm", b"<html>", b"\0asm\x01\0\0\0"] {
            let error = embed(bytes, MANIFEST).unwrap_err();
            assert!(matches!(error, BuildError::Component { .. }), "{error}");
        }
    }
}
