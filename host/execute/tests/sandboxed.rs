//! Actions in their sandboxes: what they see and leave, what is said of what they did
//! undeclared, and that one does not reach another.
//!
//! This program plays all parts: without arguments the tests, with `sandbox` the processes
//! of a sandbox.

mod fixture;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;

use orch_engine::Cancel;
use orch_engine::port::{Execution, Executor, Job};
use orch_execute::{LocalExecutor, SandboxSettings, Sandboxes};
use orch_model::{Action, NodeId, Part, Root, Variable, Word};
use orch_sandbox::{Limits, Protection};

use fixture::{Fixture, action, check_failure, path, sandbox, shell, variable};

const TESTS: &[(&str, fn())] = &[
    (
        "every_path_is_the_same_on_every_machine",
        every_path_is_the_same_on_every_machine,
    ),
    (
        "inputs_outputs_and_artifacts_are_where_they_should_be",
        inputs_outputs_and_artifacts_are_where_they_should_be,
    ),
    (
        "a_sandbox_serves_one_action_after_another",
        a_sandbox_serves_one_action_after_another,
    ),
    (
        "nothing_shows_of_an_action_whose_files_are_used_again",
        nothing_shows_of_an_action_whose_files_are_used_again,
    ),
    (
        "files_that_others_may_hold_open_are_not_used_again",
        files_that_others_may_hold_open_are_not_used_again,
    ),
    (
        "a_sandbox_with_a_residue_is_given_up",
        a_sandbox_with_a_residue_is_given_up,
    ),
    (
        "a_toolchain_is_shown_and_cannot_be_changed",
        a_toolchain_is_shown_and_cannot_be_changed,
    ),
    ("a_missed_input_is_named", a_missed_input_is_named),
    (
        "an_undeclared_output_is_named",
        an_undeclared_output_is_named,
    ),
    ("a_program_outside_is_named", a_program_outside_is_named),
    (
        "a_file_that_is_too_large_is_explained",
        a_file_that_is_too_large_is_explained,
    ),
    (
        "an_input_that_changes_meanwhile_voids_the_result",
        an_input_that_changes_meanwhile_voids_the_result,
    ),
    (
        "time_limits_and_interrupts_hold",
        time_limits_and_interrupts_hold,
    ),
    ("many_actions_run_at_once", many_actions_run_at_once),
    (
        "what_is_measured_may_come_first_and_is_counted",
        what_is_measured_may_come_first_and_is_counted,
    ),
    (
        "the_key_says_what_the_sandbox_is",
        the_key_says_what_the_sandbox_is,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == "sandbox") {
        return orch_sandbox::sandbox_main(arguments.len() > 1);
    }
    let listed = arguments.iter().any(|word| word == "--list");
    let wanted = arguments.iter().find(|word| !word.starts_with('-'));
    for (name, test) in TESTS {
        if wanted.is_some_and(|wanted| !name.contains(wanted.as_str())) {
            continue;
        }
        match listed {
            true => println!("{name}: test"),
            false => {
                println!("test {name}");
                test();
            }
        }
    }
    ExitCode::SUCCESS
}

fn sandboxes(fixture: &Fixture, limits: Limits) -> Arc<Sandboxes> {
    let settings = SandboxSettings {
        cache: fixture.settings.cache.clone(),
        command: vec![std::env::current_exe().unwrap().into(), "sandbox".into()],
        limits,
    };
    let sandboxes = Sandboxes::new(settings).unwrap_or_else(|error| {
        panic!("this machine has no sandbox: {error}; `orch doctor` says what mends it")
    });
    Arc::new(sandboxes)
}

fn sandboxed() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.settings.sandboxes = Some(sandboxes(&fixture, Limits::default()));
    fixture
}

fn script(text: &str) -> Action {
    action(&["sh", "-euc", text])
}

