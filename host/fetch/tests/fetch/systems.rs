//! Several packages of a distribution in one tree, and files of the toolchain's own beside
//! them.

use std::fs;

use orch_model::{ArchiveFormat, RelativePath, TextFile, Toolchain};

use crate::pack::{Entry, deb, file, link, program, tar};
use crate::rig::{Rig, toolchain};

/// A toolchain of packages with these entries.
fn packages(rig: &Rig, packages: &[&[Entry]]) -> Toolchain {
    let mut all = toolchain(ArchiveFormat::Deb, &[], b"");
    all.archives.clear();
    for (index, entries) in packages.iter().enumerate() {
        let bytes = deb("data.tar", &tar(entries));
        let url = rig.file(&format!("{index}.deb"), &bytes);
        let one = toolchain(ArchiveFormat::Deb, &[url], &bytes);
        all.archives.extend(one.archives);
    }
    all
}

fn text_file(paths: &[&str]) -> TextFile {
    let path = |path: &&str| RelativePath::new(path).unwrap();
    TextFile {
        paths: paths.iter().map(path).collect(),
        text: "#!/bin/sh\n".into(),
        executable: true,
    }
}

#[test]
fn packages_may_bring_the_same_file_and_not_another_one() {
    let rig = Rig::new();
    let license = file("./usr/share/license", b"words");
    let latest = link("./usr/lib/libz.so", "libz.so.1");
    let first = [license, latest];
    let tree = rig.install(&packages(&rig, &[&first, &first])).unwrap();
    assert_eq!((tree.files, tree.bytes), (2, 5));

    for (other, refusal) in [
        (
            file("./usr/share/license", b"other words"),
            "archive `1.deb` is refused: its entry `usr/share/license` is in `0.deb` too, \
             with other content; one of the two must be left out",
        ),
        (
            program("./usr/share/license", b"words"),
            "archive `1.deb` is refused: its entry `usr/share/license` is in `0.deb` too, \
             with other content; one of the two must be left out",
        ),
        (
            link("./usr/lib/libz.so", "libz.so.2"),
            "archive `1.deb` is refused: its entry `usr/lib/libz.so` is in `0.deb` too, with \
             other content; one of the two must be left out",
        ),
    ] {
        let message = rig.refusal(&packages(&rig, &[&first, &[other]]));
        assert_eq!(message, refusal);
    }
}

#[test]
fn absolute_links_of_packages_lead_into_the_tree() {
    let rig = Rig::new();
    let entries = [
        file("./lib/libz.so.1", b"machine code"),
        link("./usr/lib/libz.so", "/lib/libz.so.1"),
    ];
    let tree = rig.install(&packages(&rig, &[&entries])).unwrap();
    let link = fs::read_link(tree.root.join("usr/lib/libz.so")).unwrap();
    assert_eq!(link.to_str(), Some("../../lib/libz.so.1"));
    let outside = [link_outside()];
    let message = rig.refusal(&packages(&rig, &[&outside]));
    assert!(message.ends_with("which leaves the archive"), "{message}");
}

fn link_outside() -> Entry {
    link("./usr/lib/libz.so", "/../lib/libz.so.1")
}

#[test]
fn files_of_a_toolchains_own_lie_beside_the_archives() {
    let rig = Rig::new();
    let entries = [program("./usr/bin/gcc", b"machine code")];
    let mut gcc = packages(&rig, &[&entries]);
    let plain = rig.install(&gcc).unwrap();
    gcc.files = vec![text_file(&["bin/gcc", "bin/cc"])];
    let tree = rig.install(&gcc).unwrap();
    assert_eq!(tree.files, plain.files + 2);
    assert_ne!(tree.tree, plain.tree);
    assert_eq!(fs::read(tree.root.join("bin/cc")).unwrap(), b"#!/bin/sh\n");

    gcc.files = vec![text_file(&["usr/bin/gcc"])];
    let message = rig.refusal(&gcc);
    assert!(
        message.contains("its entry `usr/bin/gcc` is in `0.deb` too"),
        "{message}"
    );
}
