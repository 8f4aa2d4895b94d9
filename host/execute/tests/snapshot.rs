//! A snapshot holds exactly while nothing that was looked at has changed, and says whom a
//! change concerns.

mod fixture;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use orch_engine::port::{Publisher, Sources};
use orch_execute::{Glance, ProjectPublisher, ProjectSources, Question, Snapshot, Unit};
use orch_model::RelativePath;

use fixture::{Fixture, publication};

/// Coarse clocks prove something only after their tick; none in use takes longer.
const LONGEST_TICK: Duration = Duration::from_secs(10);

/// A project with three units: one reads `src/**` and `absent` and leaves `made/x`, one reads
/// `made/x` and leaves `made/y`, and one reads `other` and needs nobody.
struct Kept {
    fixture: Fixture,
    snapshot: Snapshot,
}

const FIRST: usize = 0;
const SECOND: usize = 1;
const OTHER: usize = 2;

fn patterns(unit: usize) -> Vec<String> {
    let patterns: &[&str] = match unit {
        FIRST => &["src/**", "absent"],
        SECOND => &["made/x"],
        _ => &["other"],
    };
    patterns
        .iter()
        .map(|pattern| (*pattern).to_owned())
        .collect()
}

fn places(unit: usize) -> Vec<RelativePath> {
    let place: &[&str] = match unit {
        FIRST => &["made/x"],
        SECOND => &["made/y"],
        _ => &[],
    };
    place.iter().map(|place| place.parse().unwrap()).collect()
}

fn questions(unit: usize) -> Vec<Question> {
    vec![
        Question::Inputs(patterns(unit)),
        Question::Places(places(unit)),
    ]
}

fn unit(number: usize) -> Unit {
    Unit {
        questions: questions(number),
        needs: match number {
            SECOND => vec![FIRST],
            _ => Vec::new(),
        },
    }
}

