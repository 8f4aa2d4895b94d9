//! How much fits into a tree.

use orch_engine::Cancel;

use super::*;

const LIMITS: Limits = Limits {
    entries: 3,
    bytes: 100,
    archive_bytes: 10,
    ratio: 5,
};

fn path(text: &str) -> RelativePath {
    RelativePath::new(text).unwrap()
}

/// Adds a file of so many bytes of an archive of so many, and says what is wrong.
fn add(tree: &mut Tree, name: &str, bytes: usize) -> Option<String> {
    let path = path(name);
    let content = vec![0; bytes];
    let added = tree.file(&path, false).and_then(|()| {
        let writer = tree.writer();
        writer.write(&path, false, &*content, &Cancel::new(), &mut [0; 8])
    });
    match added {
        Ok(written) => {
            tree.written(&path, written);
            None
        }
        Err(Refused::Entry(entry, why)) => Some(format!("{entry} {why}")),
        Err(Refused::Archive(why)) => Some(why),
        Err(other) => panic!("{other:?}"),
    }
}

fn tree(folder: &tempfile::TempDir) -> Tree {
    Tree::new(folder.path(), LIMITS).unwrap()
}

#[test]
fn small_archives_may_grow_to_a_fixed_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut tree = tree(&folder);
    tree.begin_archive("a.tar", 1);
    assert_eq!(add(&mut tree, "a", 10), None);
    assert_eq!(
        add(&mut tree, "b", 1).unwrap(),
        "b grows far beyond the archive's packed size"
    );
}

#[test]
fn large_archives_may_grow_by_a_ratio_and_all_together_by_a_sum() {
    let folder = tempfile::tempdir().unwrap();
    let mut tree = tree(&folder);
    tree.begin_archive("a.tar", 12);
    assert_eq!(add(&mut tree, "a", 60), None);
    tree.begin_archive("a.tar", 12);
    assert_eq!(
        add(&mut tree, "b", 60).unwrap(),
        "b makes the toolchain larger than 100 bytes"
    );
}

#[test]
fn directories_count_as_entries() {
    let folder = tempfile::tempdir().unwrap();
    let mut tree = tree(&folder);
    tree.begin_archive("a.tar", 12);
    assert_eq!(add(&mut tree, "a/b/c", 1), None);
    assert_eq!(add(&mut tree, "d", 1).unwrap(), "has more than 3 entries");
}

#[test]
fn an_interrupt_ends_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut tree = tree(&folder);
    tree.begin_archive("a.tar", 12);
    tree.file(&path("a"), false).unwrap();
    let cancel = Cancel::new();
    cancel.cancel();
    let written = tree
        .writer()
        .write(&path("a"), false, &b"content"[..], &cancel, &mut [0; 8]);
    assert!(matches!(written, Err(Refused::Cancelled)));
}
