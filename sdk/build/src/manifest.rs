//! `orch-plugin.toml`: what an author writes, and the JSON that a host reads. A host
//! checks again what it reads; this says what is wrong while the author can see the place.

use std::collections::BTreeMap;
use std::path::Path;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::BuildError;

/// The file's name.
pub const MANIFEST_FILE: &str = "orch-plugin.toml";

/// The roles of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
    ToolchainSource,
    Builder,
    TargetPlatform,
    TuningPolicy,
    BenchmarkProbe,
    Deployer,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Manifest {
    id: String,
    version: String,
    api: String,
    roles: Vec<Role>,
    summary: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<Role, Value>,
    #[serde(default)]
    asks: Asks,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Asks {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variables: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    packages: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    programs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<String>,
}

/// The JSON of a manifest's text; `place` stands for the file in messages.
pub fn manifest(text: &str, place: &str) -> Result<Value, BuildError> {
    let wrong = |reason: String| BuildError::Manifest {
        place: place.to_owned(),
        reason,
    };
    let manifest: Manifest =
        toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
    manifest.check().map_err(wrong)?;
    serde_json::to_value(&manifest).map_err(|error| wrong(error.to_string()))
}

/// The manifest of the plugin in `folder`.
pub(crate) fn read(folder: &Path) -> Result<Value, BuildError> {
    let file = folder.join(MANIFEST_FILE);
    let text = std::fs::read_to_string(&file).map_err(BuildError::read(&file))?;
    manifest(&text, &file.display().to_string())
}

impl Manifest {
    fn check(&self) -> Result<(), String> {
        let fits = self.id.len() <= 64
            && self
                .id
                .starts_with(|first: char| first.is_ascii_lowercase())
            && self
                .id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !fits {
            return Err(format!(
                "`id = \"{}\"` is no plugin name: use lower-case letters, digits and `-`, a \
                 letter first, 64 at most",
                self.id
            ));
        }
        if let Err(error) = Version::parse(&self.version) {
            return Err(format!(
                "`version = \"{}\"` is no version ({error}): write three numbers, such as `0.1.0`",
                self.version
            ));
        }
        if let Err(error) = VersionReq::parse(&self.api) {
            return Err(format!(
                "`api = \"{}\"` is no requirement ({error}): write the contract's versions that \
                 the plugin works with, such as `^0.1`",
                self.api
            ));
        }
        if !self.asks.tools.is_empty() {
            return Err(
                "`[asks]` names `tools`, and no `orch` runs tools while it plans yet: take \
                 `tools` away"
                    .to_owned(),
            );
        }
        if self.roles.is_empty() {
            return Err("`roles` is empty: a plugin plays at least one role".to_owned());
        }
        for (index, role) in self.roles.iter().enumerate() {
            if self.roles[..index].contains(role) {
                return Err(format!("`roles` names `{}` twice", name(*role)));
            }
        }
        for (role, schema) in &self.settings {
            if !self.roles.contains(role) {
                return Err(format!(
                    "`[settings.{0}]` is for a role that `roles` does not name; add `{0}` or \
                     take the table away",
                    name(*role)
                ));
            }
            if schema.get("type").and_then(Value::as_str) != Some("object") {
                return Err(format!(
                    "`[settings.{}]` is a JSON Schema of a table: it begins with `type = \"object\"`",
                    name(*role)
                ));
            }
        }
        Ok(())
    }
}

fn name(role: Role) -> String {
    serde_json::to_value(role)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
id = "board"
version = "0.1.0"
api = "^0.1"
roles = ["target-platform", "tuning-policy"]
summary = "A board"

[settings.target-platform]
type = "object"
additionalProperties = false

[settings.target-platform.properties.cores]
type = "integer"
minimum = 1

[asks]
files = ["board.txt"]
"#;

    #[test]
    fn a_manifest_becomes_the_json_that_a_host_reads() {
        let json = manifest(GOOD, MANIFEST_FILE).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "id": "board",
                "version": "0.1.0",
                "api": "^0.1",
                "roles": ["target-platform", "tuning-policy"],
                "summary": "A board",
                "settings": {
                    "target-platform": {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": {"cores": {"type": "integer", "minimum": 1}}
                    }
                },
                "asks": {"files": ["board.txt"]}
            })
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        for (from, to, expected) in [
            ("id = \"board\"", "id = \"Board\"", "lower-case letters"),
            ("\"0.1.0\"", "\"1\"", "three numbers"),
            ("\"0.1.0\"", "\"1.2.3-\"", "three numbers"),
            ("\"0.1.0\"", "\"01.2.3\"", "three numbers"),
            ("api = \"^0.1\"", "api = \"\"", "`^0.1`"),
            ("api = \"^0.1\"", "api = \"the newest\"", "`^0.1`"),
            ("files =", "tools = [\"go\"]\nfiles =", "take `tools` away"),
            (
                "[\"target-platform\", \"tuning-policy\"]",
                "[]",
                "at least one role",
            ),
            ("\"tuning-policy\"]", "\"target-platform\"]", "twice"),
            (
                "\"tuning-policy\"]",
                "\"flasher\"]",
                "unknown variant `flasher`",
            ),
            (
                "[settings.target-platform]",
                "[settings.deployer]\ntype = \"object\"\n[settings.target-platform]",
                "does not name",
            ),
            (
                "type = \"object\"",
                "type = \"array\"",
                "JSON Schema of a table",
            ),
            ("files =", "file =", "unknown field `file`"),
            ("summary = \"A board\"", "", "missing field `summary`"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let error = manifest(&text, MANIFEST_FILE).unwrap_err().to_string();
            assert!(error.starts_with("orch-plugin.toml: "), "{error}");
            assert!(error.contains(expected), "{to}: {error}");
        }
    }
}
