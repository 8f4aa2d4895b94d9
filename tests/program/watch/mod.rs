//! `orch watch`. Every step waits for a line that it prints; none for time to pass.

mod changes;
mod waiting;

use std::fs;
use std::io::Write;

use orch_tests::{Live, Project};

use crate::project;

/// What it says when it has looked at everything and found nothing to do.
const IDLE: &str = "waiting for a change of";

/// Joins the parts; another task counts the lines of the result.
const JOIN: &str = "\
version = 1
name = \"join\"

[task.join]
command = [\"sh\", \"-c\", \"mkdir -p dist && find parts -name '*.txt' | sort | xargs cat > dist/whole\"]
inputs = [\"parts/**/*.txt\"]
outputs = [\"dist/whole\"]

[task.count]
command = [\"sh\", \"-c\", \"wc -l < dist/whole > dist/lines\"]
inputs = [\"dist/whole\"]
outputs = [\"dist/lines\"]
needs = [\"task.join\"]
";

fn join() -> Project {
    project()
        .pipeline(JOIN)
        .file("parts/a.txt", "a\n")
        .file("parts/b.txt", "b\n")
}

fn start(project: &Project, options: &[&str]) -> Live {
    let arguments: Vec<&str> = ["watch"].iter().chain(options).copied().collect();
    Live::start(project.command(&arguments))
}

/// One that has run for the first time.
fn watching(project: &Project) -> Live {
    let mut watch = start(project, &[]);
    watch.until(IDLE);
    watch
}

/// Puts a whole file in place at once: nobody may see one that is half written.
fn write(project: &Project, path: &str, content: impl AsRef<[u8]>) {
    let file = project.path().join(path);
    let elsewhere = project.path().with_file_name("written");
    fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("it can be made");
    fs::write(&elsewhere, content).expect("it can be written");
    fs::rename(elsewhere, file).expect("it can be moved");
}

/// Writes into a file where it lies.
fn append(project: &Project, path: &str, content: &str) {
    let file = fs::OpenOptions::new()
        .append(true)
        .open(project.path().join(path));
    let mut file = file.expect("it is there");
    file.write_all(content.as_bytes())
        .expect("it can be written");
}

fn read(project: &Project, path: &str) -> String {
    fs::read_to_string(project.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines that name changed files.
fn changes(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter();
    lines
        .filter_map(|line| line.strip_prefix("changed: "))
        .collect()
}
