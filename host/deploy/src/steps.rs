//! A deployer's steps, done on one machine.

use std::collections::BTreeMap;
use std::time::Duration;

use orch_model::{Digest, Fault, Step, Upload};
use orch_transport::{Basis, Command, File};

use crate::site::Site;
use crate::trouble::Trouble;

/// For one step: a service may take its time to stop.
const PATIENCE: Duration = Duration::from_secs(300);
/// A smaller file is sent again sooner than it is put together.
const WORTH_A_DIFFERENCE: u64 = 64 << 10;

/// Runs a command in a folder (`$1`).
const IN_FOLDER: &str = "cd \"$1\" || exit\nshift\nexec \"$@\"";

impl Site<'_> {
    /// Files of the release that was made, of which the next one may be made.
    pub fn large_files(&self) -> BTreeMap<String, Digest> {
        let mut files = BTreeMap::new();
        for step in &self.wanted.release.stage {
            if let Step::Upload(upload) = step
                && let Some(file) = self.wanted.file(&upload.artifact)
                && file.bytes >= WORTH_A_DIFFERENCE
            {
                files.insert(upload.to.clone(), file.digest);
            }
        }
        files
    }

    /// Sends files of the build: what the machine lacks of them.
    fn send(&mut self, uploads: &[&Upload], release: &str) -> Result<(), Trouble> {
        let mut files = Vec::new();
        let mut basis = Vec::new();
        for upload in uploads {
            let file = self.wanted.file(&upload.artifact).ok_or_else(|| {
                let why = format!("`{}` is none of the build's files", upload.artifact);
                Trouble::Failed(Fault::internal(why))
            })?;
            let to = self
                .filling(release)
                .fill(&upload.to)
                .map_err(Trouble::Failed)?;
            let local = self.shared.files.file(&file.digest, &upload.artifact);
            files.push(File {
                local: local.map_err(Trouble::Failed)?,
                digest: file.digest,
                bytes: file.bytes,
                to: self.place(release, &to),
                mode: upload.mode,
            });
            basis.extend(self.versions(&to).map_err(Trouble::Failed)?);
        }
        let root = self.remote.root;
        let sent = self
            .remote
            .ask(|connection| Ok(connection.put(&files, &basis, root)?))?;
        self.sent_bytes += sent.sent_bytes;
        Ok(())
    }

    /// Versions of a file that earlier releases left there.
    fn versions(&self, to: &str) -> Result<Vec<Basis>, Fault> {
        let mut versions: Vec<Basis> = Vec::new();
        for held in self.record().held.iter().rev() {
            let Some(digest) = held.files.get(to) else {
                continue;
            };
            let is_there = self.survey.releases.contains(&held.release);
            if is_there && versions.iter().all(|known| known.digest != *digest) {
                versions.push(Basis {
                    digest: *digest,
                    remote: self.place(&held.release, to),
                    local: self.shared.files.find(digest)?,
                });
            }
        }
        Ok(versions)
    }

    /// Does the deployer's steps.
    pub fn perform(&mut self, steps: &[Step], release: &str) -> Result<(), Trouble> {
        let uploads = steps.iter().filter_map(|step| match step {
            Step::Upload(upload) => Some(upload),
            _ => None,
        });
        let uploads: Vec<&Upload> = uploads.collect();
        if !uploads.is_empty() {
            self.send(&uploads, release)?;
        }
        for step in steps {
            self.step(step, release)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, release: &str) -> Result<(), Trouble> {
        let root = self.remote.root;
        let filling = self.filling(release);
        let fill = |text: &str| filling.fill(text).map_err(Trouble::Failed);
        match step {
            Step::Upload(_) => Ok(()), // All were sent at once.
            Step::Write(document) => {
                let (to, contents) = (fill(&document.to)?, fill(&document.contents)?);
                let to = self.place(release, &to);
                self.remote.ask(|connection| {
                    Ok(connection.write(&to, contents.as_bytes(), document.mode, root)?)
                })
            }
            Step::Link { name, to } => {
                let (name, to) = (fill(name)?, fill(to)?);
                self.remote
                    .ask(|connection| Ok(connection.link(&name, &to, root)?))
            }
            Step::Remove(path) => {
                let path = fill(path)?;
                let path = self.place(release, &path);
                self.remote
                    .ask(|connection| Ok(connection.remove(&path, root)?))
            }
            Step::Run(words) => {
                let words = filling.fill_all(words).map_err(Trouble::Failed)?;
                let folder = self.folder(release);
                let mut arguments = vec![folder.as_str()];
                arguments.extend(words.iter().map(String::as_str));
                self.remote
                    .run(|root| {
                        Command::script(IN_FOLDER, &arguments)
                            .as_root(root)
                            .timeout(PATIENCE)
                    })
                    .map(drop)
                    .map_err(|trouble| match trouble {
                        Trouble::Failed(fault) => {
                            let line = words.join(" ");
                            let message = format!("`{line}`: {}", fault.message);
                            Trouble::Failed(Fault { message, ..fault })
                        }
                        other => other,
                    })
            }
        }
    }

    /// Where a path of the deployer's lies.
    fn place(&self, release: &str, path: &str) -> String {
        match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("{}/{path}", self.folder(release)),
        }
    }
}
