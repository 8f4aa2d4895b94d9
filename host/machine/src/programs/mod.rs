//! Programs that this machine has already: where they lie, what they say of themselves, and
//! what they are made of.
//!
//! A program is known by a digest over its file and the shared libraries that `ldd` names
//! for it. What else it reads or starts, such as the headers and the assembler of a C
//! compiler, is not looked at.

mod content;
mod find;
mod memory;

use std::path::{Path, PathBuf};
use std::time::Duration;

use orch_model::{Digest, Fault, ProgramFacts, Refusal, VersionArgument};

pub use find::Place;

use crate::asking;
use content::Content;
use memory::Memory;

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of what it says is kept, in bytes.
const SAID_BYTES: usize = 16 << 10;

/// Where programs are looked for, and what is known of the machine around them.
#[derive(Clone, Debug)]
pub struct ProgramSettings {
    /// Folders in the order in which they are searched, as in `PATH`.
    pub path: String,
    /// The user's home folder, which no action is shown.
    pub home: Option<PathBuf>,
    /// Folders at the top of the machine that every action is shown.
    pub shown: &'static [&'static str],
    /// The file in which it is remembered what programs are made of.
    pub memory: PathBuf,
}

/// The programs of this machine.
#[derive(Debug)]
pub struct Programs {
    settings: ProgramSettings,
    memory: Memory,
}

impl Programs {
    /// Reads nothing before a program is asked for.
    pub fn new(settings: ProgramSettings) -> Self {
        Self {
            memory: Memory::new(settings.memory.clone()),
            settings,
        }
    }

    /// What a program says of itself when it is given this argument, and what it is made of.
    ///
    /// # Errors
    ///
    /// `absent` where `PATH` has no such program, `failed` where it cannot be run or read.
    pub fn facts(&self, name: &str, argument: VersionArgument) -> Result<ProgramFacts, Refusal> {
        let failed = |fault: Fault| Refusal::Failed(fault.message);
        let file = find::real_file(&self.settings, name).ok_or(Refusal::Absent)?;
        if let Some(known) = self.memory.recall(&file, argument) {
            return Ok(known);
        }
        let content = self.content(&file).map_err(failed)?;
        let facts = ProgramFacts {
            said: said(&file, argument).map_err(failed)?,
            digest: content.digest,
        };
        self.memory.keep(&file, argument, &content, &facts);
        Ok(facts)
    }

    /// The digest of a program, which was asked with some argument before or not; `None`
    /// where `PATH` has no such program.
    ///
    /// # Errors
    ///
    /// Its file, or that of a library, cannot be read.
    pub fn digest(&self, name: &str) -> Result<Option<Digest>, Fault> {
        let Some(file) = find::real_file(&self.settings, name) else {
            return Ok(None);
        };
        match self.memory.digest(&file) {
            Some(known) => Ok(Some(known)),
            None => Ok(Some(self.content(&file)?.digest)),
        }
    }

    /// Where a program lies, as an action can be shown it.
    ///
    /// # Errors
    ///
    /// `PATH` has no such program, or it lies among files that no action should see.
    pub fn place(&self, name: &str) -> Result<Place, Fault> {
        find::place(&self.settings, name)
    }

    fn content(&self, file: &Path) -> Result<Content, Fault> {
        Content::read(file, find::on_path(&self.settings, "ldd").as_deref())
    }
}

/// What a program prints, standard output before standard error.
fn said(file: &Path, argument: VersionArgument) -> Result<String, Fault> {
    let asked = asking::ask(file, &[argument.text()], "", PATIENCE).map_err(|fault| {
        let name = file.display();
        Fault::internal(format!("`{name} {}`: {}", argument.text(), fault.message))
    })?;
    let mut said = String::from_utf8_lossy(&asked.stdout).into_owned();
    said.push_str(&asked.stderr);
    let end = said.floor_char_boundary(SAID_BYTES);
    said.truncate(end);
    Ok(said)
}

#[cfg(test)]
mod tests;
