//! `kill -9` at any moment: the next run is good, and nothing is left of the killed one.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use orch_tests::Project;
use orch_tests::server::{Server, head, send_file};
use walkdir::WalkDir;

use crate::pinned::{lock_of, pinned, printed};

/// How often a run is killed in the middle, each time a little later.
const KILLS: u32 = 30;

/// Parts of the toolchain that tasks copy.
const PARTS: [&str; 4] = ["north", "east", "south", "west"];

/// Below these the next run clears up that executes something: where the killed run had
/// stored everything, the run after it does not.
const TEMPORARY: [&str; 2] = ["cache/store/v1/temporary", PLACES];

/// Where actions work.
const PLACES: &str = "cache/work";

/// A line for each run that executed something.
const HISTORY: &str = "project/.orch/history";

/// Where the cache notes which projects use it.
const KNOWN_PROJECTS: &str = "cache/store/v1/records/project";

/// Copies a part of the toolchain to a file.
const COPY: &str = "#!/bin/sh\nset -e\nmkdir -p made\ncat \"${0%/bin/go}/$1\" > \"$2\"\n";

#[test]
fn whenever_it_is_killed_the_next_run_is_good() {
    let archive = Archive::new();
    // Once to warm up the machine's own caches, once to measure.
    undisturbed(&archive);
    let (expected, mut whole) = undisturbed(&archive);
    let mut killed = 0;
    let mut random = Random(0x0bad_5eed);
    while killed < KILLS {
        let moment = whole.mul_f64((f64::from(killed) + random.fraction()) / f64::from(KILLS));
        let project = archive.project();
        match killed_after(&project, moment) {
            true => killed += 1,
            // It had ended by itself: the machine is faster now than it was.
            false => whole = moment,
        }
        let left = files(&project);
        project.orch(&["run"]).exits(0);
        archive.assert_copied(&project);
        let now = files(&project);
        // A run that finds nothing to do looks at nothing else; one that does something
        // takes these away.
        let temporary = |path: &&PathBuf| {
            TEMPORARY
                .iter()
                .any(|place| path.parent() == Some(Path::new(place)) || path.starts_with(place))
        };
        let expected_there = |path: &&PathBuf| !expected.contains(*path);
        let unexpected: Vec<_> = now.difference(&expected).collect();
        // A run that is killed leaves no line in the project's history, and what it had
        // executed is not executed again.
        let missing: Vec<_> = expected
            .difference(&now)
            .filter(|path| *path != Path::new(HISTORY))
            .collect();
        assert!(
            unexpected.iter().all(temporary) && missing.is_empty(),
            "killed after {moment:?} of {whole:?}\nleft by the killed run: {left:#?}\n\
             not there after an undisturbed run: {unexpected:#?}\nmissing: {missing:#?}"
        );
        if !unexpected.is_empty() {
            let project = Archive::with_one_more_task(project);
            project.orch(&["run"]).exits(0);
            let left = files(&project);
            let mut left = left.iter().filter(expected_there);
            assert_eq!(left.find(temporary), None);
        }
    }
}

/// What a run leaves that nobody disturbs, and how long it takes.
fn undisturbed(archive: &Archive) -> (BTreeSet<PathBuf>, Duration) {
    let project = archive.project();
    let start = Instant::now();
    project.orch(&["run"]).exits(0);
    let took = start.elapsed();
    archive.assert_copied(&project);
    // The second run writes nothing, so what a killed one is compared with is at rest.
    project.orch(&["run"]).exits(0);
    (files(&project), took)
}

