//! Archives that contradict themselves or are none.

use std::fs;

use expect_test::expect;
use orch_model::ArchiveFormat::{Deb, Raw, TarGz, TarXz, TarZst, Zip};
use orch_model::RelativePath;
use tar::EntryType;

use crate::hostile::{check, check_both, check_tar};
use crate::pack::{Kind, deb, file, gzip, patched, replaced, special, tar, tar_gz, zip, zstandard};
use crate::rig::{Rig, content, toolchain};

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
    let whole = tar_gz(&[file("cut", &content(100_000))]);
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
fn archives_of_one_toolchain_may_not_disagree() {
    let rig = Rig::new();
    let (one, two) = (tar_gz(&[file("a", b"1")]), tar(&[file("a", b"2")]));
    let two = zstandard(&two);
    let mut both = toolchain(TarGz, &[rig.file("one", &one)], &one);
    both.archives
        .extend(toolchain(TarZst, &[rig.file("two", &two)], &two).archives);
    expect!["archive `two` is refused: its entry `a` is in `one` too, with other content; one of the two must be left out"]
        .assert_eq(&rig.refusal(&both));
    both.archives[1].into = RelativePath::new("below").unwrap();
    let tree = rig.install(&both).unwrap();
    assert_eq!(fs::read(tree.root.join("below/a")).unwrap(), b"2");
}
