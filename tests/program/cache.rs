//! The cache from outside: it heals, it is counted and checked, and what is old leaves it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use orch_tests::{Project, expect};
use walkdir::WalkDir;

use crate::project;

/// A result that another task reads, and that lies in place.
const CHAIN: &str = "\
version = 1
name = \"chain\"

[task.first]
command = [\"sh\", \"-c\", \"mkdir -p dist && cat a > dist/first\"]
inputs = [\"a\"]
outputs = [\"dist/first\"]

[task.second]
command = [\"sh\", \"-c\", \"cat dist/first b > dist/second\"]
inputs = [\"dist/first\", \"b\"]
outputs = [\"dist/second\"]
needs = [\"task.first\"]
";

fn chain() -> Project {
    project()
        .pipeline(CHAIN)
        .file("a", "one\n")
        .file("b", "two\n")
}

fn files_below(project: &Project, folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = WalkDir::new(project.cache().join("store/v1").join(folder))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

/// Changes every blob, and leaves its size.
fn damage_all(project: &Project) {
    for blob in files_below(project, "blobs") {
        let mut bytes = fs::read(&blob).unwrap();
        bytes[0] ^= 1;
        fs::remove_file(&blob).unwrap();
        fs::write(&blob, bytes).unwrap();
    }
}

/// What `orch` says on standard output of a call that ends well.
fn printed(project: &Project, arguments: &[&str]) -> String {
    let ran = project.command(arguments).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", ran.status);
    String::from_utf8(ran.stdout).unwrap()
}

fn read(project: &Project, path: &str) -> String {
    fs::read_to_string(project.path().join(path)).unwrap()
}

#[test]
fn a_result_whose_content_was_damaged_is_made_anew_in_the_same_run() {
    let project = chain();
    project.orch(&["run"]).exits(0);
    damage_all(&project);
    fs::remove_dir_all(project.path().join("dist")).unwrap();
    project
        .orch(&["run"])
        .exits(0)
        .says("note: the cache had lost something, which is being made anew");
    assert_eq!(read(&project, "dist/first"), "one\n");
    assert_eq!(read(&project, "dist/second"), "one\ntwo\n");
    project.orch(&["cache", "verify"]).exits(0);
}

#[test]
fn damage_that_nobody_meets_stays_unseen_until_it_matters() {
    let project = chain();
    project.orch(&["run"]).exits(0);
    damage_all(&project);
    // Outputs lie in place, so `task.first` is not asked for its blob.
    let project = project.file("b", "three\n");
    project.orch(&["run"]).exits(0);
    assert_eq!(read(&project, "dist/second"), "one\nthree\n");
    fs::remove_file(project.path().join("dist/first")).unwrap();
    let events = printed(&project, &["run", "--output", "json"]);
    assert!(events.contains("the cache had lost something"), "{events}");
    assert_eq!(read(&project, "dist/first"), "one\n");
}

#[test]
fn what_is_missing_or_empty_is_made_anew_without_a_word() {
    for leave in [None, Some("")] {
        let project = chain();
        project.orch(&["run"]).exits(0);
        for blob in files_below(&project, "blobs") {
            fs::remove_file(&blob).unwrap();
            if let Some(content) = leave {
                fs::write(&blob, content).unwrap();
            }
        }
        fs::remove_dir_all(project.path().join("dist")).unwrap();
        project.orch(&["run"]).exits(0);
        assert_eq!(read(&project, "dist/second"), "one\ntwo\n");
    }
}

#[test]
fn what_lies_in_the_cache_is_counted() {
    let project = chain();
    project.orch(&["run"]).exits(0);
    let table = printed(&project, &["cache", "stats"]);
    for line in [
        "blobs                 2     12 B     12 B",
        "records: action       2 ",
        "records: project      1 ",
        "toolchains            0 ",
    ] {
        assert!(table.contains(line), "{table}");
    }
    let events = printed(&project, &["cache", "stats", "--output", "json"]);
    let row = r#"{"what":"blobs","count":2,"bytes":12,"content_bytes":12}"#;
    assert!(events.contains(row), "{events}");
}

#[test]
fn verification_says_what_was_damaged() {
    let project = chain();
    project.orch(&["run"]).exits(0);
    project
        .orch(&["cache", "verify"])
        .exits(0)
        .says("files are good");
    damage_all(&project);
    project
        .orch(&["cache", "verify"])
        .exits(1)
        .says("was damaged and is set aside")
        .says("2 of ");
    assert_eq!(files_below(&project, "quarantine").len(), 2);
    project.orch(&["cache", "verify"]).exits(0);
    project.orch(&["cache", "gc"]).exits(0);
    assert!(files_below(&project, "quarantine").is_empty());
}

#[test]
fn old_results_go_and_are_made_again() {
    let project = chain();
    project.orch(&["run"]).exits(0);
    let old = SystemTime::now() - Duration::from_secs(40 * 86_400);
    for record in files_below(&project, "records/action") {
        File::open(record).unwrap().set_modified(old).unwrap();
    }
    project
        .orch(&["cache", "gc", "--dry-run"])
        .exits(0)
        .says("would remove");
    assert_eq!(files_below(&project, "blobs").len(), 2);
    project
        .orch(&["cache", "gc", "--older-than", "60d"])
        .exits(0);
    assert_eq!(files_below(&project, "blobs").len(), 2);
    project.orch(&["cache", "gc"]).exits(0).says("removed");
    assert!(files_below(&project, "blobs").is_empty());
    assert!(files_below(&project, "records/action").is_empty());

    // What lies in place is right; a change finds its way.
    project.orch(&["run"]).exits(0);
    let project = project.file("b", "three\n");
    project.orch(&["run"]).exits(0);
    assert_eq!(read(&project, "dist/second"), "one\nthree\n");
}

#[test]
fn a_project_that_is_run_daily_keeps_its_results() {
    let project = chain();
    project.orch(&["run"]).exits(0);
    let old = SystemTime::now() - Duration::from_secs(40 * 86_400);
    for record in files_below(&project, "records") {
        File::open(record).unwrap().set_modified(old).unwrap();
    }
    // There is nothing to do, and all that this rests on is noted to be in use.
    project.orch(&["run"]).exits(0).says("nothing to do");
    project.orch(&["cache", "gc"]).exits(0);
    assert_eq!(files_below(&project, "blobs").len(), 2);
    assert_eq!(files_below(&project, "records/action").len(), 2);
}

/// An installed toolchain as the fetcher leaves it, long ago.
fn install(project: &Project, recipe: &str) -> PathBuf {
    let folder = project.cache().join("toolchains").join(recipe);
    fs::create_dir_all(folder.join("tree")).unwrap();
    let record = folder.join("install.json");
    let zeros = "0".repeat(64);
    fs::write(
        &record,
        format!(
            r#"{{"version":1,"recipe":"sha256:{recipe}","tree":"sha256:{zeros}","bytes":9,"files":1,"label":"x 1"}}"#
        ),
    )
    .unwrap();
    let old = SystemTime::now() - Duration::from_secs(400 * 86_400);
    File::open(record).unwrap().set_modified(old).unwrap();
    folder
}

#[test]
fn old_toolchains_go() {
    let project = chain();
    project.orch(&["run"]).exits(0);
    let folder = install(&project, &"ab".repeat(32));
    project.orch(&["cache", "gc", "--dry-run"]).exits(0);
    assert!(folder.exists());
    project.orch(&["cache", "gc"]).exits(0);
    assert!(!folder.exists());
}

#[test]
fn a_lock_that_cannot_be_read_may_pin_anything_so_nothing_goes() {
    let project = chain();
    project.orch(&["run"]).exits(0);
    let folder = install(&project, &"ab".repeat(32));
    let project = project.file("orch.lock", "version = 1\n[[");
    project.orch(&["cache", "gc"]).exits(2).says("orch.lock");
    assert!(folder.exists());
    // A project that is gone counts as none.
    fs::rename(project.path(), project.path().with_extension("moved")).unwrap();
    let mut collection = project.command(&["cache", "gc"]);
    let ran = collection.current_dir(project.cache()).output().unwrap();
    assert!(ran.status.success(), "{}", ran.status);
    assert!(!folder.exists());
}

#[test]
fn collection_waits_for_who_uses_the_cache_and_says_so() {
    let project = chain();
    project.orch(&["run"]).exits(0);
    let in_use = File::open(project.cache().join("store/v1/in-use")).unwrap();
    in_use.lock_shared().unwrap();
    let mut waiting = project
        .command(&["cache", "gc"])
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stderr = std::io::BufReader::new(waiting.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    let own = std::process::id();
    assert_eq!(
        line,
        format!("waiting for process {own}, which uses the cache\n")
    );
    drop(in_use);
    assert!(waiting.wait().unwrap().success());
}

#[test]
fn ages_and_sizes_need_units() {
    let project = project();
    project
        .orch(&["cache", "gc", "--keep", "10"])
        .exits(2)
        .says("such as `10GB`");
    project
        .orch(&["cache", "gc", "--older-than", "month"])
        .exits(2)
        .says("such as `30d`")
        .stdout(expect![""]);
}
