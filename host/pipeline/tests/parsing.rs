//! What a sound pipeline means, and that no text does harm.

use std::time::{Duration, Instant};

use orch_model::{
    Check, Commit, HealthCheck, Inventory, OnFailure, PluginSource, SecretSource, Share,
    SourceText, Wave,
};
use orch_pipeline::{Parsed, parse};
use proptest::prelude::*;

fn parsed(text: &str) -> Parsed {
    parse(&SourceText {
        name: "folder/pipeline.toml".to_owned(),
        text: text.into(),
    })
}

#[test]
fn everything_that_is_written_is_there() {
    let text = include_str!("diagnostics/valid.toml");
    let parsed = parsed(text);
    assert_eq!(parsed.diagnostics, []);
    let pipeline = parsed.pipeline.expect("nothing is wrong with it");
    assert_eq!(pipeline.name.value, "sensor-agent");

    let PluginSource::Path(path) = &pipeline.plugins[0].source.value;
    assert_eq!(
        (pipeline.plugins[0].name.as_str(), path.as_str()),
        ("mine", "plugins/mine")
    );

    let go = &pipeline.toolchains[0];
    assert_eq!((go.with.as_str(), go.version.as_str()), ("go", "~1.22"));
    assert_eq!(&text[go.version.span.clone()], "\"1.22\"");

    let targets: Vec<_> = pipeline.targets.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(targets, ["pi5", "graviton3"]);
    let graviton = &pipeline.targets[1];
    assert_eq!(graviton.settings.json(), r#"{"cpu":"graviton3"}"#);
    assert_eq!(
        &text[graviton.settings.span("/cpu").unwrap()],
        "\"graviton3\""
    );
    assert_eq!(&text[graviton.settings.key_span("/cpu").unwrap()], "cpu");
    assert_eq!(&text[graviton.settings.span("").unwrap()], "graviton3");

    let agent = &pipeline.builds[0];
    assert_eq!(agent.settings.json(), r#"{"package":"./cmd/agent"}"#);
    assert_eq!(agent.toolchain, None);
    assert_eq!(agent.smoke.as_ref().unwrap().value, ["-version"]);
    assert_eq!(agent.needs[0].value, "task.test");
    assert!(agent.directory.is_root());

    let [test, pack] = pipeline.tasks.as_slice() else {
        panic!("there are two tasks");
    };
    assert_eq!(test.timeout_ms, Some(300_000));
    assert!(test.cache && !test.network);
    assert_eq!(pack.outputs[0].as_str(), "dist/${target.name}/agent.tar");
    assert_eq!(pack.environment["CI"].value, "${env.CI}");
    assert_eq!(
        pipeline.place_of("task", "pack"),
        Some(pack.name.span.clone())
    );
}

#[test]
fn fleets_and_secrets_are_as_they_are_written() {
    let pipeline = parsed(include_str!("diagnostics/valid.toml")).pipeline;
    let pipeline = pipeline.expect("nothing is wrong with it");
    let [db, token] = pipeline.secrets.as_slice() else {
        panic!("there are two secrets");
    };
    assert_eq!(db.source, SecretSource::Environment("DB_PASSWORD".into()));
    let words = ["pass", "show", "token"].map(str::to_owned);
    assert_eq!(token.source, SecretSource::Command(words.into()));

    let [edge, others, listed] = pipeline.fleets.as_slice() else {
        panic!("there are three fleets");
    };
    let Inventory::Hosts(hosts) = &edge.inventory.value else {
        panic!("its machines are in the pipeline");
    };
    let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["10.0.0.5", "second"]);
    assert_eq!(hosts[0].labels, ["lab", "canary"]);
    assert_eq!(hosts[1].variables["zone"], "south");
    let key = hosts[0].host_key.as_deref().expect("it has a key");
    assert!(
        key.starts_with("ssh-ed25519 AAAA") && key.ends_with('='),
        "{key}"
    );
    assert!(hosts.iter().all(|host| edge.includes(host)));
    let words = ["./list-hosts", "--json"].map(str::to_owned);
    assert_eq!(others.inventory.value, Inventory::Program(words.into()));
    let file = "hosts.toml".parse().expect("it is a path");
    assert_eq!(listed.inventory.value, Inventory::File(file));
}

#[test]
fn a_deploy_is_as_it_is_written() {
    let text = include_str!("diagnostics/valid.toml");
    let pipeline = parsed(text).pipeline.expect("nothing is wrong with it");
    let [image, edge, others] = pipeline.deploys.as_slice() else {
        panic!("there are three deploys");
    };
    assert_eq!(image.to, None);
    assert_eq!(
        image.settings.json(),
        r#"{"repository":"registry.example/agent"}"#
    );

    assert_eq!((edge.of.as_str(), edge.with.as_str()), ("agent", "systemd"));
    assert_eq!(edge.to.as_ref().expect("it has a fleet").value, "edge");
    let rollout = &edge.rollout;
    let share = |share| Wave::Share(share);
    let waves = [
        share(Share::Count(1)),
        Wave::Label("canary".into()),
        share(Share::Fraction(0.25)),
        share(Share::Fraction(1.0)),
    ];
    assert_eq!(rollout.waves, waves);
    assert_eq!(rollout.order, ["canary", "lab"]);
    assert_eq!(rollout.max_failed, Share::Fraction(0.1));
    assert!(rollout.approval);
    assert_eq!(rollout.on_failure, OnFailure::Stop);
    assert_eq!(rollout.commit, Commit::Each);
    assert_eq!((rollout.keep, rollout.at_once), (5, 8));
    let health = &rollout.health;
    assert_eq!((health.within_ms, health.soak_ms), (10_000, 60_000));

    assert_eq!(others.rollout.commit, Commit::AllOrNone);
    let health = &others.rollout.health;
    assert_eq!((health.within_ms, health.soak_ms), (30_000, 0));
    let checks = [
        HealthCheck::Machine(Check::Http {
            url: "http://localhost/".into(),
            status: 204,
        }),
        HealthCheck::Machine(Check::Tcp("${host.address}:8080".into())),
        HealthCheck::Machine(Check::Command(vec!["true".into()])),
        HealthCheck::Prometheus {
            url: "https://prometheus:9090".into(),
            query: "up{host='$${x}${host.name}'}".into(),
            at_most: Some(1.5),
            at_least: Some(1.0),
        },
    ];
    assert_eq!(health.checks, checks);
}

#[test]
fn a_deploy_that_says_nothing_goes_to_one_machine_then_to_all() {
    let pipeline = parsed(include_str!("diagnostics/valid.toml")).pipeline;
    let rollout = &pipeline.expect("nothing is wrong with it").deploys[0].rollout;
    let waves = [Share::Count(1), Share::Fraction(1.0)].map(Wave::Share);
    assert_eq!(rollout.waves, waves);
    assert_eq!(rollout.max_failed, Share::Count(0));
    assert_eq!(rollout.on_failure, OnFailure::RollBack);
    assert_eq!(rollout.commit, Commit::Each);
    assert_eq!((rollout.keep, rollout.at_once), (3, 32));
    assert!(!rollout.approval && rollout.order.is_empty() && rollout.health.checks.is_empty());
}

#[test]
fn an_image_that_is_named_is_a_need() {
    let deploy = |name: &str, image: &str| {
        format!(
            "[deploy.{name}]\nwith = \"oci\"\nof = \"build.b\"\nx = [{{ y = \"${{image.{image}}}\" }}]\n"
        )
    };
    let text = format!(
        "version = 1\nname = \"x\"\n[target.t]\nplatform = \"p\"\n[build.b]\ntargets = [\"t\"]\n{}{}",
        deploy("one", "two"),
        deploy("two", "one")
    );
    let problems = parsed(&text).diagnostics;
    let messages: Vec<_> = problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    assert_eq!(
        messages,
        ["nodes need each other in a circle: `deploy.one` → `deploy.two` → `deploy.one`"]
    );
    assert_eq!(&text[problems[0].places[0].span.clone()], "${image.two}");
}

#[test]
fn what_is_left_out_has_its_default() {
    let text = "version = 1\nname = \"x\"\n\n[toolchain.go]\n\n[target.t]\nplatform = \"musl\"\n\n\
                [build.go]\ntargets = [\"t\"]\n\n[task.t]\ncommand = [\"true\"]\n";
    let pipeline = parsed(text).pipeline.expect("nothing is wrong with it");
    assert_eq!(pipeline.toolchains[0].version.value, "*");
    assert_eq!(pipeline.toolchains[0].with.value, "go");
    assert_eq!(pipeline.builds[0].with, pipeline.builds[0].name);
    assert_eq!(pipeline.builds[0].smoke, None);
    assert_eq!(pipeline.tasks[0].timeout_ms, None);
    assert!(pipeline.tasks[0].cache);
}

#[test]
fn settings_keep_types_and_places_whatever_their_order() {
    let text = "version = 1\nname = \"x\"\n[target.t]\nplatform = \"p\"\nz = [1, { \"a/b~\" = true }]\n\
                a.b = 1.5\n[target.t.deep]\nhex = 0xff\n";
    let parsed = parsed(text);
    assert_eq!(parsed.diagnostics, []);
    let settings = &parsed.pipeline.unwrap().targets[0].settings;
    assert_eq!(
        settings.json(),
        r#"{"a":{"b":1.5},"deep":{"hex":255},"z":[1,{"a/b~":true}]}"#
    );
    let at = |pointer: &str| &text[settings.span(pointer).unwrap()];
    assert_eq!(at("/z/1/a~1b~0"), "true");
    assert_eq!(at("/a/b"), "1.5");
    assert_eq!(at("/deep/hex"), "0xff");
    assert_eq!(&text[settings.key_span("/z/1/a~1b~0").unwrap()], "\"a/b~\"");
}

#[test]
fn a_byte_order_mark_does_not_move_places() {
    let parsed = parsed("\u{feff}version = 1\nname = 7\n");
    assert_eq!(parsed.diagnostics[0].places[0].span, 22..23);
}

/// As many as an unoptimised test bears; a million take an optimised program a second.
const MANY: usize = 200_000;

/// Bounded in time, and in what comes back.
#[track_caller]
fn harmless(text: &str) -> Parsed {
    let start = Instant::now();
    let parsed = parsed(text);
    assert!(parsed.diagnostics.len() <= 101);
    let shown: usize = parsed
        .diagnostics
        .iter()
        .map(|d| format!("{d:?}").len())
        .sum();
    assert!(shown < 1 << 20, "{shown} bytes of messages");
    let took = start.elapsed();
    // Far from what it takes, even on a busy machine, and from what a square would take.
    assert!(took < Duration::from_secs(20), "took {took:?}");
    parsed
}

#[test]
fn any_number_of_anything_is_answered() {
    let lines = |line: &dyn Fn(usize) -> String| -> String {
        let head = "version = 1\nname = \"x\"\n".to_owned();
        (0..MANY).fold(head, |mut text, index| {
            text.push_str(&line(index));
            text
        })
    };
    let unknown = harmless(&lines(&|index| format!("k{index} = 1\n")));
    let last = unknown.diagnostics.last().unwrap();
    assert_eq!(last.message, format!("and {} more problems", MANY - 100));
    harmless(&format!(
        "{}[build.x]\ntargets = []\n{}",
        "version = 1\nname = \"x\"\n",
        (0..MANY)
            .map(|index| format!("k{index} = 1\n"))
            .collect::<String>()
    ));
    let deploy =
        "[deploy.d]\nwith = \"p\"\nof = \"build.x\"\nto = \"fleet.f\"\n[fleet.f]\nhosts = []\n";
    let many = |text: &str| format!("[{}]", text.repeat(MANY));
    for key in [
        format!("waves = {}", many("\"1\", ")),
        format!("order = {}", many("\"a\", ")),
        format!("needs = {}", many("\"task.x\", ")),
        format!("setting = {}", many("\"${secret.x}\", ")),
    ] {
        harmless(&lines(&|index| match index {
            0 => deploy.replacen('\n', &format!("\n{key}\n"), 1),
            _ => String::new(),
        }));
    }
    harmless(&lines(&|_| "= 1\n".to_owned()));
    harmless(&lines(&|_| "a = 1\n".to_owned()));
}

#[test]
fn twenty_thousand_tasks_are_read() {
    let mut text = "version = 1\nname = \"x\"\n".to_owned();
    for index in 0..20_000 {
        text.push_str(&format!(
            "[task.t{index}]\ncommand = [\"true\"]\noutputs = [\"dist/{index}\"]\nneeds = [\"task.t{}\"]\n",
            (index + 1) % 20_000
        ));
    }
    let parsed = harmless(&text);
    assert_eq!(parsed.diagnostics.len(), 1, "one circle");
    assert_eq!(parsed.diagnostics[0].places.len(), 50);
}

#[test]
fn nesting_does_not_overflow_the_stack() {
    let head = "version = 1\nname = \"x\"\n";
    for text in [
        "[".repeat(20_000),
        format!("a = {}", "[".repeat(20_000)),
        format!("a = {}{}", "[".repeat(20_000), "]".repeat(20_000)),
        format!("a = {}", "{a=".repeat(20_000)),
        format!("a = {}1{}", "{a.b.c=".repeat(20_000), "}".repeat(20_000)),
        format!("{}a = 1", "a.".repeat(20_000)),
        format!("[{}a]", "a.".repeat(20_000)),
    ] {
        let parsed = harmless(&format!("{head}{text}"));
        assert!(parsed.pipeline.is_none());
        assert!(parsed.diagnostics.len() < 5, "{:#?}", parsed.diagnostics);
    }
    // The deepest that the TOML parser lets through, in every way at once.
    let deep = "a.".repeat(14);
    let inline = format!("{{{deep}a = ").repeat(78);
    let close = "}".repeat(78);
    for at in ["", "[target.t]\nplatform = \"p\"\n"] {
        harmless(&format!("{head}{at}{deep}a = {inline}1{close}\n"));
        harmless(&format!("{head}[{deep}b]\n{deep}a = {inline}1{close}\n"));
        harmless(&format!(
            "{head}[target.{deep}b]\n{deep}a = {inline}1{close}\na = 1\n[[target.t]]\n"
        ));
    }
}

/// Texts that are nearly pipelines.
fn nearly() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "version = 1\n",
            "name = \"x\"\n",
            "[task.a]\n",
            "[build.b]\n",
            "[target.t]\n",
            "[toolchain.go]\n",
            "[plugins]\n",
            "command = [\"true\"]\n",
            "targets = [\"t\"]\n",
            "needs = [\"build.b@t\", \"task.a\"]\n",
            "outputs = [\"x/${target.name}\", \"x\"]\n",
            "env = { A = \"${env.B}\" }\n",
            "platform = \"musl\"\n",
            "tools = [\"go\"]\n",
            "[[task.a]]\n",
            "[task]\n",
            "task.c.command = [\"a\"]\n",
            "a = { path = \"b\" }\n",
            "timeout = \"1s\"\n",
            "version = \"1.2\"\n",
            "x = [[1], {a.b = 2}]\n",
            "[fleet.f]\n",
            "hosts = [{ address = \"a@b\", target = \"t\" }]\n",
            "[deploy.d]\n",
            "with = \"p\"\nof = \"build.b\"\nto = \"fleet.f\"\n",
            "waves = [\"1\", \"50%\", \"100%\"]\n",
            "health = { tcp = \"a:1\", command = [\"${host.x}\"] }\n",
            "[secret.s]\nfile = \"a\"\n",
            "y = \"é${secret.s}${image.d}${\"\n",
            "\"\"\"",
            "'''",
        ])
        .prop_map(str::to_owned),
        "[ -~\n]{0,12}",
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![nearly(), ".{0,200}"]) {
        let parsed = parsed(&text);
        prop_assert!(parsed.pipeline.is_some() || !parsed.diagnostics.is_empty());
        for place in parsed.diagnostics.iter().flat_map(|d| &d.places) {
            prop_assert!(text.get(place.span.clone()).is_some(), "{place:?}");
        }
    }

    #[test]
    fn a_requirement_is_read_or_refused(text in ".{0,30}") {
        if let Ok(requirement) = orch_pipeline::requirement(&text) {
            let canonical = requirement.to_string();
            prop_assert_eq!(orch_pipeline::requirement(&canonical), Ok(requirement));
        }
    }
}

