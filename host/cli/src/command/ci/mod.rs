//! `orch ci …`: the pipeline's builds as jobs of a build service, each of which calls `orch`.

mod github;
mod gitlab;

use std::collections::HashSet;

use orch_engine::Plan;
use orch_model::{Fault, NodeId};

use crate::arguments::{CiCommand, Selection};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::{Planned, graph_of};
use crate::selection::{is_selected, select};
use crate::stop::Stop;

/// What stands above the jobs of every service.
const HEAD: &str = "\
# An `orch` must be on the PATH of whatever runs these jobs. None is published for download:
# build it once from its sources with `cargo install --locked --path host/cli`, and put it into
# the image or onto the machine. Jobs go faster where ORCH_CACHE_DIR names a folder outside of
# the checkout that is kept between them.
";

/// One job of the matrix.
struct Job {
    node: String,
    /// Where its products lie, below the repository; a task has its own places.
    products: Option<String>,
}

/// What a service is told.
struct Jobs {
    name: String,
    /// The pipeline's file below the repository.
    pipeline: String,
    jobs: Vec<Job>,
}

pub fn ci(environment: Environment, command: CiCommand, console: &Console) -> Result<Exit, Stop> {
    let (project, selection, most, render): (_, _, _, fn(&Jobs) -> String) = match &command {
        CiCommand::Github { project, selection } => {
            (project, selection, github::MOST_JOBS, github::render)
        }
        CiCommand::Gitlab { project, selection } => {
            (project, selection, gitlab::MOST_JOBS, gitlab::render)
        }
    };
    let planned = Planned::open(environment, project, console)?;
    let plan = &planned.plan;
    select(plan, &graph_of(plan)?, selection)?;
    let pipeline = below_repository(&planned.project.name)?;
    let jobs = jobs(plan, pipeline, selection);
    if jobs.is_empty() {
        return Err(Fault::usage("there is nothing that a job could run")
            .hint("add a `[build.…]` or a `[task.…]`")
            .into());
    }
    if jobs.len() > most {
        let count = jobs.len();
        return Err(Fault::usage(format!(
            "these are {count} jobs, and the service takes {most} of one matrix"
        ))
        .hint("choose with `--only` or `--target`, and print several files")
        .into());
    }
    let jobs = Jobs {
        name: plan.name.clone(),
        pipeline: pipeline.to_owned(),
        jobs,
    };
    console.document("ci", &render(&jobs));
    Ok(Exit::Done)
}

/// The pipeline's file, if a job that begins at the top of the repository finds it by that name.
fn below_repository(pipeline: &str) -> Result<&str, Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let parts = || pipeline.split('/');
    if pipeline.chars().all(plain) && parts().all(|part| !matches!(part, "" | "..")) {
        return Ok(pipeline);
    }
    Err(Fault::usage(format!("no job finds the pipeline as `{pipeline}`")).hint(
        "stand at the top of the repository, and name the pipeline below it by letters, digits, \
         `.`, `-` and `_`",
    ))
}

/// Every build that is selected, and the tasks that are run for no other node.
fn jobs(plan: &Plan, pipeline: &str, selection: &Selection) -> Vec<Job> {
    let needs_of_builds = plan.builds.iter().flat_map(|build| &build.needs);
    let needs_of_tasks = plan.tasks.iter().flat_map(|task| &task.needs);
    let needed: HashSet<&NodeId> = needs_of_builds.chain(needs_of_tasks).collect();
    let folder = pipeline
        .rsplit_once('/')
        .map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let builds = plan.builds.iter().map(|build| {
        let products = Some(format!("{folder}{}", build.folder()));
        (build.node(), products)
    });
    let tasks = plan
        .tasks
        .iter()
        .filter(|task| !needed.contains(&task.node));
    builds
        .chain(tasks.map(|task| (task.node.clone(), None)))
        .filter(|(node, _)| is_selected(node, selection))
        .map(|(node, products)| Job {
            node: node.to_string(),
            products,
        })
        .collect()
}

impl Jobs {
    /// The line of a shell that does a job; `node` is how the service writes its node.
    fn command(&self, node: &str) -> String {
        match self.pipeline.as_str() {
            "pipeline.toml" => format!("orch run --locked --only \"{node}\""),
            pipeline => format!("orch run {pipeline} --locked --only \"{node}\""),
        }
    }
}
