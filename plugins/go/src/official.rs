//! The official release index and archives. <https://go.dev/dl/>

use orch_plugin::toolchain_source::{Archive, ArchiveFormat};
use orch_plugin::{Facts, Machine, Refusal};
use semver::Version;
use serde::Deserialize;

use crate::platform::go_names;
use crate::release;

/// The site and its mirror: both serve the same index and the same archives.
const SITES: [&str; 2] = ["https://go.dev/dl/", "https://golang.google.cn/dl/"];

#[derive(Deserialize)]
struct Release {
    version: String,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    os: String,
    arch: String,
    sha256: String,
    size: u64,
    kind: String,
}

/// The index, read once.
pub struct Index(Vec<Release>);

impl Index {
    /// From the first site that has it, or what each said.
    pub fn read(facts: &dyn Facts) -> Result<Self, String> {
        let mut said = Vec::new();
        for site in SITES {
            match facts.download(&format!("{site}?mode=json&include=all")) {
                Ok(document) => match serde_json::from_slice(&document) {
                    Ok(releases) => return Ok(Self(releases)),
                    Err(error) => said.push(format!("`{site}` is no release index: {error}")),
                },
                // The mirror needs the same network.
                Err(Refusal::Offline) => {
                    return Err(format!("`{site}` {}", Refusal::Offline.reason()));
                }
                Err(refusal) => said.push(format!("`{site}` {}", refusal.reason())),
            }
        }
        Err(said.join("; "))
    }

    /// Every release with an archive for the host.
    pub fn versions(&self, host: &Machine) -> Vec<Version> {
        self.0
            .iter()
            .filter(|release| release.archive(host).is_some())
            .filter_map(|release| release::version(&release.version))
            .collect()
    }

    /// The archive of a release for a host.
    pub fn archive(&self, version: &Version, host: &Machine) -> Option<Archive> {
        let file = self
            .0
            .iter()
            .find(|release| release::version(&release.version).as_ref() == Some(version))?
            .archive(host)?;
        let format = match file.filename.ends_with(".zip") {
            true => ArchiveFormat::Zip,
            false => ArchiveFormat::TarGz,
        };
        let urls = SITES
            .map(|site| format!("{site}{}", file.filename))
            .to_vec();
        Some(
            Archive::new(format, urls, format!("sha256:{}", file.sha256))
                .bytes(Some(file.size))
                .strip_components(1),
        )
    }
}

impl Release {
    fn archive(&self, host: &Machine) -> Option<&File> {
        let (system, architecture) = go_names(host)?;
        self.files
            .iter()
            .find(|file| file.kind == "archive" && file.os == system && file.arch == architecture)
    }
}
