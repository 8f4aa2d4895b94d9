//! What makes `orch watch` run again, and what does not.

use std::fs;

use orch_tests::component::platform;

use crate::gate::gated;
use crate::project;

use super::{IDLE, JOIN, append, changes, join, read, start, watching, write};

#[test]
fn a_change_runs_what_reads_it_and_says_which_file_it_was() {
    let project = join();
    let mut watch = start(&project, &[]);
    let first = watch.until(IDLE);
    assert_eq!(
        first.last().map(String::as_str),
        Some("waiting for a change of 3 inputs, pipeline.toml or orch.lock")
    );
    assert_eq!(read(&project, "dist/whole"), "a\nb\n");
    append(&project, "parts/b.txt", "c\n");
    let second = watch.until(IDLE);
    assert_eq!(changes(&second), ["parts/b.txt"]);
    assert_eq!(read(&project, "dist/lines").trim(), "3");
}

#[test]
fn a_file_that_was_saved_as_it_was_is_no_change() {
    let project = join();
    let mut watch = watching(&project);
    write(&project, "parts/a.txt", "a\n");
    write(&project, "parts/unread", "x");
    write(&project, "out/x", "x");
    write(&project, "parts/b.txt", "c\n");
    assert_eq!(changes(&watch.until(IDLE)), ["parts/b.txt"]);
}

#[test]
fn a_burst_of_saves_is_few_runs() {
    let project = join();
    let mut watch = watching(&project);
    for number in 0..50 {
        write(&project, "parts/a.txt", format!("{number}\n"));
        write(&project, &format!("parts/{number}.txt"), "x\n");
    }
    let mut runs = 0;
    while !read(&project, "dist/whole").contains("49\n")
        || read(&project, "dist/lines").trim() != "52"
    {
        runs += changes(&watch.until(IDLE)).len();
    }
    // A hundred saves take a few milliseconds: one run, or a few on a machine that is busy.
    assert!((1..=10).contains(&runs), "{runs} runs");
}

#[test]
fn a_change_while_a_run_is_going_is_another_run_after_it() {
    let (project, gate) = gated();
    let mut watch = start(&project, &["--sandbox", "off"]);
    gate.wait_for_begin();
    write(&project, "in.txt", "second");
    gate.open();
    let lines = watch.until(IDLE);
    assert_eq!(changes(&lines), ["in.txt"]);
    assert_eq!(read(&project, "made"), "second");
}

#[test]
fn a_new_folder_is_watched_from_its_first_moment_on() {
    let project = join();
    let mut watch = watching(&project);
    write(&project, "parts/new/deep/c.txt", "c\n");
    assert_eq!(changes(&watch.until(IDLE)), ["parts/new/deep/c.txt (new)"]);
    write(&project, "parts/new/deep/c.txt", "d\n");
    assert_eq!(changes(&watch.until(IDLE)), ["parts/new/deep/c.txt"]);
    let folder = |name: &str| project.path().join("parts").join(name);
    fs::rename(folder("new"), folder("old")).expect("it can be renamed");
    assert_eq!(
        changes(&watch.until(IDLE)),
        ["parts/new/deep/c.txt (removed), parts/old/deep/c.txt (new)"]
    );
    write(&project, "parts/old/deep/c.txt", "e\n");
    assert_eq!(changes(&watch.until(IDLE)), ["parts/old/deep/c.txt"]);
    let gone = project.path().with_file_name("gone");
    fs::rename(project.path().join("parts"), gone).expect("it can be moved");
    watch.until(IDLE);
    write(&project, "parts/z.txt", "z\n");
    assert_eq!(changes(&watch.until(IDLE)), ["parts/z.txt (new)"]);
    assert_eq!(read(&project, "dist/whole"), "z\n");
}

#[test]
fn a_file_that_an_editor_moves_in_place_of_another_is_seen() {
    let project = join();
    let mut watch = watching(&project);
    for content in ["x\n", "y\n"] {
        let path = |name: &str| project.path().join("parts").join(name);
        fs::write(path(".a.txt.swp"), content).expect("it can be written");
        fs::rename(path(".a.txt.swp"), path("a.txt")).expect("it can be moved");
        assert_eq!(changes(&watch.until(IDLE)), ["parts/a.txt"]);
        assert_eq!(read(&project, "dist/whole"), format!("{content}b\n"));
    }
}

#[test]
fn a_deleted_input_is_a_change() {
    let project = join();
    let mut watch = watching(&project);
    fs::remove_file(project.path().join("parts/a.txt")).expect("it is there");
    assert_eq!(changes(&watch.until(IDLE)), ["parts/a.txt (removed)"]);
    assert_eq!(read(&project, "dist/whole"), "b\n");
}

