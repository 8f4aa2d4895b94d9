//! `orch plan`: what a run would do, with who proposed each part and why.

use std::collections::HashSet;
use std::fmt::Write;

use orch_engine::{Plan, PlannedBench, PlannedToolchain, SmokeRun};
use orch_model::{Action, Runner, Variable, Work};
use orch_report::Table;

use crate::arguments::{ProjectArguments, Selection};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::{Planned, graph_of};
use crate::selection::{left_out, select};
use crate::stop::Stop;

use super::plan_deploy::deploy_lines;
use super::tuning;

pub fn plan(
    environment: Environment,
    arguments: &ProjectArguments,
    selection: &Selection,
    tuning: bool,
    console: &Console,
) -> Result<Exit, Stop> {
    let mut plan = Planned::open(environment, arguments, console)?.plan;
    let graph = select(&plan, &graph_of(&plan)?, selection)?;
    let units: HashSet<&str> = graph.nodes().iter().map(|node| node.id.unit()).collect();
    let targets: HashSet<&str> = graph
        .nodes()
        .iter()
        .filter_map(|node| node.id.target())
        .collect();
    let chosen = |id: &str| units.contains(id);
    plan.toolchains
        .retain(|toolchain| chosen(&format!("toolchain.{}", toolchain.name)));
    plan.builds.retain(|build| chosen(build.node().as_str()));
    plan.tasks.retain(|task| chosen(task.node.as_str()));
    plan.benches.retain(|bench| chosen(bench.node.as_str()));
    plan.deploys.retain(|deploy| chosen(deploy.node.as_str()));
    plan.left_out = left_out(&plan, selection);
    plan.targets
        .retain(|target| targets.contains(target.name.as_str()));
    match console.json() {
        Some(json) => json.plan(&plan),
        None if tuning => console.print(&tuning::table(&plan.builds, console.style())),
        None => console.print(&render(&plan, console)),
    }
    Ok(Exit::Done)
}

/// Where a toolchain comes from.
fn origin(planned: &PlannedToolchain) -> String {
    let toolchain = &planned.toolchain;
    if let Some(made) = &planned.made {
        return format!("{}/{}", made.by, made.step);
    }
    if !toolchain.programs.is_empty() {
        let programs = toolchain.programs.iter();
        let names: Vec<_> = programs.map(|program| program.name.as_str()).collect();
        return format!("this machine: {}", names.join(", "));
    }
    let archives = toolchain.archives.iter();
    let addresses: Vec<_> = archives
        .filter_map(|archive| archive.urls.first().map(String::as_str))
        .collect();
    addresses.join(" ")
}

fn render(plan: &Plan, console: &Console) -> String {
    let style = console.style();
    let mut text = String::new();
    let mut toolchains = Table::new(["toolchain", "release", "from", "by"]);
    for toolchain in &plan.toolchains {
        toolchains.row([
            toolchain.name.as_str(),
            &toolchain.toolchain.version,
            &origin(toolchain),
            &format!("{} {}", toolchain.by.plugin, toolchain.by.version),
        ]);
    }
    let mut targets = Table::new(["target", "platform", "triple", "cpu", "links", "by"]);
    for target in &plan.targets {
        targets.row([
            target.name.as_str(),
            &target.platform,
            &target.target.machine.triple,
            target.target.machine.cpu.as_deref().unwrap_or("any"),
            if target.target.static_link {
                "statically"
            } else {
                "as the builder does"
            },
            &format!("{} {}", target.by.plugin, target.by.version),
        ]);
    }
    for table in [toolchains, targets] {
        if !table.is_empty() {
            let _ = writeln!(text, "{}", table.render(style));
        }
    }
    for build in &plan.builds {
        let _ = writeln!(
            text,
            "{}  (builder {} {})",
            build.node(),
            build.by.plugin,
            build.by.version
        );
        for (advice, standing) in tuning::standings(build) {
            let _ = writeln!(
                text,
                "    {:<9}{}  [{}] {}",
                standing.verb(),
                advice.tweak,
                advice.policy,
                standing.reason(advice)
            );
        }
        for action in &build.actions {
            action_lines(&mut text, action);
        }
        let _ = match &build.smoke {
            SmokeRun::Action(action) => writeln!(
                text,
                "    smoke    {}{}",
                command(action),
                runner(&action.runner)
            ),
            SmokeRun::Not(why) => writeln!(text, "    smoke    none: {why}"),
        };
        for artifact in &build.artifacts {
            let folder = build.folder();
            let _ = writeln!(text, "    leaves   {folder}/{}", artifact.name);
        }
        needs(&mut text, &build.needs);
        text.push('\n');
    }
    for task in &plan.tasks {
        let _ = writeln!(text, "{}", task.node);
        action_lines(&mut text, &task.action);
        for output in &task.action.outputs {
            let _ = writeln!(text, "    leaves   {}", output.relative);
        }
        needs(&mut text, &task.needs);
        text.push('\n');
    }
    for bench in &plan.benches {
        bench_lines(&mut text, bench);
    }
    for deploy in &plan.deploys {
        deploy_lines(&mut text, deploy);
    }
    for cell in &plan.left_out {
        let _ = writeln!(text, "{}  left out: {}\n", cell.node, cell.reason);
    }
    for warning in &plan.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    text
}