#[test]
fn an_entry_of_a_matrix_is_a_toolchain_with_what_its_table_says() {
    let text = "version = 1\nname = \"x\"\n\n[toolchain.go]\nwith = \"golang\"\nsource = \"official\"\n\n\
                [target.t]\nplatform = \"musl\"\n\n\
                [build.a]\ntoolchains = [\"go@1.21\", \"rust@1.80.0\"]\ntargets = [\"t\"]\n\n\
                [build.b]\ntoolchains = [\"go@1.21\"]\ntargets = [\"t\"]\n";
    let toolchains = |text: &str| -> Vec<String> {
        let pipeline = parsed(text).pipeline.expect("it is fine");
        let tables = pipeline.toolchains.iter();
        tables
            .map(|table| {
                let (name, with) = (&table.name.value, &table.with.value);
                format!(
                    "{name}: {with} {} {}",
                    table.version.value,
                    table.settings.json()
                )
            })
            .collect()
    };
    let entries = [
        "go@1.21: golang ~1.21 {\"source\":\"official\"}",
        "rust@1.80.0: rust =1.80.0 {}",
    ];
    assert_eq!(toolchains(text), entries);
    // A table that something uses by its own name is a toolchain too.
    let used = format!("{text}\n[task.t]\ncommand = [\"go\"]\ntools = [\"go\"]\n");
    assert_eq!(
        toolchains(&used)[0],
        "go: golang * {\"source\":\"official\"}"
    );
    assert_eq!(toolchains(&used)[1..], entries);
}
