//! A task that waits until a test lets it end, so that the test does something in the middle
//! of a run.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use orch_tests::Project;

use crate::project;

/// A task that copies its input, and before that waits for the test, which waits for it.
pub fn gated() -> (Project, Gate) {
    let project = project().file("in.txt", "first");
    let folder = project.path().with_file_name("gate");
    fs::create_dir(&folder).expect("it can be made");
    let gate = Gate(folder);
    let script = format!(
        "touch {0}/begun; while [ ! -e {0}/open ]; do sleep 0.01; done; cp in.txt made",
        gate.0.display()
    );
    let project = project.pipeline(&format!(
        "version = 1\nname = \"gated\"\n\n[task.copy]\ncommand = [\"sh\", \"-c\", \"{script}\"]\n\
         inputs = [\"in.txt\"]\noutputs = [\"made\"]\n"
    ));
    (project, gate)
}

/// Where a task waits.
pub struct Gate(PathBuf);

impl Gate {
    /// Waits until the task has begun.
    pub fn wait_for_begin(&self) {
        let begun = self.0.join("begun");
        let start = Instant::now();
        while !begun.exists() {
            assert!(start.elapsed().as_secs() < 60, "the task does not begin");
            thread::sleep(Duration::from_millis(5));
        }
        fs::remove_file(begun).expect("it is there");
    }

    /// Lets the task end, and every later one.
    pub fn open(&self) {
        fs::write(self.0.join("open"), "").expect("it can be written");
    }

    /// Makes every later task wait.
    pub fn close(&self) {
        fs::remove_file(self.0.join("open")).expect("it is there");
    }
}
