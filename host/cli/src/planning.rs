//! From a project to its plan: kept plans are reused without parsing the pipeline or
//! calling a plugin; otherwise the pipeline is parsed, resolved, planned and kept.

use orch_engine::{Keep, Plan, PlanProblem, Surroundings};
use orch_model::{Fault, FaultKind, Lock, Pipeline, PluginSource};
use orch_plugins::PluginHost;

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::{House, OwnPlugin};
use crate::kept_plan;
use crate::project::Project;
use crate::stop::Stop;

/// How far the lock may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockUse {
    /// What is missing is added, and the file is written.
    Complete,
    /// Nothing may change.
    Locked,
    /// Everything is looked up again.
    Update,
    /// What is missing is looked up, and nothing is written.
    Foresee,
}

impl LockUse {
    /// Of the flag `--locked`.
    pub fn of_flag(locked: bool) -> Self {
        if locked {
            LockUse::Locked
        } else {
            LockUse::Complete
        }
    }
}

/// The plan of a project, by whatever way is shortest.
pub fn plan(
    house: &House,
    project: &mut Project,
    lock_use: LockUse,
    console: &Console,
) -> Result<Plan, Stop> {
    if lock_use != LockUse::Update
        && let Some(plan) = kept_plan::find(house, project)?
    {
        return Ok(plan);
    }
    let pipeline = parse(project, console)?;
    let own = own_plugins(&pipeline, project);
    let plugins = house.plugins(console, &own)?;
    // Where nothing is looked up, making the plan says the same.
    if lock_use == LockUse::Update
        || !unpinned(house, &pipeline, &plugins, &project.lock()?).is_empty()
    {
        hold_against_plugins(house, project, &pipeline, &plugins, console)?;
    }
    resolve(house, project, &pipeline, &plugins, lock_use, console)?;
    let plan = make(house, project, &pipeline, &plugins, console)?;
    Ok(kept_plan::keep(house, project, &own, plan)?)
}

/// The pipeline, or every problem said.
pub fn parse(project: &Project, console: &Console) -> Result<Pipeline, Stop> {
    let parsed = orch_pipeline::parse(&project.source);
    console.diagnostics(&project.source, &parsed.diagnostics);
    parsed.pipeline.ok_or(Stop::Said(Exit::Usage))
}

/// The plugins that a pipeline names beside the bundled ones.
pub fn own_plugins(pipeline: &Pipeline, project: &Project) -> Vec<OwnPlugin> {
    pipeline
        .plugins
        .iter()
        .map(|table| {
            let PluginSource::Path(path) = &table.source.value;
            OwnPlugin {
                name: table.name.value.clone(),
                folder: project.folder.clone(),
                path: path.to_string().into(),
            }
        })
        .collect()
}

/// Completes the lock and writes it if it changed.
pub fn resolve(
    house: &House,
    project: &mut Project,
    pipeline: &Pipeline,
    plugins: &PluginHost,
    lock_use: LockUse,
    console: &Console,
) -> Result<(), Stop> {
    let keep = match lock_use {
        LockUse::Update => Keep::Nothing,
        LockUse::Complete | LockUse::Locked | LockUse::Foresee => Keep::Pinned,
    };
    let earlier = project.lock()?;
    if lock_use == LockUse::Locked {
        // Nothing is asked of the network only to refuse the answer.
        let missing = unpinned(house, pipeline, plugins, &earlier);
        if !missing.is_empty() {
            return Err(out_of_date(&missing).into());
        }
    }
    let resolution =
        orch_engine::resolve(pipeline, &earlier, keep, &house.environment.host, plugins).map_err(
            |mut problems| {
                for problem in &mut problems {
                    say_how_to_reach(problem, house.offline);
                }
                refused(house, project, &problems, console)
            },
        )?;
    console.logs(&resolution.logs);
    if resolution.changes.is_empty() {
        return Ok(());
    }
    if lock_use == LockUse::Locked {
        return Err(out_of_date(&resolution.changes).into());
    }
    let would = match lock_use {
        LockUse::Foresee => "would become: ",
        _ => "",
    };
    project.set_lock(&resolution.lock, lock_use != LockUse::Foresee)?;
    for change in &resolution.changes {
        console.say(&format!("orch.lock: {would}{change}"));
    }
    Ok(())
}

