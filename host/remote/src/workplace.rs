//! Where a process runs on a machine: its folder there, with all that it reads, and its words and
//! environment as they read there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use orch_engine::port::Job;
use orch_model::{Fault, Hasher, RelativePath, Root, SandboxPath, Word};
use orch_transport::{Connection, File, LocalFiles};

/// Where programs of the machine are looked for.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The folder of a process on a machine.
pub(crate) struct Workplace<'a> {
    pub folder: String,
    job: Job<'a>,
}

impl<'a> Workplace<'a> {
    /// One for each set of files, below a folder: a program and its baseline never share one, and
    /// their names are of one length.
    pub fn below(folder: &str, job: Job<'a>) -> Self {
        let mut hasher = Hasher::new();
        for (step, files) in job.artifacts {
            for file in files {
                hasher.field(step);
                hasher.field(file.path.to_string());
                hasher.field(file.digest.to_string());
                hasher.field([u8::from(file.executable)]);
            }
        }
        for input in job.inputs {
            hasher.field(input.path.as_str());
            hasher.field(input.digest.to_string());
        }
        hasher.field(serde_json::to_string(&job.action.files).expect("it has a JSON form"));
        let name = &hasher.finish().hex()[..16];
        Self {
            folder: format!("{folder}/{name}"),
            job,
        }
    }

    /// Brings all that the process reads. Inputs lie in the project's folder here.
    pub fn fill(
        &self,
        connection: &Connection,
        local: &LocalFiles<'_>,
        project: &std::path::Path,
    ) -> Result<(), Fault> {
        let mut files: Vec<File> = Vec::new();
        for (step, made) in self.job.artifacts {
            let root = self.root(&Root::Artifact(step.clone()))?;
            for file in made {
                files.push(File {
                    local: local.file(&file.digest, file.path.relative.as_str())?,
                    digest: file.digest,
                    bytes: file.bytes,
                    to: below(&root, &file.path.relative),
                    mode: mode(file.executable),
                });
            }
        }
        let source = self.root(&Root::Source)?;
        for input in self.job.inputs {
            let to = below(&source, &input.path);
            if let Some(text) = &input.link {
                connection
                    .link(&to, text, false)
                    .map_err(|lost| lost.fault)?;
                continue;
            }
            let from: PathBuf = input.path.below(project);
            files.push(File {
                local: from,
                digest: input.digest,
                bytes: input.bytes,
                to,
                mode: mode(input.executable),
            });
        }
        connection
            .put(&files, &[], false)
            .map_err(|lost| lost.fault)?;
        for file in &self.job.action.files {
            for path in &file.paths {
                let to = below(&format!("{}/files", self.folder), path);
                let contents = file.text.as_bytes();
                let written = connection.write(&to, contents, mode(file.executable), false);
                written.map_err(|lost| lost.fault)?;
            }
        }
        Ok(())
    }

    /// The folders that the process finds: where it works, then those of its outputs.
    pub fn folders(&self) -> Result<Vec<String>, Fault> {
        let action = self.job.action;
        let mut folders = BTreeSet::new();
        for output in &action.outputs {
            let path = self.path(output)?;
            folders.extend(path.rsplit_once('/').map(|(folder, _)| folder.to_owned()));
        }
        for cache in &action.caches {
            folders.insert(self.root(&Root::Cache(cache.clone()))?);
        }
        let mut all = vec![self.path(&action.directory)?];
        all.extend(folders);
        Ok(all)
    }

    /// The program and its arguments.
    pub fn words(&self) -> Result<Vec<String>, Fault> {
        let action = self.job.action;
        let words = std::iter::once(&action.program).chain(&action.arguments);
        words.map(|word| self.word(word)).collect()
    }

    /// The whole environment, as here: `NAME=VALUE`.
    pub fn environment(&self) -> Result<Vec<String>, Fault> {
        let scratch = self.root(&Root::Scratch)?;
        let mut variables = BTreeMap::from([
            ("HOME".to_owned(), format!("{scratch}/home")),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("PATH".to_owned(), PATH.to_owned()),
            ("TMPDIR".to_owned(), format!("{scratch}/tmp")),
            ("TZ".to_owned(), "UTC".to_owned()),
        ]);
        for variable in &self.job.action.environment {
            variables.insert(variable.name.clone(), self.word(&variable.value)?);
        }
        let variables = variables.into_iter();
        Ok(variables
            .map(|(name, value)| format!("{name}={value}"))
            .collect())
    }

    fn word(&self, word: &Word) -> Result<String, Fault> {
        let parts = word.0.iter().map(|part| match part {
            orch_model::Part::Text(text) => Ok(text.clone()),
            orch_model::Part::Path(path) => self.path(path),
        });
        parts.collect()
    }

    fn path(&self, path: &SandboxPath) -> Result<String, Fault> {
        Ok(below(&self.root(&path.root)?, &path.relative))
    }

    fn root(&self, root: &Root) -> Result<String, Fault> {
        let name = match root {
            Root::Source => "source".to_owned(),
            Root::Output => "output".to_owned(),
            Root::Scratch => "scratch".to_owned(),
            Root::Artifact(step) => format!("artifact/{}", folder_name(step)),
            Root::Cache(name) => format!("cache/{}", folder_name(name)),
            Root::Tool(name) => {
                // The plan has refused what is in need of one.
                return Err(Fault::internal(format!(
                    "toolchain `{name}` is on this machine only"
                )));
            }
        };
        Ok(format!("{}/{name}", self.folder))
    }
}

fn below(folder: &str, path: &RelativePath) -> String {
    match path.as_str() {
        "" | "." => folder.to_owned(),
        path => format!("{folder}/{path}"),
    }
}

/// A name from a plan as that of one folder.
fn folder_name(name: &str) -> String {
    match name {
        "" | "." | ".." => format!("%{name}"),
        name => name.replace('%', "%25").replace('/', "%2f"),
    }
}

fn mode(executable: bool) -> u32 {
    match executable {
        true => 0o755,
        false => 0o644,
    }
}
