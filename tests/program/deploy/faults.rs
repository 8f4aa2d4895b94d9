//! What can go wrong on the way: every machine ends on the new release or on the old one.

use std::process::Stdio;

use orch_tests::machines::Machines;

use super::Fleet;

#[test]
fn a_machine_that_is_offline_is_pending_and_caught_up() {
    let fleet = Fleet::of(Machines::start(2), 2, "root");
    fleet.machines.cut(1);
    let first = fleet.project.orch(&["deploy"]).exits(0);
    assert!(
        first.stdout.contains("1 live, 1 pending"),
        "{}",
        first.stdout
    );
    fleet.machines.mend(1);
    let second = fleet.project.orch(&["deploy"]).exits(0);
    assert!(
        second.stdout.contains("1 unchanged, 1 live"),
        "{}",
        second.stdout
    );
    assert_eq!(fleet.says(1), "one z1 12");
}

#[test]
fn who_may_not_or_is_not_known_or_has_no_room_changes_nothing() {
    let fleet = Fleet::of(Machines::start(2), 1, "clerk");
    let refused = fleet.project.orch(&["deploy"]).exits(1);
    assert!(refused.stderr.contains("password"), "{}", refused.stderr);
    let fleet = Fleet::of(fleet.machines, 1, "root");
    let keys = [fleet.machines.host_key(0), fleet.machines.host_key(1)];
    fleet.machines.know(&[keys[1].clone()]);
    let stranger = fleet.project.orch(&["deploy"]).exits(1);
    assert!(stranger.stderr.contains("host key"), "{}", stranger.stderr);
    fleet.machines.know(&keys);
    fleet.machines.resize_disk(0, 1 << 20);
    let full = fleet.project.orch(&["deploy"]).exits(1);
    assert!(full.stderr.contains("No space left"), "{}", full.stderr);
    assert_eq!(
        fleet
            .machines
            .inside(0, "ls /opt/agent/live 2>/dev/null; true"),
        ""
    );
    fleet.machines.resize_disk(0, 64 << 20);
    fleet.project.orch(&["deploy"]).exits(0);
    assert_eq!(fleet.says(0), "one z0 12");
}

#[test]
fn a_deploy_that_is_killed_is_gone_on_with() {
    let fleet = Fleet::of(Machines::start(1), 1, "root");
    fleet.project.orch(&["deploy"]).exits(0);
    // As long as its health is asked for, the new release is live and not known to hold.
    fleet.release("two", 200, "never answers");
    let mut child = fleet
        .project
        .command(&["deploy"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let before = fleet.live(0);
    while fleet.live(0) == before {
        std::thread::yield_now();
    }
    child.kill().expect("it runs");
    child.wait().expect("it was started");
    let status = fleet.project.orch(&["status"]).exits(0);
    assert!(status.stdout.contains("in doubt"), "{}", status.stdout);
    // The same once more goes back to what held; another one goes on to itself.
    let bad = fleet.project.orch(&["deploy"]).exits(12);
    assert!(bad.stdout.contains("1 rolled back"), "{}", bad.stdout);
    assert_eq!(fleet.says(0), "one z0 12");
    fleet.release("three", 200, "");
    fleet.project.orch(&["deploy"]).exits(0);
    assert_eq!(fleet.says(0), "three z0 12");
}
