//! Developing against a machine: what is saved goes live there, and its log comes back.

use orch_tests::Live;
use orch_tests::machines::Machines;

use super::fleet::{Fleet, ROLLOUT, project};

/// What it says when a run is over.
const IDLE: &str = "waiting for a change of";

#[test]
fn what_is_saved_goes_live_and_a_bad_one_goes_back_and_the_loop_goes_on() {
    let machines = Machines::start(1);
    let fleet = Fleet::of(&machines, 1, "deploy");
    fleet.project.orch(&["deploy"]).exits(0);
    let mut plain = Live::start(fleet.project.command(&["watch"]));
    let lines = plain.until(IDLE).join("\n");
    assert!(lines.contains("deploys are left out"), "{lines}");
    assert!(!lines.contains("deploy.edge"), "{lines}");
    drop(plain);

    let mut watch = Live::start(fleet.project.command(&["watch", "--deploy", "edge"]));
    watch.until("1 unchanged");
    watch.until("began as one ***");
    fleet.edit("two");
    let lines = watch.until("began as two ***");
    let live = lines.iter().position(|line| line.contains("1 live"));
    let stopped = lines
        .iter()
        .position(|line| line.starts_with("Stopped agent"));
    assert!(live < stopped, "logs stand behind the table: {lines:#?}");
    assert_eq!(fleet.says(0), "two z0 12 first");

    fleet.makes(0, "bad", "crashes at once");
    fleet.edit("bad");
    watch.until("1 rolled back");
    watch.until("the log of `m0` ended with");
    watch.until("    began as bad ***");
    // What ran before is started again, and says so.
    watch.until("began as two ***");
    assert_eq!(fleet.says(0), "two z0 12 first");

    fleet.save("no program");
    watch.until("failed       build.agent@static/compile");
    fleet.edit("three");
    watch.until("began as three ***");
    assert_eq!(fleet.says(0), "three z0 12 first");
    watch.signal("INT");
    let (code, rest) = watch.end();
    assert_eq!(code, Some(130), "{rest:?}");
    assert_eq!(fleet.left_behind(), Vec::<String>::new());
}

#[test]
fn a_deploy_that_is_none_is_told_before_anything_runs() {
    let host =
        "{ address = \"nobody@127.0.0.1\", target = \"static\", variables = { zone = \"z\" } }";
    let project = project(ROLLOUT, &format!("hosts = [{host}]"));
    let watch = project.orch(&["watch", "--deploy", "egde"]).exits(2);
    assert!(
        watch.stderr.contains("did you mean `edge`?"),
        "{}",
        watch.stderr
    );
}
