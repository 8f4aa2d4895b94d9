//! The shortest way through a run: as long as everything that the last one looked at looks
//! the same, there is nothing to do. Then no pipeline is parsed, no plugin is called, no
//! plan is read and no network is asked. Where something looks different, only the units
//! that this reaches are read and run.

mod emulators;
mod note;
mod rest;

use std::path::{Path, PathBuf};

use orch_engine::port::{FactSource, Toolchains};
use orch_engine::{ActionGraph, NodeKind, Plan, Run};
use orch_execute::{FileMemory, Snapshot};
use orch_fetch::Fetcher;
use orch_model::{Fault, Hasher, RecordedFact, RelativePath};
use orch_report::{ResultOrigin, ResultRow};
use orch_store::Store;

use crate::arguments::{ProjectArguments, SandboxMode, Selection};
use crate::environment::Environment;
use crate::facts::MachineFacts;
use crate::grants;
use crate::hands::Hands;
use crate::house::House;
use crate::kept_plan;
use crate::known_projects;
use crate::project::{Project, own_files};

pub use note::LastRun;
pub use rest::Rest;

use emulators::Emulator;
use note::Note;

/// The way to a project's snapshot, for one selection of its nodes.
pub struct Shortcut {
    environment: Environment,
    folder: PathBuf,
    file_name: String,
    offline: bool,
    snapshot: Snapshot,
    /// What the user allowed plugins when the command began; `None` where nothing is kept.
    grants: Option<Vec<u8>>,
}

/// What a look at all that the last run went through has shown.
pub enum Glance {
    /// Nothing would be done but to say so once more.
    NothingToDo(LastRun),
    /// Some units are to be looked up, and done where they must be; all others are settled.
    Rest(Box<Rest>),
    /// That only an ordinary run can find out.
    Unknown,
}

/// A run that left nothing to do.
pub struct Settled<'a> {
    pub house: &'a House,
    pub project: &'a Project,
    pub hands: &'a Hands,
    pub plan: &'a Plan,
    pub graph: &'a ActionGraph,
}

impl Shortcut {
    /// `None` where the project or this program cannot be found; the ordinary way says why.
    pub fn new(
        environment: &Environment,
        arguments: &ProjectArguments,
        selection: &Selection,
        sandbox: SandboxMode,
    ) -> Option<Self> {
        let file = environment.directory.join(&arguments.pipeline);
        let file = match file.is_dir() {
            true => file.join("pipeline.toml"),
            false => file,
        };
        let folder = file.parent()?.canonicalize().ok()?;
        let mut name = Hasher::new();
        name.field(file.file_name()?.as_encoded_bytes());
        name.field(format!("{sandbox:?}"));
        for list in [&selection.only, &selection.target] {
            name.field(list.len().to_le_bytes());
            list.iter().for_each(|word| name.field(word));
        }
        Some(Self {
            environment: environment.clone(),
            grants: grants_text(environment),
            offline: arguments.offline,
            snapshot: Snapshot::new(folder.clone(), &name.finish().hex()[..16]),
            file_name: file.file_name()?.to_string_lossy().into_owned(),
            folder,
        })
    }

    /// The folder of the project.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the user keeps it from the network.
    pub fn is_offline(&self) -> bool {
        self.offline
    }

    /// Files of the folder that are never inputs.
    pub fn own_files(&self) -> Vec<RelativePath> {
        own_files(&self.file_name)
    }

    /// Looks once at all that the last run went through.
    pub fn glance(&self) -> Glance {
        self.believed_glance().unwrap_or(Glance::Unknown)
    }

    fn believed_glance(&self) -> Option<Glance> {
        let kept = self.snapshot.read()?;
        let note: Note = serde_json::from_slice(kept.note()).ok()?;
        if !self.holds(&note) {
            return None;
        }
        match self.snapshot.glance(&kept) {
            orch_execute::Glance::Same => Some(Glance::NothingToDo(note.last)),
            orch_execute::Glance::Changed(units) => {
                let rest = Rest::read(&self.parts(), kept, note, &units)?;
                Some(Glance::Rest(Box::new(rest)))
            }
            orch_execute::Glance::Unknown => None,
        }
    }

    fn holds(&self, note: &Note) -> bool {
        note::basis(&self.environment) == Some(note.basis)
            && self.is_noted().unwrap_or(false)
            && kept_plan::same_programs(&self.environment, &note.programs)
            && note
                .emulators
                .iter()
                .all(|emulator| emulator.is_where_it_was(&self.environment))
            && (note.facts.is_empty() || self.same_facts(&note.facts).unwrap_or(false))
    }

