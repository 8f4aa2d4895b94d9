//! The lines of a lock as they are written, and the values that they stand for. Keys
//! that nobody knows are refused: a lock that is half understood pins nothing.

use serde::Deserialize;

use orch_model::{
    Archive, ArchiveFormat, Digest, LockedPlugin, LockedRelease, LockedToolchain, Part, PluginId,
    RelativePath, Root, SandboxPath, TextFile, Tool, Toolchain, Variable, Word,
};

use super::NO_SETTINGS;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockFile {
    #[serde(rename = "version")]
    _version: i64,
    #[serde(default)]
    pub plugin: Vec<PluginEntry>,
    #[serde(default)]
    pub toolchain: Vec<ToolchainEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PluginEntry {
    name: String,
    id: PluginId,
    version: String,
    api: String,
    digest: Digest,
    #[serde(default)]
    asks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolchainEntry {
    name: String,
    with: PluginId,
    requirement: String,
    settings: Option<String>,
    release: String,
    #[serde(default)]
    host: Vec<HostEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HostEntry {
    host: String,
    version: Option<String>,
    #[serde(default)]
    archive: Vec<ArchiveEntry>,
    #[serde(default)]
    files: Vec<TextFile>,
    #[serde(default)]
    tools: Vec<Tool>,
    #[serde(default)]
    environment: Vec<VariableEntry>,
    sysroot: Option<RelativePath>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ArchiveEntry {
    digest: Digest,
    format: ArchiveFormat,
    #[serde(default)]
    urls: Vec<String>,
    bytes: Option<u64>,
    #[serde(default)]
    strip_components: u32,
    #[serde(default)]
    into: RelativePath,
    #[serde(default)]
    exclude: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VariableEntry {
    name: String,
    value: WordEntry,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WordEntry {
    Text(String),
    Parts(Vec<PartEntry>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PartEntry {
    Text(String),
    Path(PathEntry),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathEntry {
    root: RootEntry,
    #[serde(default)]
    of: String,
    path: RelativePath,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RootEntry {
    Source,
    Output,
    Scratch,
    Tool,
    Artifact,
    Cache,
}

impl From<PluginEntry> for LockedPlugin {
    fn from(entry: PluginEntry) -> Self {
        Self {
            name: entry.name,
            id: entry.id,
            version: entry.version,
            api: entry.api,
            digest: entry.digest,
            asks: entry.asks,
        }
    }
}

impl From<ToolchainEntry> for LockedToolchain {
    fn from(entry: ToolchainEntry) -> Self {
        let release = entry.release;
        let hosts = entry.host.into_iter().map(|host| LockedRelease {
            host: host.host,
            toolchain: Toolchain {
                version: host.version.unwrap_or_else(|| release.clone()),
                archives: host.archive.into_iter().map(Archive::from).collect(),
                files: host.files,
                // Such a toolchain is pinned by no lock.
                programs: Vec::new(),
                tools: host.tools,
                environment: host.environment.into_iter().map(Variable::from).collect(),
                sysroot: host.sysroot,
            },
        });
        Self {
            hosts: hosts.collect(),
            name: entry.name,
            with: entry.with,
            requirement: entry.requirement,
            settings: entry.settings.unwrap_or_else(|| NO_SETTINGS.to_owned()),
            release,
        }
    }
}

impl From<ArchiveEntry> for Archive {
    fn from(entry: ArchiveEntry) -> Self {
        Self {
            urls: entry.urls,
            digest: entry.digest,
            bytes: entry.bytes,
            format: entry.format,
            strip_components: entry.strip_components,
            into: entry.into,
            exclude: entry.exclude,
        }
    }
}

impl From<VariableEntry> for Variable {
    fn from(entry: VariableEntry) -> Self {
        let value = match entry.value {
            WordEntry::Text(text) => Word::text(text),
            WordEntry::Parts(parts) => Word(parts.into_iter().map(Part::from).collect()),
        };
        Self {
            name: entry.name,
            value,
        }
    }
}

impl From<PartEntry> for Part {
    fn from(entry: PartEntry) -> Self {
        let entry = match entry {
            PartEntry::Text(text) => return Part::Text(text),
            PartEntry::Path(entry) => entry,
        };
        let root = match entry.root {
            RootEntry::Source => Root::Source,
            RootEntry::Output => Root::Output,
            RootEntry::Scratch => Root::Scratch,
            RootEntry::Tool => Root::Tool(entry.of),
            RootEntry::Artifact => Root::Artifact(entry.of),
            RootEntry::Cache => Root::Cache(entry.of),
        };
        Part::Path(SandboxPath {
            root,
            relative: entry.path,
        })
    }
}
