//! Answers plugins' questions from this machine: its files through the project's folder,
//! its variables, its network.

use std::path::PathBuf;
use std::sync::Arc;

use globset::GlobBuilder;
use orch_engine::port::FactSource;
use orch_fetch::Fetcher;
use orch_machine::Programs;
use orch_model::{Answer, Question, Refusal};
use walkdir::WalkDir;

use crate::environment::Environment;

/// The largest file that a plugin is given.
const READ_LIMIT: u64 = 16 * 1024 * 1024;

/// The most names that a plugin's pattern may match.
const GLOB_LIMIT: usize = 100_000;

/// This machine's answers.
pub struct MachineFacts {
    /// The user's environment.
    pub environment: Environment,
    /// The pipeline's folder, with no link in its path; none where there is no pipeline.
    pub project: Option<PathBuf>,
    /// The way to the network.
    pub fetcher: Arc<Fetcher>,
    /// The programs that this machine has.
    pub programs: Arc<Programs>,
}

impl MachineFacts {
    /// Asks nothing yet.
    pub fn new(environment: &Environment, project: Option<PathBuf>, fetcher: Arc<Fetcher>) -> Self {
        Self {
            environment: environment.clone(),
            project,
            fetcher,
            programs: Arc::new(Programs::new(environment.program_settings())),
        }
    }
}

impl FactSource for MachineFacts {
    fn answer(&self, question: &Question) -> Result<Answer, Refusal> {
        match question {
            Question::HostMachine => Ok(Answer::Machine(self.environment.host.clone())),
            Question::Variable(name) => self
                .environment
                .variable(name)
                .map(|value| Answer::Text(value.to_owned()))
                .ok_or(Refusal::Absent),
            Question::Read(path) => self.read(path).map(Answer::Bytes),
            Question::Glob(pattern) => self.glob(pattern).map(Answer::List),
            Question::Download(url) => self.fetcher.document(url).map(Answer::Bytes),
            Question::PackageVersions(name) => {
                self.fetcher.package_versions(name).map(Answer::List)
            }
            Question::PackageFile {
                name,
                version,
                machine,
            } => self
                .fetcher
                .package_file(name, version, machine)
                .map(Answer::PackageFile),
            Question::Program { name, argument } => {
                self.programs.facts(name, *argument).map(Answer::Program)
            }
            Question::Run { .. } => Err(Refusal::Failed(
                "this version of orch runs no tools while it plans".to_owned(),
            )),
        }
    }
}

impl MachineFacts {
    fn read(&self, path: &orch_model::RelativePath) -> Result<Vec<u8>, Refusal> {
        let project = self.project.as_deref().ok_or(Refusal::Absent)?;
        // Resolved before it is opened: a link in the project may not lead a plugin out.
        let file = match path.below(project).canonicalize() {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Refusal::Absent);
            }
            Err(error) => return Err(Refusal::Failed(error.to_string())),
        };
        if !file.starts_with(project) {
            return Err(Refusal::Failed(format!(
                "`{path}` is a link that leaves the project"
            )));
        }
        let metadata = file
            .metadata()
            .map_err(|error| Refusal::Failed(error.to_string()))?;
        if !metadata.is_file() {
            return Err(Refusal::Failed(format!("`{path}` is no file")));
        }
        if metadata.len() > READ_LIMIT {
            return Err(Refusal::Failed(format!(
                "`{path}` is larger than {READ_LIMIT} bytes"
            )));
        }
        std::fs::read(file).map_err(|error| Refusal::Failed(error.to_string()))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, Refusal> {
        let project = self.project.as_deref().ok_or(Refusal::Absent)?;
        let matcher = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|error| Refusal::Failed(error.to_string()))?
            .compile_matcher();
        let mut names = Vec::new();
        let entries = WalkDir::new(project)
            .follow_links(false)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() != 1 || !is_ours(entry.file_name()));
        for entry in entries {
            let entry = entry.map_err(|error| Refusal::Failed(error.to_string()))?;
            let Ok(relative) = entry.path().strip_prefix(project) else {
                continue;
            };
            if entry.file_type().is_file() && matcher.is_match(relative) {
                names.push(relative.to_string_lossy().into_owned());
            }
            if names.len() > GLOB_LIMIT {
                return Err(Refusal::Failed(format!(
                    "`{pattern}` matches more than {GLOB_LIMIT} files"
                )));
            }
        }
        Ok(names)
    }
}

/// Folders at the top of a project that hold no sources.
pub fn is_ours(name: &std::ffi::OsStr) -> bool {
    [".git", ".orch", "out"].iter().any(|ours| name == *ours)
}
