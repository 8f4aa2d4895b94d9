//! A peer that is installed: a folder is set up for it, and it is run there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::file::{create_folder, remove_tree, write};
use crate::graph::Graph;
use crate::install;
use crate::measure::{self, Sample};
use crate::peer::Peer;

/// A peer and where it is.
#[derive(Clone, Debug)]
pub struct Tool {
    /// What is known of it.
    pub peer: &'static Peer,
    /// Its program.
    pub program: PathBuf,
    /// What the program is given first, if it only runs scripts.
    pub script: Option<PathBuf>,
    /// What its `PATH` begins with.
    pub path: Option<PathBuf>,
    /// What must be `node_modules` of the graph.
    pub modules: Option<PathBuf>,
}

/// The folders of a graph for one tool; they go when this goes.
#[derive(Debug)]
pub struct Site {
    _whole: tempfile::TempDir,
    /// Holds the graph; the tool works there.
    pub graph: PathBuf,
    /// The tool's home folder.
    home: PathBuf,
    /// What the last run printed.
    log: PathBuf,
}

impl Tool {
    /// A tool that is only a program.
    pub fn new(peer: &'static Peer, program: PathBuf) -> Self {
        Self {
            peer,
            program,
            script: None,
            path: None,
            modules: None,
        }
    }

    /// Writes a graph down for the tool.
    pub fn set_up(&self, graph: &Graph) -> Result<Site, String> {
        let whole = tempfile::Builder::new()
            .prefix("orch-bench-")
            .tempdir()
            .map_err(|error| format!("could not create a folder: {error}"))?;
        let site = Site {
            graph: whole.path().join("graph"),
            home: whole.path().join("home"),
            log: whole.path().join("log"),
            _whole: whole,
        };
        create_folder(&site.graph)?;
        create_folder(&site.home)?;
        self.peer.layout.write_inputs(graph.len(), &site.graph)?;
        (self.peer.describe)(graph, &site.graph)?;
        if let Some(modules) = &self.modules {
            let link = site.graph.join("node_modules");
            std::os::unix::fs::symlink(modules, &link)
                .map_err(|error| format!("could not link `{}`: {error}", link.display()))?;
        }
        if self.peer.repository {
            commit(self.peer, &site)?;
        }
        Ok(site)
    }

    /// Takes from the tool what it remembers.
    pub fn forget(&self, site: &Site) -> Result<(), String> {
        let mut memory = self.peer.memory.iter();
        memory.try_for_each(|name| remove_tree(&site.graph.join(name)))
    }

    /// Does the whole graph once, for `limit` seconds at most. Its environment is empty but
    /// for what it needs.
    pub fn run(&self, site: &Site, limit: f64) -> Result<Sample, String> {
        let mut words: Vec<OsString> = vec![self.program.clone().into()];
        words.extend(self.script.iter().map(OsString::from));
        words.extend(self.peer.arguments.iter().map(OsString::from));
        if let Some(parallel) = self.peer.parallel {
            words.push(format!("{parallel}{}", processors()).into());
        }
        let path = self.path.iter().cloned().chain(search_path());
        let mut variables = vec![
            (
                OsString::from("PATH"),
                std::env::join_paths(path)
                    .map_err(|error| format!("the search path cannot be extended: {error}"))?,
            ),
            ("HOME".into(), site.home.clone().into()),
            ("ORCH_CACHE_DIR".into(), site.home.join("cache").into()),
            ("ORCH_CONFIG_DIR".into(), site.home.join("config").into()),
        ];
        let own = self.peer.variables.iter();
        variables.extend(own.map(|(name, value)| (name.into(), value.into())));
        measure::once(&measure::Run {
            words: &words,
            variables: &variables,
            folder: &site.graph,
            log: &site.log,
            limit,
            leaves: None,
        })
    }
}

/// How many processors there are.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Where the user's programs are.
#[expect(
    clippy::disallowed_methods,
    reason = "this program is at the edge itself"
)]
pub fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

/// Makes the graph's folder a git repository that knows the inputs and not the outputs.
fn commit(peer: &Peer, site: &Site) -> Result<(), String> {
    let mut ignored = String::from("node_modules\nmade\nout.txt\n");
    for name in peer.memory {
        ignored.push_str(&format!("{name}\n"));
    }
    write(&site.graph.join(".gitignore"), &ignored)?;
    let author = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
    // Housekeeping would go on in the background.
    let quiet = ["-c", "gc.auto=0", "-c", "maintenance.auto=false"];
    for step in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message=graph"],
    ] {
        install::run(
            Command::new("git")
                .args(author)
                .args(quiet)
                .args(step)
                .env("HOME", &site.home)
                .env("GIT_CONFIG_NOSYSTEM", "1")
                .current_dir(&site.graph),
        )?;
    }
    Ok(())
}

impl Site {
    /// What the last run printed at its end.
    pub fn last_words(&self) -> String {
        last_words(&self.log)
    }
}

/// The last lines of a file that say something, as one.
fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut last: Vec<_> = lines.rev().take(3).collect();
    last.reverse();
    last.join(" / ").chars().take(300).collect()
}
