//! The JSON Schema agrees with the parser, and knows the plugins' settings.

use std::collections::BTreeMap;

use orch_model::{Asks, Digest, Manifest, PluginOrigin, PluginSummary, Role, SourceText};
use orch_pipeline::{parse, schema};
use serde_json::{Value, json};

fn plugin(id: &str, settings: &[(Role, Value)]) -> PluginSummary {
    PluginSummary {
        manifest: Manifest {
            id: id.parse().unwrap(),
            version: "0.1.0".parse().unwrap(),
            api: "^0.1".parse().unwrap(),
            roles: settings.iter().map(|(role, _)| *role).collect(),
            summary: "a plugin".into(),
            settings: settings.iter().cloned().collect::<BTreeMap<_, _>>(),
            asks: Asks::default(),
        },
        digest: Digest::of(id),
        origin: PluginOrigin::Bundled,
        imports: Vec::new(),
        exports: Vec::new(),
        bytes: 0,
    }
}

fn plugins() -> Vec<PluginSummary> {
    let builder = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.com/go.json",
        "type": "object",
        "required": ["package"],
        "properties": { "package": { "type": "string" }, "mode": { "$ref": "#/$defs/mode" } },
        "additionalProperties": false,
        "$defs": { "mode": { "enum": ["fast", "small"] } },
    });
    let platform = json!({
        "type": "object",
        "properties": { "cpu": { "type": "string" } },
        "additionalProperties": false,
    });
    let source = json!({
        "type": "object",
        "properties": { "source": { "type": "string" } },
        "additionalProperties": false,
    });
    let deployer = json!({
        "type": "object",
        "properties": { "user": { "type": "string" }, "environment": { "type": "object" } },
        "additionalProperties": false,
    });
    vec![
        plugin(
            "go",
            &[(Role::Builder, builder), (Role::ToolchainSource, source)],
        ),
        plugin("graviton", &[(Role::TargetPlatform, platform)]),
        plugin("systemd", &[(Role::Deployer, deployer)]),
    ]
}

/// Whether the schema accepts a pipeline, given as TOML.
#[track_caller]
fn accepts(schema: &Value, text: &str) -> bool {
    let table: toml::Table = text.parse().expect("the example is TOML");
    let instance = serde_json::to_value(table).expect("the example is JSON as well");
    let validator = jsonschema::validator_for(schema).expect("the schema is one");
    for error in validator.iter_errors(&instance) {
        println!("{}: {error}", error.instance_path());
    }
    validator.is_valid(&instance)
}

#[test]
fn the_schema_is_one_by_the_rules_of_json_schema() {
    for schema in [schema(&[]), schema(&plugins())] {
        assert!(jsonschema::meta::is_valid(&schema));
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
    }
}

#[test]
fn what_the_parser_takes_the_schema_takes() {
    let text = include_str!("diagnostics/valid.toml");
    assert!(accepts(&schema(&[]), text));
    assert!(accepts(&schema(&plugins()), text));
}

/// Each golden that is TOML without any circle, unknown name or colliding output is
/// refused by both, or by neither.
#[test]
fn what_the_parser_refuses_for_its_shape_the_schema_refuses() {
    let schema = schema(&[]);
    for (name, text) in [
        ("missing", include_str!("diagnostics/missing.toml")),
        (
            "name-missing",
            include_str!("diagnostics/name-missing.toml"),
        ),
        ("name-wrong", include_str!("diagnostics/name-wrong.toml")),
        ("not-yet", include_str!("diagnostics/not-yet.toml")),
        ("fleet", include_str!("diagnostics/fleet.toml")),
        ("rollout", include_str!("diagnostics/rollout.toml")),
        ("secret", include_str!("diagnostics/secret.toml")),
        ("table-names", include_str!("diagnostics/table-names.toml")),
        ("timeouts", include_str!("diagnostics/timeouts.toml")),
        (
            "unknown-keys",
            include_str!("diagnostics/unknown-keys.toml"),
        ),
        (
            "version-missing",
            include_str!("diagnostics/version-missing.toml"),
        ),
        (
            "version-newer",
            include_str!("diagnostics/version-newer.toml"),
        ),
        (
            "version-text",
            include_str!("diagnostics/version-text.toml"),
        ),
        ("wrong-types", include_str!("diagnostics/wrong-types.toml")),
    ] {
        let text = match name {
            // The second definition of `[task]` and a header that is given twice over.
            "wrong-types" => &text[..text.find("\n[task]\n").unwrap()],
            _ => text,
        };
        assert!(!accepts(&schema, text), "{name}");
    }
}

