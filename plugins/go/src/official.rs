//! Go's own releases: the index and the archives of go.dev, and of its mirror.
//! <https://pkg.go.dev/golang.org/x/website/internal/dl> describes the index.

use orch_plugin::toolchain_source::{Archive, ArchiveFormat};
use orch_plugin::{Facts, Machine, Refusal};
use orch_plugin_go_command::{Port, release};
use orch_plugin_releases::{Found, Silence};
use serde::Deserialize;

/// The site and its mirror: both serve the same index and the same archives.
const SITES: [&str; 2] = ["https://go.dev/dl/", "https://golang.google.cn/dl/"];
const INDEX: &str = "?mode=json&include=all";

#[derive(Deserialize)]
struct Release {
    version: String,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    arch: String,
    #[serde(default)]
    sha256: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    kind: String,
}

/// Every release, with its archive for a host where it has one.
pub(crate) fn releases(host: &Machine, facts: &dyn Facts) -> Result<Vec<Found>, Silence> {
    Ok(index(facts)?
        .iter()
        .filter_map(|release| {
            Some(Found {
                version: release::parse(&release.version)?,
                archive: archive(release, host),
            })
        })
        .collect())
}

/// The index of the first site that has one, or what each said.
fn index(facts: &dyn Facts) -> Result<Vec<Release>, Silence> {
    let mut said = Vec::new();
    for site in SITES {
        match facts.download(&format!("{site}{INDEX}")) {
            Ok(document) => match serde_json::from_slice(&document) {
                Ok(releases) => return Ok(releases),
                Err(error) => said.push(format!("`{site}` has no release index: {error}")),
            },
            Err(refusal) => {
                said.push(format!("`{site}` {}", refusal.reason()));
                // The mirror needs the same network.
                if refusal == Refusal::Offline {
                    break;
                }
            }
        }
    }
    Err(Silence::new(said.join("; ")))
}

fn archive(release: &Release, host: &Machine) -> Option<Archive> {
    let port = Port::of(host)?;
    // The archive for 32-bit Arm is named for the oldest Arm that it runs on.
    let arch = match port.arch {
        "arm" => "armv6l",
        arch => arch,
    };
    let file = release.files.iter().find(|file| {
        file.kind == "archive"
            && file.os == port.os
            && file.arch == arch
            && is_plain(&file.filename)
            && is_digest(&file.sha256)
    })?;
    let format = match file.filename.as_str() {
        name if name.ends_with(".tar.gz") => ArchiveFormat::TarGz,
        name if name.ends_with(".zip") => ArchiveFormat::Zip,
        _ => return None,
    };
    let urls = SITES.map(|site| format!("{site}{}", file.filename));
    Some(
        Archive::new(format, urls.to_vec(), format!("sha256:{}", file.sha256))
            .bytes(Some(file.size).filter(|size| *size > 0))
            // Everything lies below `go/`.
            .strip_components(1),
    )
}

/// A name that becomes the end of a URL and nothing else.
fn is_plain(name: &str) -> bool {
    !name.starts_with('.')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

/// The oldest releases have none.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}
