//! What a run got of a project's files, held against what is there now: real files, and a
//! model of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use orch_engine::port::{OutputFile, Publication, Publisher, Sources};
use orch_execute::{FileMemory, NotedSources, ProjectPublisher, ProjectSources};
use orch_model::{Change, Digest, RelativePath, Root, SandboxPath};
use orch_store::Store;
use proptest::prelude::*;

struct Project {
    folder: tempfile::TempDir,
    memory: Arc<FileMemory>,
    noted: NotedSources,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // As a pipeline's folder is given: with no link in its path.
        let root = folder.path().canonicalize().unwrap();
        for (path, content) in files {
            write(&root, path, content);
        }
        let memory = Arc::new(FileMemory::open(root.clone()));
        let sources = ProjectSources::new(root.clone(), Vec::new(), memory.clone());
        let noted = NotedSources::new(root, sources, memory.clone());
        Self {
            folder,
            memory,
            noted,
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn ask(&self, patterns: &[&str]) {
        let patterns: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
        let _ = self.noted.files(&patterns);
    }

    fn write(&self, path: &str, content: &str) {
        write(&self.root(), path, content);
    }

    fn changes(&self) -> Vec<(String, Change)> {
        self.noted.changes().into_iter().collect()
    }

    /// The folders to listen to, below the root, of those that are there.
    fn folders(&self) -> Vec<String> {
        let root = self.root();
        let folders = self.noted.folders();
        let there = folders.iter().filter(|folder| folder.is_dir());
        there
            .map(|folder| folder.strip_prefix(&root).unwrap().display().to_string())
            .collect()
    }
}

fn write(root: &Path, path: &str, content: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

fn changed(path: &str, change: Change) -> (String, Change) {
    (path.to_owned(), change)
}

#[test]
fn a_content_that_changed_before_the_second_answer_is_a_change() {
    let project = Project::new(&[("a", "1")]);
    project.ask(&["a"]);
    project.write("a", "2");
    project.ask(&["*"]);
    assert_eq!(project.changes(), [changed("a", Change::Modified)]);
}

#[test]
fn a_mode_and_a_link_are_changes() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new(&[("a", "1"), ("b", "a")]);
    project.ask(&["*"]);
    let root = project.root();
    fs::set_permissions(root.join("a"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(root.join("b")).unwrap();
    std::os::unix::fs::symlink("a", root.join("b")).unwrap();
    assert_eq!(
        project.changes(),
        [
            changed("a", Change::Modified),
            changed("b", Change::Modified)
        ]
    );
}

#[test]
fn what_is_refused_stays_no_change_until_it_is_answered() {
    let project = Project::new(&[("a", "1")]);
    std::os::unix::fs::symlink("/", project.root().join("b")).unwrap();
    project.ask(&["*"]);
    assert_eq!(project.changes(), []);
    fs::remove_file(project.root().join("b")).unwrap();
    assert_eq!(project.changes(), [changed("*", Change::Modified)]);
}

#[test]
fn what_the_run_put_in_place_is_no_change_until_somebody_else_touches_it() {
    let project = Project::new(&[("in", "1")]);
    project.ask(&["**"]);
    let cache = tempfile::tempdir().unwrap();
    let store = Store::open(cache.path()).unwrap();
    let digest = store.put_bytes(b"made").unwrap();
    let publisher = ProjectPublisher::new(project.root(), store, project.memory.clone());
    let to = RelativePath::new("dist/made").unwrap();
    let publication = Publication {
        file: OutputFile {
            path: SandboxPath {
                root: Root::Output,
                relative: to.clone(),
            },
            digest,
            bytes: 4,
            executable: false,
        },
        to: to.clone(),
    };
    publisher
        .publish(&[publication], std::slice::from_ref(&to))
        .unwrap();
    assert_eq!(project.changes(), []);
    publisher.publish(&[], &[to]).unwrap();
    assert_eq!(project.changes(), []);
    project.write("dist/made", "theirs");
    assert_eq!(project.changes(), [changed("dist/made", Change::Added)]);
}

#[test]
fn only_folders_that_may_hold_inputs_are_listened_to() {
    let project = Project::new(&[
        ("src/deep/a", ""),
        ("src/node_modules/x/y", ""),
        (".git/objects/x", ""),
        (".orch/files", ""),
        ("out/x/y", ""),
        ("other/x", ""),
        ("single/x", ""),
    ]);
    project.ask(&["src/**", "!**/node_modules/**"]);
    project.ask(&["single/x", "missing/deep/*.c", ".git/HEAD"]);
    assert_eq!(project.folders(), ["", "single", "src", "src/deep"]);
    project.write("missing/x", "");
    project.write("src/new/deep/x", "");
    project.changes();
    assert_eq!(
        project.folders(),
        [
            "",
            "missing",
            "single",
            "src",
            "src/deep",
            "src/new",
            "src/new/deep"
        ]
    );
}

#[test]
fn nothing_is_written_once_it_is_closed() {
    let project = Project::new(&[("a", "1")]);
    project.ask(&["a"]);
    project.noted.close();
    let root = project.root();
    drop(project.noted);
    drop(project.memory);
    assert!(!root.join(".orch/files").exists());
}

/// What somebody does to a file.
#[derive(Clone, Debug)]
enum Edit {
    Write(String, String),
    Remove(String),
    RenameFolder(String, String),
}

fn name() -> impl Strategy<Value = String> {
    "[ab]/[ab]/[xy]\\.(c|h)"
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (name(), "[01]").prop_map(|(path, content)| Edit::Write(path, content)),
        name().prop_map(Edit::Remove),
        ("[ab]/[abc]", "[ab]/[abc]").prop_map(|(from, to)| Edit::RenameFolder(from, to)),
    ]
}

/// The content of every file that is no header.
fn inputs(root: &Path) -> BTreeMap<String, Digest> {
    let walk = walkdir::WalkDir::new(root).into_iter().flatten();
    let files = walk.filter(|entry| entry.file_type().is_file());
    files
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "c"))
        .map(|entry| {
            let name = entry.path().strip_prefix(root).unwrap();
            let content = fs::read(entry.path()).unwrap();
            (name.display().to_string(), Digest::of(content))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_changes_are_the_difference_between_then_and_now(
        before in proptest::collection::vec(edit(), 0..8),
        after in proptest::collection::vec(edit(), 0..8),
    ) {
        let project = Project::new(&[]);
        let root = project.root();
        before.iter().for_each(|edit| apply(&root, edit));
        project.ask(&["**/*.c"]);
        let then = inputs(&root);
        for edit in &after {
            apply(&root, edit);
            // Looks in between change nothing.
            project.changes();
        }
        let now = inputs(&root);
        let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        let expected: Vec<(String, Change)> = names
            .into_iter()
            .filter_map(|name| Some((name.clone(), Change::between(then.get(name), now.get(name))?)))
            .collect();
        prop_assert_eq!(project.changes(), expected);
        // And each would show where somebody listens.
        let folders = project.noted.folders();
        for folder in walkdir::WalkDir::new(&root).into_iter().flatten() {
            if folder.file_type().is_dir() && !folder.path().starts_with(root.join(".orch")) {
                prop_assert!(folders.contains(folder.path()), "{}", folder.path().display());
            }
        }
    }
}

fn apply(root: &Path, edit: &Edit) {
    match edit {
        Edit::Write(path, content) => write(root, path, content),
        // What is not there cannot be removed or renamed: then nothing is done.
        Edit::Remove(path) => drop(fs::remove_file(root.join(path))),
        Edit::RenameFolder(from, to) => drop(fs::rename(root.join(from), root.join(to))),
    }
}
