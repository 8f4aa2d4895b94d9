//! The JSON Schema of the pipeline file, for editors: the parser's own tables, with the
//! settings of the loaded plugins beside them. How the file is read is not known here.

use serde_json::{Map, Value as Json, json};

use orch_model::{PluginSummary, Role};

use crate::bench::RawBench;
use crate::deploy::RawDeploy;
use crate::parse::VERSION;
use crate::policy::RawPolicy;
use crate::raw::{RawBuild, RawPipeline, RawTarget, RawToolchain};
use crate::table::{self, KnownKey, Table};

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
    for kind in KINDS {
        let own = kind.define(plugins, &mut definitions);
        if let Some(table) = properties.get_mut(kind.name) {
            table["additionalProperties"] = json!({ "$ref": format!("#/$defs/{}", kind.name) });
            if !own.is_empty() {
                table["properties"] = Json::Object(own);
            }
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

/// Tables that hold a plugin's settings beside the host's own keys.
struct Kind {
    /// The name of its definition, and of its tables where they have names.
    name: &'static str,
    role: Role,
    /// The key that chooses the plugin.
    choice: &'static str,
    schema: fn() -> Map<String, Json>,
    keys: &'static [KnownKey],
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "toolchain",
        role: Role::ToolchainSource,
        choice: "with",
        schema: table::schema::<RawToolchain>,
        keys: RawToolchain::KEYS,
    },
    Kind {
        name: "target",
        role: Role::TargetPlatform,
        choice: "platform",
        schema: table::schema::<RawTarget>,
        keys: RawTarget::KEYS,
    },
    Kind {
        name: "build",
        role: Role::Builder,
        choice: "with",
        schema: table::schema::<RawBuild>,
        keys: RawBuild::KEYS,
    },
    Kind {
        name: "bench",
        role: Role::BenchmarkProbe,
        choice: "probe",
        schema: table::schema::<RawBench>,
        keys: RawBench::KEYS,
    },
    Kind {
        name: "deploy",
        role: Role::Deployer,
        choice: "with",
        schema: table::schema::<RawDeploy>,
        keys: RawDeploy::KEYS,
    },
    Kind {
        name: "policy",
        role: Role::TuningPolicy,
        choice: "policy",
        schema: table::schema::<RawPolicy>,
        keys: RawPolicy::KEYS,
    },
];

impl Kind {
    /// Defines such a table, and the settings of each plugin that one may hold. What comes back
    /// are the tables whose own name chooses a plugin where no key does.
    fn define(
        &self,
        plugins: &[PluginSummary],
        definitions: &mut Map<String, Json>,
    ) -> Map<String, Json> {
        let keys: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        let mut chosen = Vec::new();
        let mut named = Map::new();
        for plugin in plugins {
            let Some(settings) = plugin.manifest.settings.get(&self.role) else {
                continue;
            };
            let id = plugin.manifest.id.as_str();
            let definition = format!("{}.{id}", self.role.name());
            let place = format!("#/$defs/{definition}");
            definitions.insert(definition, with_host_keys(settings, &keys, &place));
            let reference = json!({ "$ref": place });
            chosen.push(json!({ "if": chooses(self.choice, id), "then": reference }));
            if self.may_leave_out_choice() {
                named.insert(
                    id.to_owned(),
                    json!({
                        "$ref": format!("#/$defs/{}", self.name),
                        "if": { "required": [self.choice] },
                        "else": reference,
                    }),
                );
            }
        }
        let mut table = (self.schema)();
        if !chosen.is_empty() {
            table.insert("allOf".to_owned(), Json::Array(chosen));
        }
        definitions.insert(self.name.to_owned(), Json::Object(table));
        named
    }

    /// Whether a table's own name chooses the plugin where the key does not.
    fn may_leave_out_choice(&self) -> bool {
        let mut keys = self.keys.iter();
        keys.any(|key| key.name == self.choice && key.required.is_none())
    }
}

/// When a table's key chooses a plugin. An offer may be named with its plugin in front.
fn chooses(key: &str, id: &str) -> Json {
    let value = match key {
        "platform" | "policy" | "probe" => {
            json!({ "type": "string", "pattern": format!("^{id}(/.*)?$") })
        }
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
