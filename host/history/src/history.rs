//! The file: opened and looked over.

use std::path::{Path, PathBuf};
use std::time::Duration;

use orch_model::Fault;
use rusqlite::{Connection, OpenFlags};

use crate::fault;
use crate::schema::{self, STEPS, State};

/// How long another `orch` may write before this one gives up. A measurement takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A project's measurements.
#[derive(Debug)]
pub struct History {
    pub(crate) connection: Connection,
    path: PathBuf,
}

impl History {
    /// Opens the history in a file, which is made where it is missing, with its folder. An older
    /// version is brought up to this one. A file that is newer, damaged or of another program is a
    /// fault, and stays as it is.
    ///
    /// A file that cannot be written is opened for reading.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| fault::io(path, &error))?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut history = Self::connect(path, flags)?;
        if let State::Behind(_) = history.state()? {
            schema::migrate(&mut history.connection, STEPS)
                .map_err(|error| history.fault("prepare", &error))?
                .map_err(|unfit| fault::unfit(path, &unfit))?;
        }
        Ok(history)
    }

    /// Opens the history in a file only to read it; `None` where there is no such file, or nothing
    /// in it yet. Nothing is made and nothing changed, but that what a killed process began to
    /// write is taken back.
    pub fn open_existing(path: &Path) -> Result<Option<Self>, Fault> {
        if !path.try_exists().map_err(|error| fault::io(path, &error))? {
            return Ok(None);
        }
        let history = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        match history.state()? {
            State::Current => Ok(Some(history)),
            State::Behind(0) => Ok(None),
            // It has to be brought up to this version to be read.
            State::Behind(_) => Self::open(path).map(Some),
        }
    }

    /// What SQLite could not do to this file.
    pub(crate) fn fault(&self, doing: &str, error: &rusqlite::Error) -> Fault {
        fault::of(doing, &self.path, error)
    }

    /// Connects to a file, by its plain name: `file:x` is a file of that name.
    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, Fault> {
        let failed = |error| fault::of("open", path, &error);
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        let history = Self {
            connection,
            path: path.to_owned(),
        };
        history.set_up().map_err(failed)?;
        Ok(history)
    }

    fn set_up(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(PATIENCE)?;
        // Damage is found where it is read, not where it has led to.
        self.connection
            .pragma_update(None, "cell_size_check", true)?;
        self.connection.pragma_update(None, "foreign_keys", true)?;
        self.connection.pragma_update(None, "synchronous", "FULL")
    }

    fn state(&self) -> Result<State, Fault> {
        schema::state(&self.connection, STEPS)
            .map_err(|error| self.fault("read", &error))?
            .map_err(|unfit| fault::unfit(&self.path, &unfit))
    }
}
