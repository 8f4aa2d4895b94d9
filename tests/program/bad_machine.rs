//! Machines that are in the way: a cache that cannot be written, a full disk.

use crate::project;

const TASK: &str = "\
version = 1
name = \"a\"

[task.make]
command = [\"sh\", \"-c\", \"head -c 4000000 /dev/urandom > made\"]
outputs = [\"made\"]
";

/// A mount namespace in which a small file system lies where the cache is.
fn with_small_disk(options: &str) -> [String; 8] {
    let mount = format!("mount -t tmpfs -o {options} small \"$ORCH_CACHE_DIR\" && exec \"$@\"");
    [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        &mount,
        "sh",
    ]
    .map(str::to_owned)
}

#[test]
fn a_cache_folder_that_cannot_be_written() {
    // A kernel's file system refuses root as well.
    let project = project()
        .pipeline(TASK)
        .variable("ORCH_CACHE_DIR", "/sys/orch");
    project
        .orch(&["run"])
        .exits(5)
        .says("`/sys/orch/store/v1/blobs`")
        .says(
            "hint: check its permissions, or set `ORCH_CACHE_DIR` to a folder that can be written",
        );
    assert_eq!(project.files(), ["pipeline.toml"]);
}

#[test]
fn a_read_only_cache() {
    let project = project().pipeline(TASK);
    project
        .orch_within(
            &with_small_disk("ro").each_ref().map(String::as_str),
            &["run"],
        )
        .exits(5)
        .as_documented("A read-only cache");
    assert_eq!(project.files(), ["pipeline.toml"]);
    project.orch(&["run"]).exits(0);
}

#[test]
fn a_file_in_place_of_the_cache_folder() {
    let project = project().pipeline(TASK).file("cache", "not a folder");
    let cache = project.path().join("cache").display().to_string();
    let project = project.variable("ORCH_CACHE_DIR", &cache);
    project
        .orch(&["run"])
        .exits(5)
        .as_documented("A file in place of the cache folder");
    assert_eq!(project.files(), ["cache", "pipeline.toml"]);
}

/// The disk has room for what the task leaves, but not for the store's copy of it.
#[test]
fn a_full_disk() {
    let project = project().pipeline(TASK);
    project
        .orch_within(
            &with_small_disk("size=6m").each_ref().map(String::as_str),
            &["run"],
        )
        .exits(5)
        .as_documented("A full disk");
    assert_eq!(project.files(), ["pipeline.toml"]);
    // With room, the same project is fine.
    project.orch(&["run"]).exits(0);
    assert!(project.files().contains(&"made".to_owned()));
}
