//! Whole runs of the engine.

mod fixture;

use std::sync::atomic::Ordering;

use orch_engine::port::ActionCache;
use orch_engine::{ActionGraph, Forecast, NodeRecord, RunOptions, forecast};

use fixture::{Bench, CAREFUL, build, outcomes, plan, task};

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
