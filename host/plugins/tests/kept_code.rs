//! Compiled code that is kept between runs, and what becomes of it when it is damaged.

mod guest;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use guest::{host, host_until, limits, load, words};
use orch_engine::Cancel;
use orch_engine::port::{Called, Plugins};
use orch_model::Offer;
use orch_tests::component::platform;

/// A platform that offers `pi5`.
fn component() -> Vec<u8> {
    platform(
        r#"(data (i32.const 1024) "\10\04\00\00\01\00\00\00\00\00\00\00\00\00\00\00\20\04\00\00\03\00\00\00\00\00\00\00\00\00\00\00pi5")"#,
        "(i32.const 1024)",
        "unreachable",
    )
}

/// What a host with this cache folder is told by the plugin.
fn ask(folder: &Path) -> Called<Vec<Offer>> {
    let host = host(folder, limits());
    let plugin = load(&host, component());
    host.platform_offers(&plugin)
}

fn assert_right(called: &Called<Vec<Offer>>) {
    let names: Vec<_> = called
        .result
        .iter()
        .flatten()
        .map(|offer| offer.name.as_str())
        .collect();
    assert_eq!(names, ["pi5"], "{:?}", called.result);
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries = Vec::new();
    for engine in std::fs::read_dir(folder.join("compiled")).expect("code is kept") {
        let engine = engine.expect("it can be listed").path();
        for entry in std::fs::read_dir(engine).expect("it can be listed") {
            entries.push(entry.expect("it can be listed").path());
        }
    }
    entries
}

#[test]
fn nobody_waits_for_the_compiler_after_an_interrupt_and_nothing_is_kept() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cancel = Cancel::new();
    cancel.cancel();
    let host = host_until(folder.path(), limits(), cancel);
    let plugin = load(&host, component());
    assert_eq!(
        words(&host.platform_offers(&plugin)),
        "unusable: plugin `demo` 1.2.3 (bundled) was not compiled: interrupted"
    );
    assert!(!folder.path().join("compiled").exists());
    assert_right(&ask(folder.path()));
    // What is kept is at hand at once, also for somebody who wants to stop.
    let cancel = Cancel::new();
    cancel.cancel();
    let host = host_until(folder.path(), limits(), cancel);
    let plugin = load(&host, component());
    assert_right(&host.platform_offers(&plugin));
}

#[test]
fn nothing_is_made_before_a_call() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    load(&host, component());
    assert_eq!(
        std::fs::read_dir(folder.path())
            .expect("it is there")
            .count(),
        0
    );
}

#[test]
fn code_is_kept_and_used_again() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    assert_right(&ask(folder.path()));
    let [entry] = entries(folder.path()).try_into().expect("one entry");
    let first = std::fs::metadata(&entry).expect("it is there");
    assert_right(&ask(folder.path()));
    let second = std::fs::metadata(&entry).expect("it is there");
    assert_eq!(
        first.modified().expect("a time"),
        second.modified().expect("a time"),
        "the second host wrote nothing"
    );
}

#[test]
fn a_damaged_entry_is_made_again() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    assert_right(&ask(folder.path()));
    let [entry] = entries(folder.path()).try_into().expect("one entry");
    let good = std::fs::read(&entry).expect("it is there");
    let places = [
        0,
        20,
        47,
        48,
        60,
        good.len() / 3,
        good.len() / 2,
        good.len() - 1,
    ];
    let flipped = places.into_iter().map(|place| {
        let mut bad = good.clone();
        bad[place] ^= 0x10;
        bad
    });
    let cut = places.into_iter().map(|place| good[..place].to_vec());
    let foreign = std::iter::once(b"orch compiled 9\n".to_vec());
    for bad in flipped.chain(cut).chain(foreign) {
        std::fs::write(&entry, bad).expect("it can be damaged");
        let called = ask(folder.path());
        assert_right(&called);
        assert!(called.logs.is_empty(), "{:?}", called.logs);
        assert_eq!(
            std::fs::read(&entry).expect("it is there").len(),
            good.len()
        );
    }
}

#[test]
fn a_folder_that_cannot_be_written_costs_a_warning() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    // A file where the folder should be: root may write to what is read-only.
    std::fs::write(folder.path().join("compiled"), "in the way").expect("a file");
    let host = host(folder.path(), limits());
    let plugin = load(&host, component());
    let called = host.platform_offers(&plugin);
    assert_right(&called);
    let [warning] = called.logs.as_slice() else {
        panic!("one warning: {:?}", called.logs);
    };
    assert!(
        warning
            .message
            .starts_with("could not keep compiled code in `"),
        "{}",
        warning.message
    );
    assert!(
        host.platform_offers(&plugin).logs.is_empty(),
        "it is said once"
    );
}

#[test]
fn code_is_not_taken_from_where_others_may_write() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    assert_right(&ask(folder.path()));
    let compiled = folder.path().join("compiled");
    std::fs::set_permissions(&compiled, std::fs::Permissions::from_mode(0o777))
        .expect("modes can be changed");
    let called = ask(folder.path());
    assert_right(&called);
    assert_eq!(
        called.logs.len(),
        1,
        "it is compiled, and not kept: {:?}",
        called.logs
    );
}

#[test]
fn several_are_prepared_at_once() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(&host, component());
    host.prepare(&[plugin.clone(), "nobody".parse().expect("a name")]);
    assert_eq!(entries(folder.path()).len(), 1);
    assert_right(&host.platform_offers(&plugin));
}
