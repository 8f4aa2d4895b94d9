//! A group that limits what a process takes, made around it.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::hierarchy::{Hierarchy, Version, hierarchies};

/// What the processes of a group may take together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory in bytes, none of it on a disk.
    pub memory_bytes: Option<u64>,
    /// CPUs' time in thousandths: 500 for half of one.
    pub milli_cpus: Option<u32>,
}

/// A group, one folder in each hierarchy that it takes. Gone when dropped, as its processes have to be.
#[derive(Debug)]
pub struct Group {
    folders: Vec<Folder>,
    /// Whether memory is limited.
    limits_memory: bool,
}

/// The folder of a group in one hierarchy.
#[derive(Debug)]
struct Folder(PathBuf);

/// Why there is no group. It may hold the process all the same, in a folder that goes with this:
/// the process has to be gone before.
#[derive(Debug)]
pub struct Refused {
    why: String,
    /// Whether nothing was there that could be tried.
    is_absent: bool,
    _partly: Vec<Folder>,
}

impl Refused {
    fn of(why: String) -> Self {
        Self {
            why,
            is_absent: false,
            _partly: Vec::new(),
        }
    }

    fn to(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self {
            is_absent: error.kind() == io::ErrorKind::NotFound,
            ..Self::of(format!("could not {doing} `{}`: {error}", path.display()))
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// A time in which the kernel counts, in microseconds: what it takes by itself (`cpu.max`).
const PERIOD_US: u64 = 100_000;

/// How often the kernel is asked to remove a folder whose processes are still ending, a
/// millisecond each.
const TRIES: u32 = 500;

/// Tells groups of one process from each other.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A controller with the files of a group that limit it.
struct Controller {
    name: &'static str,
    /// The file by which it is seen whether groups of version 2 have it.
    shown_by: &'static str,
}

const MEMORY: Controller = Controller {
    name: "memory",
    shown_by: "memory.max",
};
const CPU: Controller = Controller {
    name: "cpu",
    shown_by: "cpu.max",
};

impl Group {
    /// A group around a process and all that it starts from now on, below the group of this process
    /// or beside it, wherever the kernel lets us.
    pub fn around(process: u32, limits: &Limits) -> Result<Self, Refused> {
        Self::below(Path::new("/"), process, limits)
    }

    /// The same, where all files of the kernel lie below `root`.
    fn below(root: &Path, process: u32, limits: &Limits) -> Result<Self, Refused> {
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let found = hierarchies(&read("proc/self/mountinfo"), &read("proc/self/cgroup"));
        let memory = limits.memory_bytes.map(|_| MEMORY);
        let cpu = limits.milli_cpus.map(|_| CPU);
        let wanted: Vec<Controller> = memory.into_iter().chain(cpu).collect();
        let is_served =
            |controller: &&Controller| found.iter().any(|one| is_of(controller, one, &found));
        if let Some(missing) = wanted.iter().find(|one| !is_served(one)) {
            let name = missing.name;
            return Err(Refused::of(format!(
                "no control groups for `{name}` are mounted"
            )));
        }
        let mut folders = Vec::new();
        for hierarchy in &found {
            let controllers = wanted.iter().filter(|one| is_of(one, hierarchy, &found));
            let controllers: Vec<&Controller> = controllers.collect();
            if controllers.is_empty() {
                continue;
            }
            match enter(root, hierarchy, &controllers, process, limits) {
                Ok(folder) => folders.push(folder),
                Err(refused) => {
                    return Err(Refused {
                        _partly: folders,
                        ..refused
                    });
                }
            }
        }
        Ok(Self {
            folders,
            limits_memory: limits.memory_bytes.is_some(),
        })
    }

    /// How many of its processes the kernel has ended since they wanted more memory than there is.
    pub fn memory_kills(&self) -> u64 {
        if !self.limits_memory {
            // What is counted there was another limit's, or the machine's.
            return 0;
        }
        let files = ["memory.events", "memory.oom_control"];
        let files = self
            .folders
            .iter()
            .flat_map(|folder| files.map(|file| folder.0.join(file)));
        files
            .filter_map(|file| {
                let text = fs::read_to_string(file).ok()?;
                let mut lines = text.lines();
                let count = lines.find_map(|line| line.strip_prefix("oom_kill "))?;
                count.trim().parse::<u64>().ok()
            })
            .sum()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for _ in 0..TRIES {
            match fs::remove_dir(&self.0) {
                // Its last process is still on its way out.
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                _ => return,
            }
        }
    }
}

/// Whether groups of a hierarchy are where a controller is set. Version 2 has those that no hierarchy of
/// version 1 has.
fn is_of(controller: &Controller, hierarchy: &Hierarchy, all: &[Hierarchy]) -> bool {
    let has = |one: &Hierarchy| {
        one.version == Version::One && one.controllers.iter().any(|name| name == controller.name)
    };
    match hierarchy.version {
        Version::One => has(hierarchy),
        Version::Two => !all.iter().any(has),
    }
}

/// Makes the folder in one hierarchy, as far below as the kernel lets us, and puts the process there.
fn enter(
    root: &Path,
    hierarchy: &Hierarchy,
    controllers: &[&Controller],
    process: u32,
    limits: &Limits,
) -> Result<Folder, Refused> {
    let mut refused: Option<Refused> = None;
    for parent in &hierarchy.folders {
        let parent = root.join(parent);
        remove_abandoned(&parent);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{PREFIX}{}-{count}", std::process::id()));
        let made = fs::create_dir(&path).map_err(|error| Refused::to("make", &path, &error));
        let entered = made.and_then(|()| {
            // Gone again where it comes to nothing.
            let folder = Folder(path.clone());
            limit(&path, hierarchy.version, controllers, limits)?;
            put(&path, "cgroup.procs", &process.to_string())?;
            Ok(folder)
        });
        match entered {
            Ok(folder) => return Ok(folder),
            Err(other) if refused.as_ref().is_none_or(|one| one.is_absent) => refused = Some(other),
            Err(_) => {}
        }
    }
    Err(refused.unwrap_or_else(|| Refused::of("it is nowhere in a hierarchy".to_owned())))
}

/// Writes the limits of a group that has no processes yet. Which controllers a group of version 2 has
/// its parent says, and that is whoever's the parent is.
fn limit(
    folder: &Path,
    version: Version,
    controllers: &[&Controller],
    limits: &Limits,
) -> Result<(), Refused> {
    let missing = controllers
        .iter()
        .find(|one| version == Version::Two && !folder.join(one.shown_by).exists());
    if let Some(missing) = missing {
        let parent = folder.parent().unwrap_or(folder).display();
        let name = missing.name;
        return Err(Refused::of(format!(
            "`{parent}` gives its groups no `{name}`"
        )));
    }
    for (name, value) in settings(version, controllers, limits) {
        match put(folder, name, &value) {
            // Not every kernel counts swap.
            Err(refused) if refused.is_absent && name.contains("sw") => {}
            written => written?,
        }
    }
    Ok(())
}

/// Writes a file of the kernel's, which is there or not: to want it made is another error.
fn put(folder: &Path, name: &str, value: &str) -> Result<(), Refused> {
    let path = folder.join(name);
    let file = OpenOptions::new().write(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(value.as_bytes()));
    written.map_err(|error| Refused::to("write", &path, &error))
}

/// The files that limit, with what stands in them. In this order: version 1 takes no limit of memory
/// and swap together that is below that of memory.
fn settings(
    version: Version,
    controllers: &[&Controller],
    limits: &Limits,
) -> Vec<(&'static str, String)> {
    let mut settings = Vec::new();
    let is_here = |wanted: &Controller| controllers.iter().any(|one| one.name == wanted.name);
    if let Some(bytes) = limits.memory_bytes.filter(|_| is_here(&MEMORY)) {
        let bytes = bytes.to_string();
        match version {
            Version::One => {
                settings.push(("memory.limit_in_bytes", bytes.clone()));
                settings.push(("memory.memsw.limit_in_bytes", bytes));
            }
            Version::Two => {
                settings.push(("memory.max", bytes));
                settings.push(("memory.swap.max", "0".to_owned()));
            }
        }
    }
    if let Some(milli) = limits.milli_cpus.filter(|_| is_here(&CPU)) {
        let quota = u64::from(milli) * PERIOD_US / 1_000;
        match version {
            Version::One => {
                settings.push(("cpu.cfs_period_us", PERIOD_US.to_string()));
                settings.push(("cpu.cfs_quota_us", quota.to_string()));
            }
            Version::Two => settings.push(("cpu.max", format!("{quota} {PERIOD_US}"))),
        }
    }
    settings
}

/// What the name of a folder begins with, before the number of the process that made it.
const PREFIX: &str = "orch-";

/// Removes what killed ones left. The kernel removes no folder that has a process.
fn remove_abandoned(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let maker = name.to_str().and_then(|name| {
            let (process, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
            process.parse::<u32>().ok()
        });
        if maker.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

#[cfg(test)]
mod tests;
