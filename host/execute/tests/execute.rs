//! Actions as real processes: what they see, what is kept of them, and how they fail.

mod fixture;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use expect_test::expect;

use orch_engine::Cancel;
use orch_engine::port::{Execution, Executor, Job, Sources, TrialSetting};
use orch_execute::{LocalExecutor, ProjectSources};
use orch_model::{Digest, FaultKind, NodeId, Part, Root, Word};

use fixture::{Fixture, action, path, sandbox, shell, variable};

#[test]
fn what_is_measured_may_come_first_and_is_counted() {
    fixture::check_priority_and_counters(&Fixture::new());
}

#[test]
fn more_is_kept_of_what_a_measured_process_prints_where_that_is_wanted() {
    let fixture = Fixture::new();
    let action = action(&["sh", "-c", "yes 0123456 | head -n 100000"]);
    let printed = |output_bytes| {
        let setting = TrialSetting {
            output_bytes,
            ..TrialSetting::default()
        };
        fixture.try_once(&action, &setting).stdout.len()
    };
    assert_eq!(printed(Some(1 << 20)), 800_000);
    let cut = printed(None);
    assert!((512 << 10..800_000).contains(&cut), "{cut}");
}

#[test]
fn an_action_sees_its_inputs_and_leaves_its_outputs() {
    let fixture = Fixture::new();
    fixture.write("src/a.txt", "hello ");
    fixture.write_script("src/tool.sh", "#!/bin/sh\ncat \"$@\"; echo done\n");
    fixture.write("src/other", "not asked for");
    let mut action = shell(
        "cd src; ls; ./tool.sh a.txt > $1/result; mkdir $1/more; cp tool.sh $1/more; echo oh >&2",
        &["result", "more"],
    );
    action.inputs = vec!["src/*".to_owned(), "!src/other".to_owned()];
    let result = fixture.succeed(&action);
    assert_eq!(result.stdout, "a.txt\ntool.sh\n");
    assert_eq!(result.stderr, "oh\n");
    let outputs: Vec<_> = result
        .outputs
        .iter()
        .map(|output| (output.path.to_string(), output.bytes, output.executable))
        .collect();
    assert_eq!(
        outputs,
        [
            ("output/more/tool.sh".to_owned(), 30, true),
            ("output/result".to_owned(), 11, false)
        ]
    );
    assert_eq!(result.outputs[1].digest, Digest::of("hello done\n"));
    assert_eq!(
        fixture
            .store
            .read(&result.outputs[1].digest)
            .unwrap()
            .unwrap(),
        b"hello done\n"
    );
    assert!(fixture.leftovers().is_empty());
    // An action works on copies.
    assert_eq!(
        fs::read_to_string(fixture.project().join("src/a.txt")).unwrap(),
        "hello "
    );
}