impl Kept {
    fn new() -> Self {
        let fixture = Fixture::new();
        fixture.write("src/a", "aaa");
        fixture.write("src/deep/b", "bbb");
        fixture.write("other", "other");
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

    /// What a run of everything does, as far as files go.
    fn run(&self) {
        let memory = self.perform(&[FIRST, SECOND, OTHER], "right");
        let project = self.fixture.project();
        let besides = [project.join("pipeline.toml"), project.join("orch.lock")];
        let units = [FIRST, SECOND, OTHER].map(unit);
        let snapshot = &self.snapshot;
        snapshot.keep(b"note", &memory, &besides, &units).unwrap();
    }

    /// What a run of some units does that leave `content`.
    fn renew(&self, units: &[usize], content: &str) {
        let kept = self.snapshot.read().unwrap();
        let memory = self.perform(units, content);
        let units: Vec<_> = units.iter().map(|unit| (*unit, questions(*unit))).collect();
        let snapshot = &self.snapshot;
        snapshot.renew(b"renewed", &kept, &memory, &units).unwrap();
    }

    fn perform(&self, units: &[usize], content: &str) -> std::sync::Arc<orch_execute::FileMemory> {
        let memory = self.fixture.memory();
        let project = self.fixture.project();
        let sources = ProjectSources::new(project.clone(), Vec::new(), memory.clone());
        let store = self.fixture.store.clone();
        let publisher = ProjectPublisher::new(project, store, memory.clone());
        for unit in units {
            sources.files(&patterns(*unit)).unwrap();
            let places = places(*unit);
            let left = places.iter();
            let left: Vec<_> = left
                .map(|place| publication(&self.fixture, place.as_str(), content, false))
                .collect();
            publisher.publish(&left, &places).unwrap();
        }
        memory
    }

    fn glance(&self) -> Glance {
        match self.snapshot.read() {
            Some(kept) => self.snapshot.glance(&kept),
            None => Glance::Unknown,
        }
    }

    fn holds(&self) -> bool {
        self.glance() == Glance::Same
    }
}

#[test]
fn it_holds_while_nothing_changes() {
    let kept = Kept::new();
    assert!(kept.holds());
    assert_eq!(kept.snapshot.read().unwrap().note(), b"note");
    // What nobody looked at may change.
    kept.fixture.write("elsewhere/c", "ccc");
    assert!(kept.holds());
}

#[test]
fn a_change_concerns_those_who_read_or_left_it_and_those_behind_them() {
    let changes: [(&str, Option<&str>, Glance); 6] = [
        ("src/a", Some("new"), Glance::Changed(vec![FIRST, SECOND])),
        ("other", Some("new"), Glance::Changed(vec![OTHER])),
        ("other", None, Glance::Changed(vec![OTHER])),
        ("made/y", None, Glance::Changed(vec![SECOND])),
        ("made/x", None, Glance::Changed(vec![FIRST, SECOND])),
        ("pipeline.toml", Some("new"), Glance::Unknown),
    ];
    for (path, content, expected) in changes {
        let kept = Kept::new();
        match content {
            Some(content) => drop(kept.fixture.write(path, content)),
            None => fs::remove_file(kept.fixture.project().join(path)).unwrap(),
        }
        assert_eq!(kept.glance(), expected, "{path} {content:?}");
    }
}

#[test]
fn who_reads_what_another_leaves_is_behind_it_also_if_it_does_not_say_so() {
    let kept = Kept::new();
    let memory = kept.perform(&[FIRST, SECOND, OTHER], "right");
    let units = [FIRST, SECOND, OTHER].map(|number| Unit {
        needs: Vec::new(),
        ..unit(number)
    });
    kept.snapshot.keep(b"", &memory, &[], &units).unwrap();
    kept.fixture.write("src/a", "new");
    assert_eq!(kept.glance(), Glance::Changed(vec![FIRST, SECOND]));
}

#[test]
fn a_run_of_some_units_renews_what_is_kept_of_them_and_no_more() {
    let kept = Kept::new();
    kept.fixture.write("other", "new");
    kept.fixture.write("src/a", "new");
    kept.renew(&[OTHER], "right");
    assert_eq!(kept.glance(), Glance::Changed(vec![FIRST, SECOND]));
    assert_eq!(kept.snapshot.read().unwrap().note(), b"renewed");
    kept.renew(&[FIRST, SECOND], "other output");
    assert!(kept.holds());
    // And so on for ever.
    kept.fixture.write("absent", "no longer");
    assert_eq!(kept.glance(), Glance::Changed(vec![FIRST, SECOND]));
    kept.renew(&[FIRST, SECOND], "other output");
    assert!(kept.holds());
    fs::remove_file(kept.fixture.project().join("made/x")).unwrap();
    assert_eq!(kept.glance(), Glance::Changed(vec![FIRST, SECOND]));
}

#[test]
fn nothing_is_renewed_where_everything_has_changed_meanwhile() {
    let kept = Kept::new();
    kept.fixture.write("other", "new");
    let before = kept.snapshot.read().unwrap();
    let memory = kept.perform(&[OTHER], "right");
    kept.fixture.write("pipeline.toml", "version = 2");
    let units = [(OTHER, questions(OTHER))];
    let snapshot = &kept.snapshot;
    snapshot.renew(b"new", &before, &memory, &units).unwrap();
    assert_eq!(snapshot.read().unwrap().note(), b"note");
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
            fs::remove_dir_all(fixture.project().join("made")).unwrap();
        }),
        ("another product", |fixture| {
            drop(fixture.write("made/x", "wrong"))
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
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&file, &damaged).unwrap();
        assert!(kept.snapshot.read().is_none(), "byte {at} was flipped");
        fs::write(&file, &whole[..at]).unwrap();
        assert!(kept.snapshot.read().is_none(), "it was cut at byte {at}");
    }
    fs::write(&file, &whole).unwrap();
    assert!(kept.holds());
}
