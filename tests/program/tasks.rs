//! Running tasks: what runs, what does not run again, what is left behind. No network.

use orch_tests::{Live, Project, expect};

use crate::gate::gated;
use crate::project;

/// Joins two files; another task counts the lines of the result.
const JOIN: &str = "\
version = 1
name = \"join\"

[task.join]
command = [\"sh\", \"join.sh\"]
inputs = [\"join.sh\", \"parts/*\"]
outputs = [\"dist/whole\"]

[task.count]
command = [\"sh\", \"-c\", \"wc -l < dist/whole > dist/lines\"]
inputs = [\"dist/whole\"]
outputs = [\"dist/lines\"]
needs = [\"task.join\"]
";

fn join() -> Project {
    project()
        .pipeline(JOIN)
        .file("join.sh", "mkdir -p dist && cat parts/* > dist/whole\n")
        .file("parts/a", "one\n")
        .file("parts/b", "two\n")
}

fn read(project: &Project, path: &str) -> String {
    std::fs::read_to_string(project.path().join(path))
        .unwrap_or_else(|error| panic!("`{path}`: {error}"))
}

#[test]
fn a_second_run_executes_nothing_and_says_so() {
    let project = join();
    project.orch(&["run"]).exits(0);
    assert_eq!(read(&project, "dist/whole"), "one\ntwo\n");
    assert_eq!(read(&project, "dist/lines").trim(), "2");
    project
        .orch(&["run"])
        .exits(0)
        .stdout(expect![[""]])
        .stderr(expect![[r#"
            nothing to do: all 2 nodes are up to date ([TIME])
        "#]]);
}

#[test]
fn a_changed_source_runs_what_reads_it() {
    let project = join();
    project.orch(&["run"]).exits(0);
    let project = project.file("parts/b", "two\nthree\n").file("unread", "x");
    project
        .orch(&["run", "--dry-run"])
        .exits(0)
        .stdout(expect![[r#"
            NODE        WOULD
            task.join   run
            task.count  follow `task.join`
        "#]]);
    project.orch(&["run"]).exits(0);
    assert_eq!(read(&project, "dist/lines").trim(), "3");
    project
        .orch(&["explain", "task.join"])
        .exits(0)
        .stdout(expect![[r#"
            task.join
              is       a task of the pipeline
              runs     sh join.sh
              sets     PATH=/usr/local/bin:/usr/bin:/bin
              depends  on 12 things; key [KEY]
              last run succeeded in run 2, [TIME] ago; it ran because
                       - input `parts/b` has other content
              now      up to date

        "#]]);
}

/// What a run has read is what it was run for, also if that is another text by its end.
#[test]
fn a_pipeline_that_is_changed_during_a_run_is_run_the_next_time() {
    let (project, gate) = gated();
    let run = Live::start(project.command(&["run", "--sandbox", "off"]));
    gate.wait_for_begin();
    let file = project.path().join("pipeline.toml");
    let text = std::fs::read_to_string(&file).expect("it is there");
    let changed = text.replace("cp in.txt made", "echo changed > made");
    std::fs::write(&file, changed).expect("it can be written");
    gate.open();
    assert_eq!(run.end().0, Some(0));
    project.orch(&["run", "--sandbox", "off"]).exits(0);
    assert_eq!(read(&project, "made"), "changed\n");
}

#[test]
fn a_deleted_output_comes_back_without_running() {
    let project = join();
    project.orch(&["run"]).exits(0);
    std::fs::remove_dir_all(project.path().join("dist")).expect("it is there");
    project
        .orch(&["run", "--dry-run"])
        .exits(0)
        .stdout(expect![[r#"
            NODE        WOULD
            task.join   be put back: its result is at hand
            task.count  follow `task.join`
        "#]]);
    project.orch(&["run"]).exits(0).stderr(expect![[r#"
        restored     task.join  8 B  [TIME]
        restored     task.count  2 B  [TIME]
        2 restored in [TIME]
    "#]]);
    assert_eq!(read(&project, "dist/whole"), "one\ntwo\n");
}

#[test]
fn a_failure_stops_what_needs_it() {
    let project = project().pipeline(
        "\
version = 1
name = \"fails\"

[task.first]
command = [\"sh\", \"-c\", \"echo to the user >&2; exit 7\"]

[task.second]
command = [\"true\"]
needs = [\"task.first\"]

[task.apart]
command = [\"true\"]
",
    );
    project
        .orch(&["run", "--keep-going", "--jobs", "1"])
        .exits(1)
        .stderr(expect![[r#"
            failed       task.first  [TIME]
              exited with code 7
                to the user
            skipped      task.second  it needs `task.first`, which failed
            done         task.apart  [TIME]
            1 failed, 1 skipped, 1 done in [TIME]
        "#]]);
    // A failure is not kept: it is tried again.
    project
        .orch(&["run", "--only", "task.first"])
        .exits(1)
        .says("to the user");
}

#[test]
fn nothing_of_the_users_environment_is_seen() {
    let project = project()
        .variable("LEAK", "secret")
        .variable("GIVEN", "a gift")
        .pipeline(
            "\
version = 1
name = \"quiet\"

[task.look]
command = [\"sh\", \"-c\", \"env > seen\"]
outputs = [\"seen\"]
env = { TAKEN = \"${env.GIVEN}\" }
",
        );
    project.orch(&["run"]).exits(0);
    let seen = read(&project, "seen");
    assert!(seen.contains("TAKEN=a gift"), "{seen}");
    for name in ["LEAK", "GIVEN", "ORCH_CACHE_DIR"] {
        assert!(!seen.contains(&format!("{name}=")), "{seen}");
    }
}

#[test]
fn a_file_that_is_no_input_is_not_there() {
    project()
        .file("secret", "x")
        .pipeline("version = 1\nname = \"a\"\n\n[task.look]\ncommand = [\"cat\", \"secret\"]\n")
        .orch(&["run"])
        .exits(1)
        .says("secret");
}

#[test]
fn an_output_that_was_promised_and_not_made() {
    project()
        .pipeline("version = 1\nname = \"a\"\n\n[task.make]\ncommand = [\"true\"]\noutputs = [\"made\"]\n")
        .orch(&["run"])
        .exits(1)
        .stderr(expect![[r#"
            failed       task.make  [TIME]
              did not leave `made`
            1 failed in [TIME]
        "#]]);
}

#[test]
fn a_program_that_is_not_there() {
    project()
        .pipeline("version = 1\nname = \"a\"\n\n[task.make]\ncommand = [\"no-such-program\"]\n")
        .orch(&["run"])
        .exits(1)
        .stderr(expect![[r#"
            failed       task.make  [TIME]
              could not be started: there is no program `no-such-program` on its `PATH`
              hint: install it, or name the toolchain that has it in `tools`
            1 failed in [TIME]
        "#]]);
}

#[test]
fn a_task_that_takes_too_long() {
    project()
        .pipeline("version = 1\nname = \"a\"\n\n[task.wait]\ncommand = [\"sleep\", \"600\"]\ntimeout = \"200ms\"\n")
        .orch(&["run"])
        .exits(1)
        .stderr(expect![[r#"
            failed       task.wait  [TIME]
              ran longer than [TIME]
              hint: set `timeout` to a longer time
            1 failed in [TIME]
        "#]]);
}

/// Patterns that mean a task's own outputs, and what it no longer leaves.
#[test]
fn what_a_task_left_is_neither_its_input_nor_left_behind() {
    let project = project()
        .pipeline(
            "\
version = 1
name = \"copy\"

[task.copy]
command = [\"sh\", \"-c\", \"mkdir gen && for f in *.txt; do cp $f gen/$f; done\"]
inputs = [\"**/*.txt\"]
outputs = [\"gen\"]
",
        )
        .file("a.txt", "a")
        .file("b.txt", "b");
    project.orch(&["run"]).exits(0);
    project.orch(&["run"]).exits(0).stderr(expect![[r#"
        nothing to do: the only node is up to date ([TIME])
    "#]]);

    std::fs::remove_file(project.path().join("b.txt")).unwrap();
    project.orch(&["run"]).exits(0);
    assert_eq!(read(&project, "gen/a.txt"), "a");
    assert!(!project.path().join("gen/b.txt").exists());
}
