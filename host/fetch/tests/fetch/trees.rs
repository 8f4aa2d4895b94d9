//! Good archives: the same tree comes out of every format.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use expect_test::expect;
use orch_engine::port::InstalledTree;
use orch_model::{ArchiveFormat, Digest, Fault, Hasher, RelativePath, Tool};
use proptest::prelude::*;

use crate::pack::{
    Entry, deb, directory, file, hard_link, link, program, tar, tar_gz, xz, zip, zstandard,
};
use crate::rig::{Rig, names, raw, toolchain};

/// What a small release looks like.
fn release() -> Vec<Entry> {
    vec![
        directory("./"),
        directory("./kit/"),
        program("./kit/bin/tool", b"#!/bin/sh\n"),
        file("./kit/share/read me", b"words"),
        file("./kit/lib/empty", b""),
        link("./kit/lib/libtool.so", "../bin/tool"),
    ]
}

#[test]
fn every_format_yields_the_same_tree() {
    let plain = tar(&release());
    let without_dots: Vec<Entry> = release()
        .into_iter()
        .skip(1)
        .map(|entry| Entry {
            name: entry.name[2..].to_vec(),
            ..entry
        })
        .collect();
    let rig = Rig::new();
    for (format, bytes) in [
        (ArchiveFormat::TarGz, tar_gz(&release())),
        (ArchiveFormat::TarXz, xz(&plain)),
        (ArchiveFormat::TarZst, zstandard(&plain)),
        (ArchiveFormat::Zip, zip(&without_dots)),
        (ArchiveFormat::Deb, deb("data.tar", &plain)),
        (ArchiveFormat::Deb, deb("data.tar.gz", &tar_gz(&release()))),
        (ArchiveFormat::Deb, deb("data.tar.xz", &xz(&plain))),
        (ArchiveFormat::Deb, deb("data.tar.zst", &zstandard(&plain))),
    ] {
        let url = rig.file("archive", &bytes);
        let mut kit = toolchain(format, &[url], &bytes);
        kit.archives[0].strip_components = 1;
        kit.archives[0].into = RelativePath::new("sdk").unwrap();
        kit.tools = vec![Tool {
            name: "tool".into(),
            program: RelativePath::new("sdk/bin/tool").unwrap(),
        }];
        let tree = rig.install(&kit).unwrap();
        assert_eq!((tree.files, tree.bytes), (4, 15), "{format:?}");
        assert_eq!(tree.tree, digest_of_disk(&tree.root), "{format:?}");
        assert_eq!(rig.fetcher().installed(&kit).unwrap(), Some(tree.clone()));
        assert_eq!(
            fs::read(tree.root.join("sdk/lib/libtool.so")).unwrap(),
            b"#!/bin/sh\n"
        );
    }
    let installed = rig.fetcher().list_installed().unwrap();
    assert_eq!(installed.len(), 8);
    // The definition of the digest must not change: it is part of actions' keys.
    expect!["sha256:20c14732adeb5c98d8c7bb4ff8626e2cf7840f0bfd8d6cf313a68e69e4cd83d6"]
        .assert_eq(&installed[0].tree.tree.to_string());
    assert!(installed.iter().all(|release| release.label == "tool 1.0"));
}

#[test]
fn hard_links_are_files() {
    let entries = [
        program("kit/a", b"1"),
        hard_link("kit/b", "kit/a"),
        link("kit/c", "./b"),
    ];
    let bytes = tar_gz(&entries);
    let rig = Rig::new();
    let tree = rig.install_archive(ArchiveFormat::TarGz, &bytes).unwrap();
    assert_eq!((tree.files, tree.bytes), (3, 2));
    assert_eq!(tree.tree, digest_of_disk(&tree.root));
    // The target of a hard link is moved in the same way as its name.
    let mut stripped = toolchain(ArchiveFormat::TarGz, &[rig.file("kit", &bytes)], &bytes);
    stripped.archives[0].strip_components = 1;
    let tree = rig.install(&stripped).unwrap();
    assert_eq!(fs::read(tree.root.join("b")).unwrap(), b"1");
}

