//! The store against a real disk: what goes in comes out, and nothing damaged does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use orch_model::{Digest, FaultKind};
use orch_store::{Lock, Store, remove_abandoned};

struct Fixture {
    cache: tempfile::TempDir,
    store: Store,
}

impl Fixture {
    fn new() -> Self {
        let cache = tempfile::tempdir().unwrap();
        let store = Store::open(cache.path()).unwrap();
        Self { cache, store }
    }

    fn below(&self, path: &str) -> PathBuf {
        self.cache.path().join("store/v1").join(path)
    }

    fn blob(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.below("blobs").join(&hex[..2]).join(&hex[2..])
    }
}

/// Changes one bit in the middle of a file, whatever its mode.
fn flip_bit(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_blob_lies_under_its_digest_and_is_read_only() {
    let fixture = Fixture::new();
    let digest = fixture.store.put_bytes(b"abc").unwrap();
    assert_eq!(digest, Digest::of("abc"));
    let path = fixture.blob(&digest);
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    assert_eq!(
        path.metadata().unwrap().permissions().mode() & 0o7777,
        0o444
    );
    assert!(fixture.store.contains(&digest));
    assert!(!fixture.store.contains(&Digest::of("other")));
}

#[test]
fn a_file_is_kept_and_put_back_with_the_mode_that_is_asked_for() {
    let fixture = Fixture::new();
    let source = fixture.cache.path().join("source");
    fs::write(&source, vec![7; 300_000]).unwrap();
    let (digest, bytes) = fixture.store.put_file(&source).unwrap();
    assert_eq!((digest, bytes), (Digest::of(vec![7; 300_000]), 300_000));

    let copy = fixture.cache.path().join("copy");
    fs::write(&copy, "old").unwrap();
    for (executable, mode) in [(true, 0o755), (false, 0o644)] {
        assert!(
            fixture
                .store
                .copy_to(&digest, &copy, executable)
                .unwrap()
                .is_some()
        );
        assert_eq!(fs::read(&copy).unwrap(), vec![7; 300_000]);
        assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o7777, mode);
    }
}

#[test]
fn a_damaged_blob_is_set_aside_and_missing_until_it_is_made_again() {
    type Reader = fn(&Store, &Digest, &Path) -> bool;
    let readers: [(&str, Reader); 3] = [
        ("read", |store, digest, _| {
            store.read(digest).unwrap().is_some()
        }),
        ("open", |store, digest, _| {
            store.open_blob(digest).unwrap().is_some()
        }),
        ("copy", |store, digest, to| {
            store.copy_to(digest, to, false).unwrap().is_some()
        }),
    ];
    for (name, reader) in readers {
        let fixture = Fixture::new();
        let digest = fixture.store.put_bytes(b"some content").unwrap();
        let destination = fixture.cache.path().join("destination");
        fs::write(&destination, "before").unwrap();

        flip_bit(&fixture.blob(&digest));
        assert!(!reader(&fixture.store, &digest, &destination), "{name}");
        assert!(!fixture.store.contains(&digest), "{name}");
        assert_eq!(
            files_below(&fixture.below("quarantine")),
            [digest.hex()],
            "{name}"
        );
        // A reader that finds damage leaves what was there.
        assert_eq!(fs::read(&destination).unwrap(), b"before", "{name}");
        assert!(
            !files_below(fixture.cache.path())
                .iter()
                .any(|file| file.starts_with(".orch")),
            "{name}"
        );

        fixture.store.put_bytes(b"some content").unwrap();
        assert!(reader(&fixture.store, &digest, &destination), "{name}");
    }
}

#[test]
fn writing_a_damaged_blob_again_mends_it() {
    let fixture = Fixture::new();
    let digest = fixture.store.put_bytes(b"some content").unwrap();
    flip_bit(&fixture.blob(&digest));
    fixture.store.put_bytes(b"some content").unwrap();
    assert_eq!(
        fixture.store.read(&digest).unwrap().unwrap(),
        b"some content"
    );
}

