//! Every shape, written for every peer, holds the graph that was asked for: ninja and make
//! are run, what the others are given is read.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::graph::{Graph, Shape};
use crate::install::Source;
use crate::layout::Layout;
use crate::peer::{PEERS, Peer};

const SHAPES: [Shape; 4] = [Shape::Flat, Shape::Chain, Shape::Layered, Shape::FanIn];

/// Has the peer's description of a small graph of each shape looked at.
fn check(name: &str, look: impl Fn(&Graph, &Path)) {
    let peer = peer(name);
    for shape in SHAPES {
        for tasks in [1, 5, 7] {
            let graph = Graph::new(shape, tasks);
            let folder = tempfile::tempdir().unwrap();
            peer.layout.write_inputs(tasks, folder.path()).unwrap();
            (peer.describe)(&graph, folder.path()).unwrap();
            look(&graph, folder.path());
        }
    }
}

fn peer(name: &str) -> &'static Peer {
    PEERS.iter().find(|peer| peer.name == name).unwrap()
}

/// Runs a program in a folder; it must succeed. What it printed.
fn run(program: &str, package: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| {
            panic!("`{program}` cannot be started ({error}): `apt-get install {package}`")
        });
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {said}{complained}"
    );
    said
}

/// The task and all that it needs, near or far.
fn closure(graph: &Graph, task: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::from([task]);
    let mut open = vec![task];
    while let Some(task) = open.pop() {
        open.extend(graph.needs[task].iter().filter(|need| found.insert(**need)));
    }
    found
}

/// The tasks whose copying is announced in lines such as `cp in/3.txt made/3.txt`.
fn announced(said: &str) -> BTreeSet<usize> {
    let places = said.lines().filter_map(|line| line.split("made/").nth(1));
    places
        .map(|place| place.trim_end_matches(".txt").parse().unwrap())
        .collect()
}

/// A dry run for each task announces what it needs and no more; a real one makes everything,
/// and leaves nothing to do for the next.
fn check_by_running(name: &str, package: &str, dry: &[&str], real: &[&str], nothing: &str) {
    let program = match &peer(name).source {
        Source::Machine { program, .. } => program,
        _ => name,
    };
    check(name, |graph, folder| {
        for task in 0..graph.len() {
            let output = Layout::Folders.output(task);
            let arguments = [dry, &[output.as_str()]].concat();
            let said = run(program, package, &arguments, folder);
            assert_eq!(announced(&said), closure(graph, task), "{said}");
        }
        run(program, package, real, folder);
        assert_eq!(Layout::Folders.check(graph.len(), folder), Ok(()));
        let said = run(program, package, real, folder);
        assert!(said.contains(nothing), "{said}");
    });
}

#[test]
fn ninja_knows_the_graph() {
    let nothing = "no work to do";
    check_by_running("ninja", "ninja-build", &["-n", "-v"], &[], nothing);
}

#[test]
fn make_knows_the_graph() {
    let nothing = "Nothing to be done";
    check_by_running("make", "make", &["-n"], &["-j2"], nothing);
}

#[test]
fn ninja_has_each_copy_in_a_sandbox() {
    check("ninja-bwrap", |graph, folder| {
        let output = Layout::Folders.output(graph.leaf().unwrap());
        let said = run("ninja", "ninja-build", &["-n", "-v", &output], folder);
        let commands = said.matches("bwrap --unshare-all").count();
        assert_eq!(commands, closure(graph, graph.leaf().unwrap()).len());
    });
}

/// Compares what each task needs by a peer's description with the graph.
fn check_by_reading(name: &str, needs: impl Fn(&Path, usize) -> Vec<String>) {
    check(name, |graph, folder| {
        for (task, wanted) in graph.needs.iter().enumerate() {
            let wanted: BTreeSet<_> = wanted.iter().map(|need| format!("t{need}")).collect();
            let found: BTreeSet<_> = needs(folder, task).into_iter().collect();
            assert_eq!(found, wanted, "{name}: t{task} of {graph:?}");
        }
    });
}

fn json(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn strings(list: &Value, prefix: &str) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    items
        .map(|item| {
            item.as_str()
                .unwrap()
                .strip_prefix(prefix)
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[test]
fn orch_knows_the_graph() {
    check_by_reading("orch", |folder, task| {
        let text = std::fs::read_to_string(folder.join("pipeline.toml")).unwrap();
        let pipeline: toml::Table = text.parse().unwrap();
        let table = &pipeline["task"][&format!("t{task}")];
        let list = |key: &str| -> Vec<String> {
            let items = table[key].as_array().unwrap().iter();
            items
                .map(|item| item.as_str().unwrap().to_owned())
                .collect()
        };
        let (input, output) = (Layout::Folders.input(task), Layout::Folders.output(task));
        assert_eq!(list("command"), ["cp", &input, &output]);
        assert_eq!(list("outputs"), [output]);
        let needs: Vec<_> = list("needs")
            .iter()
            .map(|need| need.strip_prefix("task.").unwrap().to_owned())
            .collect();
        // What it needs it also reads, or it would not see the others change.
        let read = list("inputs");
        assert!(read.contains(&input) && read.len() == needs.len() + 1);
        needs
    });
}

#[test]
fn just_knows_the_graph() {
    check_by_reading("just", |folder, task| {
        let text = std::fs::read_to_string(folder.join("justfile")).unwrap();
        let heads = text.lines().filter(|line| !line.starts_with('\t'));
        let recipes: HashMap<_, _> = heads.map(|line| line.split_once(':').unwrap()).collect();
        assert_eq!(text.matches("\n\t@cp in/").count(), recipes.len() - 1);
        let needs = recipes[format!("t{task}").as_str()];
        needs.split_whitespace().map(str::to_owned).collect()
    });
}

#[test]
fn turbo_knows_the_graph() {
    check_by_reading("turbo", |folder, task| {
        let settings = json(&folder.join("turbo.json"));
        assert_eq!(settings["tasks"]["build"]["dependsOn"][0], "^build");
        let lock = json(&folder.join("bun.lock"));
        let place = format!("packages/t{task}");
        let package = json(&folder.join(&place).join("package.json"));
        assert_eq!(package["name"], format!("t{task}"));
        assert_eq!(package["scripts"]["build"], "cp in.txt out.txt");
        let locked = &lock["workspaces"][&place]["dependencies"];
        assert_eq!(locked, &package["dependencies"]);
        let needs = package["dependencies"].as_object().unwrap();
        needs.keys().cloned().collect()
    });
}

#[test]
fn nx_knows_the_graph() {
    check_by_reading("nx", |folder, task| {
        let settings = json(&folder.join("nx.json"));
        let build = &settings["targetDefaults"]["build"];
        assert_eq!(build["dependsOn"][0], "^build");
        assert_eq!(build["cache"], true);
        let project = json(&folder.join(format!("packages/t{task}/project.json")));
        assert_eq!(project["name"], format!("t{task}"));
        let command = &project["targets"]["build"]["command"];
        assert_eq!(command, "cp in.txt out.txt");
        strings(&project["implicitDependencies"], "")
    });
}

#[test]
fn moon_knows_the_graph() {
    check_by_reading("moon", |folder, task| {
        let project = json(&folder.join("moon.json"));
        let tasks = project["tasks"].as_object().unwrap();
        let all = strings(&tasks["all"]["deps"], "~:");
        assert_eq!(all.len(), tasks.len() - 1);
        let entry = &tasks[&format!("t{task}")];
        assert_eq!(entry["outputs"][0], Layout::Folders.output(task));
        strings(&entry["deps"], "~:")
    });
}
