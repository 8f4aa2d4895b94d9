//! Actions that fail, and in which words.

mod fixture;

use expect_test::expect;

use orch_model::Root;

use fixture::{Fixture, action, check_failure, path, sandbox, shell};

#[test]
fn a_program_that_is_nowhere_is_named() {
    let mut fixture = Fixture::new();
    let failure = fixture.fail(&action(&["no-such-program"]));
    check_failure(
        &fixture,
        &failure,
        expect![[r#"
        could not be started: there is no program `no-such-program` on its `PATH`
        hint: install it, or name the toolchain that has it in `tools`"#]],
    );
    let failure = fixture.fail(&action(&["./no-such-program"]));
    check_failure(
        &fixture,
        &failure,
        expect!["could not be started: there is no file `./no-such-program`"],
    );

    fixture.write("plain", "#!/bin/sh\n");
    let mut plain = action(&["./plain"]);
    plain.inputs = vec!["plain".to_owned()];
    let failure = fixture.fail(&plain);
    check_failure(
        &fixture,
        &failure,
        expect![[r#"
        could not be started: `./plain` is not executable
        hint: set its executable bit, or name the program that runs it"#]],
    );

    fixture.write_script("script", "#!/no/such/interpreter\n");
    let mut script = action(&["./script"]);
    script.inputs = vec!["script".to_owned()];
    let failure = fixture.fail(&script);
    check_failure(
        &fixture,
        &failure,
        expect![[r#"
        could not be started: the interpreter of `./script` is not on this machine
        hint: look at its first line, or with `readelf -l` for the interpreter that it asks for"#]],
    );

    fixture.artifact("compile", "agent", "\x7fELF for another machine", true);
    let mut foreign = action(&[""]);
    foreign.program = path(Root::Artifact("compile".to_owned()), "agent");
    let failure = fixture.fail(&foreign);
    check_failure(
        &fixture,
        &failure,
        expect![[r#"
        could not be started: `{artifact/compile/agent}` is not a program for this machine
        hint: give its target a runner, or build it for the machine that runs it"#]],
    );
}

#[test]
fn a_failure_tells_the_code_and_what_was_printed() {
    let fixture = Fixture::new();
    let failure = fixture.fail(&action(&["sh", "-c", "echo out; echo err >&2; exit 3"]));
    check_failure(&fixture, &failure, expect!["exited with code 3"]);
    assert_eq!(failure.sample.exit_code, 3);
    assert_eq!(failure.sample.stdout, b"out\n");
    assert_eq!(failure.sample.stderr, b"err\n");
    assert!(failure.sample.wall_ns > 0);
    assert!(failure.sample.peak_rss_bytes > 100 << 10);

    let failure = fixture.fail(&action(&["sh", "-c", "kill -SEGV $$"]));
    check_failure(
        &fixture,
        &failure,
        expect!["was ended by signal 11 (SIGSEGV)"],
    );
    assert_eq!(failure.sample.exit_code, -11);
    let failure = fixture.fail(&action(&["sh", "-c", "kill -KILL $$"]));
    check_failure(
        &fixture,
        &failure,
        expect![[r#"
        was ended by signal 9 (SIGKILL)
        hint: the machine may have run out of memory; try fewer `--jobs`"#]],
    );
}

#[test]
fn outputs_are_what_was_declared_or_the_action_failed() {
    let fixture = Fixture::new();
    for (script, expected) in [
        ("true", expect!["did not leave `output/x`"]),
        (
            "ln -s /etc/passwd $1/x",
            expect![[r#"
            left a symbolic link `output/x` to `/etc/passwd`, an absolute path
            hint: outputs may link to files beside them, by a relative path"#]],
        ),
        (
            "ln -s nowhere $1/x",
            expect![[r#"
            left a symbolic link `output/x` to `nowhere`, which leads nowhere
            hint: outputs may link to files beside them, by a relative path"#]],
        ),
        (
            "ln -s ../source/file $1/x; touch file",
            expect![[r#"
            left a symbolic link `output/x` to `../source/file`, which leads out of its folder
            hint: outputs may link to files beside them, by a relative path"#]],
        ),
        (
            "mkdir $1/d; ln -s d $1/x",
            expect![[r#"
            left a symbolic link `output/x` to `d`, which is not a file
            hint: outputs may link to files beside them, by a relative path"#]],
        ),
        (
            "mkfifo $1/x",
            expect!["left `output/x`, which is neither a file nor a folder"],
        ),
        (
            "mkdir $1/x; touch $1/x/$(printf '\\377')",
            expect!["left `output/x/�`: its path is not UTF-8"],
        ),
        (
            "mkdir $1/x; touch \"$1/x/\"'a\\b'",
            expect![[r#"left `output/x/a\b`: its path holds a backslash"#]],
        ),
        (
            "rm -rf \"$1\" \"$PWD\" \"$HOME\"",
            expect!["did not leave `output/x`"],
        ),
        (
            "rm -rf $1; ln -s /etc $1",
            expect!["did not leave `output/x`"],
        ),
    ] {
        let failure = fixture.fail(&shell(script, &["x"]));
        check_failure(&fixture, &failure, expected);
        assert!(fixture.leftovers().is_empty(), "{script}");
    }
    let failure = fixture.fail(&shell("rmdir $1/d; ln -s /etc $1/d", &["d/passwd"]));
    check_failure(
        &fixture,
        &failure,
        expect!["left `output/d/passwd` behind a symbolic link that leads out of its folder"],
    );
}

#[test]
fn an_output_below_an_input_file_is_refused() {
    let fixture = Fixture::new();
    fixture.write("a", "a file");
    let mut action = action(&["true"]);
    action.inputs = vec!["a".to_owned()];
    action.outputs = vec![sandbox(Root::Source, "a/b")];
    let failure = fixture.fail(&action);
    check_failure(
        &fixture,
        &failure,
        expect![
            "could not be started: `source/a/b` needs a folder where one of its inputs is a file"
        ],
    );
}