#[test]
fn many_threads_and_stores_keep_the_same_blob_at_once() {
    let fixture = Fixture::new();
    let content = vec![3; 1 << 20];
    let source = fixture.cache.path().join("source");
    fs::write(&source, &content).unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (fixture, content, source) = (&fixture, &content, &source);
            scope.spawn(move || {
                let own = Store::open(fixture.cache.path()).unwrap();
                let store = if number % 2 == 0 {
                    &own
                } else {
                    &fixture.store
                };
                for _ in 0..4 {
                    let digest = store.put_bytes(content).unwrap();
                    assert_eq!(store.put_file(source).unwrap().0, digest);
                    assert_eq!(store.read(&digest).unwrap().as_ref(), Some(content));
                }
            });
        }
    });
    let names = files_below(&fixture.below("temporary"));
    assert!(names.len() <= 2, "only the shared store is left: {names:?}");
    assert!(files_below(&fixture.below("quarantine")).is_empty());
}

#[test]
fn what_a_killed_process_was_writing_is_removed_by_the_next_writer() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.below("temporary/0")).unwrap();
    fs::write(fixture.below("temporary/0/half"), "half").unwrap();
    fixture.store.put_bytes(b"abc").unwrap();
    assert!(!fixture.below("temporary/0/half").exists());

    // A living writer's files stay.
    fs::write(fixture.below("temporary/0/half"), "half").unwrap();
    Store::open(fixture.cache.path())
        .unwrap()
        .put_bytes(b"def")
        .unwrap();
    assert!(fixture.below("temporary/0/half").exists());
}

#[test]
fn unfinished_copies_of_a_killed_process_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let abandoned = folder.path().join(".orch-partial-1");
    let held = folder.path().join(".orch-partial-2");
    fs::write(&abandoned, "").unwrap();
    let writer = fs::File::create(&held).unwrap();
    writer.lock().unwrap();
    fs::write(folder.path().join("other"), "").unwrap();
    remove_abandoned(folder.path()).unwrap();
    assert_eq!(files_below(folder.path()), [".orch-partial-2", "other"]);
}

#[test]
fn a_record_is_kept_by_kind_and_key() {
    let fixture = Fixture::new();
    let key = Digest::of("key");
    assert_eq!(fixture.store.get_record("action", &key).unwrap(), None);
    fixture
        .store
        .put_record("action", &key, b"{\"a\":1}\n")
        .unwrap();
    fixture.store.put_record("plan", &key, b"").unwrap();
    assert_eq!(
        fixture.store.get_record("action", &key).unwrap().unwrap(),
        b"{\"a\":1}\n"
    );
    assert_eq!(
        fixture.store.get_record("plan", &key).unwrap().unwrap(),
        b""
    );
    fixture.store.put_record("action", &key, b"2").unwrap();
    assert_eq!(
        fixture.store.get_record("action", &key).unwrap().unwrap(),
        b"2"
    );
    assert!(fixture.store.get_record("../action", &key).is_err());
}

#[test]
fn a_damaged_cut_or_moved_record_is_absent() {
    let fixture = Fixture::new();
    let (key, other) = (Digest::of("key"), Digest::of("other"));
    fixture
        .store
        .put_record("action", &key, b"a value")
        .unwrap();
    let path = |key: &Digest| {
        let hex = key.hex();
        fixture
            .below("records/action")
            .join(&hex[..2])
            .join(&hex[2..])
    };
    let whole = fs::read(path(&key)).unwrap();

    fs::create_dir_all(path(&other).parent().unwrap()).unwrap();
    fs::write(path(&other), &whole).unwrap();
    assert_eq!(fixture.store.get_record("action", &other).unwrap(), None);

    for length in 0..whole.len() {
        fs::write(path(&key), &whole[..length]).unwrap();
        assert_eq!(
            fixture.store.get_record("action", &key).unwrap(),
            None,
            "{length}"
        );
    }
    for position in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[position] ^= 0x10;
        fs::write(path(&key), bytes).unwrap();
        assert_eq!(
            fixture.store.get_record("action", &key).unwrap(),
            None,
            "{position}"
        );
    }
    fs::remove_file(path(&key)).unwrap();
    fs::create_dir(path(&key)).unwrap();
    assert_eq!(fixture.store.get_record("action", &key).unwrap(), None);
}

