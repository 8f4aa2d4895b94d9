//! Finding inputs, keeping results, and putting products in place, on a real disk.

mod fixture;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use expect_test::{Expect, expect};
use proptest::prelude::*;

use orch_engine::port::{ActionCache, ActionResult, OutputFile, Publisher, Sources};
use orch_engine::{Cancel, Ledger};
use orch_execute::{ProjectPublisher, ProjectSources, StoreActionCache};
use orch_model::{Digest, FaultKind, Root};

use fixture::{Fixture, publication, relative, sandbox};

fn sources(fixture: &Fixture) -> ProjectSources {
    let excluded = ["pipeline.toml", "orch.lock", "cache"]
        .map(relative)
        .to_vec();
    ProjectSources::new(fixture.project(), excluded, fixture.memory())
}

fn found(fixture: &Fixture, patterns: &[&str]) -> Vec<String> {
    let patterns: Vec<String> = patterns
        .iter()
        .map(|pattern| (*pattern).to_owned())
        .collect();
    let files = sources(fixture).files(&patterns).unwrap();
    files
        .into_iter()
        .map(|file| file.path.to_string())
        .collect()
}

fn check_fault(fixture: &Fixture, patterns: &[&str], expected: Expect) {
    let patterns: Vec<String> = patterns
        .iter()
        .map(|pattern| (*pattern).to_owned())
        .collect();
    let fault = sources(fixture).files(&patterns).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Usage);
    let hint = fault.hint.unwrap_or_default();
    expected.assert_eq(&fixture.plain(&format!("{}\nhint: {hint}", fault.message)));
}

#[test]
fn inputs_are_found_sorted_without_what_is_never_one() {
    let fixture = Fixture::new();
    for path in [
        "pipeline.toml",
        "orch.lock",
        "out/x",
        "cache/x",
        ".git/config",
        ".orch/x",
        "sub/.git",
        "sub/out/y",
        "b.go",
        "a/z.go",
        "a/b/c.go",
        "a-b.go",
        "a/pipeline.toml",
    ] {
        fixture.write(path, path);
    }
    assert_eq!(
        found(&fixture, &["**"]),
        [
            "a-b.go",
            "a/b/c.go",
            "a/pipeline.toml",
            "a/z.go",
            "b.go",
            "sub/out/y"
        ]
    );
    assert_eq!(
        found(&fixture, &["**/*.go", "!a/b/**"]),
        ["a-b.go", "a/z.go", "b.go"]
    );
    assert_eq!(
        found(&fixture, &["a", "b.go", "no/such", "b.go/x"]),
        ["a/b/c.go", "a/pipeline.toml", "a/z.go", "b.go"]
    );
    for never in ["out/**", ".git/**", ".orch/x", "pipeline.toml"] {
        assert!(found(&fixture, &[never]).is_empty(), "{never}");
    }
}

#[test]
fn an_input_has_its_digest_size_and_mode() {
    let fixture = Fixture::new();
    fixture.write_script("run", "#!");
    fixture.write("plain", "text");
    symlink("plain", fixture.project().join("link")).unwrap();
    let files = sources(&fixture).files(&["*".to_owned()]).unwrap();
    let [link, plain, run] = &files[..] else {
        panic!("there are three: {files:?}");
    };
    assert_eq!((link.link.as_deref(), link.bytes), (Some("plain"), 5));
    assert_eq!(link.digest, Digest::of("plain"));
    assert_eq!((plain.digest, plain.bytes), (Digest::of("text"), 4));
    assert!(!plain.executable && run.executable);
}

