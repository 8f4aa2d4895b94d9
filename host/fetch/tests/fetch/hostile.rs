//! Archives that nobody should unpack. Each is refused by name, and nothing of it stays.

use std::fs;

use expect_test::{Expect, expect};
use orch_model::ArchiveFormat::{self, Deb, Raw, TarGz, TarXz, TarZst, Zip};
use orch_model::RelativePath;
use tar::EntryType;

use crate::pack::{
    Entry, Kind, deb, directory, file, gzip, hard_link, link, patched, replaced, special, tar,
    tar_gz, zip,
};
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

fn check(format: ArchiveFormat, bytes: &[u8], expected: &Expect) {
    expected.assert_eq(&message(format, bytes));
}

fn check_tar(entries: &[Entry], expected: Expect) {
    check(TarGz, &tar_gz(entries), &expected);
}

fn check_zip(entries: &[Entry], expected: Expect) {
    check(Zip, &zip(entries), &expected);
}

/// Both formats must say the same.
fn check_both(entries: &[Entry], expected: Expect) {
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
fn headers_that_are_too_long() {
    for kind in [
        EntryType::GNULongName,
        EntryType::GNULongLink,
        EntryType::XHeader,
    ] {
        let mut header = special("long", kind);
        header.kind = Kind::Special(kind, vec![b'n'; 100_000]);
        check_tar(
            &[header, file("a", b"1")],
            expect!["archive `bad` is refused: it has an entry with a header of more than 64 KiB"],
        );
    }
    let mut header = special("long", EntryType::GNULongName);
    let name = format!("{}/tool", "n".repeat(200));
    header.kind = Kind::Special(EntryType::GNULongName, name.clone().into_bytes());
    let rig = Rig::new();
    let bytes = tar_gz(&[header, file("short", b"1")]);
    let tree = rig.install_archive(TarGz, &bytes).unwrap();
    assert_eq!(fs::read(tree.root.join(name)).unwrap(), b"1");
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
fn what_is_no_file() {
    check_tar(
        &[special("dev/null", EntryType::Char)],
        expect!["archive `bad` is refused: its entry `dev/null` is a device"],
    );
    check_tar(
        &[special("disk", EntryType::Block)],
        expect!["archive `bad` is refused: its entry `disk` is a device"],
    );
    check_tar(
        &[special("pipe", EntryType::Fifo)],
        expect!["archive `bad` is refused: its entry `pipe` is a named pipe"],
    );
    check_tar(
        &[special("what", EntryType::new(b'Z'))],
        expect!["archive `bad` is refused: its entry `what` is of the unknown kind `Z`"],
    );
    // A socket in the upper half of the external attributes, where a zip keeps modes.
    let socket = zip(&[file("socket", b"")]);
    let end = socket
        .windows(4)
        .position(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    let mut socket = socket;
    socket[end + 38..end + 42].copy_from_slice(&(0o140_644_u32 << 16).to_le_bytes());
    check(
        Zip,
        &socket,
        &expect!["archive `bad` is refused: its entry `socket` is a device, a pipe or a socket"],
    );
}

#[test]
fn names_that_are_there_twice() {
    check_tar(
        &[file("same", b"1"), file("same", b"2")],
        expect!["archive `bad` is refused: its entry `same` is there twice"],
    );
    check_tar(
        &[file("same", b"1"), file("./same", b"2")],
        expect!["archive `bad` is refused: its entry `same` is there twice"],
    );
    check_both(
        &[file("same", b"1"), file("same/", b"")],
        expect!["archive `bad` is refused: its entry `same` is a directory and a file at once"],
    );
    let twins = zip(&[file("same1", b"1"), file("same2", b"2")]);
    check(
        Zip,
        &replaced(&twins, b"same2", b"same1"),
        &expect!["archive `bad` is refused: its entry `same1` is there twice"],
    );
}

#[test]
fn zip_entries_that_lie() {
    let encrypted = patched(&zip(&[file("secret", b"1")]), 6, 8, &[1, 0]);
    check(
        Zip,
        &encrypted,
        &expect!["archive `bad` is refused: its entry `secret` is encrypted"],
    );
    let larger = patched(
        &zip(&[file("lies", &[0; 1000])]),
        22,
        24,
        &10_u32.to_le_bytes(),
    );
    check(
        Zip,
        &larger,
        &expect![
            "archive `bad` is refused: its entry `lies` does not have the 10 bytes that it states"
        ],
    );
    let unknown = patched(&zip(&[file("odd", b"1")]), 8, 10, &[98, 0]);
    check(
        Zip,
        &unknown,
        &expect![
            "archive `bad` is refused: its entry `odd` cannot be read: compression method not supported: 98"
        ],
    );
    let damaged = patched(&zip(&[file("damaged", b"1")]), 14, 16, &[1, 2, 3, 4]);
    check(
        Zip,
        &damaged,
        &expect!["archive `bad` is refused: its entry `damaged` cannot be read: Invalid checksum"],
    );
}

#[test]
fn what_is_no_archive() {
    check(
        TarGz,
        b"not packed at all",
        &expect!["archive `bad` is refused: it cannot be read: invalid gzip header"],
    );
    check(
        TarXz,
        b"not packed at all",
        &expect!["archive `bad` is refused: it cannot be read: stream/file format not recognized"],
    );
    check(
        TarZst,
        b"not packed at all",
        &expect!["archive `bad` is refused: it cannot be read: Unknown frame descriptor"],
    );
    check(
        TarGz,
        &gzip(b""),
        &expect!["archive `bad` is refused: it holds nothing"],
    );
    check(
        TarGz,
        &gzip(&[7; 4096]),
        &expect![
            "archive `bad` is refused: it cannot be read: numeric field was not a number:  when getting cksum for "
        ],
    );
    check(
        Zip,
        b"not packed at all",
        &expect![
            "archive `bad` is refused: it cannot be read: invalid Zip archive: Could not find EOCD"
        ],
    );
    check(
        Zip,
        &zip(&[]),
        &expect!["archive `bad` is refused: it holds nothing"],
    );
    check(
        Deb,
        b"not packed at all",
        &expect![
            "archive `bad` is refused: it is no Debian package: Not an archive file (invalid global header)"
        ],
    );
    check(
        Deb,
        &deb("control2.tar", b""),
        &expect!["archive `bad` is refused: it is no Debian package: it has no `data.tar`"],
    );
    check(
        Deb,
        &deb("data.tar.lzma", b""),
        &expect![
            "archive `bad` is refused: its entry `data.tar.lzma` is packed in a way that is not known"
        ],
    );
    let whole = tar_gz(&[file("cut", &crate::rig::content(100_000))]);
    check(
        TarGz,
        &whole[..whole.len() / 2],
        &expect![
            "archive `bad` is refused: its entry `cut` cannot be read: incomplete deflate stream"
        ],
    );
}

#[test]
fn a_raw_file_needs_a_name() {
    let rig = Rig::new();
    let url = rig.file("tool", b"x");
    let mut tool = toolchain(Raw, &[format!("{}?", url.replace("tool", "")), url], b"x");
    let message = rig.refusal(&tool);
    expect!["archive `sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881` is refused: it has no usable file name in its address"].assert_eq(&message);
    tool.archives[0].urls.remove(0);
    rig.install(&tool).unwrap();
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

#[test]
fn archives_of_one_toolchain_may_not_disagree() {
    let rig = Rig::new();
    let (one, two) = (tar_gz(&[file("a", b"1")]), tar(&[file("a", b"2")]));
    let two = crate::pack::zstandard(&two);
    let mut both = toolchain(TarGz, &[rig.file("one", &one)], &one);
    both.archives
        .extend(toolchain(TarZst, &[rig.file("two", &two)], &two).archives);
    expect!["archive `two` is refused: its entry `a` is there twice"]
        .assert_eq(&rig.refusal(&both));
    both.archives[1].into = RelativePath::new("below").unwrap();
    let tree = rig.install(&both).unwrap();
    assert_eq!(fs::read(tree.root.join("below/a")).unwrap(), b"2");
}
