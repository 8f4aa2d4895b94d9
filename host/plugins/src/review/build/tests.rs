//! One sound build, and every way in which it could be none.

use expect_test::{Expect, expect};
use orch_model::{Artifact, Runner, Variable, Word};

use super::*;

fn path(root: Root, relative: &str) -> SandboxPath {
    SandboxPath {
        root,
        relative: relative.parse().expect("a path"),
    }
}

fn place(root: Root, relative: &str) -> Word {
    Word(vec![Part::Path(path(root, relative))])
}

fn sound_action(name: &str) -> Action {
    Action {
        name: name.into(),
        program: place(Root::Tool("go".into()), "bin/go"),
        arguments: vec![Word::text("build"), place(Root::Output, "agent")],
        environment: vec![Variable {
            name: "GOCACHE".into(),
            value: place(Root::Cache("build".into()), ""),
        }],
        directory: path(Root::Source, ""),
        inputs: vec!["**/*.go".into(), "!vendor/**".into()],
        outputs: vec![path(Root::Output, "agent")],
        files: vec![],
        caches: vec!["build".into()],
        cache_owner: "go".into(),
        network: false,
        after: Vec::new(),
        tools: Vec::new(),
        runner: Runner::Native,
        timeout_ms: None,
        cacheable: true,
    }
}

fn sound_build() -> Build {
    Build {
        actions: vec![sound_action("compile")],
        artifacts: vec![Artifact {
            name: "agent".parse().expect("a path"),
            path: path(Root::Artifact("compile".into()), "agent"),
            executable: true,
        }],
    }
}

/// What is said about a sound build after a change.
fn check(change: impl FnOnce(&mut Build), expected: Expect) {
    let mut build = sound_build();
    change(&mut build);
    let Breach(what) = self::build(build, None, &[]).expect_err("it is refused");
    expected.assert_eq(&what);
}

#[test]
fn tools_are_found_in_what_an_action_names() {
    let build = build(sound_build(), None, &["sysroot", "go"]).expect("it is sound");
    assert_eq!(build.actions[0].tools, ["go", "sysroot"]);
}

#[test]
fn actions_that_are_not_sound() {
    check(
        |build| build.actions[0].name = "a/b".into(),
        expect![
            "planned the action `a/b`, but named the action `a/b`; such names have letters, digits, `-`, `_`, `.`, `+`"
        ],
    );
    check(
        |build| build.actions.push(sound_action("compile")),
        expect!["named the action `compile` twice"],
    );
    check(
        |build| build.actions[0].environment[0].name = "A=B".into(),
        expect![
            "planned the action `compile`, but named the environment variable `A=B`; a name is not empty, and has no `=` or NUL"
        ],
    );
    check(
        |build| {
            let again = build.actions[0].environment[0].clone();
            build.actions[0].environment.push(again);
        },
        expect!["planned the action `compile`, but named the environment variable `GOCACHE` twice"],
    );
    check(
        |build| build.actions[0].arguments.push(Word::text("a\0b")),
        expect!["planned the action `compile`, but gave the argument `a�b`, which holds a NUL"],
    );
    check(
        |build| build.actions[0].directory = path(Root::Tool("go".into()), "src"),
        expect![
            "planned the action `compile`, but it works in `tool/go/src`; only `source` and `scratch` can be worked in"
        ],
    );
    check(
        |build| build.actions[0].inputs[0] = "../**".into(),
        expect!["planned the action `compile`, but of its inputs the path `../**` leaves its root"],
    );
    check(
        |build| build.actions[0].inputs[1] = "!a[".into(),
        expect![
            "planned the action `compile`, but of its inputs the pattern `a[` is wrong: unclosed character class; missing ']'"
        ],
    );
    check(
        |build| build.actions[0].outputs[0] = path(Root::Source, "agent"),
        expect![
            "planned the action `compile`, but its output `source/agent` is no file below `output`"
        ],
    );
    check(
        |build| build.actions[0].outputs[0] = path(Root::Output, ""),
        expect!["planned the action `compile`, but its output `output` is no file below `output`"],
    );
    check(
        |build| build.actions[0].caches.clear(),
        expect![
            "planned the action `compile`, but it names the cache `build`, which is not in its `caches`"
        ],
    );
    check(
        |build| build.actions[0].caches[0] = "../other".into(),
        expect![
            "planned the action `compile`, but named the cache `../other`; such names have letters, digits, `-`, `_`, `.`, `+`"
        ],
    );
    check(
        |build| build.actions[0].program = place(Root::Tool("..".into()), "bin/go"),
        expect![
            "planned the action `compile`, but named the tool `..`; such names have letters, digits, `-`, `_`, `.`, `+`"
        ],
    );
    check(
        |build| {
            let word = place(Root::Artifact("generate".into()), "x.go");
            build.actions[0].arguments.push(word);
        },
        expect![
            "planned the action `compile`, but it names an output of the action `generate`, which is not in its `after`"
        ],
    );
}

