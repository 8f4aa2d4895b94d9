//! `orch` killed at every step of a deploy: all that it asks a machine goes through its `ssh`, one
//! question after the other, so it is killed in the place of the first, the second, and so on.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use orch_tests::machines::Machines;

use super::fleet::Fleet;

/// An `ssh` that ends whoever started it in the place of what it is given the so-manieth time.
const CLIENT: &str = r#"#!/usr/bin/python3
import fcntl, os, signal, subprocess, sys, threading

ssh = subprocess.Popen(["@SSH@", *sys.argv[1:]], stdin=subprocess.PIPE)
os.close(1)
os.close(2)

def count():
    with open(os.environ["CALLS"], "r+") as calls:
        fcntl.flock(calls, fcntl.LOCK_EX)
        number = int(calls.read() or 0) + 1
        calls.seek(0)
        calls.write(str(number))
    return number

def feed():
    try:
        while given := os.read(0, 1 << 16):
            if count() == int(os.environ["LAST_CALL"]):
                os.kill(os.getppid(), signal.SIGKILL)
                os._exit(1)
            ssh.stdin.write(given)
            ssh.stdin.flush()
        ssh.stdin.close()
    except BrokenPipeError:
        pass

threading.Thread(target=feed, daemon=True).start()
os._exit(ssh.wait() & 255)
"#;

const SIGKILL: i32 = 9;

/// How a deploy goes where nobody is to wait long for it.
const ROLLOUT: &str = r#"
keep = 2
[deploy.edge.health]
http = "http://127.0.0.1:8080/healthz"
within = "20s"
soak = "100ms"
"#;

/// How far a deploy has come on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Untouched,
    Locked,
    Staged,
    /// What is to change is written down.
    Recorded,
    Linked,
    /// The new release was healthy.
    Healthy,
    Settled,
    /// The lock was given back.
    Over,
}

/// What a machine had before a deploy.
struct Before {
    live: String,
    releases: BTreeSet<OsString>,
}

impl Before {
    fn of(fleet: &Fleet<'_>) -> Self {
        Self {
            live: fleet.live(0),
            releases: releases(fleet),
        }
    }

    /// How far the deploy has come since.
    fn stage(&self, fleet: &Fleet<'_>) -> Stage {
        let home = fleet.machines.disk(0).join("agent");
        let record = std::fs::read_to_string(home.join("orch.json")).unwrap_or_default();
        let is_changing = record.contains("\"change\":");
        let is_locked = home.join("lock").exists();
        match (is_changing, fleet.live(0) != self.live) {
            (true, true) if record.contains("\"healthy\":true") => Stage::Healthy,
            (true, true) => Stage::Linked,
            (true, false) => Stage::Recorded,
            (false, true) if is_locked => Stage::Settled,
            (false, true) => Stage::Over,
            (false, false) if releases(fleet) != self.releases => Stage::Staged,
            (false, false) if is_locked => Stage::Locked,
            (false, false) => Stage::Untouched,
        }
    }
}

impl Stage {
    /// What `orch status` calls it.
    fn words(self) -> &'static str {
        match self {
            Self::Recorded | Self::Linked => "not known to hold",
            Self::Healthy => "healthy, and not over",
            Self::Untouched | Self::Locked | Self::Staged | Self::Settled | Self::Over => " good",
        }
    }

    fn is_in_doubt(self) -> bool {
        (Self::Recorded..=Self::Healthy).contains(&self)
    }
}

fn releases(fleet: &Fleet<'_>) -> BTreeSet<OsString> {
    let folder = std::fs::read_dir(fleet.machines.disk(0).join("agent/releases"));
    let entries = folder.into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).collect()
}

