//! The bell, with real folders and the real kernel.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use orch_watch::{Bell, Rung};

/// Longer than a ring takes on a busy machine.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

/// A bell that listens to the folders below a new one.
fn listening(names: &[&str]) -> (tempfile::TempDir, Bell, BTreeSet<PathBuf>) {
    let root = tempfile::tempdir().unwrap();
    for name in names {
        fs::create_dir_all(root.path().join(name)).unwrap();
    }
    let mut folders = BTreeSet::from([root.path().to_owned()]);
    folders.extend(names.iter().map(|name| root.path().join(name)));
    let mut bell = Bell::new().unwrap();
    let heed = bell.listen(&folders);
    assert!(heed.fresh);
    assert_eq!(heed.deaf, None);
    (root, bell, folders)
}

/// Whether it rings. What has happened before the call has reached the queue: no time is
/// needed to know that it does not.
fn rings(bell: &mut Bell) -> bool {
    bell.wait(Some(Duration::ZERO)).unwrap() == Rung::Folder
}

fn rings_for(change: impl Fn(&Path)) -> bool {
    let (root, mut bell, _) = listening(&["sub"]);
    fs::write(root.path().join("sub/old"), "x").unwrap();
    while rings(&mut bell) {}
    change(root.path());
    rings(&mut bell)
}

#[test]
fn every_way_to_change_a_file_rings() {
    assert!(rings_for(
        |root| fs::write(root.join("sub/new"), "").unwrap()
    ));
    assert!(rings_for(
        |root| fs::write(root.join("sub/old"), "y").unwrap()
    ));
    assert!(rings_for(
        |root| fs::remove_file(root.join("sub/old")).unwrap()
    ));
    assert!(rings_for(|root| fs::rename(
        root.join("sub/old"),
        root.join("sub/new")
    )
    .unwrap()));
    assert!(rings_for(|root| {
        let other = root.join("other");
        fs::write(&other, "y").unwrap();
        fs::rename(other, root.join("sub/old")).unwrap();
    }));
    assert!(rings_for(
        |root| fs::create_dir(root.join("sub/new")).unwrap()
    ));
    assert!(rings_for(
        |root| fs::remove_dir_all(root.join("sub")).unwrap()
    ));
}

#[test]
fn reading_does_not_ring() {
    assert!(!rings_for(|root| {
        fs::read(root.join("sub/old")).unwrap();
        assert_eq!(fs::read_dir(root.join("sub")).unwrap().count(), 1);
    }));
}

#[test]
fn what_is_not_listened_to_does_not_ring() {
    assert!(!rings_for(|root| {
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("x"), "").unwrap();
        assert!(root.is_dir());
    }));
    let (root, mut bell, mut folders) = listening(&["sub"]);
    folders.remove(&root.path().join("sub"));
    assert!(!bell.listen(&folders).fresh);
    fs::write(root.path().join("sub/new"), "").unwrap();
    assert!(!rings(&mut bell));
}

#[test]
fn a_folder_that_was_made_anew_under_its_name_is_listened_to_again() {
    let (root, mut bell, folders) = listening(&["sub"]);
    let sub = root.path().join("sub");
    fs::remove_dir(&sub).unwrap();
    fs::create_dir(&sub).unwrap();
    assert!(rings(&mut bell));
    assert!(bell.listen(&folders).fresh);
    fs::write(sub.join("new"), "").unwrap();
    assert!(rings(&mut bell));
    assert!(!bell.listen(&folders).fresh);
}

/// The kernel keeps so many events and then says only that it has lost some.
#[test]
fn a_queue_that_overflows_rings_and_all_folders_are_listened_to_anew() {
    let (root, mut bell, folders) = listening(&["a", "b"]);
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    // Two events a turn, none like the one before, so that none is left out.
    for turn in 0..limit {
        let name = |folder: &str| root.path().join(folder).join((turn % 2).to_string());
        fs::write(name("a"), "").unwrap();
        fs::remove_file(name("a")).unwrap();
    }
    // None of this is in the queue any more.
    let sub = root.path().join("b");
    fs::remove_dir(&sub).unwrap();
    fs::create_dir(&sub).unwrap();
    while rings(&mut bell) {}
    assert!(bell.listen(&folders).fresh, "`b` is another folder");
    fs::write(sub.join("new"), "").unwrap();
    assert!(rings(&mut bell));
}

#[test]
fn a_waker_ends_every_wait() {
    let (_root, mut bell, _) = listening(&[]);
    let waker = bell.waker();
    let other = std::thread::spawn(move || waker.wake());
    assert_eq!(bell.wait(PATIENCE).unwrap(), Rung::Waker);
    assert_eq!(bell.wait(PATIENCE).unwrap(), Rung::Waker);
    other.join().unwrap();
}

#[test]
fn a_wait_is_over_when_its_time_is() {
    let (_root, mut bell, _) = listening(&[]);
    assert_eq!(
        bell.wait(Some(Duration::from_millis(1))).unwrap(),
        Rung::TimeUp
    );
}
