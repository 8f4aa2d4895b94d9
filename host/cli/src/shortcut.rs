//! The shortest way through a run: as long as everything that the last one looked at looks
//! the same, there is nothing to do. Then no pipeline is parsed, no plugin is called, no
//! plan is read and no network is asked.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use orch_engine::port::{FactSource, Toolchains};
use orch_engine::{ActionGraph, LeftOut, NodeKind, Plan, Run};
use orch_execute::{FileMemory, Snapshot};
use orch_fetch::Fetcher;
use orch_model::{Digest, Fault, Hasher, RecordedFact};
use orch_report::{ResultOrigin, ResultRow};
use orch_store::Store;

use crate::arguments::{ProjectArguments, SandboxMode, Selection};
use crate::environment::Environment;
use crate::facts::MachineFacts;
use crate::grants;
use crate::house::House;
use crate::known_projects;
use crate::planning;
use crate::project::Project;

/// The way to a project's snapshot, for one selection of its nodes.
pub struct Shortcut {
    environment: Environment,
    folder: PathBuf,
    offline: bool,
    snapshot: Snapshot,
    /// What the user allowed plugins when the command began; `None` where nothing is kept.
    grants: Option<Vec<u8>>,
}

/// What a snapshot says of its run.
#[derive(Serialize, Deserialize)]
struct Note {
    /// Over all that is compared by value: the program, the machine, the places.
    basis: Digest,
    facts: Vec<RecordedFact>,
    programs: Vec<(String, bool)>,
    last: LastRun,
}

/// A run that left nothing to do.
#[derive(Serialize, Deserialize)]
pub struct LastRun {
    /// How many nodes it had.
    pub nodes: usize,
    /// What lies in place.
    pub rows: Vec<ResultRow>,
    /// Cells of matrices that cannot be.
    pub left_out: Vec<LeftOut>,
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
            folder,
        })
    }

    /// The last run, if it would leave everything as it is once more.
    pub fn last_run(&self) -> Option<LastRun> {
        let mut last = None;
        let holds = self.snapshot.holds(|note| {
            let note = serde_json::from_slice::<Note>(note).ok();
            last = note.filter(|note| self.holds(note)).map(|note| note.last);
            last.is_some()
        });
        last.filter(|_| holds)
    }

    fn holds(&self, note: &Note) -> bool {
        basis(&self.environment) == Some(note.basis)
            && self.is_noted().unwrap_or(false)
            && planning::same_programs(&self.environment, &note.programs)
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
            .all(|fact| planning::still_true(&source as &dyn FactSource, fact)))
    }

    /// Keeps a run that left nothing to do.
    pub fn keep(
        &self,
        house: &House,
        project: &Project,
        memory: &FileMemory,
        plan: &Plan,
        graph: &ActionGraph,
        last: LastRun,
    ) -> Result<(), Fault> {
        let Some(basis) = basis(&self.environment) else {
            return Ok(());
        };
        let note = Note {
            basis,
            facts: plan.facts.clone(),
            programs: plan.programs.clone(),
            last,
        };
        let note = serde_json::to_vec(&note).map_err(|error| Fault::internal(error.to_string()))?;
        let besides = self.besides(house, project, graph)?;
        self.snapshot.keep(&note, memory, &besides)?;
        // What was looked at just now may be newer than what was read in the beginning.
        match project.is_as_read() && self.grants == grants_text(&self.environment) {
            true => Ok(()),
            false => self.snapshot.forget(),
        }
    }

    /// Files that a run rests on beside those that it went through: what the plan was made
    /// from, and the toolchains.
    fn besides(
        &self,
        house: &House,
        project: &Project,
        graph: &ActionGraph,
    ) -> Result<Vec<PathBuf>, Fault> {
        let mut files = vec![
            project.file(),
            project.lock_file(),
            grants::file(&self.environment),
        ];
        let components = project.own_components.iter();
        files.extend(components.map(|(file, _)| file.clone()));
        for node in graph.nodes() {
            if let NodeKind::Fetch { toolchain, .. } = &node.kind {
                let tree = house.toolchains.installed(toolchain)?;
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

/// All of this machine that is compared by value.
fn basis(environment: &Environment) -> Option<Digest> {
    let program = std::env::current_exe().ok()?;
    let mut hasher = Hasher::new();
    hasher.field("orch snapshot 1");
    hasher.field(identity(&program)?);
    hasher.field(environment.cache.as_os_str().as_encoded_bytes());
    // Another store at the same place, as after it was removed, is not the one of then.
    hasher.field(identity_of_store(environment)?);
    hasher.field(environment.config.as_os_str().as_encoded_bytes());
    hasher.field(serde_json::to_vec(&environment.host).ok()?);
    Some(hasher.finish())
}

/// What tells a program from another build of it.
fn identity(program: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let found = program.metadata().ok()?;
    Some(format!(
        "{} {} {}.{}",
        found.ino(),
        found.size(),
        found.mtime(),
        found.mtime_nsec()
    ))
}

fn identity_of_store(environment: &Environment) -> Option<[u8; 8]> {
    use std::os::unix::fs::MetadataExt;
    let store = Store::folder(&environment.cache);
    Some(store.metadata().ok()?.ino().to_le_bytes())
}
