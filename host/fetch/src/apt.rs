//! Debian packages, through apt as the machine has it set up. Its lists are signed, so
//! the digests that it states are worth something even where its mirrors speak plain
//! `http:`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use orch_engine::Cancel;
use orch_model::{Architecture, Digest, Machine, OperatingSystem};

use crate::apt_lists::Lists;
use crate::command::{Output, Run, find};
use crate::lock::Lock;
use crate::purl::Purl;
use crate::settings::FetchSettings;
use crate::trouble::Trouble;

/// apt, found on this machine.
pub(crate) struct Apt<'a> {
    settings: &'a FetchSettings,
    cache_program: PathBuf,
    get_program: PathBuf,
    lists: Lists,
}

/// A package file that apt's lists have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) version: String,
    pub(crate) architecture: String,
    pub(crate) bytes: u64,
    pub(crate) digest: Digest,
    /// `Pre-Depends` and `Depends`, cut at the commas.
    pub(crate) requires: Vec<String>,
    /// `Provides`, likewise.
    pub(crate) provides: Vec<String>,
    /// `Conflicts` and `Breaks`, likewise.
    pub(crate) conflicts: Vec<String>,
}

impl<'a> Apt<'a> {
    /// Finds apt on the user's `PATH`, on a machine of the package's distribution: apt
    /// knows the packages of no other. It answers for one architecture, by Debian's name;
    /// without one, and for `all`, for the machine's own.
    pub(crate) fn find(
        settings: &'a FetchSettings,
        purl: &Purl,
        architecture: Option<&str>,
        cancel: &Cancel,
    ) -> Result<Self, Trouble> {
        let release = fs::read_to_string(OS_RELEASE).unwrap_or_default();
        of_this_machine(purl, distribution(&release))?;
        match (find(settings, "apt-cache"), find(settings, "apt-get")) {
            (Some(cache_program), Some(get_program)) => {
                let architecture = architecture.filter(|name| *name != "all");
                let apt = Self {
                    settings,
                    cache_program,
                    get_program,
                    lists: Lists::find(&settings.cache, architecture)?,
                };
                apt.renew(cancel)?;
                Ok(apt)
            }
            _ => Err(Trouble::Missing(
                "there is no apt on this machine, which fetches Debian packages".into(),
                "choose a source that needs no apt".into(),
            )),
        }
    }

    /// Gets lists that are not there or too old; one process does, and others wait.
    fn renew(&self, cancel: &Cancel) -> Result<(), Trouble> {
        let Some(folder) = self.lists.stale() else {
            return Ok(());
        };
        let _held = Lock::take(&folder.join("renewing"), cancel)?;
        if self.lists.stale().is_none() {
            return Ok(());
        }
        let arguments = ["--quiet", "--error-on=any", "update"];
        let output = self.run(&self.get_program, &arguments, None, None, cancel)?;
        if !output.status.success() {
            return Err(failure("lists of packages", &output));
        }
        Ok(Lists::renewed(folder)?)
    }

    /// All versions of a package, newest first.
    pub(crate) fn versions(&self, name: &str, cancel: &Cancel) -> Result<Vec<String>, Trouble> {
        let output = self.ask(&self.cache_program, &["madison", name], cancel)?;
        if !output.status.success() {
            return Err(failure(name, &output));
        }
        let mut versions: Vec<String> = Vec::new();
        for line in output.stdout.lines() {
            let version = line.split('|').nth(1).map(str::trim).unwrap_or_default();
            if !version.is_empty() && !versions.iter().any(|known| known == version) {
                versions.push(version.to_owned());
            }
        }
        if versions.is_empty() {
            return Err(absent(name));
        }
        Ok(versions)
    }

    /// One version of a package for an architecture; without a version, the one that apt
    /// would install.
    pub(crate) fn package(
        &self,
        name: &str,
        version: Option<&str>,
        architecture: &str,
        cancel: &Cancel,
    ) -> Result<Package, Trouble> {
        let selected = match version {
            Some(version) => selected(name, version, architecture),
            None => format!("{name}:{architecture}"),
        };
        let arguments = ["show", "--no-all-versions", &selected];
        let output = self.ask(&self.cache_program, &arguments, cancel)?;
        parse_show(&output.stdout, name, version).ok_or_else(|| absent(&selected))
    }

