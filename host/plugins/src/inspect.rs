//! Reads a component before anything of it is compiled: that it is one, what it says of
//! itself, and that this fits what it imports and exports. Each misfit is told in words.
//!
//! Whether the types of the functions fit is seen later, when the component is compiled.

use std::collections::BTreeSet;

use orch_model::{Digest, Manifest, PluginFailure, PluginOrigin, PluginSummary, Role};
use semver::{Version, VersionReq};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator, WasmFeatures};

use crate::{CONTRACT_VERSION, Limits, contract, permission, shown, wasi};

/// The custom section that holds the manifest.
const MANIFEST_SECTION: &str = "orch:manifest";
/// No manifest is near this size.
const MANIFEST_BYTES: usize = 1 << 20;

/// Reads the manifest of a component and compares it with what the component really
/// imports and exports. Compiles nothing.
pub fn inspect(bytes: &[u8], origin: PluginOrigin) -> Result<PluginSummary, PluginFailure> {
    inspect_within(bytes, origin, &Limits::default())
}

/// The same within the limits of a host.
pub(crate) fn inspect_within(
    bytes: &[u8],
    origin: PluginOrigin,
    limits: &Limits,
) -> Result<PluginSummary, PluginFailure> {
    let unusable =
        |subject: &str, misfit: String| PluginFailure::Unusable(format!("{subject} {misfit}"));
    let file = match &origin {
        PluginOrigin::Bundled => "a bundled plugin".to_owned(),
        PluginOrigin::Path(path) => format!("`{}`", shown::value(path)),
    };
    let component = read(bytes, limits).map_err(|misfit| unusable(&file, misfit))?;
    let manifest = parse_manifest(&component).map_err(|misfit| unusable(&file, misfit))?;
    let plugin = format!("plugin `{}` {} ({file})", manifest.id, manifest.version);
    check(&manifest, &component).map_err(|misfit| unusable(&plugin, misfit))?;
    Ok(PluginSummary {
        manifest,
        digest: Digest::of(bytes),
        origin,
        imports: component
            .imports
            .into_iter()
            .map(|item| item.name)
            .collect(),
        exports: component
            .exports
            .into_iter()
            .map(|item| item.name)
            .collect(),
        bytes: bytes.len() as u64,
    })
}

/// What a component consists of, as far as the contract cares. Both lists are sorted.
struct Component {
    manifest: Option<Vec<u8>>,
    imports: Vec<Item>,
    exports: Vec<Item>,
}

/// Something imported or exported.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    name: String,
    /// The functions of an instance; `None` for anything else.
    functions: Option<BTreeSet<String>>,
}

/// What the validator lets pass: close to what the engine compiles, so that most of what
/// it would refuse is said in our own words. The engine has the last word.
fn features() -> WasmFeatures {
    let mut features = WasmFeatures::default();
    features.remove(
        WasmFeatures::THREADS
            | WasmFeatures::MEMORY64
            | WasmFeatures::EXCEPTIONS
            | WasmFeatures::GC
            | WasmFeatures::CM_ASYNC,
    );
    features
}

