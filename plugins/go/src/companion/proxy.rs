//! What the module proxy and the checksum database say of a module.
//! <https://go.dev/ref/mod#goproxy-protocol> and <https://go.dev/ref/mod#checksum-database>
//!
//! The database is asked over https and believed: the proof that it shows everybody the same
//! is not checked here. Go checks every download against the checksum that comes of it.

use std::fmt;

use orch_plugin::{Error, Facts, Refusal};
use orch_plugin_go_command::release;
use semver::{Version, VersionReq};
use serde::Deserialize;

const PROXY: &str = "https://proxy.golang.org/";
const CHECKSUMS: &str = "https://sum.golang.org/lookup/";

/// What to do where there is no proxy.
pub(super) const OTHER_WAYS: &str = "without a module proxy a tool comes from a package, as `[toolchain.dlv]` `with = \"debian\"` and \
     `packages = [\"delve\"]`, or from sources in the project, as a `[build.…]` `with = \"go\"` \
     whose module has a `vendor` folder";

/// The least `go` line by which `go.mod` lists all modules of a build:
/// <https://go.dev/ref/mod#graph-pruning>
const PRUNED: &str = "1.17";

/// A module at a version, `v` in front.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Module {
    path: String,
    version: String,
}

impl Module {
    pub(super) fn new(path: &str, version: &str) -> Self {
        Self {
            path: path.to_owned(),
            version: version.to_owned(),
        }
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.version)
    }
}

/// Whether there is a module of this path.
pub(super) fn exists(path: &str, facts: &dyn Facts) -> Result<bool, Error> {
    match facts.download(&format!("{PROXY}{}/@v/list", escaped(path))) {
        Ok(_) => Ok(true),
        Err(Refusal::Absent) => Ok(false),
        Err(refusal) => Err(unreachable(path, &refusal)),
    }
}

/// The newest version of a module that meets a requirement; of one without tagged versions,
/// its latest commit.
pub(super) fn version(
    path: &str,
    requirement: &VersionReq,
    facts: &dyn Facts,
) -> Result<Option<String>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Latest {
        version: String,
    }
    let list = get(path, "@v/list", facts)?;
    let tagged = list.lines().filter_map(|line| {
        let version = Version::parse(line.trim().strip_prefix('v')?).ok()?;
        Some((version, line.trim()))
    });
    let fitting = tagged.filter(|(version, _)| requirement.matches(version));
    if let Some((_, line)) = fitting.max() {
        return Ok(Some(line.to_owned()));
    }
    if !list.trim().is_empty() || *requirement != VersionReq::STAR {
        return Ok(None);
    }
    let latest = get(path, "@latest", facts)?;
    let latest: Latest = serde_json::from_str(&latest)
        .map_err(|error| Error::Failed(format!("the latest version of `{path}`: {error}")))?;
    Ok(Some(latest.version))
}

/// Lines of a `go.mod` that needs a module and all that it needs, and the `go.sum` for them.
pub(super) fn modules(module: &Module, facts: &dyn Facts) -> Result<(String, String), Error> {
    let text = get(
        &module.path,
        &format!("@v/{}.mod", escaped(&module.version)),
        facts,
    )?;
    let mut modules = vec![module.clone()];
    modules.extend(required(&text));
    let mut lines = format!("go {}\n\nrequire (\n", go_line(&text));
    let mut sums = String::new();
    for module in &modules {
        lines.push_str(&format!("\t{module}\n"));
        sums.push_str(&checksums(module, facts)?);
    }
    lines.push_str(")\n");
    Ok((lines, sums))
}

/// The modules that a `go.mod` requires.
fn required(text: &str) -> Vec<Module> {
    let mut modules = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let entry = match line.strip_prefix("require") {
            Some(rest) if rest.trim() == "(" => {
                in_block = true;
                continue;
            }
            Some(rest) if !in_block => rest,
            _ if line == ")" => {
                in_block = false;
                continue;
            }
            _ if in_block => line,
            _ => continue,
        };
        let mut words = entry.split_whitespace();
        if let (Some(path), Some(version)) = (words.next(), words.next()) {
            modules.push(Module::new(path.trim_matches('"'), version));
        }
    }
    modules
}

/// The `go` line of a `go.mod`, or the least that lists all modules.
fn go_line(text: &str) -> &str {
    let mut lines = text.lines().map(str::trim);
    let line = lines.find_map(|line| line.strip_prefix("go "));
    let is_pruned = |line: &&str| release::parse(line.trim()) >= release::parse(PRUNED);
    line.filter(is_pruned).map_or(PRUNED, str::trim)
}

/// The lines that `go.sum` has of a module.
fn checksums(module: &Module, facts: &dyn Facts) -> Result<String, Error> {
    let Module { path, version } = module;
    let url = format!("{CHECKSUMS}{}@{}", escaped(path), escaped(version));
    let document = facts.download(&url).map_err(|refusal| match refusal {
        Refusal::Absent => Error::Failed(format!(
            "the checksum database has no `{module}`, so nothing can be pinned that vouches for \
             it; {OTHER_WAYS}"
        )),
        refusal => unreachable(path, &refusal),
    })?;
    let text = String::from_utf8_lossy(&document);
    let own = [
        format!("{path} {version} h1:"),
        format!("{path} {version}/go.mod h1:"),
    ];
    let lines: Vec<_> = own
        .iter()
        .filter_map(|own| text.lines().find(|line| line.starts_with(own)))
        .collect();
    match lines.as_slice() {
        [content, go_mod] => Ok(format!("{content}\n{go_mod}\n")),
        _ => Err(Error::Failed(format!(
            "the checksum database says nothing of `{module}` where it should"
        ))),
    }
}

/// A small document about a module.
fn get(path: &str, document: &str, facts: &dyn Facts) -> Result<String, Error> {
    let url = format!("{PROXY}{}/{document}", escaped(path));
    match facts.download(&url) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(refusal) => Err(unreachable(path, &refusal)),
    }
}

fn unreachable(path: &str, refusal: &Refusal) -> Error {
    Error::Failed(format!(
        "module `{path}` {}; {OTHER_WAYS}",
        refusal.reason()
    ))
}

/// A path or version as addresses have it: <https://go.dev/ref/mod#goproxy-protocol>
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(letter.to_ascii_lowercase());
    }
    escaped
}
