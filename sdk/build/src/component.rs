//! A core module with bindings becomes a component, and a component gets its manifest:
//! a custom section `orch:manifest` that a host reads before it compiles anything.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;
use wasm_encoder::{CustomSection, Section};
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

fn with_manifest(mut component: Vec<u8>, manifest: &Value) -> Result<Vec<u8>, BuildError> {
    let exported = roles(&component).map_err(|reason| BuildError::Component {
        id: id(manifest),
        reason,
    })?;
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