/// Looks at every section; function bodies are left to the compiler, which validates
/// them again anyway.
fn read(bytes: &[u8], limits: &Limits) -> Result<Component, String> {
    if bytes.len() > limits.component_bytes {
        return Err(format!(
            "is larger than the {} MiB that a plugin may have (limit: component size)",
            limits.component_bytes >> 20
        ));
    }
    if bytes.is_empty() {
        return Err("is empty, not a component; was its build cut short?".to_owned());
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(
            "is not WebAssembly; `orch plugin build` makes a plugin's component".to_owned(),
        );
    }
    let mut validator = Validator::new_with_features(features());
    let mut component = Component {
        manifest: None,
        imports: Vec::new(),
        exports: Vec::new(),
    };
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| damaged(&error))?;
        match &payload {
            Payload::Version { encoding, .. } => {
                if depth == 0 && *encoding == Encoding::Module {
                    return Err(
                        "is a core module, not a component; `orch plugin build` makes one"
                            .to_owned(),
                    );
                }
                depth += 1;
            }
            Payload::CustomSection(section) if depth == 1 && section.name() == MANIFEST_SECTION => {
                if component.manifest.is_some() {
                    return Err(format!("has two `{MANIFEST_SECTION}` sections"));
                }
                if section.data().len() > MANIFEST_BYTES {
                    return Err(format!(
                        "has a manifest of {} bytes; {MANIFEST_BYTES} are allowed",
                        section.data().len()
                    ));
                }
                component.manifest = Some(section.data().to_vec());
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section.clone() {
                    let import = import.map_err(|error| damaged(&error))?;
                    component.imports.push(Item::named(import.name.name));
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section.clone() {
                    let export = export.map_err(|error| damaged(&error))?;
                    component.exports.push(Item::named(export.name.name));
                }
            }
            _ => {}
        }
        let valid = validator
            .payload(&payload)
            .map_err(|error| damaged(&error))?;
        if let ValidPayload::End(types) = valid {
            depth -= 1;
            if depth == 0 {
                component.look_up(&types);
            }
        }
    }
    if depth > 0 {
        return Err("is truncated; was its build or its copy cut short?".to_owned());
    }
    Ok(component)
}

impl Item {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            functions: None,
        }
    }
}

impl Component {
    /// Finds what functions the named instances have.
    fn look_up(&mut self, types: &Types) {
        let types = types.as_ref();
        let functions = |entity: Option<ComponentEntityType>| match entity? {
            ComponentEntityType::Instance(instance) => Some(
                types[instance]
                    .exports
                    .iter()
                    .filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)))
                    .map(|(name, _)| name.clone())
                    .collect(),
            ),
            _ => None,
        };
        for import in &mut self.imports {
            import.functions = functions(
                types
                    .component_item_for_import(&import.name)
                    .map(|item| item.ty),
            );
        }
        for export in &mut self.exports {
            export.functions = functions(
                types
                    .component_item_for_export(&export.name)
                    .map(|item| item.ty),
            );
        }
        self.imports.sort();
        self.exports.sort();
    }
}

/// How a parser's or validator's complaint reads.
fn damaged(error: &wasmparser::BinaryReaderError) -> String {
    let message = shown::value(error.message());
    if message.contains("unexpected end") {
        format!(
            "is truncated at byte {}; was its build or its copy cut short?",
            error.offset()
        )
    } else {
        format!(
            "is no valid component: {message} (at byte {}); build it again with `orch plugin build`",
            error.offset()
        )
    }
}

fn parse_manifest(component: &Component) -> Result<Manifest, String> {
    let text = component.manifest.as_ref().ok_or_else(|| {
        format!(
            "has no manifest (custom section `{MANIFEST_SECTION}`); `orch plugin build` writes \
             it from `orch-plugin.toml`"
        )
    })?;
    let unreadable = |error: serde_json::Error| {
        format!(
            "has a manifest that cannot be read: {}; `orch plugin build` writes it from \
             `orch-plugin.toml`",
            shown::value(&error.to_string())
        )
    };
    let value: serde_json::Value = serde_json::from_slice(text).map_err(unreadable)?;
    // Another version's manifest may have other keys, so the version is looked at first.
    let api = value.get("api").and_then(|api| api.as_str()?.parse().ok());
    if let Some(api) = api {
        check_api(&api)?;
    }
    serde_json::from_value(value).map_err(unreadable)
}

fn check_api(api: &VersionReq) -> Result<(), String> {
    if api.matches(&CONTRACT_VERSION) {
        return Ok(());
    }
    Err(format!(
        "is for version `{api}` of the plugin contract, and this `orch` speaks \
         {CONTRACT_VERSION}; use a build of the plugin, or of `orch`, that fits"
    ))
}

