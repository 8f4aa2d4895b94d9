//! Questions about graphs.

mod fixture;

use orch_engine::ActionGraph;

use fixture::{plan, task};

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
