//! A snapshot holds exactly while nothing that was looked at has changed.

mod fixture;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use orch_engine::port::{Publisher, Sources};
use orch_execute::{ProjectPublisher, ProjectSources, Snapshot};
use orch_store::Store;

use fixture::{Fixture, publication};

/// Coarse clocks prove something only after their tick; none in use takes longer.
const LONGEST_TICK: Duration = Duration::from_secs(10);

/// A project in which a run has read `src/**` and `absent`, and written `out/x`.
struct Kept {
    fixture: Fixture,
    snapshot: Snapshot,
}

impl Kept {
    fn new() -> Self {
        let fixture = Fixture::new();
        fixture.write("src/a", "aaa");
        fixture.write("src/deep/b", "bbb");
        fixture.write("pipeline.toml", "version = 1");
        let snapshot = Snapshot::new(fixture.project(), "whole");
        let kept = Self { fixture, snapshot };
        let began = Instant::now();
        while !kept.holds() {
            assert!(began.elapsed() < LONGEST_TICK, "no snapshot is ever kept");
            kept.run();
        }
        kept
    }

    /// What a run does, as far as files go.
    fn run(&self) {
        let memory = self.fixture.memory();
        let project = self.fixture.project();
        let sources = ProjectSources::new(project.clone(), Vec::new(), memory.clone());
        let patterns = ["src/**", "absent"].map(str::to_owned);
        sources.files(&patterns).unwrap();
        let store: Store = self.fixture.store.clone();
        ProjectPublisher::new(project.clone(), store, memory.clone())
            .publish(&[publication(&self.fixture, "out/x", "right", false)], &[])
            .unwrap();
        let besides = [project.join("pipeline.toml"), project.join("orch.lock")];
        self.snapshot.keep(b"note", &memory, &besides).unwrap();
    }

    fn holds(&self) -> bool {
        self.snapshot.holds(|note| note == b"note")
    }
}

#[test]
fn it_holds_while_nothing_changes_and_only_where_its_note_is_believed() {
    let kept = Kept::new();
    assert!(kept.holds());
    assert!(!kept.snapshot.holds(|_| false));
    // What nobody looked at may change.
    kept.fixture.write("elsewhere/c", "ccc");
    assert!(kept.holds());
}

#[test]
fn every_kind_of_change_is_found_out() {
    type Change = fn(&Fixture);
    let changes: [(&str, Change); 10] = [
        ("other content of the same size", |fixture| {
            drop(fixture.write("src/a", "aab"))
        }),
        ("a new file", |fixture| {
            drop(fixture.write("src/deep/c", "ccc"))
        }),
        ("a new folder", |fixture| {
            drop(fixture.write("src/new/c", "ccc"))
        }),
        ("a file that is gone", |fixture| {
            fs::remove_file(fixture.project().join("src/deep/b")).unwrap();
        }),
        ("a file that was not there", |fixture| {
            drop(fixture.write("absent", ""))
        }),
        ("another mode", |fixture| {
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(fixture.project().join("src/a"), mode).unwrap();
        }),
        ("a product that is gone", |fixture| {
            fs::remove_dir_all(fixture.project().join("out")).unwrap();
        }),
        ("another product", |fixture| {
            drop(fixture.write("out/x", "wrong"))
        }),
        ("another pipeline", |fixture| {
            drop(fixture.write("pipeline.toml", "version = 2"))
        }),
        ("a lock that was not there", |fixture| {
            drop(fixture.write("orch.lock", "version = 1"))
        }),
    ];
    for (name, change) in changes {
        let kept = Kept::new();
        change(&kept.fixture);
        assert!(!kept.holds(), "{name} was not found out");
    }
}

#[test]
fn a_damaged_snapshot_counts_as_none() {
    let kept = Kept::new();
    let file = kept.fixture.project().join(".orch/snapshots/whole");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    assert!(!kept.holds());
    fs::write(&file, &whole).unwrap();
    assert!(kept.holds());
}
