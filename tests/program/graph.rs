//! Looking at a graph: pictures, questions, timelines. And what becomes of a reader that
//! goes away or a disk that is full.

use orch_tests::{Project, expect};

use crate::project;

fn three() -> Project {
    project()
        .pipeline(
            "\
version = 1
name = \"three\"

[task.a]
command = [\"cp\", \"in.txt\", \"a.txt\"]
inputs = [\"in.txt\"]
outputs = [\"a.txt\"]

[task.b]
command = [\"cp\", \"a.txt\", \"b.txt\"]
inputs = [\"a.txt\"]
outputs = [\"b.txt\"]
needs = [\"task.a\"]

[task.c]
command = [\"true\"]
",
        )
        .file("in.txt", "in")
}

#[test]
fn a_graph_for_graphviz_and_for_programs() {
    three()
        .orch(&["graph", "--format", "dot"])
        .exits(0)
        .stdout(expect![[r#"
            digraph orch {
              rankdir = LR
              node [shape = box]
              "task.a" [style = solid]
              "task.b" [style = solid]
              "task.c" [style = solid]
              "task.a" -> "task.b"
            }
        "#]]);
    three()
        .orch(&["graph", "--format", "json", "--only", "task.b"])
        .exits(0)
        .stdout(expect![[r#"
            {"nodes":[{"node":"task.a","needs":[]},{"node":"task.b","needs":["task.a"]}]}
        "#]]);
    let picture = three().orch(&["graph"]).exits(0).stdout;
    assert!(picture.starts_with("<svg "), "{picture}");
    assert_eq!(picture.matches("<rect x").count(), 3);
    assert_eq!(picture.matches("<path ").count(), 1);
}

#[test]
fn questions_are_answered_a_line_a_node() {
    let ask = |question: &str| three().orch(&["query", question]);
    ask("deps(task.b)").exits(0).stdout(expect![[r#"
        task.a
        task.b
    "#]]);
    ask("affected-by(in.txt)").exits(0).stdout(expect![[r#"
        task.a
        task.b
    "#]]);
    ask("rdeps(task.x)").exits(2).stderr(expect![[r#"
        error: there is no node `task.x`
        hint: did you mean `task.a`? `orch plan` shows all nodes
    "#]]);
}

#[test]
fn a_timeline_has_a_bar_for_each_node() {
    let project = three();
    project.orch(&["run", "--trace", "trace.json"]).exits(0);
    let text = std::fs::read_to_string(project.path().join("trace.json")).expect("it is there");
    let trace: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let bars = trace["traceEvents"].as_array().expect("it has events");
    let mut names: Vec<_> = bars.iter().filter_map(|bar| bar["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["task.a", "task.b", "task.c"]);
    assert!(
        bars.iter()
            .all(|bar| bar["ph"] == "X" && bar["dur"].is_u64())
    );
    project
        .orch(&["run", "--trace", "no/such/folder/t.json"])
        .exits(2)
        .says("could not write the trace `no/such/folder/t.json`");
}

#[test]
fn a_build_that_differs_each_time_is_found_out() {
    let project = project()
        .pipeline(
            "\
version = 1
name = \"twice\"

[task.same]
command = [\"cp\", \"in.txt\", \"same.txt\"]
inputs = [\"in.txt\"]
outputs = [\"same.txt\"]

[task.other]
command = [\"sh\", \"-c\", \"pwd > other.txt\"]
outputs = [\"other.txt\"]
",
        )
        .file("in.txt", "in");
    project
        .orch(&["check", "--reproducible", "task.same"])
        .exits(0)
        .shows("task.same source/same.txt: the same twice: 2 B, ");
    let project_files = project.files();
    project
        .orch(&["check", "--reproducible", "task.other"])
        .exits(1)
        .shows("first at byte 1:\n  once   \"orch/source\\n\"\n");
    assert_eq!(project.files(), project_files, "nothing is put in place");
}

#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let project = three();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("`/dev/full` is there");
    let output = project
        .command(&["graph"])
        .stdout(full)
        .output()
        .expect("`orch` starts");
    assert_eq!(output.status.code(), Some(5));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("could not write to standard output"),
        "{said}"
    );
}
