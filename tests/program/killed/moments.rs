//! Killed at random moments.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use orch_tests::Project;

use super::scene::{Random, Scene};

/// How often a run is killed in the middle, each time a little later.
const KILLS: u32 = 30;

#[test]
fn whenever_it_is_killed_the_next_run_is_good() {
    // Warms up the machine's own caches too.
    let scene = Scene::new(&["north", "east", "south", "west"], 1 << 20, 100);
    let start = Instant::now();
    scene.project().orch(&["run"]).exits(0);
    let mut whole = start.elapsed();
    let mut killed = 0;
    let mut random = Random(0x0bad_5eed);
    while killed < KILLS {
        let moment = whole.mul_f64((f64::from(killed) + random.fraction()) / f64::from(KILLS));
        let project = scene.project();
        match is_killed_after(&project, moment) {
            true => killed += 1,
            // It had ended by itself: the machine is faster now than it was.
            false => whole = moment,
        }
        scene.assert_goes_on(project, &format!("after {moment:?} of {whole:?}"));
    }
}

/// Whether the run was killed, and had not ended by itself.
fn is_killed_after(project: &Project, moment: Duration) -> bool {
    let mut orch = project
        .command(&["run"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("`orch` starts");
    thread::sleep(moment);
    orch.kill().expect("a child can be killed");
    orch.wait()
        .expect("a child can be waited for")
        .code()
        .is_none()
}
