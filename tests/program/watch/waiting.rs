//! How `orch watch` waits: what it says, what it holds, where the kernel's limits are, and how
//! it ends.

use std::fs;

use orch_tests::Live;

use crate::gate::gated;

use super::{IDLE, JOIN, append, changes, join, read, start, watching, write};

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
        (&["watch", "--only", "task.jion"], "there is no node"),
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
