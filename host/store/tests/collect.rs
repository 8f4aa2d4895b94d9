//! What is removed and what stays, also when the clock is years off.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use orch_model::Digest;
use orch_store::{Collected, Collection, Store};

const DAY: Duration = Duration::from_secs(86_400);

struct Fixture {
    cache: tempfile::TempDir,
    store: Store,
    now: SystemTime,
    blobs: HashMap<&'static str, Digest>,
}

impl Fixture {
    fn new() -> Self {
        let cache = tempfile::tempdir().unwrap();
        Self {
            store: Store::open(cache.path()).unwrap(),
            cache,
            now: SystemTime::now(),
            blobs: HashMap::new(),
        }
    }

    fn blob(&mut self, content: &'static str) {
        let digest = self.store.put_bytes(content.as_bytes()).unwrap();
        self.blobs.insert(content, digest);
    }

    fn record_path(&self, key: &str) -> PathBuf {
        let hex = Digest::of(key).hex();
        let records = self.cache.path().join("store/v1/records/action");
        records.join(&hex[..2]).join(&hex[2..])
    }

    /// A record that names blobs by their content, last used then.
    fn record(&self, key: &str, names: &str, used: SystemTime) {
        self.store
            .put_record("action", &Digest::of(key), names.as_bytes())
            .unwrap();
        let file = File::open(self.record_path(key)).unwrap();
        file.set_modified(used).unwrap();
    }

    fn used(&self, key: &str) -> SystemTime {
        let record = self.record_path(key).metadata().unwrap();
        record.modified().unwrap()
    }

    fn collect(&self, older_than: Duration, keep: Option<u64>, dry_run: bool) -> Collected {
        let names = |_: &str, value: &[u8]| {
            let text = std::str::from_utf8(value).unwrap();
            let words = text.split_ascii_whitespace();
            words.map(Digest::of).collect()
        };
        self.store
            .collect(&Collection {
                since: self.now - older_than,
                now: self.now,
                keep_bytes: keep,
                keep_kinds: &["project"],
                names: &names,
                dry_run,
            })
            .unwrap()
    }

    fn left(&self) -> Vec<&'static str> {
        let mut left: Vec<_> = self
            .blobs
            .iter()
            .filter(|(_, digest)| self.store.contains(digest))
            .map(|(name, _)| *name)
            .collect();
        left.sort_unstable();
        left
    }
}

#[test]
fn what_is_old_goes_with_the_blobs_that_nothing_else_names() {
    let mut fixture = Fixture::new();
    for content in ["old", "shared", "young", "orphan"] {
        fixture.blob(content);
    }
    fixture.record("a", "old shared", fixture.now - 40 * DAY);
    fixture.record("b", "shared young", fixture.now - 3 * DAY);
    let project = Digest::of("project");
    fixture
        .store
        .put_record("project", &project, b"/gone")
        .unwrap();

    let would = fixture.collect(30 * DAY, None, true);
    assert_eq!((would.records.count, would.blobs.count), (1, 2));
    assert_eq!(fixture.left(), ["old", "orphan", "shared", "young"]);

    assert_eq!(fixture.collect(30 * DAY, None, false), would);
    assert_eq!(fixture.left(), ["shared", "young"]);
    assert_eq!(fixture.collect(30 * DAY, None, false), Collected::default());

    fixture.collect(Duration::ZERO, Some(0), false);
    assert!(fixture.left().is_empty());
    let kept = fixture.store.get_record("project", &project).unwrap();
    assert_eq!(kept.as_deref(), Some(&b"/gone"[..]), "its kind stays");
}

#[test]
fn the_least_recently_used_go_until_the_rest_fits() {
    let mut fixture = Fixture::new();
    let contents = ["one", "two", "three"];
    for (age, content) in (1..).zip(contents) {
        fixture.blob(content);
        fixture.record(content, content, fixture.now - age * DAY);
    }
    let survey = fixture.store.survey().unwrap();
    let all = survey.blobs.bytes + survey.records["action"].bytes;
    fixture.collect(30 * DAY, Some(all), false);
    assert_eq!(fixture.left(), ["one", "three", "two"]);
    fixture.collect(30 * DAY, Some(all - 1), false);
    assert_eq!(fixture.left(), ["one", "two"], "`three` was used last");
}

