//! Whole runs of the engine with the world behind its ports made of plain values.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use orch_engine::port::{
    ActionCache, ActionResult, Claim, Event, Execution, Executor, Failure, InstalledTree, Job,
    Judge, Judgement, Observer, OutputFile, Progress, Publication, Publisher, SourceFile, Sources,
    Toolchains,
};
use orch_engine::{
    ActionGraph, Cancel, Forecast, Ledger, NodeRecord, Origin, Outcome, Plan, PlannedBuild,
    PlannedTarget, PlannedTask, Proposer, Run, RunOptions, SmokeRun, World, forecast, run,
};
use orch_model::{
    Action, Artifact, Digest, Fault, Machine, NodeId, RelativePath, Root, Runner, Sample,
    SandboxPath, Target, Toolchain, Word,
};

/// A world of values: what is in it can be changed between runs, and it counts.
struct Bench {
    host: Machine,
    sources: Mutex<BTreeMap<String, String>>,
    cache: Mutex<BTreeMap<Digest, ActionResult>>,
    ledgers: Mutex<BTreeMap<Digest, Ledger>>,
    executed: Mutex<Vec<String>>,
    running: AtomicUsize,
    most_running: AtomicUsize,
    published: Mutex<BTreeMap<String, Digest>>,
    fails: Vec<&'static str>,
    cancels: Option<&'static str>,
    rotten: bool,
}

impl Bench {
    fn new() -> Self {
        Self {
            host: Machine::of_triple("x86_64-unknown-linux-gnu"),
            sources: Mutex::new(BTreeMap::from([("a.go".into(), "one".into())])),
            cache: Mutex::default(),
            ledgers: Mutex::default(),
            executed: Mutex::default(),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
            published: Mutex::default(),
            fails: Vec::new(),
            cancels: None,
            rotten: false,
        }
    }

    fn world(&self) -> World<'_> {
        World {
            host: &self.host,
            toolchains: self,
            sources: self,
            executor: self,
            cache: self,
            judge: self,
            publisher: self,
        }
    }

    fn run(&self, plan: &Plan, options: RunOptions) -> Run {
        let graph = ActionGraph::of_plan(plan).unwrap();
        run(&graph, self.world(), options, &Silence, &Cancel::new())
    }

    fn executed(&self) -> Vec<String> {
        std::mem::take(&mut self.executed.lock().unwrap())
    }
}

impl Toolchains for Bench {
    fn installed(&self, _: &Toolchain) -> Result<Option<InstalledTree>, Fault> {
        Ok(Some(InstalledTree {
            root: PathBuf::from("/nowhere"),
            tree: Digest::of("tree"),
            bytes: 1,
            files: 1,
        }))
    }

    fn install(&self, _: &Toolchain, _: &dyn Progress, _: &Cancel) -> Result<InstalledTree, Fault> {
        Err(Fault::fetch("everything is installed"))
    }
}

impl Sources for Bench {
    fn files(&self, _: &[String]) -> Result<Vec<SourceFile>, Fault> {
        let sources = self.sources.lock().unwrap();
        Ok(sources
            .iter()
            .map(|(path, text)| SourceFile {
                path: RelativePath::new(path).unwrap(),
                digest: Digest::of(text),
                bytes: text.len() as u64,
                executable: false,
                link: None,
            })
            .collect())
    }
}

impl Executor for Bench {
    fn sandbox(&self) -> &str {
        "none"
    }

    fn emulator(&self, _: &str) -> Result<Option<Digest>, Fault> {
        Ok(None)
    }

    fn execute(&self, job: Job<'_>, cancel: &Cancel) -> Result<Execution, Fault> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_running.fetch_max(running, Ordering::SeqCst);
        self.executed.lock().unwrap().push(job.node.to_string());
        let name = job.node.as_str();
        let execution = if self.cancels == Some(name) {
            cancel.cancel();
            Execution::Cancelled
        } else if self.fails.contains(&name) {
            Execution::Failed(Failure {
                reason: "exited with code 1".into(),
                hint: None,
                sample: Sample::default(),
            })
        } else {
            let outputs = job.action.outputs.iter().map(|path| OutputFile {
                path: path.clone(),
                digest: Digest::of(format!("{name} {:?}", job.inputs)),
                bytes: 1,
                executable: true,
            });
            Execution::Succeeded(ActionResult {
                outputs: outputs.collect(),
                ..ActionResult::default()
            })
        };
        self.running.fetch_sub(1, Ordering::SeqCst);
        Ok(execution)
    }
}

