//! Archives that nobody should unpack. Each is refused by name, and nothing of it stays.

use std::fs;

use expect_test::{Expect, expect};
use orch_model::ArchiveFormat::{self, TarGz, Zip};

use crate::pack::{Entry, Kind, directory, file, hard_link, link, replaced, tar_gz, zip};
use crate::rig::{Rig, toolchain};

/// What is said about an archive of which nothing may be left.
fn message(format: ArchiveFormat, bytes: &[u8]) -> String {
    let rig = Rig::new();
    let url = rig.file("bad", bytes);
    let message = rig.refusal(&toolchain(format, &[url], bytes));
    assert_eq!(rig.names("toolchains"), [""; 0]);
    assert_eq!(rig.names("downloads"), [""; 0]);
    let beside = rig.cache().parent().unwrap().join("evil");
    assert!(!rig.cache().join("evil").exists() && !beside.exists());
    message
}

pub fn check(format: ArchiveFormat, bytes: &[u8], expected: &Expect) {
    expected.assert_eq(&message(format, bytes));
}

pub fn check_tar(entries: &[Entry], expected: Expect) {
    check(TarGz, &tar_gz(entries), &expected);
}

fn check_zip(entries: &[Entry], expected: Expect) {
    check(Zip, &zip(entries), &expected);
}

/// Both formats must say the same.
pub fn check_both(entries: &[Entry], expected: Expect) {
    let of_tar = message(TarGz, &tar_gz(entries));
    assert_eq!(of_tar, message(Zip, &zip(entries)));
    expected.assert_eq(&of_tar);
}

