//! What services say on their machines, read and followed.

use orch_tests::Live;
use orch_tests::machines::Machines;

use super::fleet::Fleet;

#[test]
fn the_logs_of_machines_are_shown_and_followed_and_nothing_is_left_behind() {
    let machines = Machines::start(2);
    let fleet = Fleet::of(&machines, 2, "deploy");
    fleet.project.orch(&["deploy"]).exits(0);
    let both = fleet.project.orch(&["logs"]).exits(0).stdout;
    let (first, second) = (
        both.find("m0 | began as one ***\n"),
        both.find("m1 | began as one ***\n"),
    );
    assert!(first < second && first.is_some(), "{both}");
    assert!(!both.contains("s3cret"), "{both}");
    let arguments = ["logs", "edge", "--host", "m1", "--lines", "20"];
    let one = fleet.project.orch(&arguments).exits(0).stdout;
    assert!(one.contains("\nbegan as one ***\n"), "{one}");
    let json = fleet.project.orch(&["logs", "--output", "json"]).exits(0);
    let event = r#"{"event":"service-logged","node":"deploy.edge","unit":"deploy.edge","target":null,"host":"m1","line":"began as one ***","#;
    assert!(json.stdout.contains(event), "{}", json.stdout);
    let other = fleet
        .project
        .orch(&["logs", "--host", "m2", "--follow"])
        .exits(2);
    assert!(
        other
            .stderr
            .contains("no machine with a log is called `m2`"),
        "{}",
        other.stderr
    );

    let command = fleet.project.command(&["logs", "--host", "m0", "-f"]);
    let mut followed = Live::start(command);
    followed.until("began as one ***");
    fleet.machines.inside(0, "systemctl restart agent");
    let lines = followed.until("began as one ***");
    assert!(
        lines.iter().any(|line| line.starts_with("Stopped agent")),
        "{lines:?}"
    );
    followed.signal("INT");
    assert_eq!(followed.end().0, Some(130));
    assert_eq!(fleet.left_behind(), Vec::<String>::new());

    // What a release said that did not hold is told with it.
    fleet.makes(0, "bad", "crashes at once");
    fleet.release("bad");
    let bad = fleet.project.orch(&["deploy"]).exits(12).stdout;
    let (_, log) = bad
        .split_once("the log of `m0` ended with\n")
        .unwrap_or_else(|| panic!("{bad}"));
    assert!(log.contains("\n    began as bad ***\n"), "{bad}");

    fleet.machines.cut(0);
    let cut = fleet.project.orch(&["logs"]).exits(4);
    assert!(
        cut.stdout.contains("m1 | began as one ***"),
        "{}",
        cut.stdout
    );
    assert!(cut.stderr.contains("10.213."), "{}", cut.stderr);
}
