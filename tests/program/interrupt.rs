//! Ends that nobody planned: Ctrl-C, and `kill -9` in the middle. What was started must
//! end too, and the next run must be good.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use orch_tests::component::platform;
use orch_tests::{Project, Ran};

use crate::project;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Leaves `began` where it works, and waits until it has `go` among its inputs; then it
/// leaves `made`. The process is known by an argument that no other has.
fn waiting() -> (Project, String) {
    let script = "touch began\nwhile [ ! -e go ]; do sleep 0.05; done\necho done > made\n";
    let project = project().file("wait.sh", script);
    let name = project.path().display().to_string();
    let project = project.pipeline(&format!(
        "\
version = 1
name = \"waits\"

[task.wait]
command = [\"sh\", \"wait.sh\", \"{name}\"]
inputs = [\"wait.sh\", \"go*\"]
outputs = [\"made\"]
"
    ));
    (project, name)
}

#[test]
fn the_first_interrupt_stops_cleanly() {
    let (project, name) = waiting();
    let mut orch = start(&project);
    let began = project.cache().join("work/sandbox/source/began");
    wait_until("the task has begun", || began.exists());
    assert!(lives(&name));
    signal("INT", orch.id());
    let status = wait(&mut orch);
    assert_eq!(status, Some(130));
    wait_until("the task has ended", || !lives(&name));
    assert!(!project.files().contains(&"made".to_owned()));
    and_then_a_good_run(project);
}

#[test]
fn what_was_started_dies_with_a_killed_orch() {
    let (project, name) = waiting();
    let mut orch = start(&project);
    let began = project.cache().join("work/sandbox/source/began");
    wait_until("the task has begun", || began.exists());
    assert!(lives(&name));
    signal("KILL", orch.id());
    wait(&mut orch);
    wait_until("the task has ended", || !lives(&name));
    assert!(!project.files().contains(&"made".to_owned()));
    and_then_a_good_run(project).as_documented("Killed during a build");
}

#[test]
fn an_interrupt_is_no_line_among_events() {
    let (project, _) = waiting();
    let mut orch = project
        .command(&["run", "--output", "json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`orch` starts");
    let began = project.cache().join("work/sandbox/source/began");
    wait_until("the task has begun", || began.exists());
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

/// A watch listens for interrupts from the beginning, while its plan is still made.
#[test]
fn nobody_waits_for_a_plugin_to_be_compiled() {
    // More than any machine compiles before it is interrupted.
    let steps = "(local.set 1 (i32.mul (i32.add (local.get 1) (local.get 0)) (local.get 1)))";
    let slow = format!(
        "(func (param i32) (result i32) (local i32) {} (local.get 1))",
        steps.repeat(400_000)
    );
    let component = platform(&slow, "unreachable", "unreachable");
    let project = project().file("slow.wasm", component).pipeline(
        "version = 1\nname = \"a\"\n\n[plugins]\ndemo = { path = \"slow.wasm\" }\n\n\
             [target.board]\nplatform = \"demo\"\n",
    );
    let summed = Command::new("sha256sum")
        .arg(project.path().join("slow.wasm"))
        .output()
        .expect("`sha256sum` is there");
    let digest = String::from_utf8_lossy(&summed.stdout[..64]).into_owned();
    let mut orch = start_it(&project, "watch");
    let process = orch.id();
    wait_until("a plugin is compiled", || has_thread(process, "compile"));
    signal("INT", process);
    assert_eq!(wait(&mut orch), Some(130));
    let kept: Vec<String> = walkdir::WalkDir::new(project.cache().join("compiled"))
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    let is_of_it = |name: &String| name.contains(&digest) || name.starts_with(".new");
    assert!(!kept.iter().any(is_of_it), "{kept:?}");
}

/// Whether a process has a thread of that name.
fn has_thread(process: u32, name: &str) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task"));
    let mut names = threads
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    names.any(|found| found.trim_end() == name)
}

fn and_then_a_good_run(project: Project) -> Ran {
    let project = project.file("go", "");
    let ran = project.orch(&["run"]).exits(0);
    let made = std::fs::read_to_string(project.path().join("made")).expect("it was made");
    assert_eq!(made, "done\n");
    ran
}

fn start(project: &Project) -> Child {
    start_it(project, "run")
}

fn start_it(project: &Project, command: &str) -> Child {
    project
        .command(&[command])
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

/// Whether a shell runs with such an argument. A dead process that nobody has waited for
/// yet has none any more.
fn lives(argument: &str) -> bool {
    let processes = std::fs::read_dir("/proc")
        .expect("`/proc` is there")
        .flatten();
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .any(|line| {
            line.split(|byte| *byte == 0)
                .any(|word| word == argument.as_bytes())
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
