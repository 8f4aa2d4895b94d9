//! A deploy as `orch plan` prints it: where it goes, in which waves, by which steps.

use std::fmt::Write as _;

use orch_engine::PlannedDeploy;
use orch_model::{
    Check, Health, HealthCheck, Image, Inventory, Proposal, Release, Share, Step, Wave,
};

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
        let waves: Vec<_> = deploy.rollout.waves.iter().map(wave).collect();
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

fn wave(wave: &Wave) -> String {
    match wave {
        Wave::Share(Share::Count(count)) => count.to_string(),
        Wave::Share(Share::Fraction(fraction)) => format!("{} %", 100.0 * fraction),
        Wave::Label(label) => label.clone(),
    }
}

fn health_lines(text: &mut String, health: &Health) {
    for check in &health.checks {
        let what = match check {
            HealthCheck::Machine(check) => self::check(check),
            HealthCheck::Prometheus { query, .. } => format!("query {query}"),
        };
        let _ = writeln!(text, "    healthy  {what}");
    }
}

fn check(check: &Check) -> String {
    match check {
        Check::Http { url, status } => format!("{url} answers {status}"),
        Check::Tcp(address) => format!("{address} takes connections"),
        Check::Command(words) => words.join(" "),
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
            let _ = writeln!(text, "      {what:<8} {}", self::step(step));
        }
    }
    for one in &release.checks {
        let _ = writeln!(text, "      healthy  {}", check(one));
    }
}

fn step(step: &Step) -> String {
    match step {
        Step::Upload(upload) => format!("send {} to {}", upload.artifact, upload.to),
        Step::Write(document) => format!("write {}", document.to),
        Step::Link { name, to } => format!("link {name} to {to}"),
        Step::Remove(path) => format!("remove {path}"),
        Step::Run(words) => format!("run {}", words.join(" ")),
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
