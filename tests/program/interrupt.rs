//! Ends that nobody planned: Ctrl-C, and `kill -9` in the middle. What was started must
//! end too, and the next run must be good.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use orch_tests::{Project, Ran};

use crate::project;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says in `pid` which process waits, and waits for `go`; then it leaves `made`. The
/// marks lie outside of the sandbox, where this test can see them.
fn waiting() -> (Project, tempfile::TempDir) {
    let marks = tempfile::tempdir().expect("a folder can be made");
    let script = "echo $$ > \"$MARKS/pid.new\" && mv \"$MARKS/pid.new\" \"$MARKS/pid\"\n\
                  while [ ! -e \"$MARKS/go\" ]; do sleep 0.05; done\necho done > made\n";
    let project = project().file("wait.sh", script).pipeline(&format!(
        "\
version = 1
name = \"waits\"

[task.wait]
command = [\"sh\", \"wait.sh\"]
inputs = [\"wait.sh\"]
outputs = [\"made\"]
env = {{ MARKS = \"{}\" }}
",
        marks.path().display()
    ));
    (project, marks)
}

#[test]
fn the_first_interrupt_stops_cleanly() {
    let (project, marks) = waiting();
    let mut orch = start(&project);
    let waiter = pid(marks.path());
    signal("INT", orch.id());
    let status = wait(&mut orch);
    assert_eq!(status, Some(130));
    wait_until("the task has ended", || !lives(waiter));
    assert!(!project.files().contains(&"made".to_owned()));
    and_then_a_good_run(&project, marks.path());
}

#[test]
fn what_was_started_dies_with_a_killed_orch() {
    let (project, marks) = waiting();
    let mut orch = start(&project);
    let waiter = pid(marks.path());
    signal("KILL", orch.id());
    wait(&mut orch);
    wait_until("the task has ended", || !lives(waiter));
    assert!(!project.files().contains(&"made".to_owned()));
    and_then_a_good_run(&project, marks.path()).as_documented("Killed during a build");
}

#[test]
fn an_interrupt_is_no_line_among_events() {
    let (project, marks) = waiting();
    let mut orch = project
        .command(&["run", "--output", "json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`orch` starts");
    pid(marks.path());
    signal("INT", orch.id());
    assert_eq!(wait(&mut orch), Some(130));
    let said = orch.wait_with_output().expect("it can be read");
    assert_eq!(String::from_utf8_lossy(&said.stderr), "");
    let events = String::from_utf8_lossy(&said.stdout);
    let last = events.lines().last().unwrap_or_default();
    assert!(
        last.contains(r#""event":"stream-closed","exit_code":130"#),
        "{last}"
    );
}

fn and_then_a_good_run(project: &Project, marks: &Path) -> Ran {
    std::fs::write(marks.join("go"), "").expect("a file can be written");
    let ran = project.orch(&["run"]).exits(0);
    let made = std::fs::read_to_string(project.path().join("made")).expect("it was made");
    assert_eq!(made, "done\n");
    ran
}

fn start(project: &Project) -> Child {
    project
        .command(&["run"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("`orch` starts")
}

fn wait(orch: &mut Child) -> Option<i32> {
    let mut code = None;
    wait_until("`orch` has ended", || {
        match orch.try_wait().expect("a child can be waited for") {
            Some(status) => {
                code = status.code();
                true
            }
            None => false,
        }
    });
    code
}

/// The task's process, once it says that it is there.
fn pid(marks: &Path) -> u32 {
    let file = marks.join("pid");
    wait_until("the task has begun", || file.exists());
    let text = std::fs::read_to_string(file).expect("it is there");
    text.trim().parse().expect("a process's number")
}

fn lives(process: u32) -> bool {
    // A dead process that nobody has waited for yet still has a folder there.
    std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .trim_start()
            .starts_with('Z')
    })
}

fn signal(name: &str, process: u32) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {process}")])
        .status()
        .expect("`sh` is there");
    assert!(sent.success(), "could not send {name} to {process}");
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "not after {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