#[test]
fn what_can_be_no_input_is_refused_by_name() {
    let fixture = Fixture::new();
    let project = fixture.project();
    fs::create_dir(project.join("a")).unwrap();
    symlink("../../secret", project.join("a/up")).unwrap();
    check_fault(
        &fixture,
        &["**"],
        expect![[r#"
        input `a/up` is a symbolic link to `../../secret`, outside the pipeline's folder
        hint: copy what it points to, or add `!a/up` to the inputs"#]],
    );
    fs::remove_file(project.join("a/up")).unwrap();

    symlink("/etc/passwd", project.join("a/root")).unwrap();
    check_fault(
        &fixture,
        &["a/*"],
        expect![[r#"
        input `a/root` is a symbolic link to `/etc/passwd`, outside the pipeline's folder
        hint: copy what it points to, or add `!a/root` to the inputs"#]],
    );
    fs::remove_file(project.join("a/root")).unwrap();

    // Each link stays inside by its text; together they leave.
    symlink("a", project.join("down")).unwrap();
    symlink("../down/../..", project.join("a/chain")).unwrap();
    check_fault(
        &fixture,
        &["**"],
        expect![[r#"
        input `a/chain` is a symbolic link to `../down/../..`, outside the pipeline's folder
        hint: copy what it points to, or add `!a/chain` to the inputs"#]],
    );
    fs::remove_file(project.join("a/chain")).unwrap();

    fixture.write("a/file", "");
    check_fault(
        &fixture,
        &["down/file"],
        expect![[r#"
        pattern `down/file` leads through the symbolic link `down`
        hint: name the folder that the link points to"#]],
    );

    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        project.join("a/pipe"),
        rustix::fs::Mode::RWXU,
    )
    .unwrap();
    check_fault(
        &fixture,
        &["**"],
        expect![[r#"
        input `a/pipe` is neither a file nor a folder nor a symbolic link
        hint: add `!a/pipe` to the inputs"#]],
    );
    assert_eq!(found(&fixture, &["**", "!a/pipe"]), ["a/file", "down"]);

    use std::os::unix::ffi::OsStrExt;
    fs::write(project.join(std::ffi::OsStr::from_bytes(b"a/\xff.go")), "").unwrap();
    check_fault(
        &fixture,
        &["**/*.go"],
        expect![[r#"
        the name of input `a/�.go` is not UTF-8
        hint: rename it, or take its folder away from the inputs"#]],
    );
    assert_eq!(found(&fixture, &["a/f*"]), ["a/file"]);
    fs::write(project.join("back\\slash.c"), "").unwrap();
    check_fault(
        &fixture,
        &["*.c"],
        expect![[r#"
        input path `back\slash.c` holds a backslash
        hint: rename it, or take its folder away from the inputs"#]],
    );
}

fn result(store: &orch_store::Store, content: &str) -> ActionResult {
    ActionResult {
        outputs: vec![OutputFile {
            path: sandbox(Root::Output, "x"),
            digest: store.put_bytes(content.as_bytes()).unwrap(),
            bytes: content.len() as u64,
            executable: false,
        }],
        stdout: "said".to_owned(),
        wall_ms: 7,
        findings: serde_json::json!({"summary": "fine"}),
        ..ActionResult::default()
    }
}

#[test]
fn a_result_is_found_again_as_long_as_its_outputs_are_there() {
    let fixture = Fixture::new();
    let cache = StoreActionCache::new(fixture.store.clone());
    let key = Digest::of("key");
    assert_eq!(cache.lookup(&key).unwrap(), None);
    let result = result(&fixture.store, "content");
    let ledger: Ledger = serde_json::from_str(r#"[{"what":"program","value":"go"}]"#).unwrap();
    cache.record(&key, &result, &ledger).unwrap();
    assert_eq!(cache.ledger(&key).unwrap(), Some(ledger));
    assert_eq!(cache.lookup(&key).unwrap(), Some(result.clone()));

    let hex = result.outputs[0].digest.hex();
    let blob = fixture
        .settings
        .cache
        .join("store/v1/blobs")
        .join(&hex[..2])
        .join(&hex[2..]);
    fs::remove_file(blob).unwrap();
    assert_eq!(cache.lookup(&key).unwrap(), None);

    // Written by a version that is not known here.
    let value = br#"{"format":3,"result":{"outputs":[],"stdout":"","stderr":"","wall_ms":0}}"#;
    fixture.store.put_record("action", &key, value).unwrap();
    assert_eq!(cache.lookup(&key).unwrap(), None);
    // And by the one before this.
    let value = br#"{"format":1,"result":{"outputs":[],"stdout":"x","stderr":"","wall_ms":0}}"#;
    fixture.store.put_record("action", &key, value).unwrap();
    assert_eq!(cache.lookup(&key).unwrap().unwrap().stdout, "x");
    assert_eq!(cache.ledger(&key).unwrap(), None);
    fixture.store.put_record("action", &key, b"[]").unwrap();
    assert_eq!(cache.lookup(&key).unwrap(), None);
}

fn publisher(fixture: &Fixture) -> ProjectPublisher {
    ProjectPublisher::new(fixture.project(), fixture.store.clone(), fixture.memory())
}

#[test]
fn products_are_put_in_place_and_left_alone_when_they_are_right() {
    let fixture = Fixture::new();
    let all = [
        publication(&fixture, "out/agent/pi5/agent", "binary", true),
        publication(&fixture, "top", "text", false),
    ];
    assert_eq!(publisher(&fixture).publish(&all, &[]).unwrap(), 2);
    let product = fixture.project().join("out/agent/pi5/agent");
    assert_eq!(fs::read_to_string(&product).unwrap(), "binary");
    assert_eq!(
        product.metadata().unwrap().permissions().mode() & 0o777,
        0o755
    );
    assert_eq!(publisher(&fixture).publish(&all, &[]).unwrap(), 0);

    // Each kind of change is noticed and mended.
    fs::write(&product, "binarx").unwrap();
    assert_eq!(publisher(&fixture).publish(&all, &[]).unwrap(), 1);
    fs::set_permissions(&product, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(publisher(&fixture).publish(&all, &[]).unwrap(), 1);
    fs::remove_file(&product).unwrap();
    symlink("/etc/passwd", &product).unwrap();
    assert_eq!(publisher(&fixture).publish(&all, &[]).unwrap(), 1);
    assert!(product.symlink_metadata().unwrap().is_file());
    assert_eq!(fs::read_to_string(&product).unwrap(), "binary");
}

#[test]
fn a_damaged_record_costs_a_look_only() {
    let fixture = Fixture::new();
    let all = [publication(&fixture, "out/x", "right", false)];
    publisher(&fixture).publish(&all, &[]).unwrap();
    for damage in ["", "{", "orch-looks 1\n", "orch-looks 2\n"] {
        fs::write(fixture.project().join(".orch/files"), damage).unwrap();
        assert_eq!(
            publisher(&fixture).publish(&all, &[]).unwrap(),
            0,
            "{damage}"
        );
    }
}

#[test]
fn a_destination_that_cannot_be_is_refused_and_named() {
    let fixture = Fixture::new();
    let project = fixture.project();
    let check = |to: &str, expected: Expect| {
        let fault = publisher(&fixture)
            .publish(&[publication(&fixture, to, "x", false)], &[])
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Usage);
        expected.assert_eq(&fault.message);
    };
    fs::create_dir_all(project.join("out/folder")).unwrap();
    check(
        "out/folder",
        expect!["could not write `out/folder`: there is a folder of that name"],
    );
    fixture.write("out/file", "");
    check(
        "out/file/x",
        expect!["could not write `out/file/x`: `out/file` is a file"],
    );
    symlink(fixture.folder.path(), project.join("away")).unwrap();
    check(
        "away/x",
        expect![
            "could not write `away/x`: `away` is a symbolic link that leaves the pipeline's folder"
        ],
    );
    symlink("nowhere", project.join("loose")).unwrap();
    check(
        "loose/x/y",
        expect![
            "could not write `loose/x/y`: `loose` is a symbolic link that does not lead to a folder"
        ],
    );
    assert!(!fixture.folder.path().join("x").exists());

    // A link to another place in the project is the user's own business.
    symlink("out/folder", project.join("inside")).unwrap();
    let inside = [publication(&fixture, "inside/x", "x", false)];
    assert_eq!(publisher(&fixture).publish(&inside, &[]).unwrap(), 1);
    assert!(project.join("out/folder/x").exists());
}

#[test]
fn a_missing_content_leaves_the_old_file() {
    let fixture = Fixture::new();
    fixture.write("out/x", "old");
    let mut missing = publication(&fixture, "out/x", "new", false);
    missing.file.digest = Digest::of("never kept");
    let fault = publisher(&fixture).publish(&[missing], &[]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Lost);
    expect![[r#"
        could not write `out/x`: its content 68266d89225c is missing from the store or damaged there
        hint: run again: it will be made anew"#]]
    .assert_eq(&format!("{fault}\nhint: {}", fault.hint.clone().unwrap()));
    assert_eq!(
        fs::read_to_string(fixture.project().join("out/x")).unwrap(),
        "old"
    );
}

#[test]
fn what_a_killed_run_was_writing_is_removed() {
    let fixture = Fixture::new();
    let partial = fixture.write("out/.orch-partial-abc", "half");
    publisher(&fixture)
        .publish(&[publication(&fixture, "out/x", "x", false)], &[])
        .unwrap();
    assert!(!partial.exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is in place before: after publishing it is right, and a second time nothing
    /// is written.
    #[test]
    fn publishing_twice_is_publishing_once(
        files in proptest::collection::btree_map("[abc]/[abc]", ("[xy]{0,2}", any::<bool>()), 1..6),
        before in proptest::collection::btree_map("[abc]/[abc]", "[xy]{0,2}", 0..6),
    ) {
        let fixture = Fixture::new();
        for (path, content) in &before {
            fixture.write(path, content);
        }
        let all: Vec<_> = files
            .iter()
            .map(|(path, (content, executable))| publication(&fixture, path, content, *executable))
            .collect();
        let publisher = publisher(&fixture);
        let right = files
            .iter()
            .filter(|(path, (content, executable))| before.get(*path) == Some(content) && !executable)
            .count();
        prop_assert_eq!(publisher.publish(&all, &[]).unwrap(), files.len() - right);
        for (path, (content, executable)) in &files {
            let path = fixture.project().join(path);
            prop_assert_eq!(&fs::read_to_string(&path).unwrap(), content);
            prop_assert_eq!(path.metadata().unwrap().permissions().mode() & 0o100 != 0, *executable);
        }
        prop_assert_eq!(publisher.publish(&all, &[]).unwrap(), 0);
    }
}

#[test]
fn what_is_no_longer_left_is_removed_from_its_place_unless_somebody_changed_it() {
    let fixture = Fixture::new();
    let file = |name: &str| publication(&fixture, name, "ours", false);
    let places = ["gen", "top"].map(relative);
    let all = ["gen/a", "gen/b", "gen/c", "generated", "top"].map(file);
    publisher(&fixture).publish(&all, &places).unwrap();
    fixture.write("gen/b", "changed by somebody");
    fixture.write("gen/theirs", "made by somebody");

    let again = publisher(&fixture).publish(&[file("gen/c")], &places);
    assert_eq!(again.unwrap(), 2);
    let left = |name: &str| fixture.project().join(name).exists();
    assert!(!left("gen/a") && !left("top"));
    assert!(left("gen/b") && left("gen/c") && left("gen/theirs"));
    // Another place of a similar name.
    assert!(left("generated"));
    let again = publisher(&fixture).publish(&[file("gen/c")], &places);
    assert_eq!(again.unwrap(), 0);
}

#[test]
fn two_that_want_one_action_do_it_one_after_the_other() {
    let fixture = Fixture::new();
    let cache = StoreActionCache::new(fixture.store.clone());
    let key = Digest::of("key");
    let cancel = Cancel::new();
    let first = cache.claim(&key, &cancel).unwrap().unwrap();
    assert!(!first.waited);
    let other = cache.claim(&Digest::of("other"), &cancel).unwrap().unwrap();
    assert!(!other.waited);

    std::thread::scope(|scope| {
        let second = scope.spawn(|| cache.claim(&key, &cancel).unwrap().unwrap());
        // It must not have come through before the first is over.
        let result = result(&fixture.store, "content");
        cache.record(&key, &result, &Ledger::default()).unwrap();
        assert!(!second.is_finished());
        drop(first);
        let second = second.join().unwrap();
        assert_eq!(cache.lookup(&key).unwrap(), Some(result));
        drop(second);
    });
    let held = cache.claim(&key, &cancel).unwrap();
    cancel.cancel();
    assert!(cache.claim(&key, &cancel).unwrap().is_none());
    drop(held);
}