fn check(manifest: &Manifest, component: &Component) -> Result<(), String> {
    if manifest.roles.is_empty() {
        return Err("plays no role: `roles` in its manifest is empty".to_owned());
    }
    let roles: BTreeSet<Role> = manifest.roles.iter().copied().collect();
    if roles.len() < manifest.roles.len() {
        return Err("names a role twice in its manifest".to_owned());
    }
    if let Some(role) = manifest.settings.keys().find(|role| !roles.contains(role)) {
        return Err(format!(
            "has settings for role `{role}`, which its manifest does not name in `roles`"
        ));
    }
    permission::check_asks(&manifest.asks)?;
    component.imports.iter().try_for_each(check_import)?;
    let mut exported = BTreeSet::new();
    for export in &component.exports {
        exported.extend(check_export(export)?);
    }
    if let Some(role) = roles.difference(&exported).next() {
        return Err(format!(
            "claims the role `{role}`, but does not export `{}`; export it, or take the role \
             out of `orch-plugin.toml`",
            contract::full_name(role.name())
        ));
    }
    if let Some(role) = exported.difference(&roles).next() {
        return Err(format!(
            "exports `{}`, but does not name the role `{role}` in its manifest; add it to \
             `roles` in `orch-plugin.toml`",
            contract::full_name(role.name())
        ));
    }
    Ok(())
}

/// `package/interface@version` in its parts; the version may be missing.
fn split(name: &str) -> Option<(&str, &str, Option<Version>)> {
    let (package, rest) = name.split_once('/')?;
    let (interface, version) = match rest.split_once('@') {
        Some((interface, version)) => (interface, Some(version.parse().ok()?)),
        None => (rest, None),
    };
    Some((package, interface, version))
}

/// Whether an interface of the contract has the host's version.
fn check_version(verb: &str, name: &str, version: Option<&Version>) -> Result<(), String> {
    match version {
        Some(version) if *version == CONTRACT_VERSION => Ok(()),
        _ => Err(format!(
            "{verb} `{}`, and this `orch` speaks version {CONTRACT_VERSION} of the contract; \
             use a build of the plugin, or of `orch`, that fits",
            shown::value(name)
        )),
    }
}

fn check_import(import: &Item) -> Result<(), String> {
    let name = shown::value(&import.name);
    let foreign = || {
        Err(format!(
            "imports `{name}`, which no plugin can have: only `{}`, `{}`, `{}` and an empty \
             WASI are there; build it without, or ask through `facts`",
            contract::full_name("facts"),
            contract::full_name("log"),
            contract::full_name("types"),
        ))
    };
    let Some((package, interface, version)) = split(&import.name) else {
        return foreign();
    };
    let functions = import.functions.as_ref();
    if package == contract::PACKAGE {
        let Some(known) = contract::import_functions(interface) else {
            return foreign();
        };
        check_version("imports", &import.name, version.as_ref())?;
        let Some(functions) = functions else {
            return foreign();
        };
        return match functions
            .iter()
            .find(|function| !known.contains(&function.as_str()))
        {
            Some(unknown) => Err(format!(
                "imports the function `{}` of `{name}`, which version {CONTRACT_VERSION} of \
                 the contract does not have",
                shown::value(unknown)
            )),
            None => Ok(()),
        };
    }
    match package.strip_prefix("wasi:") {
        Some(package) if functions.is_some() => {
            wasi::check_import(package, interface, version.as_ref())
                .map_err(|why| format!("imports `{name}`{why}"))
        }
        _ => foreign(),
    }
}

/// The role that an export plays, if it belongs to the contract.
fn check_export(export: &Item) -> Result<Option<Role>, String> {
    let Some((contract::PACKAGE, interface, version)) = split(&export.name) else {
        return Ok(None);
    };
    let name = shown::value(&export.name);
    if contract::import_functions(interface).is_some() {
        return Ok(None);
    }
    let Some(role) = contract::role_of(interface) else {
        return Err(format!(
            "exports `{name}`, which is no role of version {CONTRACT_VERSION} of the contract"
        ));
    };
    check_version("exports", &export.name, version.as_ref())?;
    let Some(functions) = &export.functions else {
        return Err(format!(
            "exports `{name}` as something else than an interface"
        ));
    };
    let missing = contract::role_functions(role)
        .iter()
        .find(|function| !functions.contains(**function));
    match missing {
        Some(function) => Err(format!(
            "exports `{name}` without its function `{function}`"
        )),
        None => Ok(Some(role)),
    }
}