impl ActionCache for Bench {
    fn lookup(&self, key: &Digest) -> Result<Option<ActionResult>, Fault> {
        Ok(self.cache.lock().unwrap().get(key).cloned())
    }

    fn record(&self, key: &Digest, result: &ActionResult, ledger: &Ledger) -> Result<(), Fault> {
        self.cache.lock().unwrap().insert(*key, result.clone());
        self.remember(key, ledger)
    }

    fn remember(&self, key: &Digest, ledger: &Ledger) -> Result<(), Fault> {
        self.ledgers.lock().unwrap().insert(*key, ledger.clone());
        Ok(())
    }

    fn ledger(&self, key: &Digest) -> Result<Option<Ledger>, Fault> {
        Ok(self.ledgers.lock().unwrap().get(key).cloned())
    }

    fn claim(&self, _: &Digest, _: &Cancel) -> Result<Option<Claim>, Fault> {
        Ok(Some(Claim::new(false, ())))
    }
}

impl Judge for Bench {
    fn judge(&self, _: &OutputFile, _: &Target) -> Result<Judgement, Fault> {
        Ok(Judgement {
            summary: "a file".into(),
            problems: self
                .rotten
                .then(|| "is rotten".to_owned())
                .into_iter()
                .collect(),
        })
    }
}

impl Publisher for Bench {
    fn keep(&self, _: &InstalledTree, path: &SandboxPath) -> Result<OutputFile, Fault> {
        Ok(OutputFile {
            path: path.clone(),
            digest: Digest::of(path.to_string()),
            bytes: 1,
            executable: false,
        })
    }

    fn publish(&self, publications: &[Publication], _: &[RelativePath]) -> Result<usize, Fault> {
        let mut published = self.published.lock().unwrap();
        Ok(publications
            .iter()
            .filter(|one| {
                published.insert(one.to.to_string(), one.file.digest) != Some(one.file.digest)
            })
            .count())
    }

    fn is_in_place(&self, publications: &[Publication], _: &[RelativePath]) -> Result<bool, Fault> {
        let published = self.published.lock().unwrap();
        let is_in_place =
            |one: &Publication| published.get(one.to.as_str()) == Some(&one.file.digest);
        Ok(publications.iter().all(is_in_place))
    }
}

struct Silence;

