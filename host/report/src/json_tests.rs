//! The golden of a stream, and the promise that docs/events.md describes exactly what is
//! written: every event, every field, every example.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use expect_test::expect;
use orch_engine::{Forecast, Outcome};
use orch_model::{Digest, MemoryUse, NodeId, RelativePath, Root, SandboxPath};
use serde_json::Value;

use super::*;
use crate::result::ResultOrigin;
use crate::story::{self, StandingClock};

const GUIDE: &str = include_str!("../../../docs/events.md");

/// A stream whose bytes can be looked at.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// A stream with every event, as a run of the example might write it.
fn showcase() -> Vec<String> {
    let clock = StandingClock::default();
    let kept = Kept::default();
    clock.set(1_790_000_000_000);
    let json = Json::new(kept.clone(), clock.clock());

    let source = SourceText {
        name: "pipeline.toml".into(),
        text: "[build.agent]\ntargets = [\"pi6\"]\n".into(),
    };
    let diagnostic = Diagnostic::error(
        "build `agent` wants target `pi6`, which no plugin offers",
        25..30,
    )
    .also(7..12, "in this build")
    .hint("did you mean `pi5`? `orch target list` shows all");
    json.diagnostics(&source, &[diagnostic]);
    let fault = Fault::fetch("could not fetch `go1.22.10.linux-amd64.tar.gz`: connection refused")
        .hint("check the network, or use `--offline` with what lies here");
    json.fault(&fault);
    json.warning("actions run without a sandbox", None);

    let toolchain = NodeId::toolchain("go");
    let build = NodeId::build("agent", "pi5", None);
    let (compile, verify) = (build.step("compile"), build.step("verify"));
    let test = NodeId::task("test", None);
    json.plan(&story::plan());
    json.forecast(&[
        foreseen(&toolchain, Forecast::UpToDate),
        foreseen(&compile, Forecast::WouldRun),
        foreseen(&verify, Forecast::DependsOn(compile.clone())),
    ]);
    json.explanation("task.test", "task.test\n  runs `go test ./...`\n");
    json.list(
        "targets",
        &[serde_json::json!({"platform": "pi5", "plugin": "pi", "summary": "Raspberry Pi 5"})],
    );
    json.observe(Event::RunStarted { nodes: 5 });
    json.observe(Event::PluginLogged(&story::log()));
    json.observe(Event::NodeStarted { node: &toolchain });
    clock.set(1_790_000_001_000);
    json.observe(Event::NodeProgressed {
        node: &toolchain,
        stage: Stage::Download,
        done: 36_000_000,
        total: Some(72_000_000),
    });
    json.observe(Event::HostProgressed {
        node: &NodeId::deploy("edge"),
        host: "pi-1",
        doing: "staging",
    });
    clock.set(1_790_000_012_000);
    let mut compiled = story::succeeded(4_612_345);
    if let Outcome::Succeeded { result, .. } = &mut compiled {
        result.stderr = "note: \u{1b}[1mbold\u{1b}[0m \u{9b}2J\n".into();
    }
    story::finish(&json, &compile, &compiled, 10_432);
    let mut judged = story::cached();
    if let Outcome::Succeeded { result, .. } = &mut judged {
        result.findings = serde_json::json!({"agent": {"summary": "ELF 64-bit aarch64, statically linked", "problems": []}});
    }
    story::finish(&json, &verify, &judged, 0);
    let failed = Outcome::Failed {
        reason: "exited with code 1".into(),
        hint: Some("`orch explain task.test` shows what it ran".into()),
        sample: Some(orch_model::Sample {
            exit_code: 1,
            stdout: b"--- FAIL: TestAverage\n".to_vec(),
            ..Default::default()
        }),
        fault: None,
        findings: serde_json::Value::Null,
    };
    story::finish(&json, &test, &failed, 840);
    let other = NodeId::build("agent", "wasm", None).step("compile");
    let skipped = Outcome::Skipped {
        reason: "`task.test` failed".into(),
    };
    story::finish(&json, &other, &skipped, 0);
    let waits = Outcome::Waits {
        reason: "1 of 3 machines run it; `orch promote edge` goes on".into(),
        findings: serde_json::Value::Null,
    };
    story::finish(&json, &NodeId::deploy("edge"), &waits, 5_300);
    story::finish(&json, &NodeId::task("lint", None), &Outcome::Cancelled, 300);
    json.observe(Event::RunFinished {
        took: Duration::from_millis(12_000),
    });
    json.results(&[ResultRow {
        build: "agent".into(),
        target: "pi5".into(),
        toolchain: None,
        artifact: "out/agent/pi5/agent".into(),
        bytes: 4_612_345,
        digest: Digest::of("agent"),
        kind: "ELF 64-bit aarch64, statically linked".into(),
        memories: vec![MemoryUse {
            memory: "flash".into(),
            bytes: 1 << 20,
            used: 7388,
            largest: vec![("_printf_i".into(), 680)],
        }],
        took: Duration::from_millis(10_432),
        origin: ResultOrigin::Partly,
        smoke: "ok".into(),
    }]);
    json.summary(&Summary {
        done: 1,
        cached: 1,
        restored: 0,
        failed: 1,
        skipped: 1,
        waiting: 1,
        cancelled: 1,
        took: Duration::from_millis(12_345),
    });
    json.service_logged(&NodeId::deploy("edge"), "pi-1", "listening at :8080");
    json.watching(&Watching {
        inputs: 12,
        folders: 3,
        besides: vec!["pipeline.toml".into(), "orch.lock".into()],
        every: None,
    });
    json.changed(&BTreeMap::from([
        ("cmd/agent/main.go".into(), Change::Modified),
        ("cmd/agent/new.go".into(), Change::Added),
    ]));
    json.close(1).unwrap();
    kept.lines()
}

