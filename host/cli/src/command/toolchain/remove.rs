//! `orch toolchain remove`: one installed release, unless a project on this machine pins it.

use std::path::{Path, PathBuf};

use orch_engine::Cancel;
use orch_fetch::{Fetcher, InstalledRelease};
use orch_model::Fault;
use orch_report::human_bytes;
use orch_store::Store;

use crate::alone;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::interrupt;
use crate::known_projects;
use crate::project::Project;
use crate::stop::Stop;

pub fn remove(
    environment: Environment,
    wanted: &str,
    force: bool,
    console: &Console,
) -> Result<Exit, Stop> {
    let store = Store::open(&environment.cache)?;
    let fetcher = Fetcher::new(environment.fetch_settings(true)?)?;
    // What cannot be removed is said before anybody is waited for.
    let release = only(fetcher.list_installed()?, wanted)?;
    let cancel = Cancel::new();
    interrupt::listen(&cancel, !console.is_json())?;
    let _alone = alone::wait(&store, &cancel, console)?;
    if !force {
        let projects = pinning(&environment, &store, &release)?;
        if !projects.is_empty() {
            return Err(refused(&release, &projects).into());
        }
    }
    fetcher.remove(&release.recipe)?;
    say(&release, console);
    Ok(Exit::Done)
}

/// The one installed release that a word means.
fn only(installed: Vec<InstalledRelease>, wanted: &str) -> Result<InstalledRelease, Fault> {
    let wanted_by = Wanted::parse(wanted)?;
    let mut found: Vec<_> = installed
        .into_iter()
        .filter(|release| wanted_by.means(release))
        .collect();
    match found.len() {
        0 => Err(Fault::usage(format!("`{wanted}` is not installed"))
            .hint("`orch toolchain list` shows what is")),
        1 => Ok(found.remove(0)),
        _ => {
            let lines: Vec<_> = found.iter().map(line).collect();
            Err(Fault::usage(format!(
                "`{wanted}` means several:\n  {}",
                lines.join("\n  ")
            ))
            .hint("name an exact release, or the folder of one"))
        }
    }
}

fn line(release: &InstalledRelease) -> String {
    format!("{} in `{}`", release.label, release.tree.root.display())
}

/// What a user wants removed.
enum Wanted<'a> {
    /// The folder that it lies in.
    Folder(&'a Path),
    /// Its name in the list of what is installed, and which releases.
    Release {
        name: &'a str,
        /// As it was written: not every release has a version that can be compared.
        version: &'a str,
        requirement: semver::VersionReq,
    },
}

impl<'a> Wanted<'a> {
    fn parse(text: &'a str) -> Result<Self, Fault> {
        if text.contains('/') {
            return Ok(Wanted::Folder(Path::new(text)));
        }
        let hint = "write `go@1.21.13`, or `go@1.21` where one 1.21 is installed";
        let Some((name, version)) = text.split_once('@') else {
            return Err(Fault::usage(format!("`{text}` names no release")).hint(hint));
        };
        let requirement = orch_pipeline::requirement(version)
            .map_err(|why| Fault::usage(format!("`{text}`: {why}")).hint(hint))?;
        Ok(Wanted::Release {
            name,
            version,
            requirement,
        })
    }

    fn means(&self, release: &InstalledRelease) -> bool {
        match self {
            Wanted::Folder(folder) => release.tree.root == *folder,
            Wanted::Release {
                name,
                version,
                requirement,
            } => release
                .label
                .rsplit_once(' ')
                .is_some_and(|(known, installed)| {
                    known == *name
                        && (installed == *version
                            || semver::Version::parse(installed)
                                .is_ok_and(|installed| requirement.matches(&installed)))
                }),
        }
    }
}

/// The projects whose locks pin the release: those that used this cache, and the one around.
fn pinning(
    environment: &Environment,
    store: &Store,
    release: &InstalledRelease,
) -> Result<Vec<PathBuf>, Fault> {
    let mut folders = known_projects::all(store)?;
    folders.extend(Project::folder_around(environment));
    folders.sort();
    folders.dedup();
    let mut pinning = Vec::new();
    for folder in folders {
        if known_projects::pinned(&folder)?.contains(&release.recipe) {
            pinning.push(folder);
        }
    }
    Ok(pinning)
}

fn refused(release: &InstalledRelease, projects: &[PathBuf]) -> Fault {
    let locks: Vec<_> = projects
        .iter()
        .map(|folder| format!("`{}`", folder.join("orch.lock").display()))
        .collect();
    Fault::usage(format!(
        "{} is pinned by {}",
        release.label,
        locks.join(", ")
    ))
    .hint("`--force` removes it all the same; a run of that project would fetch it again")
}

fn say(release: &InstalledRelease, console: &Console) {
    let tree = &release.tree;
    match console.json() {
        Some(json) => json.list(
            "removed",
            &[serde_json::json!({
                "what": release.label, "count": 1, "bytes": tree.bytes, "dry_run": false,
            })],
        ),
        None => console.say(&format!(
            "removed {}: {} freed",
            release.label,
            human_bytes(tree.bytes)
        )),
    }
}
