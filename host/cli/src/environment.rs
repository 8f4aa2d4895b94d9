//! The only place that reads the process's environment, its home and its current
//! directory: the rest of the house gets them as arguments.

#![expect(clippy::disallowed_methods, reason = "this is the one door")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use orch_fetch::{FetchSettings, Mirror};
use orch_machine::ProgramSettings;
use orch_model::{Fault, Machine};

/// What the user's machine and shell say.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Every variable that is text.
    pub variables: BTreeMap<String, String>,
    /// What can be made again.
    pub cache: PathBuf,
    /// What the user decided, outside every repository.
    pub config: PathBuf,
    /// Where `orch` was started.
    pub directory: PathBuf,
    /// The machine that builds.
    pub host: Machine,
}

/// Whether the user wants no colours anywhere: https://no-color.org
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

impl Environment {
    /// Reads it once, at the start.
    pub fn read() -> Result<Self, Fault> {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let directory = std::env::current_dir().map_err(|error| {
            Fault::internal(format!("could not read the current directory: {error}"))
        })?;
        let base = etcetera::choose_base_strategy().ok();
        let place = |variable: &str, default: Option<PathBuf>| match variables.get(variable) {
            Some(path) if !path.is_empty() => Ok(directory.join(path)),
            _ => default.map(|folder| folder.join("orch")).ok_or_else(|| {
                Fault::usage(format!(
                    "no home folder is known, so `{variable}` must be set"
                ))
            }),
        };
        Ok(Self {
            cache: place("ORCH_CACHE_DIR", base.as_ref().map(BaseStrategy::cache_dir))?,
            config: place(
                "ORCH_CONFIG_DIR",
                base.as_ref().map(BaseStrategy::config_dir),
            )?,
            host: host_machine(),
            directory,
            variables,
        })
    }

    /// Every variable, as a child process takes them.
    pub fn inherited(&self) -> impl Iterator<Item = (OsString, OsString)> {
        let pairs = self.variables.iter();
        pairs.map(|(name, value)| (name.into(), value.into()))
    }

    /// A variable's value.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// `PATH`, or where a system keeps its programs if there is none.
    pub fn path(&self) -> &str {
        self.variable("PATH")
            .unwrap_or("/usr/local/bin:/usr/bin:/bin")
    }

    /// The file behind a program's name on `PATH`.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        self.path()
            .split(':')
            .filter(|folder| !folder.is_empty())
            .map(|folder| Path::new(folder).join(name))
            .find(|file| {
                rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok() && file.is_file()
            })
    }

    /// Where programs of this machine are looked for.
    pub fn program_settings(&self) -> ProgramSettings {
        ProgramSettings {
            path: self.path().to_owned(),
            home: self.variable("HOME").map(PathBuf::from),
            shown: &orch_sandbox::SYSTEM_FOLDERS,
            memory: self.cache.join("programs"),
        }
    }

    /// How downloads are made for this user.
    pub fn fetch_settings(&self, offline: bool) -> Result<FetchSettings, Fault> {
        let list = |name: &str| -> Vec<String> {
            self.variable(name)
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|entry| !entry.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let mirrors = list("ORCH_MIRRORS")
            .iter()
            .map(|entry| mirror(entry))
            .collect::<Result<_, Fault>>()?;
        let mut settings = FetchSettings::new(&self.cache);
        settings.environment = self.variables.clone();
        settings.offline = offline;
        settings.mirrors = mirrors;
        settings.allow_http_to = list("ORCH_ALLOW_HTTP");
        Ok(settings)
    }
}

/// `https://from/=https://to/`. The `=` of the pair is the one before the second scheme:
/// an address may hold one itself.
fn mirror(entry: &str) -> Result<Mirror, Fault> {
    let split = ["=https://", "=http://", "=file://"]
        .iter()
        .find_map(|scheme| entry.find(scheme));
    match split {
        Some(at) => Ok(Mirror {
            prefix: entry[..at].to_owned(),
            replacement: entry[at + 1..].to_owned(),
        }),
        None => Err(
            Fault::usage(format!("`ORCH_MIRRORS`: `{entry}` is no pair of addresses"))
                .hint("write `https://from/=https://to/`, several with commas between"),
        ),
    }
}

/// The machine that this program was compiled for, with what the kernel says of it.
fn host_machine() -> Machine {
    let architecture = std::env::consts::ARCH;
    let triple = match std::env::consts::OS {
        "macos" => format!("{architecture}-apple-darwin"),
        "windows" => format!("{architecture}-pc-windows-msvc"),
        system => format!("{architecture}-unknown-{system}-gnu"),
    };
    let cores = std::thread::available_parallelism().ok();
    Machine {
        cores: cores.and_then(|cores| u32::try_from(cores.get()).ok()),
        page_bytes: u32::try_from(rustix::param::page_size()).ok(),
        memory_bytes: memory_bytes(),
        ..Machine::of_triple(triple)
    }
}

/// Installed memory, from `sysinfo(2)`.
#[allow(clippy::useless_conversion, reason = "32-bit systems count in `u32`")]
fn memory_bytes() -> Option<u64> {
    let info = rustix::system::sysinfo();
    u64::try_from(info.totalram)
        .ok()?
        .checked_mul(info.mem_unit.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_a_pair_of_addresses() {
        let pair = mirror("https://go.dev/dl/?mode=json=https://mirror.example/go").unwrap();
        assert_eq!(pair.prefix, "https://go.dev/dl/?mode=json");
        assert_eq!(pair.replacement, "https://mirror.example/go");
        assert!(mirror("https://go.dev/dl/").is_err());
    }
}
