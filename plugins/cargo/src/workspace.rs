//! What a Cargo workspace says of itself, as far as planning its build needs: where its lock
//! lies, and where the crates come from that it names.

use orch_plugin::{Error, Facts, Problem, Refusal, source};

/// How `Cargo.lock` names Cargo's own registry, whatever address stands in for it.
const OWN_REGISTRY: &str = "registry+https://github.com/rust-lang/";

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// The folder of its `Cargo.lock` below the pipeline's; empty for that folder itself.
    pub(crate) root: String,
    /// Where its crates come from.
    pub(crate) crates: Crates,
}

/// Where crates come from that are not the workspace's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crates {
    /// There are none, or they lie where the workspace's own configuration says.
    Here,
    /// From Cargo's own registry.
    Registry,
}

impl Workspace {
    /// The workspace that a folder belongs to: that of the nearest `Cargo.lock` in it or above
    /// it, but not above the pipeline's folder.
    pub(crate) fn find(directory: &str, facts: &dyn Facts) -> Result<Self, Error> {
        let Some((root, lock)) = nearest(directory, "Cargo.lock", facts)? else {
            return Err(Problem::new(format!(
                "there is no `Cargo.lock` in {} or above it",
                shown(directory)
            ))
            .hint("`cargo generate-lockfile` makes one; commit it, since the build is `--locked`")
            .into());
        };
        let config = nearest(directory, ".cargo/config.toml", facts)?;
        let replaces = config.is_some_and(|(_, text)| text.contains("replace-with"));
        let crates = match replaces {
            true => Crates::Here,
            false => sources(&lock)?,
        };
        Ok(Self { root, crates })
    }

    /// A pattern below the workspace's root.
    pub(crate) fn pattern(&self, pattern: &str) -> String {
        join(&self.root, pattern)
    }
}

/// Where the packages of a `Cargo.lock` come from; those of the workspace have no `source`.
fn sources(lock: &str) -> Result<Crates, Error> {
    let mut crates = Crates::Here;
    for line in lock.lines() {
        let Some(source) = line.trim().strip_prefix("source = ") else {
            continue;
        };
        let source = source.trim_matches('"');
        if !source.starts_with(OWN_REGISTRY) {
            return Err(Problem::new(format!(
                "`Cargo.lock` names crates of `{source}`, which is not Cargo's own registry"
            ))
            .hint(
                "`cargo vendor` puts them into the project, and prints what to write into \
                 `.cargo/config.toml`",
            )
            .into());
        }
        crates = Crates::Registry;
    }
    Ok(crates)
}

/// The nearest file of a name in a folder or above it, and the folder.
fn nearest(
    directory: &str,
    name: &str,
    facts: &dyn Facts,
) -> Result<Option<(String, String)>, Error> {
    let mut folder = directory;
    loop {
        let path = join(folder, name);
        match facts.read(&source(path.as_str())) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Ok(Some((folder.to_owned(), text)));
            }
            Err(Refusal::Absent) if folder.is_empty() => return Ok(None),
            Err(Refusal::Absent) => {
                folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            }
            Err(refusal) => return Err(refusal.of(&format!("`{path}`"))),
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

fn shown(directory: &str) -> String {
    match directory {
        "" => "the pipeline's folder".to_owned(),
        directory => format!("`{directory}`"),
    }
}
