//! One toolchain onto the machine: every archive downloaded and verified, then all of
//! them unpacked into a new folder, then that folder moved into place in one step. A
//! process that is killed anywhere in between leaves nothing that counts as installed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use orch_engine::Cancel;
use orch_engine::port::{InstalledTree, Progress, Stage};
use orch_model::{Archive, Digest, Fault, Toolchain};

use crate::address::{Address, Giver};
use crate::download::{Download, Meter, Wanted, wrong_digest};
use crate::fetcher::Fetcher;
use crate::package;
use crate::partial::Partial;
use crate::purl::Purl;
use crate::tree::{Limits, Tree};
use crate::trouble::Trouble;
use crate::unpack;

/// The toolchain, downloaded and unpacked if it does not lie here yet.
pub(crate) fn install(
    fetcher: &Fetcher,
    toolchain: &Toolchain,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<InstalledTree, Fault> {
    let recipe = toolchain.recipe();
    let cache = &fetcher.cache;
    if let Some(release) = cache.installed(&recipe) {
        return with_tools(toolchain, release.tree);
    }
    cache.prepare()?;
    let _lock = cache.lock_toolchain(&recipe, cancel)?;
    // Somebody else may have done the work while this one waited.
    if let Some(release) = cache.installed(&recipe) {
        return with_tools(toolchain, release.tree);
    }
    cache.sweep()?;

    // Taken in one order by everybody, or two toolchains that share archives could wait
    // for each other. Held until the archives are unpacked, since nobody else may
    // remove them before.
    let mut digests: Vec<Digest> = toolchain
        .archives
        .iter()
        .map(|archive| archive.digest)
        .collect();
    digests.sort();
    digests.dedup();
    let mut locks = Vec::new();
    for digest in &digests {
        locks.push(cache.lock_download(digest, cancel)?);
    }

    let label = label(toolchain);
    let archives = obtain_all(fetcher, toolchain, &label, progress, cancel)?;
    let folder = cache.new_folder(cancel)?;
    let root = folder.path().join("tree");
    fs::create_dir(&root).map_err(|error| Fault::io("make folder", &root, &error))?;
    let tree = unpack_all(toolchain, &archives, &root, progress, cancel)?;
    folder.complete(&recipe, label, &tree)?;
    // Before the tree counts as installed: after that nobody would look for them again.
    for path in &archives {
        let _ = fs::remove_file(path);
    }
    let release = folder.put_in_place(recipe, cancel)?;
    with_tools(toolchain, release.tree)
}

/// What people call the toolchain.
fn label(toolchain: &Toolchain) -> String {
    match toolchain.tools.first() {
        Some(tool) => format!("{} {}", tool.name, toolchain.version),
        None => toolchain.version.clone(),
    }
}

/// Sees that the programs that are promised are there.
fn with_tools(toolchain: &Toolchain, tree: InstalledTree) -> Result<InstalledTree, Fault> {
    for tool in &toolchain.tools {
        if !tool.program.below(&tree.root).exists() {
            return Err(Fault::fetch(format!(
                "toolchain `{}` has no program `{}` for its tool `{}`",
                label(toolchain),
                tool.program,
                tool.name
            ))
            .hint(format!("its files lie in `{}`", tree.root.display())));
        }
    }
    Ok(tree)
}

fn obtain_all(
    fetcher: &Fetcher,
    toolchain: &Toolchain,
    label: &str,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Vec<PathBuf>, Fault> {
    let total = toolchain.archives.iter().map(|archive| archive.bytes).sum();
    let mut before = 0;
    let mut paths = Vec::new();
    for archive in &toolchain.archives {
        let meter = Meter {
            progress,
            stage: Stage::Download,
            before,
            total,
        };
        let path = obtain(fetcher, archive, label, meter, cancel)?;
        before += size(&path)?;
        paths.push(path);
    }
    Ok(paths)
}

/// The verified archive: what lies here already, or what its addresses yield.
fn obtain(
    fetcher: &Fetcher,
    archive: &Archive,
    label: &str,
    meter: Meter<'_>,
    cancel: &Cancel,
) -> Result<PathBuf, Fault> {
    let place = fetcher.cache.download(&archive.digest);
    if let Ok(file) = File::open(&place) {
        // It was good once; nothing is trusted because it is there.
        if let Ok((digest, bytes)) = Digest::of_reader(file)
            && digest == archive.digest
        {
            meter.report(bytes, Some(bytes));
            return Ok(place);
        }
        fs::remove_file(&place).map_err(|error| Fault::io("remove", &place, &error))?;
    }
    let mut partial = Partial::open(&fetcher.cache, &archive.digest)?;
    if partial.digest() == archive.digest {
        return partial.complete(&fetcher.cache, &archive.digest);
    }
    let source = Source {
        fetcher,
        wanted: Wanted {
            digest: archive.digest,
            bytes: archive.bytes,
        },
        meter,
        cancel,
    };
    let mut troubles = Vec::new();
    for url in &archive.urls {
        match source.fill(url, &mut partial) {
            Ok(()) => return partial.complete(&fetcher.cache, &archive.digest),
            Err(trouble @ (Trouble::Cancelled | Trouble::Machine(_))) => {
                return Err(trouble.into_fault(label));
            }
            Err(trouble) => troubles.push(trouble),
        }
    }
    // What has come of it is kept for the next attempt.
    if partial.length() == 0 {
        partial.discard()?;
    }
    Err(combined(troubles, label, archive))
}

/// One fault out of what every address said.
fn combined(troubles: Vec<Trouble>, label: &str, archive: &Archive) -> Fault {
    if troubles.is_empty() {
        return Fault::fetch(format!(
            "could not fetch `{label}`: its archive `{}` has no address",
            archive.digest
        ));
    }
    let mut hint = None;
    let mut messages = Vec::new();
    for trouble in troubles {
        let (message, its_hint) = trouble.into_parts();
        hint = hint.or(its_hint);
        messages.push(message);
    }
    let fault = Fault::fetch(format!(
        "could not fetch `{label}`: {}",
        messages.join("; ")
    ));
    match hint {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

/// Everything that is needed to ask one address after the other.
struct Source<'a> {
    fetcher: &'a Fetcher,
    wanted: Wanted,
    meter: Meter<'a>,
    cancel: &'a Cancel,
}

impl Source<'_> {
    fn fill(&self, url: &str, partial: &mut Partial) -> Result<(), Trouble> {
        match Address::parse(url, Giver::Plan, &self.fetcher.settings)? {
            Address::File(path) => self.fill_from_file(&path, partial),
            Address::Web(address) => {
                self.fetcher.online(url)?;
                self.download()?
                    .fill_from_web(&address, Giver::Plan, self.wanted, partial)
            }
            Address::Package(purl) => {
                self.fetcher.online(url)?;
                self.fill_from_registry(&purl, partial)
            }
        }
    }

    /// Asks the registry's client for an address, so that the download has progress and
    /// can be resumed; has the client download it where that does not work.
    fn fill_from_registry(&self, purl: &Purl, partial: &mut Partial) -> Result<(), Trouble> {
        let settings = &self.fetcher.settings;
        let located = package::locate(settings, purl, self.cancel)?;
        if located.digest != self.wanted.digest {
            return Err(wrong_digest(&purl.to_string(), located.digest, self.wanted));
        }
        if let Some(url) = located.url {
            let result = match Address::parse(&url, Giver::Registry, settings)? {
                Address::File(path) => self.fill_from_file(&path, partial),
                Address::Web(address) => {
                    self.download()?
                        .fill_from_web(&address, Giver::Registry, self.wanted, partial)
                }
                Address::Package(_) => Err(Trouble::Barred(String::new())),
            };
            // The client may have credentials that it keeps to itself.
            if !matches!(result, Err(Trouble::Barred(_))) {
                return result;
            }
        }
        let folder = self.fetcher.cache.new_folder(self.cancel)?;
        let path = package::download(settings, purl, folder.path(), self.cancel)?;
        self.fill_from_file(&path, partial)
    }

    fn fill_from_file(&self, path: &Path, partial: &mut Partial) -> Result<(), Trouble> {
        crate::download::from_file(path, self.wanted, partial, &self.meter, self.cancel)
    }

    fn download(&self) -> Result<Download<'_>, Trouble> {
        Ok(Download {
            settings: &self.fetcher.settings,
            client: self.fetcher.client()?,
            meter: &self.meter,
            cancel: self.cancel,
        })
    }
}

fn unpack_all(
    toolchain: &Toolchain,
    paths: &[PathBuf],
    root: &Path,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<InstalledTree, Fault> {
    let mut tree = Tree::new(root, Limits::default())?;
    let mut sizes = Vec::new();
    for path in paths {
        sizes.push(size(path)?);
    }
    let mut before = 0;
    let mut name = String::new();
    for ((archive, path), bytes) in toolchain.archives.iter().zip(paths).zip(&sizes) {
        let file_name = archive_name(archive);
        name = file_name
            .clone()
            .unwrap_or_else(|| archive.digest.to_string());
        let meter = Meter {
            progress,
            stage: Stage::Unpack,
            before,
            total: Some(sizes.iter().sum()),
        };
        let unpacked = unpack::unpack(path, archive, file_name, &mut tree, &meter, cancel);
        unpacked.map_err(|refused| unpack::fault(refused, &name))?;
        before += bytes;
    }
    let summary = tree
        .finish()
        .map_err(|refused| unpack::fault(refused, &name))?;
    Ok(InstalledTree {
        root: root.to_owned(),
        tree: summary.digest,
        bytes: summary.bytes,
        files: summary.files,
    })
}

/// The file name in an archive's first address.
fn archive_name(archive: &Archive) -> Option<String> {
    let url = archive.urls.first()?;
    if let Ok(purl) = Purl::parse(url) {
        let file_name = purl.qualifiers.get("file_name").cloned();
        return Some(file_name.unwrap_or_else(|| format!("{}.deb", purl.name)));
    }
    let path = url.split(['?', '#']).next()?;
    let name = path.rsplit('/').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn size(path: &Path) -> Result<u64, Fault> {
    let found = path
        .metadata()
        .map_err(|error| Fault::io("look at", path, &error))?;
    Ok(found.len())
}
