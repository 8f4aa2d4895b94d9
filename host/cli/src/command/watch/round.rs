//! One run after the other, each with a note of all that it rested on.
//!
//! Everything is opened anew for each: a cache that is held open while nothing happens
//! would keep `orch cache gc` waiting for ever.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use orch_deploy::{Connections, HostLog};
use orch_engine::{ActionGraph, Cancel, NodeKind};
use orch_model::{Digest, Fault};

use crate::arguments::Selection;
use crate::command::deploy::deploys;
use crate::command::logs::shown;
use crate::command::run::{Order, carry_out_with};
use crate::console::Console;
use crate::deploying::{DeployOptions, connections, deployer};
use crate::environment::Environment;
use crate::following::Following;
use crate::grants;
use crate::house::House;
use crate::planned::{Planned, graph_of};
use crate::planning::{self, LockUse};
use crate::project::Project;
use crate::shortcut::Shortcut;
use crate::stop::Stop;

use super::Wanted;
use super::asked::AskedFacts;
use super::sight::Sight;

/// How many lines of a log are shown that was not followed before.
const LINES_BEFORE: u32 = 10;

/// The runs of one `orch watch`.
pub struct Rounds<'a, 'scope, 'env> {
    environment: Environment,
    wanted: Wanted<'a>,
    connections: Connections,
    following: Following<'scope, 'env>,
    /// Of all that was deployed last.
    logs: Vec<HostLog>,
    is_first: bool,
    /// Whether a run has begun, and has said which protections it does without.
    has_begun: bool,
}

impl<'a, 'scope, 'env> Rounds<'a, 'scope, 'env> {
    /// No run yet.
    pub fn new(
        environment: Environment,
        wanted: Wanted<'a>,
        following: Following<'scope, 'env>,
    ) -> Self {
        Self {
            connections: connections(&environment),
            environment,
            wanted,
            following,
            logs: Vec::new(),
            is_first: true,
            has_begun: false,
        }
    }

    /// Runs, and says how that went. What keeps the first run from beginning is for the
    /// caller to say, unless it is a mistake in the pipeline: that is mended while we wait.
    pub fn run(&mut self, cancel: &Cancel, console: &Console) -> Result<Sight, Stop> {
        let pipeline = self.pipeline_file();
        let mut sight = Sight::default();
        self.following.hold();
        match self.attempt(&pipeline, &mut sight, cancel, console) {
            Ok(_) | Err(Stop::Said(_)) => {}
            Err(Stop::Fault(fault)) if self.is_first => return Err(fault.into()),
            Err(Stop::Fault(fault)) => console.fault(&fault),
        }
        self.is_first = false;
        sight.close();
        if !cancel.is_cancelled() {
            self.following.follow(&self.logs, LINES_BEFORE);
        }
        Ok(sight)
    }

    fn attempt(
        &mut self,
        pipeline: &Path,
        sight: &mut Sight,
        cancel: &Cancel,
        console: &Console,
    ) -> Result<(), Stop> {
        let began = Instant::now();
        // Whatever is read is noted first: a change between both is one too many, not lost.
        let lock = pipeline.with_file_name("orch.lock");
        sight.basis.note(pipeline, &name_of(pipeline));
        sight.basis.note(&lock, &name_of(&lock));
        let mut project = Project::open(&self.environment, &self.wanted.arguments.pipeline)?;
        self.note_own_plugins(&project, sight);
        sight.trace = self.trace_below(&project.folder);
        let planned = {
            let mut house = House::open(
                self.environment.clone(),
                Some(project.folder.clone()),
                self.wanted.arguments.offline,
                console,
            )?;
            let asked = Arc::new(AskedFacts::new(&project.folder, house.facts.clone()));
            house.facts = asked.clone();
            sight.asked = Some(asked);
            house.cancel = cancel.clone();
            let before = project.lock_text.clone();
            let lock_use = LockUse::of_flag(self.wanted.arguments.locked);
            let plan = planning::plan(&house, &mut project, lock_use, console);
            if project.lock_text != before {
                sight.basis.wrote(&lock, Digest::of(&project.lock_text));
            }
            Planned {
                plan: plan?,
                project,
                house,
            }
        };
        let selection = self.selection(&planned, console)?;
        let options = DeployOptions {
            connections: Some(self.connections.clone()),
            ..DeployOptions::default()
        };
        let order = Order {
            planned: &planned,
            selection: &selection,
            running: self.wanted.running,
            shortcut: Shortcut::new(
                &self.environment,
                self.wanted.arguments,
                &selection,
                self.wanted.running.sandbox,
            ),
            began,
            anew: false,
            deploying: options.clone(),
            says_protections: !std::mem::replace(&mut self.has_begun, true),
        };
        carry_out_with(order, console, |hands| {
            sight.inputs = Some(hands.note_sources(&planned.project));
        })?;
        self.find_logs(&planned, options, console)?;
        Ok(())
    }