/// Reads a pipeline with one more key, and says whether the parser knows it.
fn knows(kind: &str, key: &str) -> bool {
    let text = match kind {
        "" => format!("version = 1\nname = \"x\"\n[{key}]\n"),
        kind => format!("version = 1\nname = \"x\"\n[{kind}.a]\n{key} = 1979-05-27\n"),
    };
    let parsed = parse(&SourceText {
        name: "pipeline.toml".into(),
        text: text.into(),
    });
    // A setting that is a date is refused as a setting, a key as one of the wrong type.
    !parsed.diagnostics.iter().any(|diagnostic| {
        diagnostic.message.contains("unknown key") || diagnostic.message.contains("has a date")
    })
}

#[test]
fn the_schema_has_the_parsers_keys_and_no_other() {
    let schema = schema(&[]);
    let keys = |table: &Value| -> Vec<String> {
        table["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let inside = |kind: &str| keys(&schema["properties"][kind]["additionalProperties"]);
    let defined = |kind: &str| keys(&schema["$defs"][kind]);
    for (kind, keys) in [
        ("", keys(&schema)),
        ("plugins", inside("plugins")),
        ("toolchain", defined("toolchain")),
        ("target", defined("target")),
        ("build", defined("build")),
        ("task", inside("task")),
        ("bench", defined("bench")),
        ("fleet", inside("fleet")),
        ("deploy", defined("deploy")),
        ("secret", inside("secret")),
    ] {
        assert!(!keys.is_empty());
        for key in &keys {
            assert!(knows(kind, key), "`{key}` of `{kind}`");
        }
        assert!(!knows(kind, "no-such-key"), "{kind}");
    }
    let every = [
        "directory",
        "needs",
        "smoke",
        "targets",
        "toolchain",
        "tuning",
        "with",
    ];
    for key in every {
        assert!(defined("build").iter().any(|known| known == key), "{key}");
    }
    assert_eq!(
        inside("task"),
        [
            "command",
            "tools",
            "inputs",
            "outputs",
            "needs",
            "env",
            "targets",
            "directory",
            "network",
            "cache",
            "timeout"
        ]
    );
}

#[test]
fn settings_of_plugins_are_checked_where_the_plugin_is_chosen() {
    let schema = schema(&plugins());
    let pipeline = |tables: &str| {
        let head = "version = 1\nname = \"x\"\n[target.t]\nplatform = \"musl\"\nanything = 1\n";
        accepts(&schema, &format!("{head}{tables}"))
    };
    assert!(pipeline(
        "[build.a]\nwith = \"go\"\ntargets = [\"t\"]\npackage = \".\"\nmode = \"fast\""
    ));
    assert!(pipeline("[build.go]\ntargets = [\"t\"]\npackage = \".\""));
    assert!(pipeline("[build.other]\ntargets = [\"t\"]\nanything = 1"));
    assert!(pipeline(
        "[build.go]\nwith = \"other\"\ntargets = [\"t\"]\nanything = 1"
    ));
    assert!(pipeline(
        "[target.g]\nplatform = \"graviton\"\ncpu = \"graviton3\""
    ));
    let deploy =
        |name: &str, rest: &str| pipeline(&format!("[deploy.{name}]\nof = \"build.a\"\n{rest}"));
    assert!(deploy(
        "a",
        "with = \"systemd\"\nuser = \"x\"\nto = \"fleet.a\""
    ));
    assert!(!deploy("a", "with = \"systemd\"\nusr = \"x\""));
    assert!(!deploy("systemd", "user = \"x\""), "no `with`");
    assert!(deploy("systemd", "with = \"other\"\nanything = 1"));
    assert!(pipeline(
        "[toolchain.go]\nversion = \"1.22\"\nsource = \"official\""
    ));

    assert!(
        !pipeline("[build.a]\nwith = \"go\"\ntargets = [\"t\"]"),
        "no `package`"
    );
    assert!(!pipeline(
        "[build.a]\nwith = \"go\"\ntargets = [\"t\"]\npackage = \".\"\nmode = \"big\""
    ));
    assert!(!pipeline(
        "[build.go]\ntargets = [\"t\"]\npackage = \".\"\nanything = 1"
    ));
    assert!(!pipeline("[build.go]\npackage = \".\""), "no `targets`");
    assert!(!pipeline(
        "[target.g]\nplatform = \"graviton\"\nanything = 1"
    ));
    assert!(!pipeline("[target.g]\nplatform = \"graviton/g3\"\ncpu = 3"));
    assert!(!pipeline("[toolchain.go]\nanything = 1"));
}