    /// Where apt would get the file from; none if only apt itself can.
    pub(crate) fn address(
        &self,
        name: &str,
        version: &str,
        architecture: &str,
        cancel: &Cancel,
    ) -> Result<Option<String>, Trouble> {
        let selected = selected(name, version, architecture);
        let arguments = ["--print-uris", "download", &selected];
        let output = self.ask(&self.get_program, &arguments, cancel)?;
        if !output.status.success() {
            return Err(failure(&selected, &output));
        }
        Ok(output
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix('\'')?.split('\'').next())
            .filter(|url| {
                ["https:", "http:", "file:"]
                    .iter()
                    .any(|kind| url.starts_with(kind))
            })
            .map(str::to_owned))
    }

    /// Has apt itself download the file into a folder.
    pub(crate) fn download(
        &self,
        name: &str,
        version: &str,
        architecture: &str,
        folder: &Path,
        cancel: &Cancel,
    ) -> Result<(), Trouble> {
        let selected = selected(name, version, architecture);
        let arguments = ["--quiet", "download", &selected];
        let output = self.run(&self.get_program, &arguments, Some(folder), None, cancel)?;
        if output.status.success() {
            Ok(())
        } else {
            Err(failure(&selected, &output))
        }
    }

    /// Runs one of apt's programs to learn something, which does not take long.
    fn ask(&self, program: &Path, arguments: &[&str], cancel: &Cancel) -> Result<Output, Trouble> {
        let at_most = self.settings.patience.registry;
        self.run(program, arguments, None, Some(at_most), cancel)
    }

    fn run(
        &self,
        program: &Path,
        arguments: &[&str],
        directory: Option<&Path>,
        at_most: Option<Duration>,
        cancel: &Cancel,
    ) -> Result<Output, Trouble> {
        let arguments: Vec<_> = self
            .lists
            .options()
            .chain(arguments.iter().copied())
            .collect();
        Run {
            program,
            arguments: &arguments,
            variables: &[("LC_ALL", "C.UTF-8")],
            directory,
            at_most,
        }
        .output(self.settings, cancel)
    }
}

/// Where a machine says which distribution it is.
/// <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>
const OS_RELEASE: &str = "/etc/os-release";

/// The `ID` of an `os-release` file.
fn distribution(release: &str) -> Option<&str> {
    let id = release.lines().find_map(|line| line.strip_prefix("ID="))?;
    Some(id.trim_matches(['"', '\'']))
}

fn of_this_machine(purl: &Purl, here: Option<&str>) -> Result<(), Trouble> {
    match (purl.namespace.as_deref(), here) {
        (Some(wanted), Some(here)) if wanted == here => Ok(()),
        (_, Some(here)) => Err(Trouble::Final(format!(
            "`{purl}` is no package of this machine's distribution, `{here}`"
        ))),
        (_, None) => Err(Trouble::Final(format!(
            "`{purl}` cannot be looked for: `{OS_RELEASE}` does not say which distribution this is"
        ))),
    }
}

/// What Debian calls a machine's architecture.
pub(crate) fn architecture(machine: &Machine) -> Result<&'static str, Trouble> {
    let hard_float = machine.triple.ends_with("hf") && !machine.triple.starts_with("armv6");
    match (machine.operating_system(), machine.architecture()) {
        (Some(OperatingSystem::Linux), Some(architecture)) => match architecture {
            Architecture::X86_64 => Some("amd64"),
            Architecture::Aarch64 => Some("arm64"),
            Architecture::Arm if hard_float => Some("armhf"),
            Architecture::Arm => Some("armel"),
            Architecture::Riscv64 => Some("riscv64"),
            Architecture::Wasm32 => None,
        },
        _ => None,
    }
    .ok_or_else(|| {
        Trouble::Final(format!(
            "it is not known which Debian packages run on `{}`",
            machine.triple
        ))
    })
}

/// A package as apt's programs want it named. Packages for every architecture are found
/// under none.
fn selected(name: &str, version: &str, architecture: &str) -> String {
    match architecture {
        "all" => format!("{name}={version}"),
        _ => format!("{name}:{architecture}={version}"),
    }
}

fn absent(what: &str) -> Trouble {
    Trouble::Absent(format!(
        "apt knows no package `{what}`; `apt-get update` renews its lists, and `orch lock \
         --update` pins what they have"
    ))
}

fn failure(what: &str, output: &Output) -> Trouble {
    Trouble::Final(format!(
        "apt could not get `{what}`: {}",
        output.complaint()
    ))
}

/// Reads the paragraphs of `apt-cache show`.
fn parse_show(text: &str, name: &str, version: Option<&str>) -> Option<Package> {
    text.split("\n\n").find_map(|paragraph| {
        let field = |key: &str| {
            paragraph
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
        };
        let found = field("Version")?;
        if field("Package")? != name || version.is_some_and(|version| version != found) {
            return None;
        }
        let lists = |keys: &[&str]| {
            let values = keys.iter().filter_map(|key| field(key));
            let items = values.flat_map(|value| value.split(','));
            items.map(|item| item.trim().to_owned()).collect()
        };
        Some(Package {
            version: found.to_owned(),
            architecture: field("Architecture")?.to_owned(),
            bytes: field("Size")?.parse().ok()?,
            digest: format!("sha256:{}", field("SHA256")?).parse().ok()?,
            requires: lists(&["Pre-Depends", "Depends"]),
            provides: lists(&["Provides"]),
            conflicts: lists(&["Conflicts", "Breaks"]),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_another_distribution_are_refused() {
        let purl = Purl::parse("pkg:deb/debian/gcc").unwrap();
        let check = |release| of_this_machine(&purl, distribution(release));
        assert!(check("NAME=\"Debian\"\nID=debian\n").is_ok());
        assert!(check("ID=\"debian\"\nID_LIKE=x\n").is_ok());
        for (release, expected) in [
            (
                "VERSION_ID=24.04\nID=ubuntu\n",
                "`pkg:deb/debian/gcc` is no package of this machine's distribution, `ubuntu`",
            ),
            (
                "",
                "`pkg:deb/debian/gcc` cannot be looked for: `/etc/os-release` does not say which \
                 distribution this is",
            ),
        ] {
            assert_eq!(check(release).unwrap_err().into_parts().0, expected);
        }
    }
}
