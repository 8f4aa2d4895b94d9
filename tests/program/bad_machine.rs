//! Machines that are in the way: a cache that cannot be written, a full disk.

use std::process::{Command, Stdio};

use orch_tests::{Project, expect};

use crate::project;

const TASK: &str = "\
version = 1
name = \"a\"

[task.make]
command = [\"sh\", \"-c\", \"head -c 4000000 /dev/urandom > made\"]
outputs = [\"made\"]
";

#[test]
fn a_cache_folder_that_cannot_be_written() {
    // A kernel's file system refuses root as well.
    let project = project()
        .pipeline(TASK)
        .variable("ORCH_CACHE_DIR", "/sys/orch");
    project.orch(&["run"]).exits(5).stderr(expect![[r#"
        error: could not create the folder `/sys/orch/store/v1/blobs`: Operation not permitted (os error 1)
        hint: check its permissions, or set `ORCH_CACHE_DIR` to a folder that can be written
    "#]]);
    assert_eq!(project.files(), ["pipeline.toml"]);
}

#[test]
fn a_file_in_place_of_the_cache_folder() {
    let project = project().pipeline(TASK).file("cache", "not a folder");
    let cache = project.path().join("cache").display().to_string();
    let project = project.variable("ORCH_CACHE_DIR", &cache);
    project.orch(&["run"]).exits(5).stderr(expect![[r#"
        error: could not create the folder `[PROJECT]/cache/store/v1/blobs`: Not a directory (os error 20)
    "#]]);
    assert_eq!(project.files(), ["cache", "pipeline.toml"]);
}

/// In a mount namespace of its own, where the cache lies on a disk that has room for what
/// the task leaves, but not for the store's copy of it.
#[test]
fn a_full_disk() {
    let project = project().pipeline(TASK);
    let (code, said) = on_a_small_disk(&project, "run");
    assert_eq!(code, Some(5), "{said}");
    assert!(
        said.contains("No space left") || said.contains("no space"),
        "{said}"
    );
    assert!(said.contains("ORCH_CACHE_DIR"), "{said}");
    assert_eq!(project.files(), ["pipeline.toml"]);
    // With room, the same project is fine.
    project.orch(&["run"]).exits(0);
    assert!(project.files().contains(&"made".to_owned()));
}

fn on_a_small_disk(project: &Project, verb: &str) -> (Option<i32>, String) {
    let orch = project.command(&[verb]);
    let script = "mount -t tmpfs -o size=6m small \"$ORCH_CACHE_DIR\" && exec \"$@\"";
    let mut command = Command::new("unshare");
    command
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
        ])
        .arg(orch.get_program())
        .args(orch.get_args())
        .current_dir(project.path())
        .env_clear()
        .envs(
            orch.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null());
    let output = command.output().expect("`unshare` comes with util-linux");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}
