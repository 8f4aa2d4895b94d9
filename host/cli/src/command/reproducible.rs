//! `orch check --reproducible BUILD`: makes a build twice from nothing, in surroundings that
//! differ, and shows the first difference in what it leaves.
//!
//! Once in a sandbox, where there is one: folder `/orch/source`, host `orch`, user 1000, all
//! cores. Once without, later: another folder, the machine's own name, your user, one core.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use orch_engine::port::{InstalledTree, OutputFile, Publication, Publisher};
use orch_engine::{ActionGraph, Cancel, NodeKind, Outcome, Run, RunOptions, World};
use orch_execute::Sandboxes;
use orch_model::{Digest, Fault, RelativePath, SandboxPath};
use orch_report::human_bytes;
use orch_store::Store;

use crate::arguments::{ProjectArguments, SandboxMode};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::hands::{Hands, cores};
use crate::house::House;
use crate::isolation::Isolation;
use crate::planned::{Planned, graph_of};
use crate::stop::Stop;

/// How many bytes are shown from the first difference on.
const SHOWN_BYTES: usize = 16;

pub fn reproducible(
    environment: Environment,
    build: &str,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let planned = Planned::open(environment, arguments, console)?;
    let whole = graph_of(&planned.plan)?;
    orch_engine::named(&whole, build)?;
    let graph = whole.needed_by(|id| id.is_meant_by(build));
    let cancel = planned.house.interruptible(console)?;

    let isolation = Isolation::find(SandboxMode::Best, &planned.house.environment)?;
    let first = Making::new(&planned, console)?;
    let one = first.make(&planned, &graph, isolation.sandboxes, cancel, console)?;
    if !one.nodes.iter().all(|node| node.outcome.is_success()) {
        return Ok(Exit::of_run(&one));
    }
    let second = Making::new(&planned, console)?;
    let all_cores = rustix::thread::sched_getaffinity(None).map_err(affinity_fault)?;
    only_one_core(&all_cores)?;
    let other = second.make(&planned, &graph, None, cancel, console);
    rustix::thread::sched_setaffinity(None, &all_cores).map_err(affinity_fault)?;
    let other = other?;
    if !other.nodes.iter().all(|node| node.outcome.is_success()) {
        return Ok(Exit::of_run(&other));
    }

    let mut rows = Vec::new();
    let mut same = true;
    let again = outputs(&graph, &other);
    for (name, file) in &outputs(&graph, &one) {
        let said = match again.get(name) {
            Some(again) if again.digest == file.digest => format!(
                "the same twice: {}, {}",
                human_bytes(file.bytes),
                file.digest.short()
            ),
            other => {
                same = false;
                difference(&first.house.store, file, &second.house.store, other)?
            }
        };
        rows.push(serde_json::json!({ "output": name, "said": said }));
        if !console.is_json() {
            console.print(&format!("{name}: {said}\n"));
        }
    }
    if let Some(json) = console.json() {
        json.list("reproducible", &rows);
    }
    Ok(match same {
        true => Exit::Done,
        false => Exit::ActionFailed,
    })
}

/// Everything that one making of a build keeps: gone afterwards.
struct Making {
    house: House,
    _folder: tempfile::TempDir,
}

impl Making {
    /// A cache of its own, empty, beside the user's.
    fn new(planned: &Planned, console: &Console) -> Result<Self, Fault> {
        let cache = &planned.house.environment.cache;
        let folder = tempfile::Builder::new()
            .prefix("reproducible-")
            .tempdir_in(cache)
            .map_err(|error| Fault::io("create a folder in", cache, &error))?;
        let environment = Environment {
            cache: folder.path().to_owned(),
            ..planned.house.environment.clone()
        };
        Ok(Self {
            house: House::open(environment, None, planned.house.offline, console)?,
            _folder: folder,
        })
    }

    /// Runs the graph with the user's toolchains and nothing else of the user's cache.
    fn make(
        &self,
        planned: &Planned,
        graph: &ActionGraph,
        sandboxes: Option<Arc<Sandboxes>>,
        cancel: &Cancel,
        console: &Console,
    ) -> Result<Run, Stop> {
        let hands = Hands::new(&self.house, &planned.project, sandboxes)?;
        let world = World {
            toolchains: &planned.house.toolchains,
            publisher: &Nowhere,
            ..hands.world(&self.house)
        };
        let options = RunOptions {
            jobs: cores(),
            keep_going: false,
        };
        let run = orch_engine::run(graph, world, options, &*console.observer(), cancel);
        Ok(run)
    }
}

/// What is made to be compared is put nowhere.
struct Nowhere;

impl Publisher for Nowhere {
    fn keep(&self, _: &InstalledTree, path: &SandboxPath) -> Result<OutputFile, Fault> {
        Ok(OutputFile {
            path: path.clone(),
            digest: Digest::of(""),
            bytes: 0,
            executable: false,
        })
    }

    fn publish(&self, _: &[Publication], _: &[RelativePath]) -> Result<usize, Fault> {
        Ok(0)
    }

    fn is_in_place(&self, _: &[Publication], _: &[RelativePath]) -> Result<bool, Fault> {
        Ok(true)
    }
}

/// Every file that a step left, by the step's name and its own.
fn outputs(graph: &ActionGraph, run: &Run) -> BTreeMap<String, OutputFile> {
    let mut files = BTreeMap::new();
    for (node, run) in graph.nodes().iter().zip(&run.nodes) {
        if let (NodeKind::Command { .. }, Outcome::Succeeded { result, .. }) =
            (&node.kind, &run.outcome)
        {
            for file in &result.outputs {
                files.insert(format!("{} {}", node.id, file.path), file.clone());
            }
        }
    }
    files
}

fn difference(
    store: &Store,
    file: &OutputFile,
    other_store: &Store,
    other: Option<&OutputFile>,
) -> Result<String, Fault> {
    let Some(other) = other else {
        return Ok("was left only once".to_owned());
    };
    let lost = || Fault::internal("the cache has lost what was just made");
    let one = store.read(&file.digest)?.ok_or_else(lost)?;
    let two = other_store.read(&other.digest)?.ok_or_else(lost)?;
    let common = one.iter().zip(&two);
    let different = common.clone().filter(|(left, right)| left != right).count();
    let at = common.take_while(|(left, right)| left == right).count();
    let place = orch_inspect::place_of(&one, at)
        .map(|section| format!(" in section `{section}`"))
        .unwrap_or_default();
    Ok(format!(
        "differs in {} of {} bytes{}; first at byte {at}{place}:\n  once   {}\n  again  {}",
        different + one.len().abs_diff(two.len()),
        one.len().max(two.len()),
        match one.len() == two.len() {
            true => String::new(),
            false => format!(", with {} and {} bytes", one.len(), two.len()),
        },
        bytes_at(&one, at),
        bytes_at(&two, at)
    ))
}

fn bytes_at(bytes: &[u8], at: usize) -> String {
    let shown = &bytes[at.min(bytes.len())..bytes.len().min(at + SHOWN_BYTES)];
    format!("\"{}\"", shown.escape_ascii())
}

fn only_one_core(all: &rustix::thread::CpuSet) -> Result<(), Fault> {
    let mut one = rustix::thread::CpuSet::new();
    let first = (0..rustix::thread::CpuSet::MAX_CPU).find(|core| all.is_set(*core));
    one.set(first.unwrap_or(0));
    rustix::thread::sched_setaffinity(None, &one).map_err(affinity_fault)
}

fn affinity_fault(error: rustix::io::Errno) -> Fault {
    Fault::io("choose cores for", Path::new("this process"), &error.into())
}