/// Whether the run was killed, and had not ended by itself.
fn killed_after(project: &Project, moment: Duration) -> bool {
    let mut orch = project
        .command(&["run"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("`orch` starts");
    thread::sleep(moment);
    orch.kill().expect("a child can be killed");
    orch.wait()
        .expect("a child can be waited for")
        .code()
        .is_none()
}

/// Whether this is a file that is not just there to be locked.
fn holds_something(path: &Path) -> bool {
    !path.is_dir() && path.extension().is_none_or(|extension| extension != "lock")
}

/// Every file and folder of the project and of the cache.
fn files(project: &Project) -> BTreeSet<PathBuf> {
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

/// An archive of a toolchain on this machine.
struct Archive {
    folder: tempfile::TempDir,
    lock: String,
}

impl Archive {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let tree = folder.path().join("tree");
        std::fs::create_dir_all(tree.join("bin")).expect("a folder can be made");
        std::fs::write(tree.join("bin/go"), COPY).expect("a file can be written");
        printed("chmod", &["755", "bin/go"], &tree);
        let mut random = Random(1);
        for part in PARTS {
            std::fs::write(tree.join(part), random.bytes(1 << 20)).expect("it can be written");
        }
        for number in 0..100 {
            let file = tree.join(format!("file-{number}"));
            std::fs::write(file, random.bytes(20_000)).expect("it can be written");
        }
        let file = folder.path().join("go.tar.gz");
        let to = file.display().to_string();
        printed("tar", &["--create", "--gzip", "--file", &to, "."], &tree);
        let bytes = std::fs::read(&file).expect("the archive can be read");
        let lock = lock_of(&format!("file://{to}"), &bytes, "tar-gz", "bin/go");
        Self { folder, lock }
    }

    /// A new project with an empty cache: it fetches, unpacks, builds and stores.
    fn project(&self) -> Project {
        crate::project()
            .pipeline(&pipeline(&PARTS))
            .file("orch.lock", &self.lock)
    }

    /// The same project with something left to do.
    fn with_one_more_task(project: Project) -> Project {
        project.pipeline(&pipeline(&[&PARTS[..], &["file-0"]].concat()))
    }

    fn assert_copied(&self, project: &Project) {
        for part in PARTS {
            let wanted = read(&self.folder.path().join("tree").join(part));
            let made = read(&project.path().join(format!("made/{part}")));
            assert!(made == wanted, "`made/{part}` is not as it should be");
        }
    }
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
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 to 1.
    fn fraction(&mut self) -> f64 {
        f64::from((self.next() >> 32) as u32) / f64::from(u32::MAX)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = (0..length.div_ceil(8)).map(|_| self.next().to_le_bytes());
        words.flatten().take(length).collect()
    }
}

#[test]
fn a_killed_download_goes_on_where_it_was() {
    let script = [&b"#!/bin/sh\nexit 0\n"[..], &[b'#'; 300_000]].concat();
    let (done, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let half = script.len() / 2;
    let server = Server::start({
        let script = script.clone();
        move |number, request, stream| {
            if number > 0 {
                return send_file(request, stream, &script);
            }
            let length = script.len().to_string();
            let tag = format!("\"{length}\"");
            head(
                stream,
                "200 OK",
                &[("content-length", &length), ("etag", &tag)],
            );
            let _ = stream.write_all(&script[..half]);
            // Until `orch` is killed.
            let _ = wait.lock().map(|wait| wait.recv());
        }
    });
    let url = server.url("go");
    let project = pinned(&url)
        .file("orch.lock", lock_of(&url, &script, "raw", "go"))
        .variable("ORCH_ALLOW_HTTP", &server.host());
    let mut orch = project
        .command(&["run"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("`orch` starts");
    let start = Instant::now();
    while downloaded(&project) < half as u64 {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it does not download"
        );
        thread::sleep(Duration::from_millis(5));
    }
    orch.kill().expect("a child can be killed");
    orch.wait().expect("a child can be waited for");
    drop(done);
    project
        .orch(&["run"])
        .exits(0)
        .as_documented("Killed during a download");
    let requests = server.requests();
    assert_eq!(requests[1].headers["range"], format!("bytes={half}-"));
}

/// Bytes in the cache's folder for downloads.
fn downloaded(project: &Project) -> u64 {
    let files = std::fs::read_dir(project.cache().join("downloads"));
    let files = files.into_iter().flatten().flatten();
    files
        .filter(|file| file.path().extension().is_some_and(|end| end == "part"))
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum()
}