/// Gives a remedy to a problem of the network that has none.
fn say_how_to_reach(problem: &mut PlanProblem, offline: bool) {
    let remedy = match offline {
        true => "`orch lock` pins it while online, and `orch fetch` gets it",
        false => orch_fetch::UNREACHABLE,
    };
    if problem.kind == FaultKind::Fetch {
        problem.diagnostic.hint.get_or_insert(remedy.to_owned());
    }
}

fn out_of_date(what: &[String]) -> Fault {
    Fault::usage(format!("`orch.lock` is out of date: {}", what.join("; ")))
        .hint("run `orch lock` and commit the file, or leave out `--locked`")
}

/// Plans with the lock as it lies there.
pub fn make(
    house: &House,
    project: &Project,
    pipeline: &Pipeline,
    plugins: &PluginHost,
    console: &Console,
) -> Result<Plan, Stop> {
    let environment = &house.environment;
    let planned = with_surroundings(environment, |surroundings| {
        Ok::<_, Fault>(orch_engine::plan(
            pipeline,
            &project.lock()?,
            plugins,
            surroundings,
        ))
    })?;
    console.logs(&planned.logs);
    let Some(plan) = planned.plan else {
        return Err(refused(house, project, &planned.problems, console));
    };
    console.problems(&project.source, &planned.problems);
    Ok(plan)
}

/// Says why there is no plan, unless that is only that the user did not want to wait for one.
fn refused(house: &House, project: &Project, problems: &[PlanProblem], console: &Console) -> Stop {
    if house.cancel.is_cancelled() {
        return Stop::Said(Exit::Interrupted);
    }
    console.problems(&project.source, problems);
    Stop::Said(Exit::of_problems(problems))
}

/// Says everything that is wrong before anything is resolved.
pub fn hold_against_plugins(
    house: &House,
    project: &Project,
    pipeline: &Pipeline,
    plugins: &PluginHost,
    console: &Console,
) -> Result<(), Stop> {
    let checked = with_surroundings(&house.environment, |surroundings| {
        Ok::<_, Fault>(orch_engine::check(
            pipeline,
            &project.lock()?,
            plugins,
            surroundings,
        ))
    })?;
    if !checked.problems.iter().any(PlanProblem::is_error) {
        return Ok(());
    }
    console.logs(&checked.logs);
    Err(refused(house, project, &checked.problems, console))
}

/// What planning reads of this machine.
fn with_surroundings<T>(environment: &Environment, plan: impl FnOnce(Surroundings<'_>) -> T) -> T {
    plan(Surroundings {
        host: &environment.host,
        has_program: &|program| environment.find_program(program).is_some(),
        variable: &|name| environment.variable(name).map(str::to_owned),
    })
}

/// Says the problems of a pipeline that can be found without resolving anything. Gives its
/// plan, if its toolchains are pinned.
pub fn check(
    house: &House,
    project: &Project,
    lock_use: LockUse,
    console: &Console,
) -> Result<Option<Plan>, Stop> {
    let pipeline = parse(project, console)?;
    let plugins = house.plugins(console, &own_plugins(&pipeline, project))?;
    let missing = unpinned(house, &pipeline, &plugins, &project.lock()?);
    if missing.is_empty() {
        return make(house, project, &pipeline, &plugins, console).map(Some);
    }
    hold_against_plugins(house, project, &pipeline, &plugins, console)?;
    match lock_use {
        LockUse::Locked => Err(out_of_date(&missing).into()),
        _ => Ok(None),
    }
}

/// The toolchains of a pipeline that a lock does not hold for this host.
fn unpinned(house: &House, pipeline: &Pipeline, plugins: &PluginHost, lock: &Lock) -> Vec<String> {
    let (host, summaries) = (&house.environment.host, plugins.summaries());
    let toolchains = pipeline.toolchains.iter();
    toolchains
        .filter(|table| !orch_engine::is_pinned(lock, table, host, &summaries))
        .map(|table| format!("toolchain `{}`", table.name.value))
        .collect()
}
