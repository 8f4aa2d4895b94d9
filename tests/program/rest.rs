//! A run that looks up only what a change reaches, held against one that looks everything up:
//! two copies of a project are edited alike, and one of them forgets each time how everything
//! looked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use orch_tests::{Project, Ran};

use crate::pinned::lock_of;
use crate::project;

/// Tasks that read each other's outputs, walk through folders, and fail where a file says so;
/// and a build that needs one of them.
const PIPELINE: &str = r#"version = 1
name = "rest"

[toolchain.go]
version = "1.22"

[target.wasm]
platform = "wasm"

[task.join]
command = ["sh", "-c", "mkdir -p made && cat parts/* > made/whole"]
inputs = ["parts/*"]
outputs = ["made/whole"]

[task.first]
command = ["sh", "-c", "head -c 1 made/whole > made/first"]
inputs = ["made/whole"]
outputs = ["made/first"]
needs = ["task.join"]

[task.behind]
command = ["sh", "-c", "cat made/first made/first > made/behind"]
inputs = ["made/first"]
outputs = ["made/behind"]
needs = ["task.first"]

[task.folder]
command = ["sh", "-c", "mkdir -p made/copies && cp -r tree/* made/copies/"]
inputs = ["tree/**"]
outputs = ["made/copies/"]

[task.gate]
command = ["sh", "-c", "! grep -r bad tree > /dev/null"]
inputs = ["tree", "script"]

[task.list]
command = ["sh", "-c", "find . -type f ! -name list | sort > made/list"]
inputs = ["**/*", "!made/copies", "!made/first", "!made/behind"]
outputs = ["made/list"]
needs = ["task.join"]

[task.alone]
command = ["./script"]
inputs = ["script"]

[build.agent]
with = "go"
targets = ["wasm"]
needs = ["task.gate"]
smoke = []
"#;

/// Stands for a compiler: a module that does nothing, with some of the source in it.
const COMPILER: &[u8] = br#"#!/bin/sh
while [ "$1" != "-o" ]; do shift; done
read -r line < main.go
{
    printf '\000asm\001\000\000\000\001\004\001\140\000\000\003\002\001\000'
    printf '\007\012\001\006_start\000\000\012\004\001\002\000\013\000\003\001v'
    printf '%s' "${line#*// }"
} > "$2"
"#;

/// Files that edits may change, and what they may hold.
const FILES: [&str; 9] = [
    "parts/a",
    "parts/b",
    "parts/new",
    "tree/x",
    "tree/deep/y",
    "tree/new",
    "main.go",
    "unread",
    "script",
];
const PRODUCTS: [&str; 7] = [
    "made/whole",
    "made/first",
    "made/behind",
    "made/copies/x",
    "made/copies",
    "made/list",
    "out/agent/wasm/agent.wasm",
];

/// One thing that somebody does to a project.
#[derive(Clone, Debug)]
enum Edit {
    Write(&'static str, &'static str),
    Remove(&'static str),
    Mode(&'static str, u32),
    Pipeline(u64),
}

impl Edit {
    fn apply(&self, project: &Path) {
        match self {
            Self::Write(path, text) => {
                let path = project.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self::Remove(path) => {
                let path = project.join(path);
                match path.is_dir() {
                    true => fs::remove_dir_all(path).unwrap(),
                    false => drop(fs::remove_file(path)),
                }
            }
            Self::Mode(path, mode) => {
                let mode = fs::Permissions::from_mode(*mode);
                drop(fs::set_permissions(project.join(path), mode));
            }
            Self::Pipeline(number) => {
                let text = format!("{PIPELINE}# {number}\n");
                fs::write(project.join("pipeline.toml"), text).unwrap();
            }
        }
    }
}

/// The same numbers each time (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn one_of(&mut self, all: &[&'static str]) -> &'static str {
        all[self.below(all.len())]
    }

    fn edit(&mut self) -> Edit {
        match self.below(16) {
            0..7 => {
                let path = self.one_of(&FILES);
                let text = match path {
                    "script" => self.one_of(&["#!/bin/sh\n", "#!/bin/sh\nexit 0\n"]),
                    "main.go" => self.one_of(&["package main// 1\n", "package main// 2\n"]),
                    _ => self.one_of(&["good\n", "bad\n", "great\n", "fine\n"]),
                };
                Edit::Write(path, text)
            }
            7..9 => Edit::Remove(self.one_of(&["parts/b", "parts/new", "tree/new", "tree/deep"])),
            9..12 => Edit::Remove(self.one_of(&PRODUCTS)),
            12 => Edit::Write(self.one_of(&["made/first", "made/list"]), "by hand\n"),
            13 => Edit::Mode(self.one_of(&["parts/a", "tree/x"]), 0o755),
            14 => Edit::Mode(self.one_of(&["parts/a", "made/whole"]), 0o644),
            _ => Edit::Pipeline(self.below(3) as u64),
        }
    }
}

fn copy() -> Project {
    let project = project().file("go", COMPILER);
    let url = format!("file://{}", project.path().join("go").display());
    let project = project
        .file("orch.lock", lock_of(&url, COMPILER, "raw", "go"))
        .pipeline(PIPELINE)
        .file("go.mod", "module example.org/agent\n\ngo 1.22\n")
        .file("main.go", "package main// 0\n")
        .file("parts/a", "good\n")
        .file("parts/b", "good\n")
        .file("tree/x", "good\n")
        .file("tree/deep/y", "good\n")
        .file("script", "#!/bin/sh\n");
    Edit::Mode("script", 0o755).apply(&project.path());
    project
}

/// One after the other, so that both say everything in the same order.
fn run(project: &Project) -> Ran {
    project.orch(&["run", "--keep-going", "--jobs=1"])
}

/// Whatever a run leaves in a project, and what is remembered of it.
fn left_by(project: &Project) -> Vec<(String, Vec<u8>)> {
    let files = project.files().into_iter();
    let files = files.filter(|file| !file.starts_with(".orch/") && file != "orch.lock");
    let read = |file: String| {
        let content = fs::read(project.path().join(&file)).unwrap();
        (file, content)
    };
    files.map(read).collect()
}

/// How wide a column is follows from what a run took.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// What each run executed, with its keys.
fn history(project: &Project) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(project.path().join(".orch/history")).unwrap();
    let runs = text.lines().map(|line| {
        let mut run: serde_json::Value = serde_json::from_str(line).unwrap();
        run["ended_s"].take();
        run
    });
    runs.collect()
}

