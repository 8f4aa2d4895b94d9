//! Several at once, and some that are killed.

use std::collections::BTreeSet;
use std::fs;

use orch_history::{History, Selection};
use rusqlite::Connection;

use crate::sample::{Scene, run, start};

#[test]
fn two_that_write_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("measured.sqlite");
    std::thread::scope(|scope| {
        for writer in ["left", "right"] {
            let path = &path;
            scope.spawn(move || {
                // Both find no file, and both would make it.
                let mut history = History::open(path).expect("it opens");
                for round in 0..20 {
                    let measurement = start(writer, &[f64::from(round)]);
                    history.add(&run(writer), &measurement).expect("it waits");
                }
            });
        }
    });
    let history = History::open(&path).unwrap();
    let kept = history.measurements(&Selection::default()).unwrap();
    assert_eq!(kept.len(), 40);
    let runs: BTreeSet<String> = kept.into_iter().map(|kept| kept.run.id).collect();
    assert_eq!(runs.len(), 2);
}

/// The files as they are when a process dies in the middle of a large transaction: half of it is
/// in the file already, and the journal holds what was there before.
#[test]
fn what_a_killed_process_began_is_taken_back() {
    let mut scene = Scene::new();
    scene.add("1", &start("pi5", &[1.0; 2_000]));
    let writer = Connection::open(&scene.path).unwrap();
    writer.pragma_update(None, "cache_size", 2).unwrap();
    writer
        .execute_batch("BEGIN IMMEDIATE; UPDATE sample SET value = 2.0; DELETE FROM run WHERE 0;")
        .unwrap();
    let after = scene.folder.path().join("after.sqlite");
    let journal = |path: &std::path::Path| path.with_extension("sqlite-journal");
    fs::copy(&scene.path, &after).unwrap();
    fs::copy(journal(&scene.path), journal(&after)).unwrap();
    let torn = fs::read(&after).unwrap();
    writer.execute_batch("ROLLBACK").unwrap();
    assert!(
        torn != fs::read(&scene.path).unwrap(),
        "nothing had reached the file, so this shows nothing"
    );

    let history = History::open_existing(&after).unwrap().unwrap();
    let points = history.series(&Default::default(), "wall").unwrap();
    assert_eq!(points[0].metric.values, [1.0; 2_000]);
}