    /// What is run: with `--deploy` those deploys and what they need beside what the user names,
    /// else all but deploys.
    fn selection(&self, planned: &Planned, console: &Console) -> Result<Selection, Fault> {
        let plan = &planned.plan;
        let mut selection = self.wanted.selection.clone();
        if let Some(names) = self.wanted.deploys {
            let chosen = deploys(plan, names)?.into_iter();
            let chosen = chosen.map(|deploy| deploy.node.to_string());
            selection.only.extend(chosen);
        } else if selection.only.is_empty()
            && selection.target.is_empty()
            && !plan.deploys.is_empty()
        {
            selection.only = not_deployed(&graph_of(plan)?);
            if self.is_first {
                console.say("deploys are left out; `--deploy` brings them along");
            }
        }
        Ok(selection)
    }

    /// Finds the logs of all that was deployed.
    fn find_logs(
        &mut self,
        planned: &Planned,
        options: DeployOptions,
        console: &Console,
    ) -> Result<(), Fault> {
        let Some(names) = self.wanted.deploys else {
            return Ok(());
        };
        let deployer = deployer(planned, options)?;
        let mut logs = Vec::new();
        for deploy in deploys(&planned.plan, names)? {
            logs.extend(shown(deployer.logs(deploy)?, console));
        }
        self.logs = logs;
        Ok(())
    }

    /// The components that a pipeline names, and what the user allows them. Bundled ones
    /// cannot change, and need no leave.
    fn note_own_plugins(&self, project: &Project, sight: &mut Sight) {
        let Some(pipeline) = orch_pipeline::parse(&project.source).pipeline else {
            return;
        };
        let own = planning::own_plugins(&pipeline, project);
        for plugin in &own {
            let path = plugin.folder.join(&plugin.path);
            sight.basis.note(&path, &plugin.path.display().to_string());
        }
        if !own.is_empty() {
            let file = grants::file(&self.environment);
            sight.basis.note(&file, &file.display().to_string());
        }
    }

    /// Where the timeline lies below the project's folder, if it does.
    fn trace_below(&self, folder: &Path) -> Option<String> {
        let file = self
            .environment
            .directory
            .join(self.wanted.running.trace.as_ref()?);
        let parent = file.parent()?.canonicalize().ok()?;
        let below = parent.strip_prefix(folder).ok()?.join(file.file_name()?);
        below.to_str().map(str::to_owned)
    }

    fn pipeline_file(&self) -> PathBuf {
        let file = self
            .environment
            .directory
            .join(&self.wanted.arguments.pipeline);
        match file.is_dir() {
            true => file.join("pipeline.toml"),
            false => file,
        }
    }
}

/// All that is no deploy and needs none.
fn not_deployed(graph: &ActionGraph) -> Vec<String> {
    let mut deployed: Vec<bool> = Vec::with_capacity(graph.nodes().len());
    let mut units = BTreeSet::new();
    for node in graph.nodes() {
        let is_deploy = matches!(node.kind, NodeKind::Deploy { .. });
        // Each stands behind what it needs.
        let is_deployed = is_deploy || node.needs.iter().any(|&need| deployed[need]);
        if !is_deployed {
            units.insert(node.id.unit().to_owned());
        }
        deployed.push(is_deployed);
    }
    units.into_iter().collect()
}

fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
