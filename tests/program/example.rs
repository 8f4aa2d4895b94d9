//! The main job, end to end: the example's pipeline from nothing to verified products, by
//! a real Go release from the machine's package registry.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use orch_tests::{Project, expect, tree};

use crate::{project, project_of_compilers};

/// The main example's sources, pipeline and lock.
fn example() -> Project {
    with_files_of("sensor-agent", project())
}

/// A project with all files of an example.
pub fn with_files_of(example: &str, project: Project) -> Project {
    with_files_below(&format!("examples/{example}/"), project)
}

fn with_files_below(prefix: &str, project: Project) -> Project {
    let sources = tree::texts(&[])
        .into_iter()
        .filter_map(|text| Some((text.path.strip_prefix(prefix)?.to_owned(), text.content)));
    sources.fold(project, |project, (path, content)| {
        project.file(&path, content)
    })
}

/// It takes minutes to measure, so only that it can be.
#[test]
fn the_benches_of_the_example_are_planned_by_what_is_pinned() {
    let plan = with_files_below("examples/", project()).orch(&["plan", "bench.toml", "--locked"]);
    plan.exits(0)
        .shows("bench.size@wasm+go-next  (probe size of size 0.1.0)")
        .shows("bench.readings@static+go-next  (probe gobench of gobench 0.1.0)")
        .shows("keeps    out/bench.profile/static/go/cpu.pprof")
        .shows("keeps    out/bench.hot/static/go/cpu.pprof");
}

#[test]
fn the_example_is_built_verified_and_then_left_alone() {
    let project = example();
    let sources = project.files();
    assert!(
        sources.contains(&"orch.lock".to_owned()),
        "the example's lock is committed"
    );

    project.orch(&["run", "--locked"]).exits(0);
    assert_eq!(
        machine(&project.path().join("out/agent/pi5/agent")),
        AARCH64
    );
    assert_eq!(
        machine(&project.path().join("out/agent/static/agent")),
        X86_64
    );
    let module = read(&project.path().join("out/readings/wasm/readings.wasm"));
    assert!(module.starts_with(b"\0asm"), "no WebAssembly");
    assert_eq!(
        printed(&project.path().join("out/agent/static/agent")),
        "sensor-agent 0.1.0 go1.22.10 linux/amd64\n"
    );

    // Nothing changed: nothing runs, and nothing is asked of the network.
    let again = project.orch(&["run", "--locked", "--offline"]).exits(0);
    again.says("nothing to do: all 14 nodes are up to date ([TIME])");

    // A test changed: it runs first, and the builds wait for what it says.
    let main = "cmd/readings/main_test.go";
    let text = String::from_utf8(read(&project.path().join(main))).expect("Go is UTF-8");
    let project = project.file(main, text + "\n// One more line.\n");
    project
        .orch(&["run", "--dry-run", "--offline"])
        .exits(0)
        .stdout(expect![[r#"
            NODE                         WOULD
            toolchain.go                 stay: up to date
            task.test                    run
            build.agent@pi5/compile      follow `task.test`
            build.agent@pi5/verify       follow `build.agent@pi5/compile`
            build.agent@pi5/smoke        follow `build.agent@pi5/compile`
            build.agent@pi5              follow `build.agent@pi5/compile`
            build.agent@static/compile   follow `task.test`
            build.agent@static/verify    follow `build.agent@static/compile`
            build.agent@static/smoke     follow `build.agent@static/compile`
            build.agent@static           follow `build.agent@static/compile`
            build.readings@wasm/compile  follow `task.test`
            build.readings@wasm/verify   follow `build.readings@wasm/compile`
            build.readings@wasm/smoke    follow `build.readings@wasm/compile`
            build.readings@wasm          follow `build.readings@wasm/compile`
        "#]]);
}

/// Each target compiles a standard library or a C library of its own: one stands for all.
#[test]
fn the_example_of_every_target_is_planned_and_built_for_one() {
    let project = with_files_of("every-target", project_of_compilers())
        .variable("PATH", &crate::rust::path());
    let script = project.path().join("build.sh");
    fs::set_permissions(script, Permissions::from_mode(0o755)).expect("it is the test's own");
    let plan = project.orch(&["plan", "--locked"]).exits(0);
    let products = |build: &str| plan.stdout.matches(&format!("out/{build}/")).count();
    assert_eq!((products("clock"), products("calculate")), (23, 16));
    project
        .orch(&["run", "--locked", "--target", "static"])
        .exits(0)
        .shows("out/calculate-static/static/calculate-static")
        .shows("out/clock/static/clock")
        .says("Lua 5.4");
}

#[test]
fn a_dry_run_of_a_new_project_pins_nothing() {
    let project = example();
    std::fs::remove_file(project.path().join("orch.lock")).expect("it is committed");
    let sources = project.files();
    project
        .orch(&["run", "--dry-run"])
        .exits(0)
        .says("orch.lock: would become: toolchain `go`: 1.22.10");
    assert_eq!(project.files(), sources);
}

const X86_64: u16 = 62;
const AARCH64: u16 = 183;

/// `e_machine` of an ELF header.
fn machine(file: &Path) -> u16 {
    let bytes = read(file);
    assert!(
        bytes.starts_with(b"\x7fELF"),
        "{} is no ELF file",
        file.display()
    );
    u16::from_le_bytes([bytes[18], bytes[19]])
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn printed(program: &Path) -> String {
    let output = Command::new(program)
        .arg("-version")
        .output()
        .expect("it runs here");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}