#[test]
fn a_task_that_fails_is_tried_again_when_its_input_changes() {
    let project = project().file("test.sh", "exit 3\n").pipeline(
        "version = 1\nname = \"tests\"\n\n\
         [task.test]\ncommand = [\"sh\", \"test.sh\"]\ninputs = [\"test.sh\"]\n",
    );
    let mut watch = start(&project, &[]);
    let first = watch.until(IDLE);
    assert!(
        first.iter().any(|line| line.contains("1 failed")),
        "{first:?}"
    );
    write(&project, "test.sh", "exit 0\n");
    let second = watch.until(IDLE);
    assert!(
        second.iter().any(|line| line.contains("1 done")),
        "{second:?}"
    );
    write(&project, "test.sh", "exit 3\n");
    let third = watch.until(IDLE);
    assert!(
        third.iter().any(|line| line.contains("1 failed")),
        "{third:?}"
    );
}

#[test]
fn a_broken_pipeline_is_shown_and_mended() {
    let project = join();
    let broken = JOIN.replace("outputs", "output");
    write(&project, "pipeline.toml", &broken);
    let mut watch = start(&project, &[]);
    let lines = watch.until(IDLE).join("\n");
    assert!(lines.contains("error: "), "{lines}");
    assert!(!project.path().join("dist").exists());
    write(&project, "pipeline.toml", JOIN);
    assert_eq!(changes(&watch.until(IDLE)), ["pipeline.toml"]);
    assert_eq!(read(&project, "dist/whole"), "a\nb\n");
    fs::remove_file(project.path().join("pipeline.toml")).expect("it is there");
    let lines = watch.until(IDLE).join("\n");
    assert!(lines.contains("there is no pipeline file"), "{lines}");
    write(&project, "pipeline.toml", JOIN);
    assert_eq!(changes(&watch.until(IDLE)), ["pipeline.toml (new)"]);
}

#[test]
fn a_plugin_of_the_pipelines_own_and_the_lock_are_watched() {
    let project = project().pipeline(
        "version = 1\nname = \"a\"\n\n[plugins]\ndemo = { path = \"plugins/demo.wasm\" }\n\n\
         [task.test]\ncommand = [\"true\"]\n",
    );
    let mut watch = start(&project, &[]);
    let lines = watch.until(IDLE).join("\n");
    assert!(lines.contains("could not read the plugin"), "{lines}");
    let good = platform("", "(i32.const 1024)", "unreachable");
    write(&project, "plugins/demo.wasm", good);
    // It pins the plugin in a lock, which is no change since it writes that itself.
    let lines = watch.until(IDLE);
    assert_eq!(changes(&lines), ["plugins/demo.wasm (new)"]);
    assert!(
        lines.iter().any(|line| line.starts_with("orch.lock: ")),
        "{lines:?}"
    );
    write(&project, "orch.lock", "version = 9\n");
    let lines = watch.until(IDLE);
    assert_eq!(changes(&lines), ["orch.lock"]);
    fs::remove_file(project.path().join("orch.lock")).expect("it is there");
    let lines = watch.until(IDLE);
    assert_eq!(changes(&lines), ["orch.lock (removed)"]);
    assert!(project.path().join("orch.lock").exists());
    project
        .orch(&["plugin", "grant", "demo", "variable:ASKED"])
        .exits(0);
    let lines = watch.until(IDLE);
    assert!(
        changes(&lines)[0].contains("grants.toml (new)"),
        "{lines:?}"
    );
}

/// One task leaves something else each time, and another one reads it: a run for every run,
/// if what they leave counted.
#[test]
fn its_own_outputs_do_not_make_it_run_for_ever() {
    let project = project().file("in.txt", "1").pipeline(
        "\
version = 1
name = \"always\"

[task.read]
command = [\"true\"]
inputs = [\"**\"]

[task.stamp]
command = [\"sh\", \"-c\", \"mkdir -p dist && cat /proc/sys/kernel/random/uuid > dist/stamp\"]
inputs = [\"in.txt\"]
outputs = [\"dist/stamp\"]
cache = false
",
    );
    let mut watch = start(&project, &["--trace", "trace.json"]);
    let first = watch.until(IDLE);
    assert_eq!(changes(&first), [""; 0]);
    for number in 2..5 {
        write(&project, "in.txt", number.to_string());
        let next = watch.until(IDLE);
        assert_eq!(changes(&next), ["in.txt"]);
    }
}