fn foreseen(node: &NodeId, forecast: Forecast) -> Foreseen {
    Foreseen {
        id: node.clone(),
        forecast,
        ledger: None,
    }
}

#[test]
fn a_stream() {
    let text = showcase().join("\n");
    assert!(
        !text.chars().any(|c| c != '\n' && is_dangerous(c)),
        "{text}"
    );
    expect![[r#"
        {"event":"stream-opened","format":"orch-events","version":1,"program":"orch 0.1.0","time_ms":1790000000000}
        {"event":"diagnostic","severity":"error","message":"build `agent` wants target `pi6`, which no plugin offers","file":"pipeline.toml","places":[{"line":2,"column":12,"end_line":2,"end_column":17,"label":""},{"line":1,"column":8,"end_line":1,"end_column":13,"label":"in this build"}],"hint":"did you mean `pi5`? `orch target list` shows all","time_ms":1790000000000}
        {"event":"fault","kind":"fetch","message":"could not fetch `go1.22.10.linux-amd64.tar.gz`: connection refused","hint":"check the network, or use `--offline` with what lies here","time_ms":1790000000000}
        {"event":"warning","message":"actions run without a sandbox","hint":null,"time_ms":1790000000000}
        {"event":"plan","pipeline":"sensor-agent","host":"x86_64-unknown-linux-gnu","toolchains":[{"node":"toolchain.go","release":"1.22.10","archives":[{"urls":["https://go.dev/dl/go1.22.10.linux-amd64.tar.gz"],"digest":"sha256:4cd0e21a9a0795a14ec9aa5f0e7d1abff0492565770e43eafdf1e3e8afed1f33","bytes":68988925}],"by":{"plugin":"go","version":"0.1.0"}}],"targets":[{"target":"pi5","platform":"pi5","triple":"aarch64-unknown-linux-gnu","cpu":"cortex-a76","features":["lse"],"static_link":false,"page_bytes":[4096,16384],"environment":["GOARM64=v8.2"],"emulator":["qemu-aarch64-static"],"by":{"plugin":"pi","version":"0.1.0"}}],"builds":[{"node":"build.agent@pi5","toolchain":"toolchain.go","needs":["task.test"],"advice":[{"policy":"go-release","kind":"build-flag","tweak":"go.ldflags -s","reason":"the symbol table is a third of the file","reference":null,"overridden_by":{"policy":"go-debug","tweak":"go.ldflags -s=false"}},{"policy":"go-debug","kind":"build-flag","tweak":"go.ldflags -s=false","reason":"functions are found by it","reference":null,"overridden_by":null}],"actions":[{"name":"compile","command":["{tool/go/bin/go}","build","./cmd/agent"],"network":false}],"artifacts":["agent"],"smoke":{"command":null,"reason":"the pipeline asks for none"},"by":{"plugin":"go","version":"0.1.0"}}],"tasks":[{"node":"task.test","needs":[],"action":{"name":"run","command":["{tool/go/bin/go}","test","./..."],"network":false}}],"benches":[{"node":"bench.size@pi5","probe":"size","build":"build.agent@pi5","needs":[],"actions":[],"measurements":[{"name":"size","commands":[],"cold":false,"warmups":0,"samples":1}],"files":[],"on":null,"cpus":null,"limits":{"memory_bytes":268435456,"cpus":0.5},"baseline":"v1.2","gates":[{"metric":"file","worse_than":0.02,"confidence":0.99}],"function_only":false,"by":{"plugin":"size","version":"0.1.0"}}],"deploys":[{"node":"deploy.edge","of":"agent","fleet":"edge","waves":["1","100%"],"releases":[{"target":"pi5","build":"build.agent@pi5","image":null,"home":"/opt/agent","steps":["send agent to agent","run systemctl restart agent"],"checks":["127.0.0.1:8080 takes connections"]}],"secrets":["token"],"needs":["task.test"],"by":{"plugin":"systemd","version":"0.1.0"}}],"left_out":[{"node":"build.agent@wasm+go@1.20","reason":"plugin `go`: Go 1.20.14 does not build for wasip1/wasm"}],"warnings":[],"time_ms":1790000000000}
        {"event":"forecast","nodes":[{"node":"toolchain.go","would":"stay","behind":null},{"node":"build.agent@pi5/compile","would":"run","behind":null},{"node":"build.agent@pi5/verify","would":"follow","behind":"build.agent@pi5/compile"}],"time_ms":1790000000000}
        {"event":"explanation","node":"task.test","text":"task.test\n  runs `go test ./...`\n","time_ms":1790000000000}
        {"event":"list","of":"targets","rows":[{"platform":"pi5","plugin":"pi","summary":"Raspberry Pi 5"}],"time_ms":1790000000000}
        {"event":"run-started","nodes":5,"time_ms":1790000000000}
        {"event":"plugin-logged","plugin":"go","level":"warning","message":"release 1.22.10 is no longer supported","time_ms":1790000000000}
        {"event":"node-started","node":"toolchain.go","unit":"toolchain.go","target":null,"time_ms":1790000000000}
        {"event":"node-progressed","node":"toolchain.go","unit":"toolchain.go","target":null,"stage":"download","done_bytes":36000000,"total_bytes":72000000,"time_ms":1790000001000}
        {"event":"host-progressed","node":"deploy.edge","unit":"deploy.edge","target":null,"host":"pi-1","doing":"staging","time_ms":1790000001000}
        {"event":"node-finished","node":"build.agent@pi5/compile","unit":"build.agent@pi5","target":"pi5","took_ms":10432,"status":"succeeded","origin":"done","outputs":[{"path":"output/agent","digest":"sha256:d4f0bc5a29de06b510f9aa428f1eedba926012b591fef7a518e776a7c9bd1824","bytes":4612345,"executable":true}],"findings":null,"notes":[],"stdout":"","stderr":"note: \u001b[1mbold\u001b[0m \u009b2J\n","time_ms":1790000012000}
        {"event":"node-finished","node":"build.agent@pi5/verify","unit":"build.agent@pi5","target":"pi5","took_ms":0,"status":"succeeded","origin":"cached","outputs":[],"findings":{"agent":{"summary":"ELF 64-bit aarch64, statically linked","problems":[]}},"notes":[],"stdout":"","stderr":"","time_ms":1790000012000}
        {"event":"node-finished","node":"task.test","unit":"task.test","target":null,"took_ms":840,"status":"failed","reason":"exited with code 1","hint":"`orch explain task.test` shows what it ran","fault":null,"exit_code":1,"findings":null,"stdout":"--- FAIL: TestAverage\n","stderr":"","time_ms":1790000012000}
        {"event":"node-finished","node":"build.agent@wasm/compile","unit":"build.agent@wasm","target":"wasm","took_ms":0,"status":"skipped","reason":"`task.test` failed","time_ms":1790000012000}
        {"event":"node-finished","node":"deploy.edge","unit":"deploy.edge","target":null,"took_ms":5300,"status":"waits","reason":"1 of 3 machines run it; `orch promote edge` goes on","findings":null,"time_ms":1790000012000}
        {"event":"node-finished","node":"task.lint","unit":"task.lint","target":null,"took_ms":300,"status":"cancelled","time_ms":1790000012000}
        {"event":"run-finished","took_ms":12000,"time_ms":1790000012000}
        {"event":"results","rows":[{"build":"agent","target":"pi5","toolchain":null,"artifact":"out/agent/pi5/agent","bytes":4612345,"digest":"sha256:d4f0bc5a29de06b510f9aa428f1eedba926012b591fef7a518e776a7c9bd1824","kind":"ELF 64-bit aarch64, statically linked","memories":[{"memory":"flash","bytes":1048576,"used":7388,"largest":[["_printf_i",680]]}],"took_ms":10432,"origin":"partly","smoke":"ok"}],"time_ms":1790000012000}
        {"event":"summary","took_ms":12345,"done":1,"cached":1,"restored":0,"failed":1,"skipped":1,"waiting":1,"cancelled":1,"time_ms":1790000012000}
        {"event":"service-logged","node":"deploy.edge","unit":"deploy.edge","target":null,"host":"pi-1","line":"listening at :8080","time_ms":1790000012000}
        {"event":"watching","inputs":12,"folders":3,"besides":["pipeline.toml","orch.lock"],"every_ms":null,"time_ms":1790000012000}
        {"event":"changed","count":2,"files":[{"path":"cmd/agent/main.go","change":"modified"},{"path":"cmd/agent/new.go","change":"added"}],"time_ms":1790000012000}
        {"event":"stream-closed","exit_code":1,"time_ms":1790000012000}"#]].assert_eq(&text);
}

/// The name of an event; a new one cannot be forgotten here.
fn kind(event: &WireEvent<'_>) -> &'static str {
    match event {
        WireEvent::StreamOpened { .. } => "stream-opened",
        WireEvent::Diagnostic(_) => "diagnostic",
        WireEvent::Fault { .. } => "fault",
        WireEvent::Warning { .. } => "warning",
        WireEvent::PluginLogged { .. } => "plugin-logged",
        WireEvent::Plan(_) => "plan",
        WireEvent::Forecast { .. } => "forecast",
        WireEvent::Explanation { .. } => "explanation",
        WireEvent::List { .. } => "list",
        WireEvent::Summary { .. } => "summary",
        WireEvent::RunStarted { .. } => "run-started",
        WireEvent::NodeStarted { .. } => "node-started",
        WireEvent::NodeProgressed { .. } => "node-progressed",
        WireEvent::HostProgressed { .. } => "host-progressed",
        WireEvent::NodeFinished { .. } => "node-finished",
        WireEvent::RunFinished { .. } => "run-finished",
        WireEvent::Results { .. } => "results",
        WireEvent::ServiceLogged { .. } => "service-logged",
        WireEvent::Watching(_) => "watching",
        WireEvent::Changed(_) => "changed",
        WireEvent::StreamClosed { .. } => "stream-closed",
    }
}

/// How many names [`kind`] has.
const KINDS: usize = 21;

#[test]
fn the_name_of_an_event_is_its_tag() {
    let event = WireEvent::StreamClosed { exit_code: 0 };
    let value = serde_json::to_value(&event).unwrap();
    assert_eq!(value["event"], kind(&event));
}

/// A section of the guide: the fields in its table, and its examples.
#[derive(Default)]
struct Section {
    fields: BTreeSet<String>,
    examples: Vec<String>,
}

fn sections() -> BTreeMap<String, Section> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut current = None;
    for line in GUIDE.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            let name = heading.trim_matches('`').to_owned();
            sections.entry(name.clone()).or_default();
            current = Some(name);
        } else if line.starts_with("## ") {
            current = None;
        }
        let Some(section) = current.as_ref().and_then(|name| sections.get_mut(name)) else {
            continue;
        };
        if let Some(row) = line.strip_prefix("| `") {
            let field = row.split('`').next().unwrap().to_owned();
            section.fields.insert(field);
        } else if line.starts_with('{') {
            section.examples.push(line.to_owned());
        }
    }
    sections
}