#[test]
fn names_that_leave() {
    check_both(
        &[file("good", b"1"), file("/evil", b"2")],
        expect!["archive `bad` is refused: its entry `/evil` is absolute"],
    );
    check_both(
        &[file("../evil", b"2")],
        expect!["archive `bad` is refused: its entry `../evil` leaves its root"],
    );
    check_both(
        &[file("a/../../evil", b"2")],
        expect!["archive `bad` is refused: its entry `a/../../evil` leaves its root"],
    );
    check_both(
        &[directory("../evil/")],
        expect!["archive `bad` is refused: its entry `../evil/` leaves its root"],
    );
    check_both(
        &[file("a\\evil", b"2")],
        expect![[r#"archive `bad` is refused: its entry `a\\evil` holds a backslash"#]],
    );
    check_both(
        &[file("C:/evil", b"2")],
        expect!["archive `bad` is refused: its entry `C:/evil` is absolute"],
    );
}

#[test]
fn names_that_are_no_names() {
    let not_text = zip(&[file("aXb", b"1")]);
    check(
        Zip,
        &replaced(&not_text, b"aXb", b"a\xffb"),
        &expect!["archive `bad` is refused: its entry `a�b` has a name that is not UTF-8"],
    );
    let not_text = Entry {
        name: b"a\xffb".to_vec(),
        ..file("", b"1")
    };
    check_tar(
        &[not_text],
        expect!["archive `bad` is refused: its entry `a�b` has a name that is not UTF-8"],
    );
    let with_nul = replaced(&zip(&[file("aXb", b"1")]), b"aXb", b"a\0b");
    check(
        Zip,
        &with_nul,
        &expect![[r#"archive `bad` is refused: its entry `a\0b` holds a NUL"#]],
    );
    let long = "n".repeat(300);
    check_zip(
        &[file(&long, b"1")],
        expect![
            "archive `bad` is refused: its entry `nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…` has too long a name"
        ],
    );
    check_zip(
        &[file(&format!("{}x", "long/".repeat(820)), b"1")],
        expect![
            "archive `bad` is refused: its entry `long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/…` has too long a name"
        ],
    );
}

#[test]
fn names_that_are_too_deep() {
    check_zip(
        &[file(&format!("{}x", "a/".repeat(8000)), b"1")],
        expect![
            "archive `bad` is refused: its entry `a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/…` has too long a name"
        ],
    );
    check_zip(
        &[file(&format!("{}x", "a/".repeat(1900)), b"1")],
        expect![
            "archive `bad` is refused: its entry `a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/…` lies more than 200 directories deep"
        ],
    );
    let deep = zip(&[file(&format!("{}x", "a/".repeat(199)), b"1")]);
    let tree = Rig::new().install_archive(Zip, &deep).unwrap();
    assert_eq!(tree.files, 1);
}

#[test]
fn links_that_leave() {
    check_both(
        &[link("lib", "/etc")],
        expect!["archive `bad` is refused: its entry `lib` is a link to the absolute path `/etc`"],
    );
    check_both(
        &[link("lib", "../evil")],
        expect![
            "archive `bad` is refused: its entry `lib` is a link to `../evil`, which leaves the archive"
        ],
    );
    check_both(
        &[link("a/lib", "../../evil")],
        expect![
            "archive `bad` is refused: its entry `a/lib` is a link to `../../evil`, which leaves the archive"
        ],
    );
    // Each looks fine by itself; only together they leave.
    check_both(
        &[
            directory("p/q/"),
            link("p/q/up", "../.."),
            link("p/q/out", "up/../evil"),
        ],
        expect![
            "archive `bad` is refused: its entry `p/q/out` is a link to `up/../evil`, which leaves the archive"
        ],
    );
    check_both(
        &[link("a", "b"), link("b", "a")],
        expect![
            "archive `bad` is refused: its entry `a` is a link that leads through too many links"
        ],
    );
    check_both(
        &[link("a", "back\\slash")],
        expect![[
            r#"archive `bad` is refused: its entry `a` is a link to `back\\slash`, which is no path"#
        ]],
    );
}

#[test]
fn files_through_links() {
    check_tar(
        &[directory("d/"), link("way", "d"), file("way/evil", b"2")],
        expect!["archive `bad` is refused: its entry `way/evil` lies behind the link `way`"],
    );
    check_tar(
        &[link("way", "d"), file("way", b"2")],
        expect!["archive `bad` is refused: its entry `way` is there twice"],
    );
    check_tar(
        &[file("way", b"1"), file("way/in", b"2")],
        expect!["archive `bad` is refused: its entry `way/in` lies below the file `way`"],
    );
    check_zip(
        &[file("way/evil", b"2"), link("way", "d")],
        expect!["archive `bad` is refused: its entry `way` is a directory and a file at once"],
    );
}

#[test]
fn hard_links() {
    check_tar(
        &[hard_link("a", "/etc/passwd")],
        expect![
            "archive `bad` is refused: its entry `a` is a hard link to `/etc/passwd`, which leaves the archive"
        ],
    );
    check_tar(
        &[hard_link("a", "../evil")],
        expect![
            "archive `bad` is refused: its entry `a` is a hard link to `../evil`, which leaves the archive"
        ],
    );
    check_tar(
        &[hard_link("a", "b"), file("b", b"1")],
        expect![
            "archive `bad` is refused: its entry `a` is a hard link to `b`, which is no file of the archive before it"
        ],
    );
    check_tar(
        &[link("b", "c"), hard_link("a", "b")],
        expect![
            "archive `bad` is refused: its entry `a` is a hard link to `b`, which is no file of the archive before it"
        ],
    );
}

#[test]
fn special_bits_and_write_bits_are_dropped() {
    use std::os::unix::fs::PermissionsExt as _;
    let rig = Rig::new();
    let mut root = file("su", b"1");
    root.kind = Kind::File {
        content: b"1".to_vec(),
        mode: 0o6777,
    };
    let tree = rig
        .install_archive(TarGz, &tar_gz(&[root, file("d/plain", b"2")]))
        .unwrap();
    let mode = |name: &str| {
        fs::metadata(tree.root.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777
    };
    assert_eq!(mode("su"), 0o555);
    assert_eq!(mode("d/plain"), 0o444);
    assert_eq!(mode("d"), 0o755);
}
