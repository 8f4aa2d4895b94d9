//! The small files in which a machine says how it is, brought here: a folder with its `proc` and
//! `sys`. What they mean is `measure`'s.

use std::fs;
use std::path::{Component, Path};
use std::time::Duration;

use tempfile::TempDir;

use orch_measure::{Clocks, Conditions, Counters, Moment, own_cpu_time};
use orch_model::Fault;
use orch_transport::{Command, Connection};

const SCRIPT: &str = include_str!("kernel_files.sh");

/// What a machine said at one moment.
pub(crate) struct KernelFiles {
    folder: TempDir,
    /// The time of day there, since 1970.
    time: Option<Duration>,
    /// Programs that it has, by name.
    programs: Vec<(String, String)>,
}

impl KernelFiles {
    /// Asks a machine; the answers are kept in a folder below `place`.
    pub fn of(connection: &Connection, place: &Path) -> Result<Self, Fault> {
        let ran = connection.run(Command::script(SCRIPT, &[]));
        let ran = ran.map_err(|lost| lost.fault)?;
        let text = String::from_utf8_lossy(&ran.stdout);
        let read = Self::read(&text, place).map_err(|error| {
            Fault::internal(format!("could not keep what a machine says: {error}"))
        })?;
        read.ok_or_else(|| {
            let address = connection.address();
            Fault::usage(format!("`{address}` answers not all questions"))
                .hint("it must have a POSIX shell, and no more than 4 MiB below `/proc` to read")
        })
    }

    /// None where the end is missing.
    fn read(text: &str, place: &Path) -> std::io::Result<Option<Self>> {
        let mut read = Self {
            folder: TempDir::with_prefix_in("kernel-", place)?,
            time: None,
            programs: Vec::new(),
        };
        let mut file: Option<(&str, String)> = None;
        let mut is_whole = false;
        for line in text.lines() {
            if let Some(content) = line.strip_prefix('.') {
                if let Some((_, text)) = &mut file {
                    text.push_str(content);
                    text.push('\n');
                }
                continue;
            }
            if let Some((path, text)) = file.take() {
                write(read.folder.path(), path, &text)?;
            }
            if let Some(path) = line.strip_prefix(' ') {
                file = Some((path, String::new()));
            } else if let Some((name, value)) = line.strip_prefix('=').and_then(split) {
                match name {
                    "time" => read.time = seconds(value),
                    "end" => is_whole = true,
                    _ => read.programs.push((name.to_owned(), value.to_owned())),
                }
            }
        }
        Ok(is_whole.then_some(read))
    }

    /// Where a program lies there.
    pub fn program(&self, name: &str) -> Option<&str> {
        let mut programs = self.programs.iter();
        let found = programs.find(|(known, place)| known == name && place.starts_with('/'));
        found.map(|(_, place)| place.as_str())
    }

    pub fn conditions(&self) -> Conditions {
        Conditions::read(self.folder.path())
    }

    pub fn moment(&self) -> Moment {
        let up = fs::read_to_string(self.folder.path().join("proc/uptime"));
        let up = up.ok().and_then(|text| seconds(text.split(' ').next()?));
        let up = up.unwrap_or_default();
        let own = own_cpu_time(self.folder.path());
        Moment {
            counters: Counters::read(self.folder.path()),
            clocks: Clocks {
                realtime: self.time.unwrap_or_default(),
                // What a shell can read goes on while the machine sleeps; nobody is connected then.
                monotonic: up,
                boottime: up,
            },
            own: own.unwrap_or_default(),
            own_has_samples: own.is_some(),
        }
    }
}

fn split(line: &str) -> Option<(&str, &str)> {
    line.split_once(' ')
}

/// `12.5`, or `12.%N` where `date` knows no fractions.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let whole = text.split('.').next()?;
    let seconds = text.parse::<f64>().or_else(|_| whole.parse()).ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Only below `proc` and `sys` of the folder, whatever a machine says.
fn write(folder: &Path, path: &str, text: &str) -> std::io::Result<()> {
    let path = Path::new(path);
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !is_plain || !(path.starts_with("proc") || path.starts_with("sys")) {
        return Ok(());
    }
    let file = folder.join(path);
    // A machine that names a file and a folder alike is not believed; the first counts.
    let made = file.parent().map(fs::create_dir_all);
    match made {
        Some(Ok(())) if !file.exists() => fs::write(file, text),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<KernelFiles> {
        KernelFiles::read(text, &std::env::temp_dir()).unwrap()
    }

    #[test]
    fn files_are_read_as_they_are_there() {
        let text = " proc/loadavg\n.0.50 0.1 0.1\n proc/uptime\n.7.25 1\n sys/x\n=time 9.%N\n\
                    =perl /usr/bin/perl\n=bash bash\n=end orch\n";
        let found = read(text).expect("it has an end");
        assert_eq!(found.conditions().load_average, Some(0.5));
        let moment = found.moment();
        assert_eq!(moment.clocks.boottime, Duration::from_millis(7_250));
        assert_eq!(moment.clocks.realtime, Duration::from_secs(9));
        assert_eq!(found.program("perl"), Some("/usr/bin/perl"));
        assert_eq!(found.program("bash"), None, "an alias");
        assert!(read(" proc/x\n.1\n").is_none());
    }

    #[test]
    fn nothing_is_written_elsewhere() {
        let text = " proc/../../escaped\n.1\n /etc/x\n.1\n etc/y\n.1\n proc/a\n.1\n proc/a/b\n.1\n\
                    =end orch\n";
        let found = read(text).expect("it has an end");
        let names: Vec<_> = walk(found.folder.path());
        assert_eq!(names, ["proc", "proc/a"]);
        assert!(!found.folder.path().join("../escaped").exists());
    }

    fn walk(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).unwrap().flatten() {
                let path = entry.path();
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.push(name);
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }
}