#[test]
fn lists_that_are_too_long() {
    type Change = fn(&mut Action);
    let changes: [(&str, Change); 6] = [
        ("arguments", |action| {
            action.arguments = vec![Word::text("a"); 10_001];
        }),
        ("inputs", |action| action.inputs = vec!["a".into(); 10_001]),
        ("outputs", |action| {
            action.outputs = vec![path(Root::Output, "a"); 10_001];
        }),
        ("caches", |action| action.caches = vec!["a".into(); 10_001]),
        ("actions in `after`", |action| {
            action.after = vec!["a".into(); 10_001];
        }),
        ("environment variables", |action| {
            action.environment = vec![action.environment[0].clone(); 10_001];
        }),
    ];
    for (what, change) in changes {
        let mut build = sound_build();
        change(&mut build.actions[0]);
        let Breach(said) = self::build(build, None, &[]).expect_err("it is refused");
        let expected =
            format!("planned the action `compile`, but returned 10001 {what}; 10000 are allowed");
        assert_eq!(said, expected);
    }
}

#[test]
fn orders_that_cannot_be_kept() {
    check(
        |build| build.actions[0].after.push("generate".into()),
        expect!["planned the action `compile` after `generate`, which it did not plan"],
    );
    check(
        |build| build.actions[0].after.push("compile".into()),
        expect!["planned actions that wait for each other: `compile`"],
    );
    check(
        |build| {
            build.actions[0].after.push("strip".into());
            let mut strip = sound_action("strip");
            strip.after.push("compile".into());
            build.actions.push(strip);
        },
        expect!["planned actions that wait for each other: `compile`, `strip`"],
    );
}

#[test]
fn artifacts_that_nobody_makes() {
    let from =
        |root, relative| move |build: &mut Build| build.artifacts[0].path = path(root, relative);
    check(
        from(Root::Source, "go.mod"),
        expect!["ships the artifact `agent`, but `source/go.mod` is not the output of an action"],
    );
    check(
        from(Root::Artifact("link".into()), "agent"),
        expect!["ships the artifact `agent`, but it did not plan the action `link`"],
    );
    check(
        from(Root::Artifact("compile".into()), "agent2"),
        expect![
            "ships the artifact `agent`, but `agent2` is not among the outputs of the action `compile`"
        ],
    );
    check(
        |build| build.artifacts.push(build.artifacts[0].clone()),
        expect!["named the artifact `agent` twice"],
    );
}

#[test]
fn a_file_of_the_builds_own_toolchain_may_ship() {
    let shipping = |relative| {
        let mut build = sound_build();
        build.artifacts[0].path = path(Root::Tool("go".into()), relative);
        build
    };
    assert!(build(shipping("lib/wasm/wasm_exec.js"), None, &["go"]).is_ok());
    // Of another toolchain, or all of it.
    assert!(build(shipping("lib/wasm/wasm_exec.js"), None, &["zig"]).is_err());
    assert!(build(shipping(""), None, &["go"]).is_err());
}

#[test]
fn what_is_below_a_declared_output_is_made() {
    let mut folder = sound_build();
    folder.artifacts[0].path = path(Root::Artifact("compile".into()), "agent/part");
    assert!(build(folder, None, &[]).is_ok());
}

#[test]
fn a_given_artifact_may_be_named() {
    let given = path(Root::Artifact("compile".into()), "agent");
    let mut finish = sound_action("strip");
    finish.arguments.push(Word(vec![Part::Path(given.clone())]));
    let finished = Build {
        actions: vec![finish],
        artifacts: Vec::new(),
    };
    assert!(build(finished.clone(), Some(&given), &[]).is_ok());
    assert!(build(finished, None, &[]).is_err());
}
