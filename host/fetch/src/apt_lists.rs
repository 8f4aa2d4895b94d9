//! Where apt keeps its lists of packages: the machine's own, or for another architecture a
//! set in the cache, from the same sources and checked by the same keys. Neither needs root,
//! and the machine's own state is never written.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use orch_model::{Fault, Machine};

use crate::apt::architecture;
use crate::trouble::Trouble;

/// How old lists of another architecture may be before they are got again: the machine's own
/// are renewed daily where it renews them by itself.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// The options that switch on apt's index, which distributions for containers switch off.
const INDEX_FILES: [&str; 2] = [
    "Dir::Cache::pkgcache=pkgcache.bin",
    "Dir::Cache::srcpkgcache=srcpkgcache.bin",
];

/// What apt is told so that it answers from one set of lists.
#[derive(Debug)]
pub(crate) struct Lists {
    /// Pairs of `-o` and an option.
    options: Vec<String>,
    /// The folder of lists that are ours to renew; none for the machine's own.
    folder: Option<PathBuf>,
}

impl Lists {
    /// The lists of packages for an architecture, by Debian's name; without one, of the
    /// machine itself. `cache` is the folder for all that can be made again.
    pub(crate) fn find(cache: &Path, wanted: Option<&str>) -> Result<Self, Trouble> {
        let cache = cache.join("apt");
        match wanted {
            Some(wanted) if !is_own(wanted) => Self::of(wanted, &cache),
            _ => Self::own(&cache),
        }
    }

    /// The machine's own index can be written by root only and is often switched off, and
    /// making one anew takes apt half a second for each question: it lies in the cache.
    fn own(cache: &Path) -> Result<Self, Trouble> {
        make(cache)?;
        Ok(Self {
            options: options(&[format!("Dir::Cache={}", cache.display())]),
            folder: None,
        })
    }

    fn of(architecture: &str, cache: &Path) -> Result<Self, Trouble> {
        // It becomes the name of a folder.
        let is_name = architecture
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric());
        if architecture.is_empty() || !is_name {
            return Err(Trouble::Final(format!(
                "`{architecture}` is no architecture of Debian"
            )));
        }
        let folder = cache.join(architecture);
        make(&folder.join("lists/partial"))?;
        make(&folder.join("archives/partial"))?;
        let status = folder.join("status");
        if !status.exists() {
            // Nothing is installed there.
            File::create(&status).map_err(|error| Fault::io("make file", &status, &error))?;
        }
        let shown = folder.display();
        Ok(Self {
            options: options(&[
                format!("APT::Architecture={architecture}"),
                format!("APT::Architectures={architecture}"),
                format!("Dir::State={shown}"),
                format!("Dir::State::status={}", status.display()),
                format!("Dir::Cache={shown}"),
                // No descriptions, which programs that show packages to people want.
                "Acquire::Languages=none".to_owned(),
                "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
                // Root's apt would otherwise download as a user who cannot write here.
                "APT::Sandbox::User=".to_owned(),
            ]),
            folder: Some(folder),
        })
    }

    /// Arguments that stand before all others.
    pub(crate) fn options(&self) -> impl Iterator<Item = &str> {
        self.options.iter().map(String::as_str)
    }

    /// The folder of lists that must be got first, since they are not there or too old.
    pub(crate) fn stale(&self) -> Option<&Path> {
        let folder = self.folder.as_deref()?;
        let renewed = fs::metadata(stamp(folder)).and_then(|found| found.modified());
        let age = renewed.ok().and_then(|renewed| renewed.elapsed().ok());
        age.is_none_or(|age| age > FRESH).then_some(folder)
    }

    /// Notes that the lists in a folder were got just now.
    pub(crate) fn renewed(folder: &Path) -> Result<(), Fault> {
        let stamp = stamp(folder);
        fs::write(&stamp, "").map_err(|error| Fault::io("write", &stamp, &error))
    }
}

/// Whether packages of an architecture are those that run on this machine.
fn is_own(wanted: &str) -> bool {
    let here = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    architecture(&Machine::of_triple(here)).is_ok_and(|own| own == wanted)
}

fn options(own: &[String]) -> Vec<String> {
    let own = own.iter().map(String::as_str);
    own.chain(INDEX_FILES)
        .flat_map(|option| ["-o".to_owned(), option.to_owned()])
        .collect()
}

/// Its time says when the lists beside it were got.
fn stamp(folder: &Path) -> PathBuf {
    folder.join("renewed")
}

fn make(folder: &Path) -> Result<(), Fault> {
    fs::create_dir_all(folder).map_err(|error| Fault::io("make folder", folder, &error))
}
