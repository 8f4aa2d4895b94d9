//! How far a deploy goes before it waits, stops or goes back, and where it learns of its machines.

use orch_tests::machines::Machines;

use super::fleet::{Fleet, host};

const HEALTH: &str = r#"
[deploy.edge.health]
http = "http://127.0.0.1:8080/healthz"
within = "10s"
soak = "500ms"
"#;

/// Keys of the deploy, before its health.
fn keys(keys: &str) -> String {
    format!("{keys}\n{HEALTH}")
}

/// The versions that run on three machines.
#[track_caller]
fn run(fleet: &Fleet<'_>, versions: [&str; 3]) {
    for (index, version) in versions.into_iter().enumerate() {
        fleet.runs(index, version);
    }
}

#[test]
fn a_deploy_waits_for_a_person_or_stops_or_lets_some_fail() {
    let machines = Machines::start(3);
    let fleet = Fleet::of(&machines, 3, "deploy");
    let fleet = fleet.rollout(&keys("waves = [\"1\", \"100%\"]\napproval = true"));
    waits_for_a_person(&fleet);
    let fleet = fleet.rollout(&keys("waves = [\"2\", \"100%\"]\non-failure = \"stop\""));
    stops(&fleet);
    let fleet = fleet.rollout(&keys("waves = [\"1\", \"2\", \"100%\"]\nmax-failed = 1"));
    lets_one_fail(&fleet);
    let fleet = fleet.rollout(&keys("waves = [\"1\", \"100%\"]\ncommit = \"all-or-none\""));
    all_or_none(&fleet);
}

fn waits_for_a_person(fleet: &Fleet<'_>) {
    fleet.release("one");
    let refused = fleet.project.orch(&["promote", "edge"]).exits(1);
    refused.says("nothing of it waits");
    let waits = fleet.project.orch(&["deploy"]).exits(0);
    waits.shows("1 live, 2 waiting").says("orch promote edge");
    // Nothing runs on those that wait, and nobody else is kept from them.
    assert_eq!(
        (fleet.live(1), fleet.live(2)),
        (String::new(), String::new())
    );
    let again = fleet.project.orch(&["deploy"]).exits(0);
    again.shows("1 live, 2 waiting");
    fleet.project.orch(&["promote", "edge"]).exits(0);
    run(fleet, ["one", "one", "one"]);

    // An approval is for what was seen to run, not for what comes after.
    fleet.release("two");
    fleet.project.orch(&["promote", "edge"]).exits(1);
    run(fleet, ["one", "one", "one"]);
    fleet
        .project
        .orch(&["deploy"])
        .exits(0)
        .shows("1 live, 2 waiting");
    fleet.project.orch(&["rollback", "edge"]).exits(0);
    run(fleet, ["one", "one", "one"]);
}

fn stops(fleet: &Fleet<'_>) {
    fleet.makes(1, "three", "answers 500");
    fleet.release("three");
    let stopped = fleet.project.orch(&["deploy"]).exits(12);
    stopped.shows("1 live, 1 waiting, 1 rolled back");
    run(fleet, ["three", "one", "one"]);
    fleet.makes(1, "three", "is well");
    fleet.project.orch(&["deploy"]).exits(0);
    run(fleet, ["three", "three", "three"]);
}

fn lets_one_fail(fleet: &Fleet<'_>) {
    fleet.makes(0, "four", "crashes at once");
    fleet.release("four");
    let some = fleet.project.orch(&["deploy"]).exits(0);
    some.shows("2 live, 1 rolled back");
    run(fleet, ["three", "four", "four"]);
    // One in the first wave and one in the last are more than one.
    fleet.makes(0, "five", "crashes at once");
    fleet.makes(2, "five", "crashes at once");
    fleet.release("five");
    fleet
        .project
        .orch(&["deploy"])
        .exits(12)
        .shows("3 rolled back");
    run(fleet, ["three", "four", "four"]);
    fleet.release("six");
    fleet.project.orch(&["deploy"]).exits(0);
}

fn all_or_none(fleet: &Fleet<'_>) {
    fleet.release("seven");
    fleet.machines.cut(2);
    let refused = fleet.project.orch(&["deploy"]).exits(4);
    refused.says("not all machines can be reached");
    fleet.machines.mend(2);
    run(fleet, ["six", "six", "six"]);
    fleet.makes(2, "seven", "answers 500");
    let back = fleet.project.orch(&["deploy"]).exits(12);
    back.shows("3 rolled back");
    run(fleet, ["six", "six", "six"]);
    fleet.makes(2, "seven", "is well");
    fleet.project.orch(&["deploy"]).exits(0);
    run(fleet, ["seven", "seven", "seven"]);
}

#[test]
fn machines_are_listed_by_a_file_or_by_a_program() {
    let machines = Machines::start(2);
    let fleet = Fleet::with(&machines, &keys(""), "inventory = \"hosts.toml\"");
    let lines = (0..2).map(|index| {
        let host = host(&machines, index, "deploy");
        format!("  {host},\n")
    });
    let lines: String = lines.collect();
    fleet.write("hosts.toml", format!("hosts = [\n{lines}]\n"));
    fleet.project.orch(&["deploy"]).exits(0).shows("2 live");
    fleet.runs(1, "one");

    let program = ["sh", "list.sh"]
        .map(|word| format!("\"{word}\""))
        .join(", ");
    let listed = Fleet::with(&machines, &keys(""), &format!("inventory = [{program}]"));
    let hosts = (0..2).map(|index| {
        format!(
            "{{\"name\": \"m{index}\", \"address\": \"{}\", \"target\": \"static\", \
             \"variables\": {{\"zone\": \"z{index}\"}}}}",
            machines.address(index, "deploy")
        )
    });
    let hosts: Vec<String> = hosts.collect();
    let script = format!(
        "echo 'asking the cloud' >&2\ncat <<END\n[{}]\nEND\n",
        hosts.join(",")
    );
    listed.write("list.sh", script);
    // The same machines and the same sources: nothing is left to do.
    listed
        .project
        .orch(&["deploy"])
        .exits(0)
        .shows("2 unchanged");
    listed.release("two");
    listed.project.orch(&["deploy"]).exits(0).shows("2 live");
    listed.runs(0, "two");
    listed.write("list.sh", "exit 3");
    let failed = listed.project.orch(&["deploy"]).exits(2);
    failed.says("the inventory's `sh` ended with exit status: 3");
}
