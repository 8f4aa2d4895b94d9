//! `--trace FILE`: the timeline of a run, written when the run is over.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use orch_model::Fault;
use orch_report::{Trace, system_clock};

/// A timeline and the file that it will be written to.
pub struct TraceFile {
    /// What the run is watched with.
    pub trace: Trace,
    path: PathBuf,
    file: BufWriter<File>,
}

impl TraceFile {
    /// Makes the file, empty.
    pub fn create(path: &Path) -> Result<Self, Fault> {
        let file = File::create(path).map_err(|error| fault(path, &error))?;
        Ok(Self {
            trace: Trace::new(system_clock()),
            path: path.to_owned(),
            file: BufWriter::new(file),
        })
    }

    /// Writes the timeline.
    pub fn write(mut self) -> Result<(), Fault> {
        self.trace
            .write(&mut self.file)
            .and_then(|()| self.file.flush())
            .map_err(|error| fault(&self.path, &error))
    }
}

fn fault(path: &Path, error: &std::io::Error) -> Fault {
    Fault::usage(format!(
        "could not write the trace `{}`: {error}",
        path.display()
    ))
    .hint("name a file in a folder that is there and can be written")
}
