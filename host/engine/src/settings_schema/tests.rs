//! Every kind of violation, with its place and its words.

use super::*;
use serde_json::json;

/// Settings whose every value and key stands at a place of its own.
fn settings(value: Value) -> Settings {
    fn note(value: &Value, pointer: &str, settings: &mut Settings, at: &mut usize) {
        *at += 10;
        settings.spans.insert(pointer.to_owned(), *at..*at + 5);
        let children: Vec<(String, &Value)> = match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (escaped(key), value))
                .collect(),
            Value::Array(items) => items
                .iter()
                .zip(0..)
                .map(|(v, i)| (format!("{i}"), v))
                .collect(),
            _ => Vec::new(),
        };
        for (key, value) in children {
            let pointer = format!("{pointer}/{key}");
            settings.key_spans.insert(pointer.clone(), *at + 6..*at + 9);
            note(value, &pointer, settings, at);
        }
    }
    let mut settings = Settings::default();
    note(&value, "", &mut settings, &mut 0);
    if let Value::Object(values) = value {
        settings.values = values;
    }
    settings
}

fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["package"],
        "additionalProperties": false,
        "properties": {
            "package": { "type": "string", "description": "what to build", "minLength": 1 },
            "mode": { "enum": ["fast", "small", 3] },
            "jobs": { "type": "integer", "minimum": 1, "maximum": 8 },
            "flags": { "type": "array", "items": { "$ref": "#/$defs/flag" }, "uniqueItems": true },
            "strip": { "type": ["boolean", "string"] },
            "tags": {
                "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
                "description": "build tags"
            },
            "name": { "type": "string", "pattern": "^[a-z]+$" },
            "a/b": { "const": "c" },
            "deep": {
                "type": "object",
                "additionalProperties": false,
                "required": ["inner"],
                "properties": { "inner": { "type": "number", "exclusiveMinimum": 0 } }
            }
        },
        "$defs": {
            "flag": { "type": "object", "additionalProperties": false, "properties": { "slot": { "type": "string" } } }
        }
    })
}

#[track_caller]
fn complaints(value: Value) -> Vec<String> {
    said(&check(&settings(value), &schema(), "builder `go`"))
}

fn said(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let place = &diagnostic.places[0];
            let hint = diagnostic.hint.as_deref().map(|hint| format!(" ({hint})"));
            let span = format!("{}..{}", place.span.start, place.span.end);
            format!("{span} {}{}", diagnostic.message, hint.unwrap_or_default())
        })
        .collect()
}

#[test]
fn good_settings_give_nothing() {
    let good = json!({
        "package": ".", "mode": 3, "jobs": 1, "flags": [{ "slot": "x" }], "strip": true,
        "tags": ["a"], "name": "x", "a/b": "c", "deep": { "inner": 1.5 }
    });
    assert_eq!(complaints(good), [""; 0]);
}