#[test]
fn a_claim_keeps_others_out_until_it_is_dropped() {
    let fixture = Fixture::new();
    let (one, other) = (Digest::of("one"), Digest::of("other"));
    let held = fixture.store.try_claim(&one).unwrap();
    assert!(held.is_some());
    let second = Store::open(fixture.cache.path()).unwrap();
    for store in [&fixture.store, &second] {
        assert!(store.try_claim(&one).unwrap().is_none());
        assert!(store.try_claim(&other).unwrap().is_some());
    }
    drop(held);
    assert!(second.try_claim(&one).unwrap().is_some());
}

#[test]
fn a_file_that_is_taken_becomes_the_blob() {
    let fixture = Fixture::new();
    let file = fixture.cache.path().join("made");
    let take = |content: &str| {
        fs::write(&file, content).unwrap();
        let taken = fixture.store.take_file(&file).unwrap();
        assert_eq!(taken, (Digest::of(content), content.len() as u64));
        let kept = fixture.store.read(&Digest::of(content)).unwrap();
        assert_eq!(kept.unwrap(), content.as_bytes());
    };
    take("one");
    assert!(!file.exists());
    // What is there already needs no second file, and a damaged one is mended.
    take("one");
    assert!(file.exists());
    let blob = fixture.blob(&Digest::of("one"));
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, "two").unwrap();
    take("one");
    // One with another name stays, so that writing to that changes no blob.
    fs::remove_file(&file).unwrap();
    fs::write(&file, "").unwrap();
    fs::hard_link(&file, fixture.cache.path().join("other")).unwrap();
    take("three");
    fs::write(&file, "four").unwrap();
    let kept = fixture.store.read(&Digest::of("three")).unwrap();
    assert_eq!(kept.unwrap(), b"three");
    take(&"large".repeat(100_000));
}

#[test]
fn a_lock_is_held_by_one_thread_at_a_time_though_its_file_comes_and_goes() {
    let fixture = Fixture::new();
    let path = fixture.cache.path().join("lock");
    let (inside, rounds) = (std::sync::atomic::AtomicUsize::new(0), 200);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..rounds {
                    let _held = Lock::acquire(&path).unwrap();
                    let before = inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    assert_eq!(before, 0);
                    inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                }
            });
        }
    });
}

#[test]
fn a_cache_that_cannot_be_written_is_a_clear_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let fault = Store::open(&file).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Internal);
    assert_eq!(
        fault.message,
        format!(
            "could not create the folder `{}/store/v1/blobs`: Not a directory (os error 20)",
            file.display()
        )
    );

    // A kernel's own file system: not even root makes a folder there.
    let fault = Store::open(Path::new("/sys/kernel")).unwrap_err();
    assert!(
        fault
            .message
            .starts_with("could not create the folder `/sys/kernel/store/v1/blobs`")
    );
    assert!(fault.hint.unwrap().contains("ORCH_CACHE_DIR"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn content_comes_back_as_it_went_in(content in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let fixture = Fixture::new();
        let digest = fixture.store.put_bytes(&content).unwrap();
        prop_assert_eq!(fixture.store.read(&digest).unwrap(), Some(content.clone()));
        fixture.store.put_record("any", &digest, &content).unwrap();
        prop_assert_eq!(fixture.store.get_record("any", &digest).unwrap(), Some(content));
    }
}