fn every_path_is_the_same_on_every_machine() {
    let mut fixture = sandboxed();
    fixture.tool("go");
    let mut env = action(&["env"]);
    env.caches = vec!["build".to_owned()];
    env.tools = vec!["go".to_owned()];
    env.environment.push(Variable {
        name: "CACHE".to_owned(),
        value: Word(vec![
            Part::Text("at:".to_owned()),
            Part::Path(sandbox(Root::Cache("build".to_owned()), "x")),
        ]),
    });
    expect![[r#"
        CACHE=at:/orch/cache/build/x
        HOME=/orch/scratch/home
        LANG=C.UTF-8
        PATH=/orch/tool/go/bin:/usr/bin:/bin
        TMPDIR=/orch/scratch/tmp
        TZ=UTC
    "#]]
    .assert_eq(&fixture.succeed(&env).stdout);
    assert_eq!(fixture.succeed(&action(&["pwd"])).stdout, "/orch/source\n");
}

fn inputs_outputs_and_artifacts_are_where_they_should_be() {
    let mut fixture = sandboxed();
    fixture.artifact(
        "compile",
        "bin/agent",
        "#!/bin/sh\necho \"I am $0\"\n",
        true,
    );
    fixture.write("src/a.txt", "hello");
    let mut run = shell("cat src/a.txt > $1/copy; exec $2", &["copy"]);
    run.arguments
        .push(path(Root::Artifact("compile".to_owned()), "bin/agent"));
    run.inputs = vec!["src/**".to_owned()];
    let result = fixture.succeed(&run);
    assert_eq!(result.stdout, "I am /orch/artifact/compile/bin/agent\n");
    assert_eq!(result.outputs[0].bytes, 5);
    assert!(result.notes.is_empty());
}

fn a_sandbox_serves_one_action_after_another() {
    let fixture = sandboxed();
    let leave =
        "echo x > /orch/scratch/tmp/x; echo x > /dev/shm/x; mkdir -p $1/d/e; chmod 0 $1/d $1";
    fixture.succeed(&shell(leave, &[]));
    let look =
        "ls -A /tmp/ /dev/shm/ /orch/output; stat -c %a /orch/output; (setsid sleep 100000 &)";
    expect![[r#"
        /dev/shm/:

        /orch/output:

        /tmp/:
        755
    "#]]
    .assert_eq(&fixture.succeed(&script(look)).stdout);
    // One place, one sandbox.
    assert_eq!(places(&fixture), ["sandbox"]);
}

fn places(fixture: &Fixture) -> Vec<String> {
    let mut places: Vec<_> = fixture
        .leftovers()
        .into_iter()
        .map(|name| name.into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    places.sort();
    places
}

/// An action that reads `src/<input>` and leaves `made.txt` beside `src`.
fn reads(fixture: &Fixture, input: &str, text: &str) -> Action {
    fixture.write(&format!("src/{input}"), format!("this is {input}\n"));
    let mut run = script(text);
    run.inputs = vec![format!("src/{input}")];
    run.outputs = vec![sandbox(Root::Source, "made.txt")];
    run
}

fn copy_of(fixture: &Fixture, input: &str) -> PathBuf {
    let source = fixture.settings.cache.join("work/sandbox/source");
    source.join("src").join(input)
}

fn nothing_shows_of_an_action_whose_files_are_used_again() {
    let fixture = sandboxed();
    let spoil = "cat src/first.txt > made.txt; chmod 711 src/first.txt src; \
                 echo more >> src/first.txt; mkdir other; echo x > src/other";
    let first = fixture.succeed(&reads(&fixture, "first.txt", spoil));
    let look = "ls -AR; stat -c '%a %h %n' src src/*; cat src/*; echo made > made.txt";
    expect![[r#"
        .:
        src

        ./src:
        new.txt
        755 2 src
        644 1 src/new.txt
        this is new.txt
    "#]]
    .assert_eq(&fixture.succeed(&reads(&fixture, "new.txt", look)).stdout);
    let kept = fixture.store.read(&first.outputs[0].digest).unwrap();
    assert_eq!(kept.unwrap(), b"this is first.txt\n");
}

fn files_that_others_may_hold_open_are_not_used_again() {
    let fixture = sandboxed();
    for (shares, input, next) in [(false, "a.txt", "b.txt"), (true, "c.txt", "d.txt")] {
        let mut run = reads(&fixture, input, "echo x > made.txt");
        if shares {
            run.caches = vec!["shared".to_owned()];
        }
        fixture.succeed(&run);
        // While it is open, no new file gets its number.
        let held = fs::File::open(copy_of(&fixture, input)).unwrap();
        let held = held.metadata().unwrap().ino();
        fixture.succeed(&reads(&fixture, next, "echo x > made.txt"));
        let used_again = copy_of(&fixture, next).metadata().unwrap().ino() == held;
        assert_eq!(used_again, !shares && keeps_open_files(&fixture));
    }
}

/// Whether this machine's sandboxes have all that keeps open files inside.
fn keeps_open_files(fixture: &Fixture) -> bool {
    let sandboxes = fixture.settings.sandboxes.as_ref().unwrap();
    let mut missing = sandboxes.missing().iter();
    missing.all(|missing| missing.protection == Protection::ProcessLimit)
}

fn a_sandbox_with_a_residue_is_given_up() {
    let fixture = sandboxed();
    let count = "tail -n +2 /proc/sysvipc/shm | wc -l";
    fixture.succeed(&script("ipcmk -M 4096"));
    assert_eq!(fixture.succeed(&script(count)).stdout, "0\n");
    assert_eq!(places(&fixture), ["sandbox"]);
}

fn a_toolchain_is_shown_and_cannot_be_changed() {
    let mut fixture = sandboxed();
    let tool = fixture.tool("go");
    fs::write(tool.join("bin/go"), "#!/bin/sh\necho x > $0\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(tool.join("bin/go"), executable).unwrap();
    let mut run = action(&[""]);
    run.program = path(Root::Tool("go".to_owned()), "bin/go");
    run.tools = vec!["go".to_owned()];
    let failure = fixture.fail(&run);
    let stderr = String::from_utf8(failure.sample.stderr).unwrap();
    assert!(
        stderr.contains("/orch/tool/go/bin/go: Read-only file system"),
        "{stderr}"
    );
    assert_eq!(
        fs::read_to_string(tool.join("bin/go")).unwrap(),
        "#!/bin/sh\necho x > $0\n"
    );
}

fn a_missed_input_is_named() {
    let fixture = sandboxed();
    fixture.write("main.txt", "");
    fixture.write("config.json", "{}");
    fixture.write("docs/guide.md", "");
    let mut run = script("cat config.json");
    run.inputs = vec!["*.txt".to_owned()];
    check_failure(
        &fixture,
        &fixture.fail(&run),
        expect![[r#"
        exited with code 1
        hint: `config.json` is in the project but not among the inputs; add it: inputs = ["*.txt", "config.json"]"#]],
    );
    check_failure(
        &fixture,
        &fixture.fail(&script("ls /orch/source/docs/guide.md")),
        expect![[r#"
        exited with code 2
        hint: `docs/guide.md` is in the project but not among the inputs; add it: inputs = ["docs/guide.md"]"#]],
    );
    check_failure(
        &fixture,
        &fixture.fail(&script("ls docs main.txt")),
        expect![[r#"
        exited with code 2
        hint: `docs/**`, `main.txt` are in the project but not among the inputs; add them: inputs = ["docs/**", "main.txt"]"#]],
    );
    // What is not there is nobody's input.
    let failure = fixture.fail(&script("cat nothing"));
    assert_eq!(failure.hint, None);
}

fn an_undeclared_output_is_named() {
    let fixture = sandboxed();
    fixture.write("in.txt", "before");
    check_failure(
        &fixture,
        &fixture.fail(&script("mkdir -p gen; touch made.txt")),
        expect![[r#"
        exited with code 1
        hint: `source` is read-only for an action that declares no outputs there, and it wrote to `gen`; declare it: outputs = ["gen"]"#]],
    );
    let mut run = script("echo x > kept.txt; echo x > made.txt; echo x > in.txt; cat other");
    run.inputs = vec!["*.txt".to_owned(), "other".to_owned()];
    run.outputs = vec![sandbox(Root::Source, "kept.txt")];
    fixture.write("other", "");
    let result = fixture.succeed(&run);
    assert_eq!(result.outputs.len(), 1);
    expect![[r#"wrote `in.txt`, `made.txt`, which is not kept: it is not among the outputs; add it: outputs = ["kept.txt", "in.txt", "made.txt"]"#]]
        .assert_eq(&result.notes.join("\n"));
    assert_eq!(
        fs::read_to_string(fixture.project().join("in.txt")).unwrap(),
        "before"
    );
}

fn a_program_outside_is_named() {
    let mut fixture = sandboxed();
    let home = fixture.folder.path().join("bin");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("mine"), "#!/bin/sh\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(home.join("mine"), executable).unwrap();
    fixture.settings.system_path =
        std::env::join_paths([&home, std::path::Path::new("/usr/bin")]).unwrap();
    let failure = fixture.fail(&action(&["mine"]));
    expect!["could not be started: `mine` is `{folder}/bin/mine`, which the sandbox does not show"]
        .assert_eq(&fixture.plain(&failure.reason));
    expect!["name the toolchain that has it in `tools`, or install it below `/usr`; `--sandbox=off` runs without a sandbox"]
        .assert_eq(&failure.hint.unwrap());
    let mut path = script("echo $PATH");
    path.environment = vec![variable("A", "b")];
    assert_eq!(fixture.succeed(&path).stdout, "/usr/bin\n");
}

fn a_file_that_is_too_large_is_explained() {
    let mut fixture = Fixture::new();
    let limits = Limits {
        file_bytes: 1 << 20,
        ..Limits::default()
    };
    fixture.settings.sandboxes = Some(sandboxes(&fixture, limits));
    check_failure(
        &fixture,
        &fixture.fail(&script("exec head -c 10M /dev/zero > /orch/output/x")),
        expect![[r#"
        was ended by signal 25 (SIGXFSZ)
        hint: it wrote a file that is larger than an action may leave"#]],
    );
}

fn an_input_that_changes_meanwhile_voids_the_result() {
    let fixture = sandboxed();
    let file = fixture.write("in.txt", "before");
    // The action says that it runs by a lock that the test takes away again.
    let cache = fixture.settings.cache.join("caches/test/meet");
    fs::create_dir_all(&cache).unwrap();
    for name in ["began", "go on"] {
        rustix::fs::mkfifoat(rustix::fs::CWD, cache.join(name), rustix::fs::Mode::RWXU).unwrap();
    }
    let mut run = script("echo > /orch/cache/meet/began; read x < '/orch/cache/meet/go on'");
    run.inputs = vec!["in.txt".to_owned()];
    run.caches = vec!["meet".to_owned()];
    std::thread::scope(|scope| {
        let ran = scope.spawn(|| fixture.fail(&run));
        fs::read(cache.join("began")).unwrap();
        fs::write(&file, "between").unwrap();
        fs::write(&file, "before").unwrap();
        fs::write(cache.join("go on"), "\n").unwrap();
        let failure = ran.join().unwrap();
        assert_eq!(
            failure.reason,
            "input `in.txt` changed while the action ran"
        );
    });
}

fn time_limits_and_interrupts_hold() {
    let mut fixture = sandboxed();
    fixture.settings.grace = Duration::from_millis(50);
    let mut run = script("trap '' TERM; echo began; while :; do sleep 100000; done");
    run.timeout_ms = Some(200);
    let failure = fixture.fail(&run);
    assert_eq!(failure.reason, "ran longer than 200 ms");
    assert_eq!(failure.sample.stdout, b"began\n");
    assert_eq!(failure.sample.exit_code, -9);
    let cancel = Cancel::new();
    run.timeout_ms = None;
    std::thread::scope(|scope| {
        let ran = scope.spawn(|| fixture.execute(&run, &cancel).unwrap());
        cancel.cancel();
        assert_eq!(ran.join().unwrap(), Execution::Cancelled);
    });
}

fn many_actions_run_at_once() {
    let fixture = sandboxed();
    let executor = LocalExecutor::new(fixture.settings.clone(), fixture.store.clone());
    let run = shell(
        "echo $$ > /tmp/x; echo ran > $1/x; test \"$(cat /tmp/x)\" = $$",
        &["x"],
    );
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (fixture, executor, run) = (&fixture, &executor, &run);
            scope.spawn(move || {
                for _ in 0..25 {
                    let job = Job {
                        node: &NodeId::task(&format!("t{thread}"), None),
                        action: run,
                        inputs: &[],
                        artifacts: &fixture.artifacts,
                        tools: &fixture.tools,
                    };
                    let done = executor.execute(job, &Cancel::new()).unwrap();
                    assert!(matches!(done, Execution::Succeeded(_)), "{done:?}");
                }
            });
        }
    });
    assert!(places(&fixture).len() <= 4);
}

fn what_is_measured_may_come_first_and_is_counted() {
    fixture::check_priority_and_counters(&sandboxed());
}

fn the_key_says_what_the_sandbox_is() {
    let mut fixture = sandboxed();
    let key = |fixture: &Fixture| {
        let executor = LocalExecutor::new(fixture.settings.clone(), fixture.store.clone());
        executor.sandbox().to_owned()
    };
    assert!(key(&fixture).starts_with('1'));
    fixture.settings.sandboxes = None;
    assert_eq!(key(&fixture), "off");
}
