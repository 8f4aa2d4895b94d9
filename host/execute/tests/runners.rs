//! Actions that something else than the machine runs: an emulator, or the engine inside.

mod fixture;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use expect_test::expect;

use orch_engine::port::Executor;
use orch_execute::LocalExecutor;
use orch_model::{Digest, Root, Runner, Sample, Word};

use fixture::{Fixture, action, check_failure, path, variable};

#[test]
fn an_emulator_is_found_on_the_machine_and_stands_in_front() {
    let mut fixture = Fixture::new();
    fixture.artifact("compile", "agent", "content", true);
    let mut run = action(&[""]);
    run.program = path(Root::Artifact("compile".to_owned()), "agent");
    run.arguments = vec![Word::text("-x")];
    run.runner = Runner::Emulator(vec!["echo".to_owned(), "-cpu".to_owned(), "max".to_owned()]);
    let result = fixture.succeed(&run);
    assert_eq!(
        fixture.plain(&result.stdout),
        "-cpu max {work}/artifact/compile/agent -x\n"
    );

    run.runner = Runner::Emulator(vec!["qemu-pdp11-static".to_owned()]);
    let failure = fixture.fail(&run);
    check_failure(
        &fixture,
        &failure,
        expect![[r#"
        could not be started: the emulator `qemu-pdp11-static` is not on this machine
        hint: install it: `apt-get install qemu-user-static`"#]],
    );
}

#[test]
fn webassembly_is_run_by_the_engine_inside() {
    let mut fixture = Fixture::new();
    fixture.artifact("compile", "agent.wasm", "module", false);
    let mut run = action(&[""]);
    run.program = path(Root::Artifact("compile".to_owned()), "agent.wasm");
    run.arguments = vec![Word::text("readings")];
    run.environment = vec![variable("A", "b")];
    run.runner = Runner::EmbeddedWasm;
    *fixture.wasm.answer.lock().unwrap() = Sample {
        stdout: b"21.5\n".to_vec(),
        ..Sample::default()
    };
    assert_eq!(fixture.succeed(&run).stdout, "21.5\n");
    assert_eq!(
        fixture.wasm.calls.lock().unwrap().join("\n"),
        "module [\"readings\"] [(\"A\", \"b\")] 86400s"
    );

    fixture.wasm.answer.lock().unwrap().exit_code = 134;
    let failure = fixture.fail(&run);
    check_failure(&fixture, &failure, expect!["trapped (code 134)"]);
    fixture.wasm.answer.lock().unwrap().exit_code = 124;
    run.timeout_ms = Some(1500);
    let failure = fixture.fail(&run);
    check_failure(
        &fixture,
        &failure,
        expect![[r#"
            ran longer than 1.5 s
            hint: set `timeout` to a longer time"#]],
    );
    fixture.wasm.answer.lock().unwrap().exit_code = 2;
    let failure = fixture.fail(&run);
    check_failure(&fixture, &failure, expect!["exited with code 2"]);
}
#[test]
fn another_emulator_of_the_same_name_makes_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut fixture = Fixture::new();
    fixture.settings.system_path = folder.path().into();
    let content = || {
        LocalExecutor::new(fixture.settings.clone(), fixture.store.clone())
            .emulator("qemu")
            .unwrap()
    };
    assert_eq!(content(), None);
    for version in ["one", "two"] {
        let emulator = folder.path().join("qemu");
        fs::write(&emulator, version).unwrap();
        fs::set_permissions(&emulator, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(content(), Some(Digest::of(version)));
    }
}
