//! Releases onto machines that really boot: a first one, updates in waves, bad ones that go back
//! by themselves, and all that is recorded of it.

mod board;
mod faults;
mod fleet;
mod images;
mod killed;
mod logs;
mod network;
mod rollout;
mod watch;

use fleet::Fleet;
use orch_tests::machines::Machines;

#[test]
fn a_first_release_updates_in_waves_and_bad_ones_that_go_back() {
    let machines = Machines::start(3);
    let fleet = Fleet::of(&machines, 3, "deploy");
    fleet.project.orch(&["run"]).exits(0).shows("3 live");
    assert_eq!(fleet.says(2), "one z2 12 first");
    // Others of the machine see the unit, and not the secret.
    let unit = machines.inside(0, "systemctl cat agent");
    assert!(!unit.contains("s3cret"), "{unit}");
    let readable = "runuser -u clerk -- grep -rl s3cret /opt/agent /etc/systemd 2>/dev/null; true";
    assert_eq!(machines.inside(0, readable), "");

    let again = fleet.project.orch(&["deploy"]).exits(0);
    again.shows("3 unchanged, nothing to send");
    let checked = fleet.project.orch(&["fleet", "check"]).exits(0);
    assert_eq!(
        checked.stdout.matches(" good").count(),
        3,
        "{}",
        checked.stdout
    );

    fleet.built("second");
    fleet.release("two");
    fleet.project.orch(&["deploy"]).exits(0).shows("3 live");
    assert_eq!(fleet.says(0), "two z0 12 second");
    let good = fleet.live(0);

    for behaviour in [
        "answers 500",
        "crashes at once",
        "crashes soon",
        "never answers",
    ] {
        let version = behaviour.replace(' ', "-");
        fleet.makes(0, &version, behaviour);
        fleet.release(&version);
        let bad = fleet.project.orch(&["deploy"]).exits(12);
        bad.shows("1 rolled back");
        for index in 0..3 {
            let runs = format!("two z{index} 12 second");
            assert_eq!(fleet.says(index), runs, "{behaviour}");
            assert_eq!(fleet.live(index), good, "{behaviour}");
        }
    }

    let status = fleet.project.orch(&["status"]).exits(0);
    assert_eq!(
        status.stdout.matches(" good").count(),
        3,
        "{}",
        status.stdout
    );
    fleet.project.orch(&["rollback", "edge"]).exits(0);
    assert_eq!(fleet.says(1), "one z1 12 first");
    let audit = fleet.project.orch(&["audit"]).exits(0);
    assert_eq!(
        audit.stdout.matches("rolled-back").count(),
        4,
        "{}",
        audit.stdout
    );
    fleet.project.orch(&["audit", "--verify"]).exits(0);
    let log = fleet.project.path().join(".orch/audit.jsonl");
    let text = std::fs::read_to_string(&log).expect("it is there");
    assert!(!text.contains("s3cret"));
    std::fs::write(&log, text.replacen("ann@", "bob@", 1)).expect("it can be written");
    let touched = fleet.project.orch(&["audit", "--verify"]).exits(1);
    touched.shows("entry 1: it is not as it was written");
}
