//! The JSON Schema of the pipeline file, for editors: the parser's own tables, with the
//! settings of the loaded plugins beside them. How the file is read is not known here.

use serde_json::{Map, Value as Json, json};

use orch_model::{PluginSummary, Role};

use crate::parse::VERSION;
use crate::raw::{RawBuild, RawPipeline, RawTarget, RawToolchain};
use crate::table::{self, Table};

/// The schema of a pipeline that may use these plugins, by JSON Schema 2020-12.
pub fn schema(plugins: &[PluginSummary]) -> Json {
    let mut definitions = Map::new();
    let mut root = table::schema::<RawPipeline>();
    let Some(Json::Object(properties)) = root.get_mut("properties") else {
        unreachable!("a table's schema has properties");
    };
    properties["version"] = json!({
        "description": properties["version"]["description"],
        "const": VERSION,
    });
    properties["name"]["type"] = json!("string");
    for (kind, role, host, choice) in [
        (
            "toolchain",
            Role::ToolchainSource,
            table::schema::<RawToolchain>(),
            "with",
        ),
        (
            "target",
            Role::TargetPlatform,
            table::schema::<RawTarget>(),
            "platform",
        ),
        ("build", Role::Builder, table::schema::<RawBuild>(), "with"),
    ] {
        let keys = match kind {
            "toolchain" => RawToolchain::KEYS,
            "target" => RawTarget::KEYS,
            _ => RawBuild::KEYS,
        };
        let keys: Vec<&str> = keys.iter().map(|key| key.name).collect();
        let mut chosen = Vec::new();
        let mut named = Map::new();
        for plugin in plugins {
            let Some(settings) = plugin.manifest.settings.get(&role) else {
                continue;
            };
            let id = plugin.manifest.id.as_str();
            let definition = format!("{}.{id}", role.name());
            let place = format!("#/$defs/{definition}");
            definitions.insert(definition, with_host_keys(settings, &keys, &place));
            let reference = json!({ "$ref": place });
            chosen.push(json!({ "if": chooses(choice, id), "then": reference }));
            // The table's own name chooses where no key does.
            if choice == "with" {
                named.insert(
                    id.to_owned(),
                    json!({
                        "$ref": format!("#/$defs/{kind}"),
                        "if": { "required": [choice] },
                        "else": reference,
                    }),
                );
            }
        }
        let mut host = host;
        if !chosen.is_empty() {
            host.insert("allOf".to_owned(), Json::Array(chosen));
        }
        definitions.insert(kind.to_owned(), Json::Object(host));
        properties[kind]["additionalProperties"] = json!({ "$ref": format!("#/$defs/{kind}") });
        if !named.is_empty() {
            properties[kind]["properties"] = Json::Object(named);
        }
    }
    let mut schema = Map::new();
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".to_owned(), json!("orch pipeline"));
    schema.extend(root);
    schema.insert("$defs".to_owned(), Json::Object(definitions));
    Json::Object(schema)
}

/// When a table's key chooses a plugin. A platform may be named with its plugin in front.
fn chooses(key: &str, id: &str) -> Json {
    let value = match key {
        "platform" => json!({ "type": "string", "pattern": format!("^{id}(/.*)?$") }),
        _ => json!({ "const": id }),
    };
    json!({ "properties": { key: value }, "required": [key] })
}

/// A plugin's schema as it holds for a whole table: the host's own keys are allowed
/// beside the settings, and references lead to where the schema lies now.
fn with_host_keys(settings: &Json, keys: &[&str], place: &str) -> Json {
    let mut schema = settings.clone();
    moved(&mut schema, place);
    let Json::Object(object) = &mut schema else {
        return schema;
    };
    object.remove("$schema");
    object.remove("$id");
    let properties = object.entry("properties").or_insert_with(|| json!({}));
    if let Json::Object(properties) = properties {
        for key in keys {
            properties.entry(*key).or_insert(json!(true));
        }
    }
    schema
}

/// Makes references from the root of a schema lead to `place`.
fn moved(schema: &mut Json, place: &str) {
    match schema {
        Json::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Json::String(reference) if key == "$ref" && reference.starts_with('#') => {
                        reference.replace_range(..1, place);
                    }
                    value => moved(value, place),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| moved(item, place)),
        _ => {}
    }
}