#[test]
fn every_violation_has_its_place_and_its_words() {
    for (value, expected) in [
        (
            json!({}),
            "10..15 builder `go` needs the setting `package` (`package`: what to build)",
        ),
        (
            json!({ "package": ".", "pakage": 1 }),
            "26..29 unknown setting `pakage` of builder `go` (did you mean `package`?)",
        ),
        (
            json!({ "package": ".", "flags": [{ "slto": 1 }] }),
            "46..49 unknown setting `flags[0].slto` of builder `go` (did you mean `slot`?)",
        ),
        (
            json!({ "package": 7 }),
            "20..25 `package` of builder `go` must be a string, found `7` (`package`: what to build)",
        ),
        (
            json!({ "package": "" }),
            "20..25 `package` of builder `go` must not be empty (`package`: what to build)",
        ),
        (
            json!({ "package": ".", "mode": "smal" }),
            "30..35 `mode` of builder `go` cannot be `\"smal\"` \
             (did you mean `\"small\"`? It may be `\"fast\"`, `\"small\"`, `3`)",
        ),
        (
            json!({ "package": ".", "jobs": 0 }),
            "30..35 `jobs` of builder `go` must be at least 1",
        ),
        (
            json!({ "package": ".", "jobs": 9 }),
            "30..35 `jobs` of builder `go` must be at most 8",
        ),
        (
            json!({ "package": ".", "jobs": 1.5 }),
            "30..35 `jobs` of builder `go` must be a whole number, found `1.5`",
        ),
        (
            json!({ "package": ".", "strip": [] }),
            "30..35 `strip` of builder `go` must be `true` or `false` or a string, found a list",
        ),
        (
            json!({ "package": ".", "flags": [{}, {}] }),
            "30..35 `flags` of builder `go` holds an item twice",
        ),
        (
            json!({ "package": ".", "tags": 1 }),
            "30..35 `tags` of builder `go` must be a string or a list, found `1` (`tags`: build tags)",
        ),
        (
            json!({ "package": ".", "tags": ["a", 1] }),
            "50..55 `tags[1]` of builder `go` must be a string, found `1`",
        ),
        (
            json!({ "package": ".", "name": "A B" }),
            "30..35 `name` of builder `go` is `\"A B\"`, which does not fit the pattern `^[a-z]+$`",
        ),
        (
            json!({ "package": ".", "a/b": "d" }),
            "30..35 `a/b` of builder `go` must be `\"c\"`, found `\"d\"`",
        ),
        (
            json!({ "package": ".", "deep": {} }),
            "26..29 builder `go` needs the setting `deep.inner`",
        ),
        (
            json!({ "package": ".", "deep": { "inner": 0 } }),
            "40..45 `deep.inner` of builder `go` must be more than 0",
        ),
    ] {
        assert_eq!(complaints(value), [expected]);
    }
}

#[test]
fn all_violations_are_found_and_a_flood_is_counted() {
    let mut value = json!({ "jobs": 0, "mode": "x" });
    assert_eq!(complaints(value.clone()).len(), 3);
    for index in 0..10_000 {
        value[format!("zz{index}")] = json!(1);
    }
    let complaints = complaints(value);
    assert_eq!(complaints.len(), SHOWN + 1);
    assert!(complaints[SHOWN].ends_with("more in the settings of builder `go`"));
}

#[test]
fn a_broken_schema_is_the_plugins_fault() {
    for schema in [
        json!({ "type": "strnig" }),
        json!({ "properties": { "a": { "pattern": "(" } } }),
        json!({ "$ref": "https://example.com/schema.json" }),
        json!({ "$ref": "#/$defs/absent" }),
        json!(7),
    ] {
        let complaints = check(&settings(json!({ "a": "b" })), &schema, "builder `go`");
        assert_eq!(complaints.len(), 1, "{schema}");
        assert_eq!(
            complaints[0].message,
            "the settings of builder `go` cannot be checked: its schema is not valid"
        );
        assert!(complaints[0].hint.as_ref().unwrap().contains("the plugin"));
    }
}

#[test]
fn a_schema_that_means_itself_does_no_harm() {
    let schema = json!({ "properties": { "a": { "$ref": "#" } }, "additionalProperties": false });
    let value = json!({ "a": { "a": { "b": 1 } } });
    let complaints = said(&check(&settings(value), &schema, "builder `go`"));
    assert_eq!(
        complaints,
        ["36..39 unknown setting `a.a.b` of builder `go` (it knows `a`)"]
    );
}

#[test]
fn a_schema_that_never_ends_does_no_harm() {
    for schema in [
        json!({ "$ref": "#" }),
        json!({ "allOf": [{ "$ref": "#" }] }),
        json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "anyOf": [{ "$ref": "#/$defs/a" }] } } }),
        json!({ "$dynamicRef": "#x", "$dynamicAnchor": "x" }),
        json!({ "not": { "$ref": "#" } }),
    ] {
        check(
            &settings(json!({ "a": { "a": 1 } })),
            &schema,
            "builder `go`",
        );
    }
}