    fn is_noted(&self) -> Result<bool, Fault> {
        let store = Store::open(&self.environment.cache)?;
        known_projects::is_noted(&store, &self.folder)
    }

    fn same_facts(&self, facts: &[RecordedFact]) -> Result<bool, Fault> {
        let fetcher = Fetcher::new(self.environment.fetch_settings(self.offline)?)?;
        let project = Some(self.folder.clone());
        let source = MachineFacts::new(&self.environment, project, fetcher.into());
        Ok(facts
            .iter()
            .all(|fact| kept_plan::still_true(&source as &dyn FactSource, fact)))
    }

    /// Keeps a run that left nothing to do.
    pub fn keep(&self, settled: &Settled<'_>, last: LastRun) -> Result<(), Fault> {
        let Some(basis) = note::basis(&self.environment) else {
            return Ok(());
        };
        let (plan, graph) = (settled.plan, settled.graph);
        let (nodes, units): (Vec<_>, Vec<_>) = rest::units_of(graph).into_iter().unzip();
        let parts = rest::write_parts(&self.parts(), plan, graph, &nodes)?;
        let note = Note {
            basis,
            facts: plan.facts.clone(),
            programs: plan.programs.clone(),
            emulators: emulators::of_graph(graph, &self.environment),
            parts,
            last,
        };
        let units = match parts {
            Some(_) => &units[..],
            None => &[],
        };
        let besides = self.besides(settled, &note.emulators)?;
        let memory = &settled.hands.memory;
        self.snapshot.keep(&json(&note)?, memory, &besides, units)?;
        // What was looked at just now may be newer than what was read in the beginning.
        match self.is_as_read(settled, &note.emulators)? {
            true => Ok(()),
            false => self.snapshot.forget(),
        }
    }

    fn is_as_read(&self, settled: &Settled<'_>, emulators: &[Emulator]) -> Result<bool, Fault> {
        for emulator in emulators {
            if !emulator.is_as_used(settled.hands)? {
                return Ok(false);
            }
        }
        let grants = grants_text(&self.environment);
        Ok(settled.project.is_as_read() && self.grants == grants)
    }

    /// Keeps a run of what was left to do in place of what was kept of its units.
    pub fn renew(&self, rest: &Rest, memory: &FileMemory) -> Result<(), Fault> {
        let Some(questions) = rest.questions() else {
            return Ok(());
        };
        let note = json(&rest.note)?;
        self.snapshot.renew(&note, &rest.kept, memory, &questions)
    }

    /// Where the parts of the plan lie.
    fn parts(&self) -> PathBuf {
        self.snapshot.companion("plan")
    }

    /// Files that a run rests on beside those that it went through: what the plan was made
    /// from, the toolchains and the emulators.
    fn besides(
        &self,
        settled: &Settled<'_>,
        emulators: &[Emulator],
    ) -> Result<Vec<PathBuf>, Fault> {
        let project = settled.project;
        let mut files = vec![
            project.file(),
            project.lock_file(),
            grants::file(&self.environment),
        ];
        let components = project.own_components.iter();
        files.extend(components.map(|(file, _)| file.clone()));
        files.extend(
            emulators
                .iter()
                .filter_map(|emulator| emulator.file.clone()),
        );
        for node in settled.graph.nodes() {
            if let NodeKind::Fetch { toolchain, .. } = &node.kind {
                let tree = settled.house.toolchains.installed(toolchain)?;
                files.extend(tree.map(|tree| tree.root));
            }
        }
        // A link looks the same when what it leads to has changed.
        let real: Vec<_> = files
            .iter()
            .filter_map(|file| file.canonicalize().ok())
            .filter(|real| !files.contains(real))
            .collect();
        files.extend(real);
        Ok(files)
    }
}

/// Whether a run left nothing to do for one that follows at once.
pub fn is_settled(graph: &ActionGraph, run: &Run) -> bool {
    graph.nodes().iter().zip(&run.nodes).all(|(node, run)| {
        let repeated = match &node.kind {
            NodeKind::Command { action, .. } => !action.cacheable,
            // Whether the machine is the same is not seen in any file, nor how others stand.
            NodeKind::Measure { .. } | NodeKind::Deploy { .. } => true,
            _ => false,
        };
        run.outcome.is_success() && !repeated
    })
}

/// A row as it would be if nothing had been done.
pub fn as_cached(row: &ResultRow) -> ResultRow {
    ResultRow {
        origin: ResultOrigin::Cached,
        took: std::time::Duration::ZERO,
        ..row.clone()
    }
}

fn grants_text(environment: &Environment) -> Option<Vec<u8>> {
    std::fs::read(grants::file(environment)).ok()
}

fn json(note: &Note) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(note).map_err(|error| Fault::internal(error.to_string()))
}
