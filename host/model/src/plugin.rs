//! What a plugin says of itself, and how a call to one can fail.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use crate::Digest;

/// A plugin's name: lower-case letters, digits and `-`, starting with a letter, at
/// most 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PluginId(String);

impl PluginId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PluginId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = text.len() <= 64
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "`{}` is no plugin name: use lower-case letters, digits and `-`, a letter first",
                text.chars().take(80).collect::<String>()
            ))
        }
    }
}

impl<'de> Deserialize<'de> for PluginId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for PluginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a plugin can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Where compilers come from.
    ToolchainSource,
    /// How sources become artifacts.
    Builder,
    /// Machines to build for.
    TargetPlatform,
    /// What to set, and why.
    TuningPolicy,
    /// What to measure.
    BenchmarkProbe,
    /// How an artifact goes live.
    Deployer,
}

impl Role {
    /// Every role, in the contract's order.
    pub const ALL: [Role; 6] = [
        Role::ToolchainSource,
        Role::Builder,
        Role::TargetPlatform,
        Role::TuningPolicy,
        Role::BenchmarkProbe,
        Role::Deployer,
    ];

    /// The name of the role's interface in the contract and in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Role::ToolchainSource => "toolchain-source",
            Role::Builder => "builder",
            Role::TargetPlatform => "target-platform",
            Role::TuningPolicy => "tuning-policy",
            Role::BenchmarkProbe => "benchmark-probe",
            Role::Deployer => "deployer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a plugin asks to be told. Nothing is granted by asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Asks {
    /// Environment variables, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
    /// Glob patterns of files below the pipeline's folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Hosts of documents that it downloads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Package URLs without a version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// Programs of the machine that are asked for their version, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<String>,
    /// Tools that it runs, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
}

impl Asks {
    /// Every ask as `kind:value`, sorted as declared: how grants are written and shown.
    pub fn lines(&self) -> Vec<String> {
        [
            ("variable", &self.variables),
            ("file", &self.files),
            ("host", &self.hosts),
            ("package", &self.packages),
            ("program", &self.programs),
            ("tool", &self.tools),
        ]
        .into_iter()
        .flat_map(|(kind, values)| values.iter().map(move |value| format!("{kind}:{value}")))
        .collect()
    }
}

/// The content of a component's `orch:manifest` section: JSON, made from the plugin's
/// `orch-plugin.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// The plugin's name.
    pub id: PluginId,
    /// Its own version.
    pub version: Version,
    /// The versions of the contract that it works with, e.g. `^0.1`.
    pub api: VersionReq,
    /// The roles that it plays.
    pub roles: Vec<Role>,
    /// One line on what it is.
    pub summary: String,
    /// A JSON Schema of its settings, for each role that has any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<Role, serde_json::Value>,
    /// What it asks for.
    #[serde(default)]
    pub asks: Asks,
}

impl Manifest {
    /// Whether its toolchains are programs that the machine has: they are looked for whenever
    /// a plan is made, and no lock pins them.
    pub fn finds_programs(&self) -> bool {
        !self.asks.programs.is_empty() && self.roles.contains(&Role::ToolchainSource)
    }
}

/// Where a plugin was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginOrigin {
    /// Inside the `orch` binary; granted what it asks for by being there.
    Bundled,
    /// A file named by the pipeline or the command line.
    Path(String),
}

/// A loaded plugin, as the rest of the house sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PluginSummary {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Of the component's bytes.
    pub digest: Digest,
    /// Where it was found.
    pub origin: PluginOrigin,
    /// What it imports, as `package/interface@version`, sorted.
    pub imports: Vec<String>,
    /// What it exports, in the same form.
    pub exports: Vec<String>,
    /// Size of the component in bytes.
    pub bytes: u64,
}

/// Something that a plugin can do, by the name that a pipeline uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The name.
    pub name: String,
    /// One line on it.
    pub summary: String,
}

/// One thing that is wrong with the settings that a plugin was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// The setting at fault, e.g. `cpu` or `flags[2]`.
    pub setting: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

/// How loud a plugin's log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// For the plugin's author.
    Debug,
    /// For a curious user.
    Info,
    /// For every user.
    Warning,
}

/// A line that a plugin wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Who wrote it.
    pub plugin: PluginId,
    /// How loud.
    pub level: LogLevel,
    /// The line.
    pub message: String,
}

/// How a call to a plugin can fail. The four are told apart everywhere: it said the
/// settings are wrong, it said no, it broke, or the host broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginFailure {
    /// The plugin says that the user's settings are wrong.
    Invalid(Vec<Problem>),
    /// The plugin does not do this, and says what it does.
    Unsupported(String),
    /// The plugin tried and failed; the text names plugin, role and function.
    Failed(String),
    /// The host refused something that the plugin needs; the text ends with the
    /// command that would allow it.
    Denied(String),
    /// The plugin trapped, or hit a limit; the text names plugin, version, role,
    /// function, limit and its last log line.
    Broken(String),
    /// The component could not be loaded or does not fit the contract.
    Unusable(String),
    /// Our own fault.
    Host(String),
}

impl fmt::Display for PluginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PluginFailure::Invalid(problems) => {
                let messages: Vec<_> = problems.iter().map(|p| p.message.as_str()).collect();
                f.write_str(&messages.join("; "))
            }
            PluginFailure::Unsupported(text)
            | PluginFailure::Failed(text)
            | PluginFailure::Denied(text)
            | PluginFailure::Broken(text)
            | PluginFailure::Unusable(text)
            | PluginFailure::Host(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for PluginFailure {}
