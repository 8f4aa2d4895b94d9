//! One run after the other, each with a note of all that it rested on.
//!
//! Everything is opened anew for each: a cache that is held open while nothing happens
//! would keep `orch cache gc` waiting for ever.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use orch_engine::Cancel;
use orch_model::Digest;

use crate::arguments::{ProjectArguments, Running, Selection};
use crate::command::run::{Order, carry_out};
use crate::console::Console;
use crate::deploying::DeployOptions;
use crate::environment::Environment;
use crate::grants;
use crate::house::House;
use crate::planned::Planned;
use crate::planning::{self, LockUse};
use crate::project::Project;
use crate::shortcut::Shortcut;
use crate::stop::Stop;

use super::asked::AskedFacts;
use super::sight::Sight;

/// The runs of one `orch watch`.
pub struct Rounds<'a> {
    environment: Environment,
    arguments: &'a ProjectArguments,
    selection: &'a Selection,
    running: &'a Running,
    is_first: bool,
    /// Whether a run has begun, and has said which protections it does without.
    has_begun: bool,
}

impl<'a> Rounds<'a> {
    /// No run yet.
    pub fn new(
        environment: Environment,
        arguments: &'a ProjectArguments,
        selection: &'a Selection,
        running: &'a Running,
    ) -> Self {
        Self {
            environment,
            arguments,
            selection,
            running,
            is_first: true,
            has_begun: false,
        }
    }

    /// Runs, and says how that went. What keeps the first run from beginning is for the
    /// caller to say, unless it is a mistake in the pipeline: that is mended while we wait.
    pub fn run(&mut self, cancel: &Cancel, console: &Console) -> Result<Sight, Stop> {
        let pipeline = self.pipeline_file();
        let mut sight = Sight::default();
        match self.attempt(&pipeline, &mut sight, cancel, console) {
            Ok(_) | Err(Stop::Said(_)) => {}
            Err(Stop::Fault(fault)) if self.is_first => return Err(fault.into()),
            Err(Stop::Fault(fault)) => console.fault(&fault),
        }
        self.is_first = false;
        sight.close();
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
        let mut project = Project::open(&self.environment, &self.arguments.pipeline)?;
        self.note_own_plugins(&project, sight);
        sight.trace = self.trace_below(&project.folder);
        let planned = {
            let mut house = House::open(
                self.environment.clone(),
                Some(project.folder.clone()),
                self.arguments.offline,
                console,
            )?;
            let asked = Arc::new(AskedFacts::new(&project.folder, house.facts.clone()));
            house.facts = asked.clone();
            sight.asked = Some(asked);
            let before = project.lock_text.clone();
            let lock_use = LockUse::of_flag(self.arguments.locked);
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
        let order = Order {
            planned: &planned,
            selection: self.selection,
            running: self.running,
            shortcut: Shortcut::new(
                &self.environment,
                self.arguments,
                self.selection,
                self.running.sandbox,
            ),
            began,
            anew: false,
            deploying: DeployOptions::default(),
            says_protections: !std::mem::replace(&mut self.has_begun, true),
        };
        carry_out(order, cancel, console, |hands| {
            sight.inputs = Some(hands.note_sources(&planned.project));
        })?;
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
            .join(self.running.trace.as_ref()?);
        let parent = file.parent()?.canonicalize().ok()?;
        let below = parent.strip_prefix(folder).ok()?.join(file.file_name()?);
        below.to_str().map(str::to_owned)
    }

    fn pipeline_file(&self) -> PathBuf {
        let file = self.environment.directory.join(&self.arguments.pipeline);
        match file.is_dir() {
            true => file.join("pipeline.toml"),
            false => file,
        }
    }
}

fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