impl Observer for Silence {
    fn observe(&self, _: Event<'_>) {}
}

const CAREFUL: RunOptions = RunOptions {
    jobs: 1,
    keep_going: false,
};

fn path(root: Root, relative: &str) -> SandboxPath {
    SandboxPath {
        root,
        relative: RelativePath::new(relative).unwrap(),
    }
}

fn action(name: &str, outputs: Vec<SandboxPath>) -> Action {
    Action {
        name: name.into(),
        program: Word::text("true"),
        arguments: Vec::new(),
        environment: Vec::new(),
        directory: path(Root::Source, ""),
        inputs: vec!["**".into()],
        outputs,
        caches: Vec::new(),
        cache_owner: "test".into(),
        network: false,
        after: Vec::new(),
        tools: Vec::new(),
        runner: Runner::Native,
        timeout_ms: None,
        cacheable: true,
    }
}

fn task(name: &str, needs: &[&str]) -> PlannedTask {
    PlannedTask {
        node: NodeId::task(name, None),
        action: Action {
            arguments: vec![Word::text(name)],
            ..action("run", Vec::new())
        },
        needs: needs.iter().map(|need| NodeId::task(need, None)).collect(),
    }
}

fn plan(tasks: Vec<PlannedTask>, builds: Vec<PlannedBuild>) -> Plan {
    let by = Proposer {
        plugin: "test".parse().unwrap(),
        version: "1.0.0".into(),
    };
    Plan {
        version: Plan::VERSION,
        name: "test".into(),
        host: Machine::of_triple("x86_64-unknown-linux-gnu"),
        toolchains: Vec::new(),
        targets: vec![PlannedTarget {
            name: "here".into(),
            platform: "here".into(),
            by,
            target: Target::default(),
        }],
        builds,
        tasks,
        facts: Vec::new(),
        programs: Vec::new(),
        left_out: Vec::new(),
        warnings: Vec::new(),
    }
}

fn build() -> PlannedBuild {
    let mut smoke = action("smoke", Vec::new());
    smoke.inputs.clear();
    smoke.after = vec!["compile".into()];
    PlannedBuild {
        name: "agent".into(),
        target: "here".into(),
        by: Proposer {
            plugin: "test".parse().unwrap(),
            version: "1.0.0".into(),
        },
        toolchain: "test".into(),
        in_matrix: false,
        advice: Vec::new(),
        actions: vec![action("compile", vec![path(Root::Output, "agent")])],
        artifacts: vec![Artifact {
            name: RelativePath::new("agent").unwrap(),
            path: path(Root::Artifact("compile".into()), "agent"),
            executable: true,
        }],
        smoke: SmokeRun::Action(Box::new(smoke)),
        needs: Vec::new(),
    }
}

fn outcomes(run: &Run) -> Vec<String> {
    run.nodes
        .iter()
        .map(|node| {
            let outcome = match &node.outcome {
                Outcome::Succeeded {
                    origin: Origin::Done,
                    ..
                } => "done".to_owned(),
                Outcome::Succeeded {
                    origin: Origin::Cached,
                    ..
                } => "cached".to_owned(),
                Outcome::Succeeded {
                    origin: Origin::Restored,
                    ..
                } => "restored".to_owned(),
                Outcome::Failed { reason, .. } => format!("failed: {reason}"),
                Outcome::Skipped { reason } => format!("skipped: {reason}"),
                Outcome::Cancelled => "cancelled".to_owned(),
            };
            format!("{} {outcome}", node.id)
        })
        .collect()
}

#[test]
fn a_second_run_executes_nothing() {
    let bench = Bench::new();
    let plan = plan(vec![task("test", &[])], vec![build()]);
    let first = bench.run(&plan, CAREFUL);
    assert_eq!(
        outcomes(&first),
        [
            "task.test done",
            "build.agent@here/compile done",
            "build.agent@here/verify done",
            "build.agent@here/smoke done",
            "build.agent@here done",
        ]
    );
    assert_eq!(bench.executed().len(), 3);
    assert!(
        bench
            .published
            .lock()
            .unwrap()
            .contains_key("out/agent/here/agent")
    );

    let second = bench.run(&plan, CAREFUL);
    assert_eq!(bench.executed(), Vec::<String>::new());
    assert!(
        outcomes(&second)
            .iter()
            .all(|line| line.ends_with(" cached")),
        "{second:?}"
    );
}

#[test]
fn a_changed_source_runs_what_reads_it_and_the_record_says_why() {
    let bench = Bench::new();
    let plan = plan(Vec::new(), vec![build()]);
    let first = NodeRecord::of_run(&bench.run(&plan, CAREFUL));
    assert_eq!(first.len(), 3);
    let second = NodeRecord::of_run(&bench.run(&plan, CAREFUL));
    assert_eq!(second, [], "a run that did nothing is no news");
    bench.executed();

    bench
        .sources
        .lock()
        .unwrap()
        .insert("a.go".into(), "two".into());
    let graph = ActionGraph::of_plan(&plan).unwrap();
    let foreseen = forecast(&graph, bench.world()).unwrap();
    assert_eq!(foreseen[0].forecast, Forecast::WouldRun);
    assert_eq!(
        foreseen[1].forecast,
        Forecast::DependsOn(graph.nodes()[0].id.clone())
    );

    let third = NodeRecord::of_run(&bench.run(&plan, CAREFUL));
    assert_eq!(
        bench.executed(),
        ["build.agent@here/compile", "build.agent@here/smoke"]
    );
    let ledger = |record: &NodeRecord| bench.ledger(&record.key).unwrap().unwrap();
    assert_eq!(first[0].node, third[0].node);
    let changes: Vec<_> = ledger(&third[0])
        .changes_since(&ledger(&first[0]))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(changes, ["input `a.go` has other content"]);
}

#[test]
fn after_a_failure_nothing_new_is_started() {
    let bench = Bench {
        fails: vec!["task.a"],
        ..Bench::new()
    };
    let plan = plan(
        vec![
            task("a", &[]),
            task("b", &["a"]),
            task("c", &["b"]),
            task("d", &[]),
        ],
        Vec::new(),
    );
    assert_eq!(
        outcomes(&bench.run(&plan, CAREFUL)),
        [
            "task.a failed: exited with code 1",
            "task.b skipped: it needs `task.a`, which failed",
            "task.c skipped: it needs `task.a`, which failed",
            "task.d skipped: `task.a` had failed; `--keep-going` goes on",
        ]
    );
}

#[test]
fn keep_going_runs_what_needs_no_failed_node() {
    let bench = Bench {
        fails: vec!["task.a"],
        ..Bench::new()
    };
    let plan = plan(
        vec![task("a", &[]), task("b", &["a"]), task("d", &[])],
        Vec::new(),
    );
    let options = RunOptions {
        keep_going: true,
        ..CAREFUL
    };
    assert_eq!(
        outcomes(&bench.run(&plan, options)),
        [
            "task.a failed: exited with code 1",
            "task.b skipped: it needs `task.a`, which failed",
            "task.d done",
        ]
    );
}

#[test]
fn failures_are_not_kept() {
    let mut bench = Bench {
        fails: vec!["task.a"],
        ..Bench::new()
    };
    let plan = plan(vec![task("a", &[])], Vec::new());
    bench.run(&plan, CAREFUL);
    bench.fails.clear();
    assert_eq!(outcomes(&bench.run(&plan, CAREFUL)), ["task.a done"]);
}

#[test]
fn an_artifact_that_does_not_fit_is_never_put_in_place() {
    let bench = Bench {
        rotten: true,
        ..Bench::new()
    };
    let run = bench.run(&plan(Vec::new(), vec![build()]), CAREFUL);
    assert_eq!(
        outcomes(&run)[1..],
        [
            "build.agent@here/verify failed: `agent` is rotten",
            "build.agent@here/smoke skipped: it needs `build.agent@here/verify`, which failed",
            "build.agent@here skipped: it needs `build.agent@here/verify`, which failed",
        ]
    );
    assert!(bench.published.lock().unwrap().is_empty());
}

#[test]
fn an_interrupt_cancels_what_has_not_begun_and_keeps_what_is_done() {
    let bench = Bench {
        cancels: Some("task.b"),
        ..Bench::new()
    };
    let plan = plan(
        vec![
            task("a", &[]),
            task("b", &["a"]),
            task("c", &["b"]),
            task("d", &["c"]),
        ],
        Vec::new(),
    );
    assert_eq!(
        outcomes(&bench.run(&plan, CAREFUL)),
        [
            "task.a done",
            "task.b cancelled",
            "task.c cancelled",
            "task.d cancelled"
        ]
    );
    assert_eq!(bench.cache.lock().unwrap().len(), 1);
}

#[test]
fn no_more_nodes_run_at_once_than_there_are_jobs() {
    let bench = Bench::new();
    let names: Vec<String> = (0..200).map(|number| format!("t{number}")).collect();
    let plan = plan(
        names.iter().map(|name| task(name, &[])).collect(),
        Vec::new(),
    );
    let run = bench.run(
        &plan,
        RunOptions {
            jobs: 3,
            keep_going: false,
        },
    );
    assert!(run.nodes.iter().all(|node| node.outcome.is_success()));
    assert_eq!(bench.executed().len(), 200);
    assert!(bench.most_running.load(Ordering::SeqCst) <= 3);
}

#[test]
fn questions_about_a_graph() {
    let tasks = vec![
        task("a", &[]),
        task("b", &["a"]),
        task("c", &["b"]),
        task("d", &[]),
    ];
    let graph = ActionGraph::of_plan(&plan(tasks, Vec::new())).unwrap();
    let matches = |patterns: &[String], path: &str| Ok(patterns == ["**"] && path == "a.go");
    let ask = |question: &str| {
        orch_engine::query(&graph, question, &matches)
            .map(|meant| {
                let names = meant.iter().map(|at| graph.nodes()[*at].id.as_str());
                names.collect::<Vec<_>>().join(" ")
            })
            .unwrap_or_else(|fault| format!("{fault}"))
    };
    assert_eq!(ask("task.b"), "task.b");
    assert_eq!(ask("deps(task.b)"), "task.a task.b");
    assert_eq!(ask(" rdeps( task.b ) "), "task.b task.c");
    assert_eq!(ask("deps(rdeps(task.c))"), "task.a task.b task.c");
    assert_eq!(ask("affected-by(a.go)"), "task.a task.b task.c task.d");
    assert_eq!(ask("affected-by(other)"), "");
    for wrong in ["task.x", "depps(task.a)", "deps(task.a", "affected-by()"] {
        let said = ask(wrong);
        assert!(said.contains('`') && !said.starts_with("task."), "{said}");
    }
}
