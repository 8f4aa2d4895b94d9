//! Files that are new, old, newer, damaged, or not ours.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use orch_history::{History, Selection};
use rusqlite::Connection;

use crate::sample::{Scene, run, start};

/// What is said about a file that cannot be opened, with its folder left out.
fn check(scene: &Scene, expected: &Expect) {
    let before = fs::read(&scene.path).expect("it can be read");
    let fault = History::open(&scene.path)
        .and_then(|history| history.measurements(&Selection::default()))
        .unwrap_err();
    let said = format!(
        "{:?}: {}\nhint: {}\n",
        fault.kind,
        fault.message,
        fault.hint.unwrap_or_default()
    );
    let folder = scene.folder.path().display().to_string();
    expected.assert_eq(&said.replace(&folder, "FOLDER"));
    let after = fs::read(&scene.path).expect("it can be read");
    assert!(before == after, "the file was changed");
}

#[test]
fn a_new_history_is_made_with_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/down/measured.sqlite");
    assert!(History::open_existing(&path).unwrap().is_none());
    assert!(!path.exists(), "to look makes nothing");
    let mut history = History::open(&path).unwrap();
    history.add(&run("1"), &start("pi5", &[1.0])).unwrap();
    drop(history);
    let existing = History::open_existing(&path).unwrap();
    for history in [History::open(&path).unwrap(), existing.unwrap()] {
        let kept = history.measurements(&Selection::default()).unwrap();
        assert_eq!(kept.len(), 1);
    }
    let files: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(files.len(), 1, "one file is all of it: {files:?}");
}

#[test]
fn an_empty_file_is_a_new_history() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("measured.sqlite");
    fs::write(&path, "").unwrap();
    assert!(History::open_existing(&path).unwrap().is_none());
    History::open(&path).unwrap();
    assert!(History::open_existing(&path).unwrap().is_some());
}

#[test]
fn a_newer_file_is_left_to_its_orch() {
    let scene = Scene::new();
    let raw = Connection::open(&scene.path).unwrap();
    raw.pragma_update(None, "user_version", 7).unwrap();
    check(
        &scene,
        &expect![[r#"
        Usage: the history `FOLDER/measured.sqlite` is of a newer `orch`: it has version 7, and this one reads up to 1
        hint: use that `orch`, or rename the file to `FOLDER/measured.sqlite.newer` to begin a new history
    "#]],
    );
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    let scene = Scene::new();
    fs::remove_file(&scene.path).unwrap();
    let raw = Connection::open(&scene.path).unwrap();
    raw.execute_batch("CREATE TABLE cookie (value TEXT)")
        .unwrap();
    check(
        &scene,
        &expect![[r#"
        Usage: `FOLDER/measured.sqlite` is a database of another program, not a history of `orch`
        hint: move it elsewhere; `orch` begins a new history in its place
    "#]],
    );
}

#[test]
fn text_is_no_history() {
    let scene = Scene::new();
    fs::write(&scene.path, "not a database, but a letter\n".repeat(50)).unwrap();
    check(
        &scene,
        &expect![[r#"
        Internal: the history `FOLDER/measured.sqlite` is damaged: file is not a database
        hint: rename it to `FOLDER/measured.sqlite.damaged` to set it aside, and its `-journal` too; `orch` then begins a new history, and `sqlite3 FOLDER/measured.sqlite.damaged .recover` prints what can be read
    "#]],
    );
}

#[test]
fn a_file_that_was_cut_is_damaged() {
    let mut scene = Scene::new();
    scene.add("1", &start("pi5", &[0.5; 5_000]));
    let bytes = fs::read(&scene.path).unwrap();
    fs::write(&scene.path, &bytes[..bytes.len() / 2]).unwrap();
    check(
        &scene,
        &expect![[r#"
        Internal: the history `FOLDER/measured.sqlite` is damaged: database disk image is malformed
        hint: rename it to `FOLDER/measured.sqlite.damaged` to set it aside, and its `-journal` too; `orch` then begins a new history, and `sqlite3 FOLDER/measured.sqlite.damaged .recover` prints what can be read
    "#]],
    );
}

#[test]
fn a_file_with_a_wild_page_is_damaged() {
    let mut scene = Scene::new();
    scene.add("1", &start("pi5", &[0.5; 5_000]));
    let mut bytes = fs::read(&scene.path).unwrap();
    // All but the first page, which says what the file is.
    bytes[4096..].fill(0xa5);
    fs::write(&scene.path, &bytes).unwrap();
    check(
        &scene,
        &expect![[r#"
        Internal: the history `FOLDER/measured.sqlite` is damaged: database disk image is malformed
        hint: rename it to `FOLDER/measured.sqlite.damaged` to set it aside, and its `-journal` too; `orch` then begins a new history, and `sqlite3 FOLDER/measured.sqlite.damaged .recover` prints what can be read
    "#]],
    );
}

#[test]
fn what_no_orch_wrote_is_damage_too() {
    let mut scene = Scene::new();
    scene.add("1", &start("pi5", &[1.0]));
    let raw = Connection::open(&scene.path).unwrap();
    raw.execute("UPDATE measurement SET artifact = 'md5:1234'", [])
        .unwrap();
    check(
        &scene,
        &expect![[r#"
        Internal: the history `FOLDER/measured.sqlite` is damaged: Conversion error from type Text at index: 5, `md5:1234` is not `sha256:` and 64 hexadecimal digits
        hint: rename it to `FOLDER/measured.sqlite.damaged` to set it aside, and its `-journal` too; `orch` then begins a new history, and `sqlite3 FOLDER/measured.sqlite.damaged .recover` prints what can be read
    "#]],
    );
}

#[test]
fn a_folder_that_cannot_be_is_said() {
    for path in ["/dev/null/measured.sqlite", "/proc/measured.sqlite", "/"] {
        let fault = History::open(Path::new(path)).unwrap_err();
        assert!(fault.message.contains(path), "{fault}");
        assert!(fault.hint.is_some(), "{fault}");
    }
}
