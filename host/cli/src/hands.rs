//! This machine behind the engine's ports, and a graph that runs on it.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;

use orch_engine::port::{Deployer, Executor, Measurer, Sources};
use orch_engine::{ActionGraph, Cancel, Plan, Run, RunOptions, World};
use orch_execute::{
    FileMemory, LocalExecutor, LocalSettings, NotedSources, ProjectPublisher, ProjectSources,
    Sandboxes, StoreActionCache,
};
use orch_model::{Digest, Fault, RelativePath};
use orch_plugins::{EmbeddedSettings, EmbeddedWasm};

use crate::console::Console;
use crate::deploying::{self, DeployOptions, NoDeployer};
use crate::healing;
use crate::house::House;
use crate::isolation;
use crate::judge::StoreJudge;
use crate::measuring::{self, NoMeasurer};
use crate::planned::Planned;
use crate::project::Project;
use crate::stop::Stop;
use crate::trace_file::TraceFile;

/// What stands behind the ports of a run.
pub struct Hands {
    sources: Arc<dyn Sources>,
    executor: Arc<LocalExecutor>,
    measurer: Box<dyn Measurer>,
    deployer: Box<dyn Deployer>,
    /// What was done before.
    pub cache: StoreActionCache,
    judge: StoreJudge,
    publisher: ProjectPublisher,
    /// What is known of the project's files.
    pub memory: Arc<FileMemory>,
}

impl Hands {
    /// For a run of a project.
    pub fn new(
        house: &House,
        project: &Project,
        sandboxes: Option<Arc<Sandboxes>>,
    ) -> Result<Self, Fault> {
        Self::at(house, &project.folder, project.own_files(), sandboxes)
    }

    /// For a run in the folder of a project, of which some files are never inputs.
    pub fn at(
        house: &House,
        folder: &Path,
        own_files: Vec<RelativePath>,
        sandboxes: Option<Arc<Sandboxes>>,
    ) -> Result<Self, Fault> {
        let environment = &house.environment;
        let wasm = EmbeddedWasm::new(EmbeddedSettings::new(&environment.cache));
        let mut settings = LocalSettings::new(
            environment.cache.clone(),
            folder.to_owned(),
            environment.path().into(),
            isolation::own_command("internal-reaper")?,
            Arc::new(wasm),
        );
        settings.sandboxes = sandboxes;
        let memory = Arc::new(FileMemory::open(folder.to_owned()));
        Ok(Self {
            sources: Arc::new(ProjectSources::new(
                folder.to_owned(),
                own_files,
                memory.clone(),
            )),
            executor: Arc::new(LocalExecutor::new(settings, house.store.clone())),
            measurer: Box::new(NoMeasurer),
            deployer: Box::new(NoDeployer),
            cache: StoreActionCache::new(house.store.clone()),
            judge: StoreJudge(house.store.clone()),
            publisher: ProjectPublisher::new(
                folder.to_owned(),
                house.store.clone(),
                memory.clone(),
            ),
            memory,
        })
    }

    /// Notes from now on what a run gets of the project's files.
    pub fn note_sources(&mut self, project: &Project) -> Arc<NotedSources> {
        let sources = ProjectSources::new(
            project.folder.clone(),
            project.own_files(),
            self.memory.clone(),
        );
        let noted = NotedSources::new(project.folder.clone(), sources, self.memory.clone());
        let noted = Arc::new(noted);
        self.sources = noted.clone();
        noted
    }

    /// Measures from now on, for a project; `anew` also what was measured before.
    pub fn measure(
        &mut self,
        house: &House,
        project: &Project,
        plan: &Plan,
        anew: bool,
    ) -> Result<(), Fault> {
        let executor = self.executor.clone();
        self.measurer = Box::new(measuring::measurer(house, project, plan, executor, anew)?);
        Ok(())
    }

    /// Deploys from now on what a plan wants.
    pub fn deploy(&mut self, planned: &Planned, options: DeployOptions) -> Result<(), Fault> {
        self.deployer = Box::new(deploying::deployer(planned, options)?);
        Ok(())
    }

    /// What the emulator of this name held when it was first asked for.
    pub fn emulator(&self, name: &str) -> Result<Option<Digest>, Fault> {
        self.executor.emulator(name)
    }

    pub fn world<'a>(&'a self, house: &'a House) -> World<'a> {
        World {
            host: &house.environment.host,
            toolchains: &house.toolchains,
            sources: &*self.sources,
            executor: &*self.executor,
            measurer: &*self.measurer,
            deployer: &*self.deployer,
            cache: &self.cache,
            judge: &self.judge,
            publisher: &self.publisher,
        }
    }
}

/// Runs a graph with this machine behind the ports, and once more if that shows that the
/// cache has lost something. Leaves a timeline in the file `trace`.
pub fn perform(
    house: &House,
    hands: &Hands,
    graph: &ActionGraph,
    options: RunOptions,
    cancel: &Cancel,
    console: &Console,
    trace: Option<&Path>,
) -> Result<Run, Stop> {
    // A name that cannot be written is said before anything runs.
    let trace_file = trace.map(TraceFile::create).transpose()?;
    let once = || {
        let observer = console.observer();
        let observer = match &trace_file {
            Some(file) => Box::new(file.trace.watch(observer)),
            None => observer,
        };
        orch_engine::run(graph, hands.world(house), options, &*observer, cancel)
    };
    let mut run = once();
    if let Some(lost) = healing::lost(&run).filter(|_| !cancel.is_cancelled()) {
        healing::say(&lost, console);
        hands.cache.check_content();
        run = healing::joined(run, once());
    }
    settle(house, console);
    if let Some(file) = trace_file {
        file.write()?;
    }
    Ok(run)
}

/// Makes durable what the run made, also if it was interrupted. All is in place already, and
/// content is checked whenever it is read: that this failed is worth a warning, not a result.
fn settle(house: &House, console: &Console) {
    if let Err(fault) = house.store.settle() {
        console.warning(
            &format!("a power cut may undo this run: {fault}"),
            fault.hint.as_deref(),
        );
    }
}

/// How many actions at once, where the user does not say.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