#[test]
fn the_environment_is_exactly_what_it_should_be() {
    let mut fixture = Fixture::new();
    fixture.tool("go");
    let mut action = action(&["env"]);
    action.environment = vec![variable("GOOS", "linux"), variable("TZ", "Asia/Tokyo")];
    action.environment.push(orch_model::Variable {
        name: "CACHE".to_owned(),
        value: Word(vec![
            Part::Text("at:".to_owned()),
            Part::Path(sandbox(Root::Cache("build".to_owned()), "x")),
        ]),
    });
    action.caches = vec!["build".to_owned()];
    let result = fixture.succeed(&action);
    expect![[r#"
        CACHE=at:{folder}/cache/caches/test/build/x
        GOOS=linux
        HOME={work}/scratch/home
        LANG=C.UTF-8
        PATH=/usr/bin:/bin
        TMPDIR={work}/scratch/tmp
        TZ=Asia/Tokyo
    "#]]
    .assert_eq(&fixture.plain(&result.stdout));
    assert!(fixture.settings.cache.join("caches/test/build").is_dir());

    action.tools = vec!["go".to_owned()];
    let result = fixture.succeed(&action);
    let path = result
        .stdout
        .lines()
        .find(|line| line.starts_with("PATH="))
        .unwrap();
    assert_eq!(
        fixture.plain(path),
        "PATH={folder}/tools/go/bin:/usr/bin:/bin"
    );
}

#[test]
fn a_program_of_a_toolchain_does_not_see_the_machines_programs() {
    let mut fixture = Fixture::new();
    let go = fixture.tool("go");
    fs::write(go.join("bin/go"), "#!/bin/sh\necho $PATH; command -v ls\n").unwrap();
    fs::set_permissions(go.join("bin/go"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut action = action(&[""]);
    action.program = path(Root::Tool("go".to_owned()), "bin/go");
    action.tools = vec!["go".to_owned()];
    let failure = fixture.fail(&action);
    let stdout = String::from_utf8(failure.sample.stdout).unwrap();
    assert_eq!(fixture.plain(&stdout), "{folder}/tools/go/bin\n");

    action.tools.clear();
    let failure = fixture.fail(&action);
    let stdout = String::from_utf8(failure.sample.stdout).unwrap();
    assert_eq!(fixture.plain(&stdout), "{work}/scratch/bin\n");
}

#[test]
fn a_place_is_the_same_in_every_run_and_another_while_it_is_taken() {
    let fixture = Fixture::new();
    let pwd = action(&["pwd"]);
    let first = fixture.succeed(&pwd).stdout;
    assert_eq!(fixture.succeed(&pwd).stdout, first);

    // The inner run happens while the outer one holds the place.
    let fifo = fixture.folder.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
    let wait = action(&[
        "sh",
        "-c",
        "echo > \"$0\"; pwd; cat \"$0\"",
        fifo.to_str().unwrap(),
    ]);
    std::thread::scope(|scope| {
        let outer = scope.spawn(|| fixture.succeed(&wait).stdout);
        assert_eq!(fs::read_to_string(&fifo).unwrap(), "\n");
        let inner = fixture.succeed(&pwd).stdout;
        fs::write(&fifo, "").unwrap();
        assert_eq!(outer.join().unwrap(), first);
        assert_eq!(inner.replace("-1/", "/"), first);
        assert_ne!(inner, first);
    });
    assert!(fixture.leftovers().is_empty());
}

#[test]
fn what_a_killed_run_left_in_a_place_is_gone() {
    let fixture = Fixture::new();
    let place = fixture.succeed(&action(&["pwd"])).stdout.trim().to_owned();
    fs::create_dir_all(&place).unwrap();
    fs::write(format!("{place}/left"), "").unwrap();
    assert_eq!(fixture.succeed(&action(&["ls", "-a"])).stdout, ".\n..\n");
}

#[test]
fn artifacts_of_earlier_actions_are_found_by_name() {
    let mut fixture = Fixture::new();
    fixture.artifact(
        "compile",
        "bin/agent",
        "#!/bin/sh\necho \"I am $0 $1\"\n",
        true,
    );
    let mut action = action(&[""]);
    action.program = path(Root::Artifact("compile".to_owned()), "bin/agent");
    action.arguments = vec![Word::text("twice")];
    let result = fixture.succeed(&action);
    assert_eq!(
        fixture.plain(&result.stdout),
        "I am {work}/artifact/compile/bin/agent twice\n"
    );

    // The content is checked on its way out of the store.
    let digest = fixture.artifacts["compile"][0].digest.hex();
    let blob = fixture
        .settings
        .cache
        .join("store/v1/blobs")
        .join(&digest[..2])
        .join(&digest[2..]);
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, "#!/bin/sh\necho forged\n").unwrap();
    let fault = fixture.execute(&action, &Cancel::new()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Lost);
    expect![[r#"
        `output/bin/agent`, which action `compile` left, is missing from the store or damaged there
        run again: it will be made anew"#]]
    .assert_eq(&format!("{fault}\n{}", fault.hint.clone().unwrap()));
}

#[test]
fn a_tasks_outputs_lie_among_its_sources() {
    let fixture = Fixture::new();
    fixture.write("docs/in.txt", "text");
    let mut action = action(&["sh", "-c", "tr a-z A-Z < in.txt > ../build/out.txt"]);
    action.directory = sandbox(Root::Source, "docs");
    action.inputs = vec!["docs/**".to_owned()];
    action.outputs = vec![sandbox(Root::Source, "build/out.txt")];
    let result = fixture.succeed(&action);
    assert_eq!(result.outputs.len(), 1);
    assert_eq!(result.outputs[0].path.to_string(), "source/build/out.txt");
    assert_eq!(result.outputs[0].digest, Digest::of("TEXT"));
    assert!(!fixture.project().join("build").exists());
}

#[test]
fn a_relative_program_is_read_in_the_working_directory() {
    let fixture = Fixture::new();
    fixture.write_script("tools/run.sh", "#!/bin/sh\necho ran\n");
    let mut action = action(&["../tools/run.sh"]);
    action.directory = sandbox(Root::Source, "elsewhere");
    action.inputs = vec!["tools/**".to_owned()];
    assert_eq!(fixture.succeed(&action).stdout, "ran\n");
}

#[test]
fn links_inside_the_project_are_inputs_and_times_are_kept() {
    let fixture = Fixture::new();
    let file = fixture.write("a/file", "x");
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::open(&file).unwrap().set_modified(time).unwrap();
    std::os::unix::fs::symlink("a/file", fixture.project().join("link")).unwrap();
    let mut action = action(&[
        "sh",
        "-c",
        "readlink link; cat link; echo; stat -c %Y a/file",
    ]);
    action.inputs = vec!["**".to_owned()];
    assert_eq!(fixture.succeed(&action).stdout, "a/file\nx\n1000000000\n");
}

#[test]
fn a_link_inside_the_outputs_is_kept_as_a_copy() {
    let fixture = Fixture::new();
    let result = fixture.succeed(&shell(
        "mkdir $1/lib; echo x > $1/lib/a.so.1; ln -s a.so.1 $1/lib/a.so",
        &["lib"],
    ));
    let names: Vec<_> = result
        .outputs
        .iter()
        .map(|output| output.path.to_string())
        .collect();
    assert_eq!(names, ["output/lib/a.so", "output/lib/a.so.1"]);
    assert_eq!(result.outputs[0].digest, result.outputs[1].digest);
}

#[test]
fn outputs_that_overlap_are_kept_once() {
    let fixture = Fixture::new();
    let result = fixture.succeed(&shell("mkdir -p $1/d; echo > $1/d/x", &["d/x", "d", ""]));
    assert_eq!(result.outputs.len(), 1);
}

#[test]
fn folders_without_rights_are_removed_all_the_same() {
    let fixture = Fixture::new();
    fixture.succeed(&shell(
        "mkdir -p $1/d/e; touch $1/d/e/f; chmod 500 $1/d/e; chmod 0 $1/d",
        &[],
    ));
    assert!(fixture.leftovers().is_empty());
}

#[test]
fn an_input_that_changed_meanwhile_voids_the_action() {
    type Change = fn(&std::path::Path);
    let changes: [Change; 4] = [
        |file| fs::write(file, "after").unwrap(),
        |file| fs::remove_file(file).unwrap(),
        |file| {
            fs::remove_file(file).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", file).unwrap();
        },
        |file| {
            fs::remove_file(file).unwrap();
            rustix::fs::mkfifoat(rustix::fs::CWD, file, rustix::fs::Mode::RWXU).unwrap();
        },
    ];
    for change in changes {
        let fixture = Fixture::new();
        let file = fixture.write("x", "before");
        let inputs = ProjectSources::new(fixture.project(), Vec::new(), fixture.memory())
            .files(&["x".to_owned()])
            .unwrap();
        change(&file);
        let executor = LocalExecutor::new(fixture.settings.clone(), fixture.store.clone());
        let job = Job {
            node: &NodeId::task("test", None),
            action: &action(&["true"]),
            inputs: &inputs,
            artifacts: &fixture.artifacts,
            tools: &fixture.tools,
        };
        let Execution::Failed(failure) = executor.execute(job, &Cancel::new()).unwrap() else {
            panic!("it must not succeed");
        };
        assert_eq!(failure.reason, "input `x` changed while orch was running");
    }
}

#[test]
fn many_actions_run_at_once_in_one_executor() {
    let mut fixture = Fixture::new();
    // A fresh copy of a program is executed by each while others are being started.
    fixture.artifact("compile", "agent", "#!/bin/sh\necho ran > \"$1/x\"\n", true);
    let executor = LocalExecutor::new(fixture.settings.clone(), fixture.store.clone());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (fixture, executor) = (&fixture, &executor);
            scope.spawn(move || {
                for round in 0..10 {
                    let mut run = shell("", &["x"]);
                    run.program = path(Root::Artifact("compile".to_owned()), "agent");
                    run.arguments = vec![path(Root::Output, "")];
                    run.environment = vec![variable("PATH", fixture::SYSTEM_PATH)];
                    let job = Job {
                        node: &NodeId::task(&format!("t{}", (thread + round) % 3), None),
                        action: &run,
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
    assert!(fixture.leftovers().is_empty());
}