fn explanation(project: &Project) -> String {
    let nodes = [
        "task.join",
        "task.first",
        "task.behind",
        "task.folder",
        "task.gate",
        "task.list",
        "task.alone",
        "build.agent",
    ];
    let explained = nodes.map(|node| project.orch(&["explain", node]).stdout);
    explained.concat()
}

#[test]
fn a_run_of_what_a_change_reaches_leaves_says_and_remembers_what_a_run_of_everything_does() {
    let (short, long) = (copy(), copy());
    let snapshots = long.path().join(".orch/snapshots");
    let mut numbers = Numbers(1);
    let mut edits = Vec::new();
    for step in 0..60 {
        let (one, other) = (run(&short), run(&long));
        let so_far = format!("after {edits:#?}");
        assert_eq!(one.stderr, other.stderr, "{so_far}");
        assert_eq!(words(&one.stdout), words(&other.stdout), "{so_far}");
        assert_eq!(one.code(), other.code(), "{so_far}");
        assert_eq!(left_by(&short), left_by(&long), "{so_far}");
        assert_eq!(history(&short), history(&long), "{so_far}");
        if step % 10 == 9 {
            assert_eq!(explanation(&short), explanation(&long), "{so_far}");
        }
        drop(fs::remove_dir_all(&snapshots));
        // Now and then two at once, now and then none.
        for _ in 0..numbers.below(3) {
            let edit = numbers.edit();
            edit.apply(&short.path());
            edit.apply(&long.path());
            edits.push(edit);
        }
    }
}

/// The first run makes folders, which the second finds changed.
fn settle(project: &Project, words: &[&str]) {
    (0..2).for_each(|_| drop(project.orch(words).exits(0)));
    project.orch(words).exits(0).says("nothing to do");
}

#[test]
fn whatever_happens_to_what_is_remembered_a_run_does_what_it_must() {
    let project = copy();
    settle(&project, &["run"]);
    let remembered = project.files().into_iter();
    let remembered = remembered
        .filter(|file| file.starts_with(".orch/snapshots/") || file == ".orch/files")
        .map(|file| project.path().join(file));
    let remembered: Vec<_> = remembered.collect();
    assert_eq!(remembered.len(), 3, "{remembered:?}");
    let mut numbers = Numbers(3);
    for (round, file) in remembered.iter().cycle().take(12).enumerate() {
        let mut bytes = fs::read(file).unwrap();
        let at = numbers.below(bytes.len());
        match numbers.below(2) {
            0 => bytes.truncate(at),
            _ => bytes[at] ^= 1 << numbers.below(8),
        }
        fs::write(file, bytes).unwrap();
        let content = format!("new {round}\n");
        Edit::Write("tree/x", content.clone().leak()).apply(&project.path());
        // What copies it, what searches it, and both that walk through everything.
        run(&project).exits(0).says("4 done, 8 cached");
        let made = fs::read_to_string(project.path().join("made/copies/x")).unwrap();
        assert_eq!(made, content, "byte {at} of {}", file.display());
        settle(&project, &["run"]);
    }
}

#[test]
fn a_selection_stays_what_it_is() {
    for (only, said) in [
        ("build.agent@wasm/compile", "1 done, 2 cached"),
        ("build.agent", "4 done, 2 cached"),
        ("task.behind", "3 done"),
    ] {
        let project = copy();
        let words = ["run", "--only", only];
        settle(&project, &words);
        Edit::Write("main.go", "package main// 9\n").apply(&project.path());
        Edit::Write("parts/a", "other\n").apply(&project.path());
        project.orch(&words).exits(0).says(said);
    }
}
