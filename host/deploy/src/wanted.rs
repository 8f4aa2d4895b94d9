//! What is to run on the machines of one target.

use std::collections::BTreeMap;

use orch_engine::PlannedRelease;
use orch_engine::port::OutputFile;
use orch_model::{Artifact, Digest, Hasher, Placeholder, Release, parse_placeholders};

/// Digits of a release's name: of 2^48, so that no project ever has one twice.
pub(crate) const ID_DIGITS: usize = 12;

/// A release with its files.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    pub target: &'a str,
    /// Named after all that it consists of but secrets: the same release has the same name
    /// wherever it is made.
    pub id: String,
    pub release: &'a Release,
    pub files: &'a [(Artifact, OutputFile)],
}

impl<'a> Wanted<'a> {
    pub fn new(
        planned: &'a PlannedRelease,
        release: &'a Release,
        files: &'a [(Artifact, OutputFile)],
        images: &BTreeMap<String, String>,
    ) -> Self {
        Self {
            target: &planned.target,
            id: id(release, files, images),
            release,
            files,
        }
    }

    /// The file of an artifact.
    pub fn file(&self, artifact: &str) -> Option<&'a OutputFile> {
        let mut files = self.files.iter();
        let found = files.find(|(one, _)| one.name.as_str() == artifact);
        found.map(|(_, file)| file)
    }

    /// What all of its files hold together.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, file)| file.bytes).sum()
    }

    /// The digests of its files by name.
    pub fn digests(&self) -> impl Iterator<Item = (String, Digest)> {
        self.files
            .iter()
            .map(|(artifact, file)| (artifact.name.to_string(), file.digest))
    }
}

fn id(
    release: &Release,
    files: &[(Artifact, OutputFile)],
    images: &BTreeMap<String, String>,
) -> String {
    let mut hasher = Hasher::new();
    // How its log is read is no part of it.
    let unread = Release {
        log: Vec::new(),
        follow: Vec::new(),
        ..release.clone()
    };
    let text = serde_json::to_vec(&unread).expect("it has a JSON form");
    hasher.update(&text);
    for (artifact, file) in files {
        hasher.update(format!("\n{} {}", artifact.name, file.digest).as_bytes());
    }
    for text in release.texts() {
        for part in parse_placeholders(text).unwrap_or_default() {
            if let Placeholder::Image(name) = part {
                let image = images.get(&name).map_or("", String::as_str);
                hasher.update(format!("\n{name} {image}").as_bytes());
            }
        }
    }
    let digest = hasher.finish().to_string();
    let (_, digits) = digest.split_once(':').unwrap_or_default();
    digits.chars().take(ID_DIGITS).collect()
}
