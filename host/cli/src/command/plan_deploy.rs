//! A deploy as `orch plan` prints it: where it goes, in which waves, by which steps.

use std::fmt::Write as _;

use orch_engine::PlannedDeploy;
use orch_model::{Health, HealthCheck, Image, Inventory, Proposal, Release};

/// Its lines.
pub fn deploy_lines(text: &mut String, deploy: &PlannedDeploy) {
    let by = &deploy.by;
    let _ = writeln!(
        text,
        "{}  (deployer {} {})",
        deploy.node, by.plugin, by.version
    );
    let _ = writeln!(text, "    of       build.{}", deploy.of);
    if let Some(fleet) = &deploy.fleet {
        let machines = match &fleet.inventory {
            Inventory::Hosts(hosts) => format!("{} machines", hosts.len()),
            Inventory::File(path) => format!("machines of {path}"),
            Inventory::Program(words) => format!("machines that `{}` prints", words.join(" ")),
        };
        let _ = writeln!(text, "    to       fleet.{}: {machines}", fleet.name);
        let waves: Vec<_> = deploy
            .rollout
            .waves
            .iter()
            .map(ToString::to_string)
            .collect();
        let _ = writeln!(text, "    waves    {}", waves.join(", "));
        if deploy.rollout.approval {
            let _ = writeln!(text, "    waits    for `orch promote {}`", deploy.name());
        }
    }
    health_lines(text, &deploy.rollout.health);
    for name in deploy.secrets.keys() {
        let _ = writeln!(text, "    secret   {name}");
    }
    for release in &deploy.releases {
        let _ = writeln!(text, "    for      {}", release.target);
        match &release.proposal {
            Proposal::Release(release) => release_lines(text, release),
            Proposal::Image(image) => image_lines(text, image),
        }
    }
    if !deploy.needs.is_empty() {
        let needs: Vec<_> = deploy.needs.iter().map(|need| need.as_str()).collect();
        let _ = writeln!(text, "    needs    {}", needs.join(", "));
    }
    text.push('\n');
}

fn health_lines(text: &mut String, health: &Health) {
    for check in &health.checks {
        let what = match check {
            HealthCheck::Machine(check) => check.to_string(),
            HealthCheck::Prometheus { query, .. } => format!("query {query}"),
        };
        let _ = writeln!(text, "    healthy  {what}");
    }
}

fn release_lines(text: &mut String, release: &Release) {
    let rights = match release.root {
        true => " as root",
        false => "",
    };
    let _ = writeln!(text, "      below    {}{rights}", release.home);
    for (what, steps) in [("stage", &release.stage), ("activate", &release.activate)] {
        for step in steps {
            let _ = writeln!(text, "      {what:<8} {step}");
        }
    }
    for one in &release.checks {
        let _ = writeln!(text, "      healthy  {one}");
    }
}

fn image_lines(text: &mut String, image: &Image) {
    let tags = image.tags.join(", ");
    let _ = writeln!(
        text,
        "      image    {} ({tags}) on {}",
        image.repository, image.base
    );
}
