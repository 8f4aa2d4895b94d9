//! `orch watch`: what makes it run again, what does not, and how it ends. Every step waits
//! for a line that it prints; none for time to pass.

use std::fs;
use std::io::Write;

use orch_tests::{Live, Project};

use crate::project;

/// What it says when it has looked at everything and found nothing to do.
const IDLE: &str = "waiting for a change of";

/// Joins the parts; another task counts the lines of the result.
const JOIN: &str = "\
version = 1
name = \"join\"

[task.join]
command = [\"sh\", \"-c\", \"mkdir -p dist && find parts -name '*.txt' | sort | xargs cat > dist/whole\"]
inputs = [\"parts/**/*.txt\"]
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
        .file("parts/a.txt", "a\n")
        .file("parts/b.txt", "b\n")
}

fn start(project: &Project, options: &[&str]) -> Live {
    let arguments: Vec<&str> = ["watch"].iter().chain(options).copied().collect();
    Live::start(project.command(&arguments))
}

/// One that has run for the first time.
fn watching(project: &Project) -> Live {
    let mut watch = start(project, &[]);
    watch.until(IDLE);
    watch
}

/// Puts a whole file in place at once: nobody may see one that is half written.
fn write(project: &Project, path: &str, content: &str) {
    let file = project.path().join(path);
    let elsewhere = project.path().with_file_name("written");
    fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("it can be made");
    fs::write(&elsewhere, content).expect("it can be written");
    fs::rename(elsewhere, file).expect("it can be moved");
}

/// Writes into a file where it lies.
fn append(project: &Project, path: &str, content: &str) {
    let file = fs::OpenOptions::new()
        .append(true)
        .open(project.path().join(path));
    let mut file = file.expect("it is there");
    file.write_all(content.as_bytes())
        .expect("it can be written");
}

fn read(project: &Project, path: &str) -> String {
    fs::read_to_string(project.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines that name changed files.
fn changes(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter();
    lines
        .filter_map(|line| line.strip_prefix("changed: "))
        .collect()
}

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
        write(&project, "parts/a.txt", &format!("{number}\n"));
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
    let project = project()
        .pipeline(
            "version = 1\nname = \"a\"\n\n[plugins]\ndemo = { path = \"plugins/demo.wasm\" }\n\n\
             [task.test]\ncommand = [\"true\"]\n",
        )
        .file("orch.lock", "version = 1\n");
    let mut watch = start(&project, &[]);
    let lines = watch.until(IDLE).join("\n");
    assert!(lines.contains("could not read the plugin"), "{lines}");
    write(&project, "plugins/demo.wasm", "#!/bin/sh\n");
    let lines = watch.until(IDLE);
    assert_eq!(changes(&lines), ["plugins/demo.wasm (new)"]);
    write(&project, "orch.lock", "version = 9\n");
    let lines = watch.until(IDLE);
    assert_eq!(changes(&lines), ["orch.lock"]);
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
        write(&project, "in.txt", &number.to_string());
        let next = watch.until(IDLE);
        assert_eq!(changes(&next), ["in.txt"]);
    }
}

/// The kernel keeps a number of events and drops the rest; nobody reads them during a run.
#[test]
fn changes_in_a_queue_that_overflowed_are_found() {
    let (project, gate) = gated();
    let mut watch = start(&project, &["--sandbox", "off"]);
    gate.wait_for_begin();
    gate.open();
    watch.until(IDLE);
    gate.close();
    write(&project, "in.txt", "second");
    watch.until("changed: in.txt");
    gate.wait_for_begin();
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").expect("Linux has it");
    let limit: usize = limit.trim().parse().expect("it is a number");
    for turn in 0..limit {
        let junk = project.path().join(format!("junk{}", turn % 2));
        fs::write(&junk, "").expect("it can be written");
        fs::remove_file(&junk).expect("it is there");
    }
    write(&project, "in.txt", "third");
    gate.open();
    let lines = watch.until(IDLE);
    assert_eq!(changes(&lines), ["in.txt"]);
    assert_eq!(read(&project, "made"), "third");
    write(&project, "in.txt", "fourth");
    watch.until(IDLE);
    assert_eq!(read(&project, "made"), "fourth");
}

/// The kernel's limit for one user, in a namespace that has its own.
#[test]
fn where_the_kernel_reports_nothing_it_looks_now_and_then() {
    for (limit, said) in [
        ("max_inotify_watches", "in no more folders"),
        ("max_inotify_instances", "too many programs"),
    ] {
        let project = join();
        let script = format!("echo 0 > /proc/sys/user/{limit} && exec \"$0\" \"$@\"");
        let maker = ["unshare", "--user", "--map-root-user", "sh", "-c", &script];
        let mut watch = Live::start(project.command_within(&maker, &["watch"]));
        let first = watch.until(IDLE).join("\n");
        assert!(first.contains(said), "{first}");
        assert!(first.contains("hint: as root: `sysctl -w"), "{first}");
        assert!(first.ends_with(", looking every 1.0 s"), "{first}");
        write(&project, "parts/new/c.txt", "c\n");
        let second = watch.until(IDLE);
        assert_eq!(changes(&second), ["parts/new/c.txt (new)"]);
        assert!(!second.join("\n").contains(said), "it was said before");
    }
}

/// What is held while nothing happens would keep others waiting for ever.
#[test]
fn it_holds_nothing_while_it_waits() {
    let project = join();
    let mut watch = watching(&project);
    project.orch(&["cache", "gc"]).exits(0);
    project.orch(&["run"]).exits(0).says("nothing to do");
    append(&project, "parts/a.txt", "c\n");
    assert_eq!(changes(&watch.until(IDLE)), ["parts/a.txt"]);
}

#[test]
fn an_interrupt_while_it_waits_ends_it_at_once() {
    let project = join();
    for signal in ["INT", "TERM", "HUP"] {
        let watch = watching(&project);
        watch.signal(signal);
        assert_eq!(watch.end(), (Some(130), Vec::new()));
    }
}

#[test]
fn an_interrupt_during_a_run_ends_both() {
    let (project, gate) = gated();
    let watch = start(&project, &["--sandbox", "off"]);
    gate.wait_for_begin();
    watch.signal("INT");
    let (code, lines) = watch.end();
    let lines = lines.join("\n");
    assert_eq!(code, Some(130), "{lines}");
    assert!(
        lines.contains("stopping; once more to stop at once"),
        "{lines}"
    );
    assert!(lines.contains("1 cancelled"), "{lines}");
    assert!(!project.path().join("made").exists());
}

#[test]
fn bad_arguments_end_it_before_it_begins() {
    let project = join();
    for (arguments, said) in [
        (&["watch", "nowhere"][..], "there is no pipeline file"),
        (&["watch", "--only", "task.jion"], "there is no such node"),
        (&["watch", "--target", "pi5"], "nothing is made for it"),
        (&["watch", "--trace", "no/such/folder"], "no/such/folder"),
        (&["watch", "--jobs", "0"], "--jobs"),
    ] {
        let ran = project.orch(arguments).says(said);
        assert!(!ran.stderr.contains(IDLE), "{}", ran.stderr);
        if !arguments.contains(&"--trace") {
            ran.exits(2);
        }
    }
}

#[test]
fn programs_are_told_what_changed_and_what_is_waited_for() {
    let project = join()
        .file("parts/node_modules/x/y/z.txt", "z\n")
        .pipeline(&JOIN.replace(
            "\"parts/**/*.txt\"",
            "\"parts/**/*.txt\", \"!parts/node_modules\"",
        ));
    let mut watch = start(&project, &["--output", "json"]);
    let first = watch.until(r#""event":"watching""#);
    let waiting = first.last().expect("there is one");
    // The project's folder, `parts` and `dist`: what is left out costs nothing.
    let part = r#""event":"watching","inputs":3,"folders":3,"besides":["pipeline.toml","orch.lock"],"every_ms":null"#;
    assert!(waiting.contains(part), "{waiting}");
    write(&project, "parts/node_modules/x/new.txt", "");
    write(&project, "parts/b.txt", "c\n");
    let second = watch.until(r#""event":"watching""#);
    let part =
        r#""event":"changed","count":1,"files":[{"path":"parts/b.txt","change":"modified"}]"#;
    assert!(second[0].contains(part), "{}", second[0]);
    assert!(
        second
            .iter()
            .any(|line| line.contains(r#""event":"summary""#))
    );
    watch.signal("INT");
    let (code, last) = watch.end();
    assert_eq!(code, Some(130));
    assert_eq!(last.len(), 1, "{last:?}");
    assert!(last[0].contains(r#""event":"stream-closed","exit_code":130"#));
}

/// A task that copies its input, and before that waits for the test, which waits for it.
fn gated() -> (Project, Gate) {
    let project = project().file("in.txt", "first");
    let folder = project.path().with_file_name("gate");
    fs::create_dir(&folder).expect("it can be made");
    let gate = Gate(folder);
    let script = format!(
        "touch {0}/begun; while [ ! -e {0}/open ]; do sleep 0.01; done; cp in.txt made",
        gate.0.display()
    );
    let project = project.pipeline(&format!(
        "version = 1\nname = \"gated\"\n\n[task.copy]\ncommand = [\"sh\", \"-c\", \"{script}\"]\n\
         inputs = [\"in.txt\"]\noutputs = [\"made\"]\n"
    ));
    (project, gate)
}

/// Where a task waits.
struct Gate(std::path::PathBuf);

impl Gate {
    fn wait_for_begin(&self) {
        let begun = self.0.join("begun");
        let start = std::time::Instant::now();
        while !begun.exists() {
            assert!(start.elapsed().as_secs() < 60, "the task does not begin");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        fs::remove_file(begun).expect("it is there");
    }

    fn open(&self) {
        fs::write(self.0.join("open"), "").expect("it can be written");
    }

    fn close(&self) {
        fs::remove_file(self.0.join("open")).expect("it is there");
    }
}