#[test]
fn a_promised_program_must_be_there() {
    let bytes = tar_gz(&release());
    let rig = Rig::new();
    let mut kit = toolchain(ArchiveFormat::TarGz, &[rig.file("kit", &bytes)], &bytes);
    kit.tools = vec![Tool {
        name: "tool".into(),
        program: RelativePath::new("bin/tool").unwrap(),
    }];
    let fault = rig.install(&kit).unwrap_err();
    assert_eq!(
        fault,
        Fault::fetch("toolchain `tool 1.0` has no program `bin/tool` for its tool `tool`")
            .hint("at the top of its files lie `kit`")
    );
    assert_eq!(rig.fetcher().installed(&kit).unwrap(), None);
    assert_eq!(rig.names("toolchains"), [""; 0]);
}

#[test]
fn a_tree_that_lost_a_program_is_made_again() {
    let bytes = tar_gz(&release());
    let rig = Rig::new();
    let mut kit = toolchain(ArchiveFormat::TarGz, &[rig.file("kit", &bytes)], &bytes);
    kit.tools = vec![Tool {
        name: "tool".into(),
        program: RelativePath::new("kit/bin/tool").unwrap(),
    }];
    let tree = rig.install(&kit).unwrap();
    let program = tree.root.join("kit/bin/tool");
    fs::remove_file(&program).unwrap();
    assert_eq!(rig.fetcher().installed(&kit).unwrap(), None);
    assert_eq!(rig.install(&kit).unwrap(), tree);
    assert!(program.exists());
}

#[test]
fn raw_files_of_one_content_and_two_names_are_two_trees() {
    let rig = Rig::new();
    for name in ["one", "two"] {
        let url = rig.file(name, b"x");
        let tree = rig.install(&raw(&[url], b"x")).unwrap();
        assert_eq!(names(&tree.root), [name]);
    }
}

/// The digest that the tree should have, from what lies on the disk.
fn digest_of_disk(root: &Path) -> Digest {
    let mut found = BTreeMap::new();
    collect(root, "", &mut found);
    let mut hasher = Hasher::new();
    hasher.field("orch tree 1");
    for (path, (kind, content)) in found {
        hasher.field(path);
        hasher.field(kind);
        hasher.field(content);
    }
    hasher.finish()
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, (&'static str, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else if kind.is_symlink() {
            let text = fs::read_link(entry.path()).unwrap();
            found.insert(name, ("link", text.to_str().unwrap().into()));
        } else {
            let executable = entry.metadata().unwrap().permissions().mode() & 0o111 != 0;
            let digest = Digest::of(fs::read(entry.path()).unwrap());
            let kind = if executable { "program" } else { "file" };
            found.insert(name, (kind, digest.bytes().to_vec()));
        }
    }
}

/// A tree as a map from directories to names in them, so that no name is both. Links name
/// nothing that is there: one that leads to itself is refused.
fn trees() -> impl Strategy<Value = Vec<Entry>> {
    let leaf = prop_oneof![
        (prop::collection::vec(any::<u8>(), 0..2000), any::<bool>()).prop_map(
            |(content, executable)| {
                if executable {
                    program("", &content)
                } else {
                    file("", &content)
                }
            }
        ),
        prop_oneof!["\\./n[a-c]", "n[a-c]/\\.\\./x", "gone"].prop_map(|to| link("", &to)),
    ];
    prop::collection::btree_map("d[a-c](/d[a-c]){0,2}/n[ a-zé]{2,8}", leaf, 1..20).prop_map(
        |entries| {
            entries
                .into_iter()
                .map(|(name, entry)| Entry {
                    name: name.into_bytes(),
                    ..entry
                })
                .collect()
        },
    )
}

fn installed(rig: &Rig, format: ArchiveFormat, bytes: &[u8]) -> InstalledTree {
    rig.install_archive(format, bytes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn any_tree_is_the_same_from_tar_and_zip(mut entries in trees(), rotate in 0_usize..20) {
        let rig = Rig::new();
        let from_zip = installed(&rig, ArchiveFormat::Zip, &zip(&entries));
        // The order of entries does not count.
        let middle = rotate % entries.len();
        entries.rotate_left(middle);
        let from_tar = installed(&rig, ArchiveFormat::TarGz, &tar_gz(&entries));
        prop_assert_eq!(from_zip.tree, from_tar.tree);
        prop_assert_eq!((from_zip.bytes, from_zip.files), (from_tar.bytes, from_tar.files));
        prop_assert_eq!(from_zip.tree, digest_of_disk(&from_zip.root));
        prop_assert_eq!(from_tar.tree, digest_of_disk(&from_tar.root));
    }
}
