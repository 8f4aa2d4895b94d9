//! A run as its events, for the tests of every observer: a download, builds that succeed,
//! are cached, fail and are skipped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use orch_engine::port::{ActionResult, Event, Observer, OutputFile, Stage};
use orch_engine::{
    LeftOut, Origin, Outcome, Plan, PlannedBench, PlannedBuild, PlannedDeploy, PlannedFleet,
    PlannedRelease, PlannedTarget, PlannedTask, PlannedToolchain, Proposer, SmokeRun,
};
use orch_model::{
    Action, Advice, Archive, ArchiveFormat, Artifact, BenchLimits, Check, Commit, Digest, Gate,
    Health, Inventory, Log, LogLevel, Machine, Measurement, NodeId, OnFailure, Part, Proposal,
    RelativePath, Release, Requirement, Rollout, Root, Sample, SandboxPath, SecretSource, Share,
    Step, Target, TargetRunner, Toolchain, Tweak, Upload, Wave, Word, Work,
};

use crate::clock::Clock;

/// A clock that stands still until it is set.
#[derive(Clone, Default)]
pub(crate) struct StandingClock(Arc<AtomicU64>);

impl StandingClock {
    pub fn set(&self, milliseconds: u64) {
        self.0.store(milliseconds, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let time = Arc::clone(&self.0);
        Arc::new(move || Duration::from_millis(time.load(Ordering::SeqCst)))
    }
}

pub(crate) fn toolchain() -> NodeId {
    NodeId::toolchain("go")
}

pub(crate) fn compile() -> NodeId {
    NodeId::build("agent", "pi5", None).step("compile")
}

pub(crate) fn log() -> Log {
    Log {
        plugin: "go".parse().expect("a good name"),
        level: LogLevel::Warning,
        message: "release 1.22.10 is no longer supported".into(),
    }
}

pub(crate) fn succeeded(bytes: u64) -> Outcome {
    Outcome::Succeeded {
        result: ActionResult {
            outputs: vec![OutputFile {
                path: SandboxPath {
                    root: Root::Output,
                    relative: RelativePath::new("agent").expect("a good path"),
                },
                digest: Digest::of("agent"),
                bytes,
                executable: true,
            }],
            wall_ms: 2100,
            ..ActionResult::default()
        },
        origin: Origin::Done,
    }
}

pub(crate) fn cached() -> Outcome {
    Outcome::Succeeded {
        result: ActionResult::default(),
        origin: Origin::Cached,
    }
}

pub(crate) fn failed() -> Outcome {
    let stdout: String = (1..=60).map(|line| format!("ok {line}\n")).collect();
    Outcome::Failed {
        reason: "exited with code 2".into(),
        hint: Some("`orch explain task.test` shows what it ran".into()),
        sample: Some(Sample {
            exit_code: 2,
            stdout: stdout.into_bytes(),
            stderr: b"\n./main.go:3:1: \x1b[31msyntax error\x1b[0m\r\n\x1b[2Jexit \xff\n\n"
                .to_vec(),
            ..Sample::default()
        }),
        findings: Default::default(),
        fault: None,
    }
}

pub(crate) fn skipped() -> Outcome {
    Outcome::Skipped {
        reason: "`task.test` failed".into(),
    }
}

pub(crate) fn finish(observer: &dyn Observer, node: &NodeId, outcome: &Outcome, milliseconds: u64) {
    observer.observe(Event::NodeFinished {
        node,
        outcome,
        took: Duration::from_millis(milliseconds),
    });
}

pub(crate) fn progress(observer: &dyn Observer, stage: Stage, done: u64, total: Option<u64>) {
    observer.observe(Event::NodeProgressed {
        node: &toolchain(),
        stage,
        done,
        total,
    });
}

/// The run up to where the toolchain is half downloaded and a compile runs.
pub(crate) fn begin(observer: &dyn Observer, clock: &StandingClock) {
    clock.set(1000);
    observer.observe(Event::RunStarted { nodes: 6 });
    observer.observe(Event::PluginLogged(&log()));
    observer.observe(Event::NodeStarted { node: &toolchain() });
    progress(observer, Stage::Download, 0, Some(72_000_000));
    clock.set(2000);
    observer.observe(Event::NodeStarted { node: &compile() });
    clock.set(4000);
    progress(observer, Stage::Download, 36_000_000, Some(72_000_000));
}

/// The rest of it.
pub(crate) fn end(observer: &dyn Observer, clock: &StandingClock) {
    clock.set(7000);
    progress(observer, Stage::Download, 72_000_000, Some(72_000_000));
    progress(observer, Stage::Unpack, 0, None);
    clock.set(9000);
    progress(observer, Stage::Unpack, 207_000_000, None);
    finish(observer, &toolchain(), &succeeded(207_000_000), 8000);
    finish(observer, &compile(), &succeeded(4_812_345), 2100);
    let unit = NodeId::build("agent", "pi5", None);
    finish(observer, &unit.step("verify"), &cached(), 0);
    finish(observer, &NodeId::task("test", None), &failed(), 1200);
    let other = NodeId::build("agent", "graviton3-with-a-rather-long-name", None);
    finish(observer, &other.step("compile"), &skipped(), 0);
    finish(observer, &other.step("verify"), &Outcome::Cancelled, 0);
    observer.observe(Event::RunFinished {
        took: Duration::from_millis(9100),
    });
}

fn deploy() -> PlannedDeploy {
    PlannedDeploy {
        node: NodeId::deploy("edge"),
        by: Proposer {
            plugin: "systemd".parse().unwrap(),
            version: "0.1.0".into(),
        },
        of: "agent".into(),
        fleet: Some(PlannedFleet {
            name: "edge".into(),
            inventory: Inventory::Hosts(Vec::new()),
            labels: Vec::new(),
        }),
        some_targets: false,
        releases: vec![PlannedRelease {
            target: "pi5".into(),
            build: NodeId::build("agent", "pi5", None),
            machine: Target::default(),
            artifacts: Vec::new(),
            proposal: Proposal::Release(Release {
                home: "/opt/agent".into(),
                stage: vec![Step::Upload(Upload {
                    artifact: "agent".into(),
                    to: "agent".into(),
                    mode: 0o755,
                })],
                activate: vec![Step::Run(vec![
                    "systemctl".into(),
                    "restart".into(),
                    "agent".into(),
                ])],
                checks: vec![Check::Tcp("127.0.0.1:8080".into())],
                ..Release::default()
            }),
        }],
        rollout: Rollout {
            order: Vec::new(),
            waves: vec![
                Wave::Share(Share::Count(1)),
                Wave::Share(Share::Fraction(1.0)),
            ],
            health: Health {
                checks: Vec::new(),
                within_ms: 30_000,
                soak_ms: 0,
            },
            max_failed: Share::Count(0),
            approval: false,
            on_failure: OnFailure::RollBack,
            commit: Commit::Each,
            keep: 3,
            at_once: 32,
        },
        secrets: [("token".to_owned(), SecretSource::File("token".into()))].into(),
        needs: vec![NodeId::task("test", None)],
    }
}

/// A plan with one of each.
pub(crate) fn plan() -> Plan {
    let by = |plugin: &str| Proposer {
        plugin: plugin.parse().expect("a good name"),
        version: "0.1.0".into(),
    };
    let action = |name: &str, arguments: &[&str]| Action {
        name: name.into(),
        program: Word(vec![Part::Path(SandboxPath {
            root: Root::Tool("go".into()),
            relative: RelativePath::new("bin/go").expect("a good name"),
        })]),
        arguments: arguments.iter().map(|word| Word::text(*word)).collect(),
        environment: vec![],
        directory: SandboxPath {
            root: Root::Source,
            relative: RelativePath::root(),
        },
        inputs: vec![],
        outputs: vec![],
        files: vec![],
        caches: vec![],
        cache_owner: String::new(),
        network: false,
        after: vec![],
        tools: vec!["go".into()],
        runner: Default::default(),
        timeout_ms: None,
        cacheable: true,
    };
    Plan {
        version: Plan::VERSION,
        name: "sensor-agent".into(),
        host: Machine {
            triple: "x86_64-unknown-linux-gnu".into(),
            ..Machine::default()
        },
        toolchains: vec![PlannedToolchain {
            name: "go".into(),
            by: by("go"),
            toolchain: Toolchain {
                version: "1.22.10".into(),
                archives: vec![Archive {
                    urls: vec!["https://go.dev/dl/go1.22.10.linux-amd64.tar.gz".into()],
                    digest: Digest::of("go"),
                    bytes: Some(68_988_925),
                    format: ArchiveFormat::TarGz,
                    strip_components: 1,
                    into: RelativePath::root(),
                    exclude: Vec::new(),
                }],
                tools: vec![],
                environment: vec![],
                sysroot: None,
                files: Vec::new(),
                programs: Vec::new(),
            },
            made: None,
        }],
        targets: vec![PlannedTarget {
            name: "pi5".into(),
            platform: "pi5".into(),
            by: by("pi"),
            target: Target {
                machine: Machine {
                    triple: "aarch64-unknown-linux-gnu".into(),
                    cpu: Some("cortex-a76".into()),
                    features: vec!["lse".into()],
                    ..Machine::default()
                },
                environment: vec![("GOARM64".into(), "v8.2".into())],
                runner: TargetRunner::Emulator(vec!["qemu-aarch64-static".into()]),
                requirements: vec![Requirement::PageBytes(vec![4096, 16_384])],
                ..Target::default()
            },
        }],
        builds: vec![PlannedBuild {
            name: "agent".into(),
            target: "pi5".into(),
            by: by("go"),
            toolchain: "go".into(),
            in_matrix: false,
            advice: vec![
                linker_flag(
                    "go-release",
                    "-s",
                    "the symbol table is a third of the file",
                ),
                linker_flag("go-debug", "-s=false", "functions are found by it"),
            ],
            actions: vec![action("compile", &["build", "./cmd/agent"])],
            artifacts: vec![Artifact {
                name: RelativePath::new("agent").expect("a good name"),
                path: SandboxPath {
                    root: Root::Output,
                    relative: RelativePath::new("agent").expect("a good name"),
                },
                executable: true,
            }],
            smoke: SmokeRun::Not("the pipeline asks for none".into()),
            needs: vec![NodeId::task("test", None)],
        }],
        tasks: vec![PlannedTask {
            node: NodeId::task("test", None),
            action: action("run", &["test", "./..."]),
            needs: vec![],
        }],
        deploys: vec![deploy()],
        benches: vec![PlannedBench {
            node: NodeId::bench("size", "pi5", None),
            by: by("size"),
            plugin_digest: Digest::of("size"),
            probe: "size".into(),
            settings: "{}".into(),
            build: NodeId::build("agent", "pi5", None),
            target: "pi5".into(),
            toolchain: "go 1.22.10".into(),
            tuning: None,
            actions: vec![],
            measurements: vec![Measurement {
                name: "size".into(),
                service: None,
                work: Work::Inspect,
                cold: false,
                warmups: 0,
                samples: 1,
            }],
            files: Vec::new(),
            on: None,
            cpus: None,
            limits: Some(BenchLimits {
                memory_bytes: Some(256 << 20),
                milli_cpus: Some(500),
            }),
            baseline: Some("v1.2".into()),
            gates: vec![Gate {
                metric: "file".into(),
                worse_than: 0.02,
                confidence: 0.99,
            }],
            function_only: false,
            needs: vec![],
        }],
        facts: vec![],
        programs: vec![],
        left_out: vec![LeftOut {
            node: NodeId::build("agent", "wasm", Some("go@1.20")),
            reason: "plugin `go`: Go 1.20.14 does not build for wasip1/wasm".into(),
        }],
        warnings: vec![],
    }
}

fn linker_flag(policy: &str, flag: &str, reason: &str) -> Advice {
    Advice {
        policy: policy.into(),
        tweak: Tweak::BuildFlag {
            slot: "go.ldflags".into(),
            value: flag.into(),
        },
        reason: reason.into(),
        reference: None,
    }
}