/// Deploys, and kills `orch` at one of its calls; the exit code if it came to its end before.
fn killed_at(fleet: &Fleet<'_>, call: usize) -> Option<i32> {
    let folder = fleet.project.path().join("../client");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let (client, calls) = (folder.join("ssh"), folder.join("calls"));
    std::fs::write(&calls, "").expect("it can be written");
    let real = fleet.machines.client();
    let script = CLIENT.replace("@SSH@", &real.display().to_string());
    std::fs::write(&client, script).expect("it can be written");
    std::fs::set_permissions(&client, std::fs::Permissions::from_mode(0o755))
        .expect("it can be made a program");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
    let status = fleet
        .project
        .command(&["deploy"])
        .env("PATH", path)
        .env("CALLS", &calls)
        .env("LAST_CALL", call.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("it starts");
    assert!(matches!(status.signal(), None | Some(SIGKILL)), "{status}");
    status.code()
}

/// Fails unless `orch status` says of the machine what is so.
#[track_caller]
fn tells_the_truth(fleet: &Fleet<'_>, stage: Stage) {
    let status = fleet.project.orch(&["status"]).exits(0);
    status.shows(stage.words()).shows(&fleet.live(0));
}

#[test]
fn a_deploy_that_is_killed_at_any_step_is_gone_on_with_or_taken_back() {
    let machines = Machines::start(1);
    let fleet = Fleet::of(&machines, 1, "root").rollout(ROLLOUT);
    fleet.project.orch(&["deploy"]).exits(0);
    let mut met: BTreeMap<Stage, usize> = BTreeMap::new();
    let mut running = "one".to_owned();
    for call in 1.. {
        let version = format!("good-{call}");
        fleet.release(&version);
        let before = Before::of(&fleet);
        if let Some(code) = killed_at(&fleet, call) {
            assert_eq!(code, 0);
            break;
        }
        let stage = before.stage(&fleet);
        met.entry(stage).or_insert(call);
        tells_the_truth(&fleet, stage);
        if stage.is_in_doubt() && call % 2 == 0 {
            fleet.project.orch(&["rollback", "edge"]).exits(0);
        } else {
            fleet.project.orch(&["deploy"]).exits(0);
            running = version;
        }
        fleet.runs(0, &running);
    }
    println!("the first call of each stage: {met:?}");
    for stage in [
        Stage::Untouched,
        Stage::Locked,
        Stage::Staged,
        Stage::Recorded,
        Stage::Linked,
        Stage::Healthy,
        Stage::Settled,
    ] {
        assert!(met.contains_key(&stage), "{stage:?}: {met:?}");
    }
    going_back(&fleet, met[&Stage::Linked]);
}

/// The same with releases that do not hold, from the step on at which they are live.
fn going_back(fleet: &Fleet<'_>, linked: usize) {
    fleet.release("kept");
    fleet.project.orch(&["deploy"]).exits(0);
    let mut went_back = 0;
    for call in linked.. {
        let version = format!("bad-{call}");
        fleet.makes(0, &version, "answers once");
        fleet.release(&version);
        let before = Before::of(fleet);
        if let Some(code) = killed_at(fleet, call) {
            assert_eq!(code, 12);
            break;
        }
        let stage = before.stage(fleet);
        // The link leads back, and what was begun is not over.
        went_back += usize::from(stage == Stage::Recorded);
        tells_the_truth(fleet, stage);
        match call % 2 == 0 && stage.is_in_doubt() {
            true => fleet.project.orch(&["rollback", "edge"]).exits(0),
            false => fleet.project.orch(&["deploy"]).exits(12),
        };
        fleet.runs(0, "kept");
    }
    assert!(went_back > 0, "it was killed nowhere on its way back");
}

#[test]
fn a_first_release_that_is_killed_can_be_taken_off_again() {
    let machines = Machines::start(1);
    let fleet = Fleet::of(&machines, 1, "deploy");
    fleet.makes(0, "one", "never answers");
    let mut deploy = fleet.begins();
    deploy.until("\"checking\"");
    deploy.signal("KILL");
    deploy.end();
    let status = fleet.project.orch(&["status"]).exits(0);
    status.shows("in doubt").shows("over nothing");
    fleet.project.orch(&["rollback", "edge"]).exits(0);
    assert_eq!(fleet.live(0), "");
    assert_eq!(machines.inside(0, "systemctl is-active agent"), "inactive");
    let status = fleet.project.orch(&["status"]).exits(0);
    status.shows("nothing was deployed");
    fleet.release("two");
    fleet.project.orch(&["deploy"]).exits(0);
    fleet.runs(0, "two");
}
