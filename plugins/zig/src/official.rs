//! Zig's own releases: the index and the archives of ziglang.org.
//! <https://ziglang.org/download/> links the index.

use std::collections::BTreeMap;

use orch_plugin::toolchain_source::{Archive, ArchiveFormat};
use orch_plugin::{Facts, Machine};
use orch_plugin_releases::{Found, Origin, Silence};
use serde::Deserialize;
use serde_json::Value;

use crate::Zig;

const INDEX: &str = "https://ziglang.org/download/index.json";

/// Where archives lie; an index that names another place is not followed.
const ARCHIVES: &str = "https://ziglang.org/download/";

/// A release by name: words such as `date`, and a file for each machine such as
/// `x86_64-linux`.
type Release = BTreeMap<String, Value>;

#[derive(Deserialize)]
struct File {
    tarball: String,
    shasum: String,
    /// Bytes in decimal digits.
    size: String,
}

/// Every release, with its archive for a host where it has one. `master`, a build of the day
/// that is soon gone, is none.
pub(crate) fn releases(host: &Machine, facts: &dyn Facts) -> Result<Vec<Found>, Silence> {
    let document = facts
        .download(INDEX)
        .map_err(|refusal| Silence::new(format!("`{INDEX}` {}", refusal.reason())))?;
    let index: BTreeMap<String, Release> = serde_json::from_slice(&document)
        .map_err(|error| Silence::new(format!("`{INDEX}` is no release index: {error}")))?;
    Ok(index
        .iter()
        .filter_map(|(name, release)| {
            Some(Found {
                version: Zig::parse(name)?,
                archive: archive(release, host),
            })
        })
        .collect())
}

fn archive(release: &Release, host: &Machine) -> Option<Archive> {
    let file = machine_names(host)
        .iter()
        .find_map(|name| release.get(name))?;
    let file = File::deserialize(file).ok()?;
    let format = match file.tarball.as_str() {
        name if name.ends_with(".tar.xz") => ArchiveFormat::TarXz,
        name if name.ends_with(".zip") => ArchiveFormat::Zip,
        _ => return None,
    };
    if !file.tarball.starts_with(ARCHIVES) || !is_digest(&file.shasum) {
        return None;
    }
    Some(
        Archive::new(
            format,
            vec![file.tarball],
            format!("sha256:{}", file.shasum),
        )
        .bytes(file.size.parse().ok())
        // Everything lies below `zig-<machine>-<release>/`.
        .strip_components(1),
    )
}

/// What the index calls a host; 32-bit Arm had another name before 0.15.
fn machine_names(host: &Machine) -> Vec<String> {
    let Some((_, system)) = [
        ("linux", "linux"),
        ("darwin", "macos"),
        ("windows", "windows"),
        ("freebsd", "freebsd"),
        ("netbsd", "netbsd"),
    ]
    .into_iter()
    .find(|(part, _)| host.names(part)) else {
        return Vec::new();
    };
    let architectures: &[&str] = match host.architecture() {
        "i586" | "i686" => &["x86"],
        "riscv64gc" => &["riscv64"],
        "armv7" => &["arm", "armv7a"],
        other => &[other],
    };
    architectures
        .iter()
        .map(|architecture| format!("{architecture}-{system}"))
        .collect()
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}
