//! Packages of registries: what there is, and where the bytes of one file are. Turns the
//! words of pip and apt into package URLs and back.

use std::fs;
use std::path::{Path, PathBuf};

use orch_engine::Cancel;
use orch_model::{Digest, Machine, PackageFile};

use crate::apt::{self, Apt};
use crate::pip::Pip;
use crate::purl::{Purl, Registry};
use crate::settings::FetchSettings;
use crate::trouble::Trouble;
use crate::wheel;

/// Where a registry has a file.
#[derive(Debug)]
pub(crate) struct Located {
    /// As the registry states it.
    pub(crate) digest: Digest,
    /// None if only the registry's client can get it.
    pub(crate) url: Option<String>,
}

/// All versions of a package, newest first.
pub(crate) fn versions(settings: &FetchSettings, name: &str) -> Result<Vec<String>, Trouble> {
    let purl = without_version(name)?;
    let cancel = Cancel::new();
    match purl.registry {
        Registry::Pypi => Pip::find(settings)?.versions(&purl.name, &cancel),
        Registry::Deb => {
            let architecture = purl.qualifiers.get("arch").map(String::as_str);
            Apt::find(settings, &purl, architecture, &cancel)?.versions(&purl.name, &cancel)
        }
    }
}

/// The file that a version of a package has for a machine, and its address where its
/// size is still to be asked for. Without a version, of the one that its client chooses.
pub(crate) fn file(
    settings: &FetchSettings,
    name: &str,
    version: &str,
    machine: &Machine,
) -> Result<(PackageFile, Option<String>), Trouble> {
    let mut purl = without_version(name)?;
    let cancel = Cancel::new();
    let newest;
    let version = match purl.registry {
        Registry::Pypi if version.is_empty() => {
            newest = versions(settings, name)?;
            newest.first().map_or("", String::as_str)
        }
        _ => version,
    };
    if !version.is_empty() {
        purl.version = Some(version.to_owned());
        // Parsing the whole once more checks the version too.
        purl = Purl::parse(&purl.to_string()).map_err(Trouble::Final)?;
    }
    match purl.registry {
        Registry::Pypi => {
            let platforms = wheel::platforms(machine)?;
            let found = Pip::find(settings)?.wheel(&purl.name, version, &platforms, &cancel)?;
            purl.qualifiers.insert("file_name".into(), found.file_name);
            let file = PackageFile {
                url: purl.to_string(),
                digest: found.digest,
                bytes: None,
                version: version.to_owned(),
                requires: Vec::new(),
                provides: Vec::new(),
                conflicts: Vec::new(),
            };
            Ok((file, Some(found.url)))
        }
        Registry::Deb => {
            let architecture = apt::architecture(machine)?;
            let apt = Apt::find(settings, &purl, Some(architecture), &cancel)?;
            let version = Some(version).filter(|version| !version.is_empty());
            let found = apt.package(&purl.name, version, architecture, &cancel)?;
            purl.version = Some(found.version.clone());
            purl.qualifiers.insert("arch".into(), found.architecture);
            let file = PackageFile {
                url: purl.to_string(),
                digest: found.digest,
                bytes: Some(found.bytes),
                version: found.version,
                requires: found.requires,
                provides: found.provides,
                conflicts: found.conflicts,
            };
            Ok((file, None))
        }
    }
}

/// Where the registry has the one file that a package URL names.
pub(crate) fn locate(
    settings: &FetchSettings,
    purl: &Purl,
    cancel: &Cancel,
) -> Result<Located, Trouble> {
    match purl.registry {
        Registry::Pypi => {
            let wanted = Wheel::of(purl)?;
            let found = Pip::find(settings)?.wheel(
                &purl.name,
                wanted.version,
                &wanted.platforms,
                cancel,
            )?;
            if found.file_name != wanted.file_name {
                return Err(Trouble::Absent(format!(
                    "the package index has `{}`, not `{}`",
                    found.file_name, wanted.file_name
                )));
            }
            Ok(Located {
                digest: found.digest,
                url: Some(found.url),
            })
        }
        Registry::Deb => {
            let (version, architecture) = debian(purl)?;
            let apt = Apt::find(settings, purl, Some(architecture), cancel)?;
            Ok(Located {
                digest: apt
                    .package(&purl.name, Some(version), architecture, cancel)?
                    .digest,
                url: apt.address(&purl.name, version, architecture, cancel)?,
            })
        }
    }
}

/// Has the registry's own client download the file that a package URL names into an
/// empty folder.
pub(crate) fn download(
    settings: &FetchSettings,
    purl: &Purl,
    folder: &Path,
    cancel: &Cancel,
) -> Result<PathBuf, Trouble> {
    match purl.registry {
        Registry::Pypi => {
            let wanted = Wheel::of(purl)?;
            let requirement = format!("{}=={}", purl.name, wanted.version);
            Pip::find(settings)?.download(&requirement, &wanted.platforms, folder, cancel)?;
        }
        Registry::Deb => {
            let (version, architecture) = debian(purl)?;
            let apt = Apt::find(settings, purl, Some(architecture), cancel)?;
            apt.download(&purl.name, version, architecture, folder, cancel)?;
        }
    }
    let mut files = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file());
    files
        .next()
        .ok_or_else(|| Trouble::Final(format!("nothing was downloaded for `{purl}`")))
}

/// A wheel as a package URL names it.
struct Wheel<'a> {
    version: &'a str,
    file_name: &'a str,
    platforms: Vec<String>,
}

impl<'a> Wheel<'a> {
    fn of(purl: &'a Purl) -> Result<Self, Trouble> {
        let wrong = |what: &str| Trouble::Final(format!("package URL `{purl}` {what}"));
        let version = purl
            .version
            .as_deref()
            .ok_or_else(|| wrong("has no version"))?;
        let file_name = purl
            .qualifiers
            .get("file_name")
            .ok_or_else(|| wrong("has no `file_name`"))?;
        let platforms =
            wheel::platforms_of(file_name).ok_or_else(|| wrong("names a file that is no wheel"))?;
        Ok(Self {
            version,
            file_name,
            platforms,
        })
    }
}

fn debian(purl: &Purl) -> Result<(&str, &str), Trouble> {
    let wrong = |what: &str| Trouble::Final(format!("package URL `{purl}` {what}"));
    let version = purl
        .version
        .as_deref()
        .ok_or_else(|| wrong("has no version"))?;
    let architecture = purl
        .qualifiers
        .get("arch")
        .ok_or_else(|| wrong("has no `arch`"))?;
    Ok((version, architecture))
}

fn without_version(name: &str) -> Result<Purl, Trouble> {
    let purl = Purl::parse(name).map_err(Trouble::Final)?;
    let names_file = match purl.registry {
        Registry::Pypi => !purl.qualifiers.is_empty(),
        // Packages of each architecture have versions of their own.
        Registry::Deb => purl.qualifiers.keys().any(|key| key != "arch"),
    };
    if purl.version.is_some() || names_file {
        return Err(Trouble::Final(format!(
            "package URL `{name}` must name a package only, without version or file"
        )));
    }
    Ok(purl)
}