fn bench_lines(text: &mut String, bench: &PlannedBench) {
    let by = &bench.by;
    let _ = writeln!(
        text,
        "{}  (probe {} of {} {})",
        bench.node, bench.probe, by.plugin, by.version
    );
    let _ = writeln!(text, "    of       {}", bench.build);
    for action in &bench.actions {
        action_lines(text, action);
    }
    for measurement in &bench.measurements {
        let (samples, warmups) = (measurement.samples, measurement.warmups);
        let counts = match (samples, warmups) {
            (1, 0) => "one sample".to_owned(),
            (samples, 0) => format!("{samples} samples"),
            (samples, warmups) => format!("{samples} samples after {warmups} to warm up"),
        };
        let _ = writeln!(text, "    measures {}: {counts}", measurement.name);
        for action in measurement.actions() {
            let _ = writeln!(
                text,
                "    runs     {}{}",
                command(action),
                runner(&action.runner)
            );
            if action.network {
                let _ = writeln!(text, "    network  yes");
            }
        }
        if let Work::Load(load) = &measurement.work {
            let _ = writeln!(text, "    asks     {} {}", load.method, load.url);
        }
    }
    for file in &bench.files {
        let path = bench.folder().join(&file.name);
        let _ = writeln!(text, "    keeps    {path}");
    }
    if let Some(on) = &bench.on {
        let _ = writeln!(text, "    on       {on}");
    }
    if let Some(cpus) = bench.cpus {
        let _ = writeln!(text, "    cpus     {cpus} of its own");
    }
    if let Some(limits) = &bench.limits {
        let _ = writeln!(text, "    limits   {limits}");
    }
    if let Some(baseline) = &bench.baseline {
        let _ = writeln!(text, "    against  {baseline}");
    }
    for gate in &bench.gates {
        let _ = writeln!(
            text,
            "    gate     {} at most {} % worse, {} % sure",
            gate.metric,
            100.0 * gate.worse_than,
            100.0 * gate.confidence
        );
    }
    needs(text, &bench.needs);
    text.push('\n');
}

fn needs(text: &mut String, needs: &[orch_model::NodeId]) {
    if !needs.is_empty() {
        let names: Vec<_> = needs.iter().map(|need| need.as_str()).collect();
        let _ = writeln!(text, "    needs    {}", names.join(", "));
    }
}

fn action_lines(text: &mut String, action: &Action) {
    let _ = writeln!(text, "    runs     {}", command(action));
    let variables: Vec<_> = action.environment.iter().map(variable).collect();
    if !variables.is_empty() {
        let _ = writeln!(text, "    with     {}", variables.join(" "));
    }
    let _ = writeln!(text, "    in       {}", action.directory);
    if !action.inputs.is_empty() {
        let _ = writeln!(text, "    reads    {}", action.inputs.join(" "));
    }
    if action.network {
        let _ = writeln!(text, "    network  yes");
    }
    if !action.cacheable {
        let _ = writeln!(text, "    kept     no: it runs every time");
    }
}

/// A command as a person would type it: words with blanks in quotes.
pub fn command(action: &Action) -> String {
    std::iter::once(&action.program)
        .chain(&action.arguments)
        .map(|word| quoted(&word.to_string()))
        .collect::<Vec<_>>()
        .join(" ")
}

pub fn variable(variable: &Variable) -> String {
    format!("{}={}", variable.name, quoted(&variable.value.to_string()))
}

fn quoted(word: &str) -> String {
    match word.is_empty() || word.contains(|c: char| c.is_whitespace() || c == '\'' || c == '"') {
        true => format!("'{}'", word.replace('\'', "'\\''")),
        false => word.to_owned(),
    }
}

fn runner(runner: &Runner) -> String {
    match runner {
        Runner::Native => String::new(),
        Runner::EmbeddedWasm => "  (in the embedded engine)".to_owned(),
        Runner::Emulator(command) => format!("  (under {})", command.join(" ")),
    }
}