/// The names of all fields of a value, those of lists as `places[].line`.
fn fields_of(value: &Value, prefix: &str, to: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{prefix}{name}");
                to.insert(path.clone());
                // What a judge found has a shape of its own.
                if name != "findings" {
                    fields_of(value, &format!("{path}."), to);
                }
            }
        }
        Value::Array(values) => {
            let prefix = format!("{}[].", prefix.trim_end_matches('.'));
            for value in values {
                fields_of(value, &prefix, to);
            }
        }
        _ => {}
    }
}

#[test]
fn the_guide_describes_every_event_and_no_other() {
    let mut written: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in showcase() {
        let value: Value = serde_json::from_str(&line).unwrap();
        let name = value["event"].as_str().unwrap().to_owned();
        written.entry(name).or_default().push(line);
    }
    assert_eq!(written.len(), KINDS, "the showcase has every event");

    let sections = sections();
    let described: Vec<&String> = sections.keys().collect();
    let known: Vec<&String> = written.keys().collect();
    assert_eq!(described, known);
    for (name, section) in &sections {
        assert_eq!(section.examples, written[name], "examples of `{name}`");
        let mut fields = BTreeSet::new();
        for example in &section.examples {
            fields_of(&serde_json::from_str(example).unwrap(), "", &mut fields);
        }
        if name == "list" {
            // Each list has rows of its own; the guide has a table of them.
            fields.retain(|field| !field.starts_with("rows[]."));
        }
        // These two are in every event and described once.
        fields.remove("event");
        fields.remove("time_ms");
        assert_eq!(section.fields, fields, "fields of `{name}`");
    }
}

#[test]
fn progress_is_not_written_too_often() {
    let clock = StandingClock::default();
    let kept = Kept::default();
    let json = Json::new(kept.clone(), clock.clock());
    for milliseconds in 0..=1000 {
        clock.set(milliseconds);
        story::progress(&json, Stage::Download, milliseconds, Some(1000));
    }
    story::progress(&json, Stage::Unpack, 0, None);
    let done: Vec<Value> = kept.lines()[1..]
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["done_bytes"].clone())
        .collect();
    assert_eq!(Value::from(done).to_string(), "[0,200,400,600,800,1000,0]");
}

#[test]
fn a_stream_that_breaks_is_reported_once_at_the_end() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("no space left"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let json = Json::new(Full, StandingClock::default().clock());
    json.fault(&Fault::interrupted());
    let fault = json.close(0).unwrap_err();
    assert_eq!(fault.message, "could not write events: no space left");
}

#[test]
fn paths_of_outputs_are_written_with_their_root() {
    let path = SandboxPath {
        root: Root::Output,
        relative: RelativePath::new("agent").unwrap(),
    };
    expect!["output/agent"].assert_eq(&path.to_string());
}