#[test]
fn quarantine_and_leftovers_are_emptied() {
    let mut fixture = Fixture::new();
    fixture.blob("good");
    fixture.record("good", "good", fixture.now);
    let root = fixture.cache.path().join("store/v1");
    fs::write(root.join("quarantine/damaged"), "123").unwrap();
    fs::create_dir(root.join("locks")).unwrap();
    fs::write(root.join("locks/abandoned"), "").unwrap();
    fs::create_dir_all(root.join("temporary/7")).unwrap();
    fs::write(root.join("temporary/7/half"), "45").unwrap();
    let collected = fixture.collect(30 * DAY, None, false);
    assert_eq!((collected.refuse.count, collected.refuse.bytes), (3, 5));
    assert!(!root.join("locks/abandoned").exists());
    assert_eq!(fixture.left(), ["good"]);
    assert!(!root.join("quarantine/damaged").exists());
    assert!(!root.join("temporary/7/half").exists());
}

#[test]
fn a_clock_that_is_ten_years_off_does_no_harm() {
    let years = 3_652 * DAY;
    let mut fixture = Fixture::new();
    for content in ["future", "today"] {
        fixture.blob(content);
    }
    // Written while the clock was ahead; now it is right again.
    fixture.record("future", "future", fixture.now + years);
    fixture.record("today", "today", fixture.now);
    assert_eq!(fixture.collect(30 * DAY, None, false), Collected::default());
    assert_eq!(fixture.left(), ["future", "today"]);

    // Its next use brings it back to the present, so that it grows old like others.
    let before = SystemTime::now() - DAY;
    let key = Digest::of("future");
    assert!(fixture.store.get_record("action", &key).unwrap().is_some());
    assert!(fixture.used("future") > before);
    assert!(fixture.used("future") <= SystemTime::now());

    // A clock that is ahead while it collects costs work, and nothing else.
    fixture.now += years;
    fixture.collect(30 * DAY, None, false);
    assert!(fixture.left().is_empty());
    assert!(fixture.store.get_record("action", &key).unwrap().is_none());
    fixture.blob("today");
    assert_eq!(fixture.left(), ["today"]);

    // One that is behind finds only what is newer than now, and keeps it.
    fixture.record("today", "today", fixture.now);
    fixture.now -= 2 * years;
    assert_eq!(fixture.collect(30 * DAY, None, false), Collected::default());
    // Also where the age goes back before all times that the clock knows.
    fixture.now = SystemTime::UNIX_EPOCH + 31 * DAY;
    assert_eq!(fixture.collect(30 * DAY, None, false), Collected::default());
    assert_eq!(fixture.left(), ["today"]);
}

#[test]
fn use_is_noted_once_a_day() {
    let fixture = Fixture::new();
    let hours = |hours: u64| fixture.now - Duration::from_secs(hours * 3_600);
    let key = Digest::of("a");
    for (age, noted) in [(23, false), (25, true)] {
        fixture.record("a", "", hours(age));
        let before = fixture.used("a");
        fixture.store.get_record("action", &key).unwrap().unwrap();
        assert_eq!(fixture.used("a") != before, noted, "{age} hours");
    }
}

#[test]
fn nobody_removes_while_somebody_uses_the_store() {
    let fixture = Fixture::new();
    let first = fixture.store.try_share().unwrap();
    let second = Store::open(fixture.cache.path())
        .unwrap()
        .try_share()
        .unwrap();
    assert!(first.is_some() && second.is_some());
    assert!(fixture.store.hold_alone().unwrap().is_none());
    assert!(fixture.store.holders().contains(&std::process::id()));
    drop(first);
    assert!(fixture.store.hold_alone().unwrap().is_none());
    drop(second);
    let alone = fixture.store.hold_alone().unwrap();
    assert!(alone.is_some());
    assert!(fixture.store.try_share().unwrap().is_none());
}
