//! Networks that are cut and machines that lose their power in the middle of a deploy. A cut is
//! silent: what is sent is lost, and `ssh` notices after some fifteen seconds.

use std::path::Path;
use std::thread;

use orch_tests::Live;
use orch_tests::machines::Machines;

use super::fleet::Fleet;

/// Where a deploy is met.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Bytes of the service are on their way.
    Upload,
    /// `live` leads to the new release, and nobody was told yet.
    Link,
    /// The new service is asked whether it is well.
    Check,
}

impl Moment {
    /// Deploys a version, and gives the deploy as it goes on at that moment.
    fn of_deploy(self, fleet: &Fleet<'_>, index: usize, version: &str) -> Live {
        let home = fleet.machines.disk(index).join("agent");
        fleet.built(version);
        fleet.release(version);
        match self {
            Self::Upload => {
                fleet.machines.slow(index);
                let deploy = fleet.begins();
                until(|| has_part(&home));
                deploy
            }
            Self::Link => {
                let before = fleet.live(index);
                let deploy = fleet.begins();
                until(|| fleet.live(index) != before);
                deploy
            }
            Self::Check => {
                let mut deploy = fleet.begins();
                deploy.until("\"checking\"");
                deploy
            }
        }
    }
}

/// Looks again and again, without a pause.
fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        thread::yield_now();
    }
}

/// Whether a part of an upload has come through.
fn has_part(home: &Path) -> bool {
    let releases = std::fs::read_dir(home.join("releases"));
    let files = releases
        .into_iter()
        .flatten()
        .flatten()
        .flat_map(|release| {
            let files = std::fs::read_dir(release.path());
            files.into_iter().flatten().flatten()
        });
    files
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|ending| ending == "part")
        })
        .any(|part| part.metadata().is_ok_and(|part| part.len() > 100_000))
}

/// The three moments at once, each on a machine of its own.
fn at_each_moment(machines: &Machines, test: impl Fn(Moment, usize, &Fleet<'_>) + Sync) {
    let moments = [Moment::Upload, Moment::Link, Moment::Check];
    let test = &test;
    thread::scope(|scope| {
        for (index, moment) in moments.into_iter().enumerate() {
            scope.spawn(move || {
                let fleet = Fleet::at(machines, &[index], "deploy");
                fleet.project.orch(&["deploy"]).exits(0);
                test(moment, index, &fleet);
            });
        }
    });
}

#[test]
fn a_network_that_is_cut_and_mended_meanwhile_is_gone_on_with() {
    let machines = Machines::start(3);
    at_each_moment(&machines, |moment, index, fleet| {
        let mut deploy = moment.of_deploy(fleet, index, "two");
        machines.cut(index);
        deploy.until("waiting for the connection");
        machines.mend(index);
        let (code, lines) = deploy.end();
        assert_eq!(code, Some(0), "{moment:?}: {}", lines.join("\n"));
        fleet.runs(index, "two");
    });
}

#[test]
fn a_network_that_stays_cut_leaves_what_the_next_command_brings_to_an_end() {
    let machines = Machines::start(3);
    at_each_moment(&machines, |moment, index, fleet| {
        let deploy = moment.of_deploy(fleet, index, "two");
        machines.cut(index);
        let (code, lines) = deploy.end();
        let said = lines.join("\n");
        let (expected, state) = match moment {
            // Nothing that is live has changed.
            Moment::Upload => (Some(4), " good"),
            Moment::Link | Moment::Check => (Some(12), "in doubt"),
        };
        assert_eq!(code, expected, "{moment:?}: {said}");
        let offline = fleet.project.orch(&["status"]).exits(0);
        offline.shows("offline");
        machines.mend(index);
        fleet.project.orch(&["status"]).exits(0).shows(state);
        match moment {
            Moment::Upload | Moment::Check => {
                fleet.project.orch(&["deploy"]).exits(0);
                fleet.runs(index, "two");
            }
            Moment::Link => {
                fleet.project.orch(&["rollback", "edge"]).exits(0);
                fleet.runs(index, "one");
            }
        }
    });
}

#[test]
fn a_machine_that_loses_its_power_in_the_middle_is_gone_on_with() {
    let machines = Machines::start(3);
    at_each_moment(&machines, |moment, index, fleet| {
        let deploy = moment.of_deploy(fleet, index, "two");
        machines.reboot(index);
        let (code, lines) = deploy.end();
        assert_eq!(code, Some(0), "{moment:?}: {}", lines.join("\n"));
        fleet.runs(index, "two");
    });
}
