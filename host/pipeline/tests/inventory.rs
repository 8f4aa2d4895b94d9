//! Inventories: what TOML and JSON say alike, and what is said of wrong ones.

use expect_test::{Expect, expect};
use orch_model::{FleetHost, SourceText};
use orch_pipeline::inventory;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFakeKeyForTestsOnlyFakeKeyForTestsOnlyFake=";

fn source(text: &str) -> SourceText {
    SourceText {
        name: "hosts".to_owned(),
        text: text.into(),
    }
}

fn read(text: &str) -> Vec<FleetHost> {
    inventory(&source(text), &["pi5", "musl"]).expect("nothing is wrong with it")
}

/// Each problem with the text that it points at.
#[track_caller]
fn refused(text: &str, expected: &Expect) {
    let problems = inventory(&source(text), &["pi5", "musl"]).expect_err("something is wrong");
    let shown: String = problems
        .iter()
        .map(|problem| {
            let there = &text[problem.places[0].span.clone()];
            let hint = problem.hint.as_deref().unwrap_or("-");
            format!("{}\n  at: {there:?}\n  hint: {hint}\n", problem.message)
        })
        .collect();
    expected.assert_eq(&shown);
}

#[test]
fn toml_and_json_say_the_same() {
    let toml = format!(
        "[[hosts]]\naddress = \"user@board\"\ntarget = \"pi5\"\nlabels = [\"lab\"]\n\
         variables = {{ zone = \"n\" }}\nhost-key = \"{KEY} comment\"\n\n\
         [[hosts]]\nname = \"here\"\naddress = \"local\"\ntarget = \"musl\"\n"
    );
    let list = format!(
        r#"[{{"address": "user@board", "target": "pi5", "labels": ["lab"], "name": null,
             "variables": {{"zone": "n"}}, "host-key": "{KEY}"}},
            {{"name": "here", "address": "local", "target": "musl", "labels": []}}]"#
    );
    let hosts = read(&toml);
    assert_eq!(hosts[0].name, "board");
    assert_eq!(hosts[0].host_key.as_deref(), Some(KEY));
    assert_eq!(hosts[0].variables["zone"], "n");
    assert_eq!(hosts[1].name, "here");
    assert_eq!(read(&list), hosts);
    assert_eq!(read(&format!("\n {{\"hosts\": {list}}}\n")), hosts);
    // What is kept of them is read as well.
    let again = serde_json::to_string(&hosts).expect("machines are JSON");
    assert_eq!(read(&again), hosts);
}

#[test]
fn every_problem_of_json_is_told_with_its_place() {
    refused(
        r#"{"hosts": [
            {"address": "a b", "target": "pi5"},
            {"address": "a", "target": "pi6", "labels": "x"},
            {"address": "user@a", "target": "pi5", "variables": {"port": 8080, "on": true}},
            {"adress": "b", "target": "musl"},
            {"address": "c", "address": "d", "target": "musl"},
            7
        ], "host": []}"#,
        &expect![[r#"
            `address` of `inventory.hosts` cannot be `a b`
              at: "\"a b\""
              hint: write it as ssh takes it: `board`, `user@board`, `ssh://user@board:2222`; `local` is this machine
            `labels` of `inventory.hosts` must be a list of labels, found a string
              at: "\"x\""
              hint: write `["x"]`
            `port` of `inventory.hosts.variables` must be a string, found a whole number
              at: "8080"
              hint: put it in quotes: `"8080"`
            `on` of `inventory.hosts.variables` must be a string, found a truth value
              at: "true"
              hint: put it in quotes: `"true"`
            unknown key `adress` in `inventory.hosts`
              at: "\"adress\""
              hint: did you mean `address`?
            `address` is defined twice
              at: "address"
              hint: keep one of them, or join the two
            an item of `hosts` of `inventory` must be a table, found a whole number
              at: "7"
              hint: -
            unknown key `host` in `inventory`
              at: "\"host\""
              hint: did you mean `hosts`?
        "#]],
    );
    refused(
        r#"[{"address": "a", "target": "pi5"}, {"address": "u@a", "target": "mus"}, {}]"#,
        &expect![[r#"
            the inventory has two machines that are called `a`
              at: "\"u@a\""
              hint: give one of them another `name`
            the inventory names the target `mus`, which is not there
              at: "\"mus\""
              hint: did you mean `musl`?
            `inventory.hosts` has no `address`
              at: "{}"
              hint: add it, as in `address = "user@board"`: as `ssh` takes it: `board`, `user@board`, `ssh://user@board:2222`; or `local` for this machine
            `inventory.hosts` has no `target`
              at: "{}"
              hint: add it, as in `target = "pi5"`: the name of a `[target.N]` table: what it is
        "#]],
    );
}

#[test]
fn what_is_no_inventory_is_told() {
    refused(
        "",
        &expect![[r#"
        `inventory` has no `hosts`
          at: ""
          hint: add it, as in `hosts = [{ address = "user@board", target = "pi5" }]`: the machines, as `[fleet.N]` states them
    "#]],
    );
    refused(
        "{}",
        &expect![[r#"
        `inventory` has no `hosts`
          at: ""
          hint: add it, as in `hosts = [{ address = "user@board", target = "pi5" }]`: the machines, as `[fleet.N]` states them
    "#]],
    );
    refused(
        "[]",
        &expect![[r#"
        the inventory lists no machine
          at: ""
          hint: it has `hosts`, each with an `address` and a `target`
    "#]],
    );
    refused(
        "hosts = []\n",
        &expect![[r#"
        the inventory lists no machine
          at: ""
          hint: it has `hosts`, each with an `address` and a `target`
    "#]],
    );
    refused(
        "{\"hosts\": [{\"address\": \"a\",}]}",
        &expect![[r#"
        this is no JSON: key must be a string
          at: "}"
          hint: -
    "#]],
    );
    refused(
        "{\"hosts\": [null]}",
        &expect![[r#"
            `null` is nothing that can stand here
              at: "null"
              hint: -
        "#]],
    );
    refused(
        "[{\"address\": \"\\ud800\"}]",
        &expect![[r#"
            this text cannot be read
              at: "\"\\ud800\""
              hint: -
        "#]],
    );
    refused(
        "board1\nboard2\n",
        &expect![[r#"
        key with no value, expected `=`
          at: ""
          hint: -
        key with no value, expected `=`
          at: ""
          hint: -
    "#]],
    );
    let deep = format!("{}{}", "[\n".repeat(3), "[".repeat(20_000));
    assert!(inventory(&source(&deep), &[]).is_err());
    let deep = format!("[{{\"a\": {}{}}}]", "[".repeat(20_000), "]".repeat(20_000));
    let problems = inventory(&source(&deep), &[]).expect_err("it is too deep");
    let mut messages = problems.iter().map(|problem| problem.message.as_str());
    assert!(messages.any(|message| message == "brackets are nested too deep"));
}

#[test]
fn any_number_of_machines_is_read() {
    let host = |index: usize| format!("{{\"address\": \"u@h{index}\", \"target\": \"pi5\"}}");
    let hosts: Vec<String> = (0..20_000).map(host).collect();
    assert_eq!(read(&format!("[{}]", hosts.join(","))).len(), 20_000);
    let wrong = format!("[{}]", hosts.join(",").replace("pi5", "pi6"));
    let problems = inventory(&source(&wrong), &["pi5"]).expect_err("there is no such target");
    assert_eq!(problems.len(), 101);
}
