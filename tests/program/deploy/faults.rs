//! What can be wrong with machines, with who goes there, and with what lies there: every machine
//! ends on the new release or on the old one.

use std::process::Command;

use orch_tests::Project;
use orch_tests::machines::Machines;

use super::fleet::{Fleet, ROLLOUT};

#[test]
fn a_machine_that_is_offline_is_pending_and_caught_up() {
    let machines = Machines::start(2);
    let fleet = Fleet::of(&machines, 2, "root");
    machines.cut(1);
    let first = fleet.project.orch(&["deploy"]).exits(0);
    first.shows("1 live, 1 pending");
    machines.mend(1);
    let second = fleet.project.orch(&["deploy"]).exits(0);
    second.shows("1 unchanged, 1 live");
    fleet.runs(1, "one");
}

#[test]
fn who_may_not_or_is_not_known_or_has_no_room_changes_nothing() {
    let machines = Machines::start(2);
    let refused = |user: &str| {
        Fleet::of(&machines, 1, user)
            .project
            .orch(&["deploy"])
            .exits(1)
    };
    refused("clerk").says("password");
    refused("nobody-there").says("refuses to let us in");
    let fleet = Fleet::of(&machines, 1, "root");
    let keys = [machines.host_key(0), machines.host_key(1)];
    machines.know(&[keys[1].clone()]);
    fleet.project.orch(&["deploy"]).exits(1).says("host key");
    machines.know(&keys);
    machines.resize_disk(0, 1 << 20);
    fleet
        .project
        .orch(&["deploy"])
        .exits(1)
        .says("No space left");
    assert_eq!(fleet.live(0), "");
    machines.resize_disk(0, 64 << 20);
    fleet.project.orch(&["deploy"]).exits(0);
    fleet.runs(0, "one");
}

/// A second person, with the first one's sources.
fn bob(fleet: &Fleet<'_>) -> Project {
    let other = Fleet::of(fleet.machines, 1, "deploy");
    other.release("two");
    other.project.variable("USER", "bob")
}

#[test]
fn of_two_deploys_at_once_the_second_is_told_who_and_since_when() {
    let machines = Machines::start(1);
    let fleet = Fleet::of(&machines, 1, "deploy");
    let fleet = fleet.rollout(&ROLLOUT.replace("\"5s\"", "\"10m\""));
    fleet.project.orch(&["deploy"]).exits(0);
    fleet.makes(0, "two", "waits");
    fleet.release("two");
    let mut first = fleet.begins();
    first.until("\"checking\"");
    let second = bob(&fleet).orch(&["deploy"]).exits(1);
    second
        .says("`m0` is locked: ann@")
        .says("is at work there with `deploy.edge` since");
    bob(&fleet)
        .orch(&["rollback", "edge"])
        .exits(1)
        .says("is locked: ann@");
    machines.inside(0, "touch /srv/well");
    let (code, lines) = first.end();
    assert_eq!(code, Some(0), "{}", lines.join("\n"));
    fleet.runs(0, "two");
}

/// All machines share the kernel's clock; for whatever a login runs on this one, it is years off.
const OTHER_CLOCK: &str = "
echo LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1) >>/etc/environment
echo 'FAKETIME=-20y' >>/etc/environment
";

#[test]
fn clocks_that_are_wrong_are_nobodys_trouble() {
    let machines = Machines::start(1);
    let year = || {
        let mut client = Command::new(machines.client());
        let said = client
            .args([&machines.address(0, "deploy"), "date +%Y"])
            .output();
        let said = String::from_utf8(said.expect("it starts").stdout).expect("it is text");
        said.trim().parse::<u32>().expect("a login says the year")
    };
    let now = year();
    machines.inside(0, OTHER_CLOCK);
    assert_eq!(year(), now - 20);
    let fleet = Fleet::of(&machines, 1, "deploy");
    fleet.project.orch(&["deploy"]).exits(0);
    fleet.runs(0, "one");
    fleet.release("two");
    fleet.project.orch(&["deploy"]).exits(0);
    fleet.runs(0, "two");
    fleet.makes(0, "three", "answers 500");
    fleet.release("three");
    fleet.project.orch(&["deploy"]).exits(12);
    fleet.runs(0, "two");

    // Whoever wrote these has a clock of their own.
    let record = machines.disk(0).join("agent/orch.json");
    let text = std::fs::read_to_string(&record).expect("it is there");
    let at = text.rfind("\"at\":").expect("it says when") + 5;
    let digits = text[at..].find(',').expect("more follows");
    let far = format!("{}4102444800{}", &text[..at], &text[at + digits..]);
    std::fs::write(&record, far).expect("it can be written");
    fleet.project.orch(&["status"]).exits(0).shows("2100-01-01");
    let lock = machines.disk(0).join("agent/lock");
    let line = "{\"owner\":{\"name\":\"eve@mars\",\"machine\":\"another\",\"process\":1,\"began\":1},\
                \"what\":\"deploy.edge\",\"since\":4102444800}\n";
    std::fs::write(&lock, line).expect("it can be written");
    fleet.release("four");
    let locked = fleet.project.orch(&["deploy"]).exits(1);
    locked.says("eve@mars is at work there with `deploy.edge` since [TIME] ago");
    fleet.project.orch(&["deploy", "--break-lock"]).exits(0);
    fleet.runs(0, "four");
    fleet.project.orch(&["rollback", "edge"]).exits(0);
    fleet.runs(0, "two");
}

#[test]
fn releases_that_somebody_removes_are_made_again_or_left_out() {
    let machines = Machines::start(1);
    let fleet = Fleet::of(&machines, 1, "deploy");
    let remove = |release: &str| {
        let script = format!("rm -rf /opt/agent/releases/{release}");
        machines.inside(0, &script);
    };
    fleet.project.orch(&["deploy"]).exits(0);
    let first = fleet.live(0);
    fleet.release("two");
    fleet.project.orch(&["deploy"]).exits(0);

    // The one that runs.
    remove(&fleet.live(0));
    let status = fleet.project.orch(&["status"]).exits(0);
    status.shows("changed by hand");
    fleet.project.orch(&["deploy"]).exits(0).shows("1 live");
    fleet.runs(0, "two");

    // The same, and what is to come next does not hold: an older one does.
    remove(&fleet.live(0));
    fleet.makes(0, "bad", "answers 500");
    fleet.release("bad");
    fleet
        .project
        .orch(&["deploy"])
        .exits(12)
        .shows("1 rolled back");
    assert_eq!(fleet.live(0), first);
    assert!(fleet.says(0).starts_with("one "), "{}", fleet.says(0));
    fleet.release("two");
    fleet.project.orch(&["deploy"]).exits(0);
    fleet.runs(0, "two");

    // The one before.
    remove(&first);
    let nowhere = fleet.project.orch(&["rollback", "edge"]).exits(1);
    nowhere.says(&format!("`m0` has no release {first}"));
    fleet.runs(0, "two");
    fleet.release("three");
    fleet.project.orch(&["deploy"]).exits(0);
    fleet.runs(0, "three");
}
