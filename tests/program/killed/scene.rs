//! A project that downloads, unpacks, builds and stores, and how the run after a killed one
//! is judged.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use orch_tests::Project;
use walkdir::WalkDir;

use crate::pinned::{lock_of, printed};

/// Below these the next run clears up that executes something: where the killed run had
/// stored everything, the run after it does not.
const TEMPORARY: [&str; 2] = ["cache/store/v1/temporary", PLACES];

/// Where actions work.
const PLACES: &str = "cache/work";

/// A line for each run that executed something.
const HISTORY: &str = "project/.orch/history";

/// What explains a run that is in the history.
const EXPLANATIONS: &str = "cache/store/v1/records/ledger";

/// Where the cache notes which projects use it.
const KNOWN_PROJECTS: &str = "cache/store/v1/records/project";

/// Copies a part of the toolchain to a file.
const COPY: &str = "#!/bin/sh\nset -e\nmkdir -p made\ncat \"${0%/bin/go}/$1\" > \"$2\"\n";

/// A toolchain to unpack, tasks that each copy a part of it, and what an undisturbed run
/// leaves.
pub(super) struct Scene {
    folder: tempfile::TempDir,
    parts: &'static [&'static str],
    lock: String,
    expected: BTreeSet<PathBuf>,
}

impl Scene {
    /// The archive holds `parts`, each of `bytes`, and this many files beside them.
    pub(super) fn new(parts: &'static [&'static str], bytes: usize, files: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let tree = folder.path().join("tree");
        std::fs::create_dir_all(tree.join("bin")).expect("a folder can be made");
        std::fs::write(tree.join("bin/go"), COPY).expect("a file can be written");
        printed("chmod", &["755", "bin/go"], &tree);
        let mut random = Random(1);
        for part in parts {
            std::fs::write(tree.join(part), random.bytes(bytes)).expect("it can be written");
        }
        for number in 0..files {
            let file = tree.join(format!("file-{number}"));
            std::fs::write(file, random.bytes(20_000)).expect("it can be written");
        }
        let file = folder.path().join("go.tar.gz");
        let to = file.display().to_string();
        printed("tar", &["--create", "--gzip", "--file", &to, "."], &tree);
        let archive = std::fs::read(&file).expect("the archive can be read");
        let lock = lock_of(&format!("file://{to}"), &archive, "tar-gz", "bin/go");
        let expected = BTreeSet::new();
        let mut scene = Self {
            folder,
            parts,
            lock,
            expected,
        };
        let project = scene.project();
        project.orch(&["run"]).exits(0);
        scene.assert_copied(&project);
        // The second run writes nothing, so what a killed one is compared with is at rest.
        project.orch(&["run"]).exits(0);
        scene.expected = files_of(&project);
        scene
    }

    /// A new project with an empty cache: it fetches, unpacks, builds and stores.
    pub(super) fn project(&self) -> Project {
        crate::project()
            .pipeline(&pipeline(self.parts))
            .file("orch.lock", &self.lock)
    }

    /// Runs once more where a run was killed `at` a point: that is good, leaves what an
    /// undisturbed run leaves, and what it does not clear up the run after it does.
    pub(super) fn assert_goes_on(&self, project: Project, at: &str) {
        let left = files_of(&project);
        project.orch(&["run"]).exits(0);
        self.assert_copied(&project);
        let now = files_of(&project);
        // Where a process of the sandbox was killed, `orch` recorded that the run failed.
        let is_recorded = left.contains(Path::new(HISTORY));
        let unexpected: Vec<_> = now
            .difference(&self.expected)
            .filter(|path| !(is_recorded && path.starts_with(EXPLANATIONS)))
            .collect();
        // A run that is killed leaves no line in the project's history, and what it had
        // executed is not executed again.
        let missing: Vec<_> = self
            .expected
            .difference(&now)
            .filter(|path| *path != Path::new(HISTORY))
            .collect();
        assert!(
            unexpected.iter().all(|path| is_temporary(path)) && missing.is_empty(),
            "killed {at}\nleft by the killed run: {left:#?}\n\
             not there after an undisturbed run: {unexpected:#?}\nmissing: {missing:#?}"
        );
        // A run that finds nothing to do looks at nothing else; one that does something
        // takes these away.
        if !unexpected.is_empty() {
            let project = self.with_one_more_task(project);
            project.orch(&["run"]).exits(0);
            let left = files_of(&project);
            let mut left = left.difference(&self.expected);
            assert_eq!(left.find(|path| is_temporary(path)), None, "killed {at}");
        }
    }

    /// The same project with something left to do.
    fn with_one_more_task(&self, project: Project) -> Project {
        project.pipeline(&pipeline(&[self.parts, &["file-0"]].concat()))
    }

    fn assert_copied(&self, project: &Project) {
        for part in self.parts {
            let wanted = read(&self.folder.path().join("tree").join(part));
            let made = read(&project.path().join(format!("made/{part}")));
            assert!(made == wanted, "`made/{part}` is not as it should be");
        }
    }
}

fn is_temporary(path: &Path) -> bool {
    TEMPORARY
        .iter()
        .any(|place| path.parent() == Some(Path::new(place)) || path.starts_with(place))
}

/// Whether this is a file that is not just there to be locked.
fn holds_something(path: &Path) -> bool {
    !path.is_dir() && path.extension().is_none_or(|extension| extension != "lock")
}

/// Every file and folder of the project and of the cache.
fn files_of(project: &Project) -> BTreeSet<PathBuf> {
    let folder = project.path();
    let root = folder.parent().expect("it lies in the test's folder");
    WalkDir::new(root)
        .into_iter()
        .map(|entry| entry.expect("it can be read").into_path())
        .map(|path| path.strip_prefix(root).expect("it is below").to_owned())
        // How many places actions had depends on which of them met, and their empty folders
        // stay for the next ones.
        .filter(|path| !path.starts_with(PLACES) || holds_something(&root.join(path)))
        // These are named after the project's folder, which is another one each time.
        .filter(|path| !path.starts_with(KNOWN_PROJECTS) || path == Path::new(KNOWN_PROJECTS))
        .collect()
}

/// A task for each part that is copied.
fn pipeline(parts: &[&str]) -> String {
    let mut text =
        "version = 1\nname = \"compass\"\n\n[toolchain.go]\nversion = \"1.22\"\n".to_owned();
    for part in parts {
        text.push_str(&format!(
            "\n[task.{part}]\ncommand = [\"go\", \"{part}\", \"made/{part}\"]\n\
             tools = [\"go\"]\noutputs = [\"made/{part}\"]\n"
        ));
    }
    text
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Numbers that are the same in every run of the test: xorshift.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 to 1.
    pub(super) fn fraction(&mut self) -> f64 {
        f64::from((self.next() >> 32) as u32) / f64::from(u32::MAX)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = (0..length.div_ceil(8)).map(|_| self.next().to_le_bytes());
        words.flatten().take(length).collect()
    }
}
