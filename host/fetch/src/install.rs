//! One toolchain onto the machine: every archive downloaded and verified, then all of
//! them unpacked into a new folder, then that folder moved into place in one step. A
//! process that is killed anywhere in between leaves nothing that counts as installed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use orch_engine::Cancel;
use orch_engine::port::{InstalledTree, Progress, Stage};
use orch_http::redact;
use orch_model::{Archive, Digest, Fault, FaultKind, Tool, Toolchain};

use crate::address::{Address, Giver};
use crate::cache::Cache;
use crate::download::{BYTES_AT_MOST, Download, Meter, Wanted, wrong_digest};
use crate::fetcher::Fetcher;
use crate::package;
use crate::partial::Partial;
use crate::purl::Purl;
use crate::tree::{Limits, Tree};
use crate::trouble::Trouble;
use crate::unpack;

/// Writes a tree into an empty folder; says its size in bytes and its number of files.
pub type Fill<'a> = &'a dyn Fn(&Path) -> Result<(u64, u64), Fault>;

/// The toolchain, downloaded and unpacked if it does not lie here yet.
pub(crate) fn install(
    fetcher: &Fetcher,
    toolchain: &Toolchain,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<InstalledTree, Fault> {
    let cache = &fetcher.cache;
    if let Some(tree) = installed(cache, toolchain) {
        return Ok(tree);
    }
    cache.prepare()?;
    let _lock = cache.lock_toolchain(&toolchain.recipe(), cancel)?;
    // Somebody else may have done the work while this one waited.
    if let Some(tree) = installed(cache, toolchain) {
        return Ok(tree);
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
    let tree = unpack_into_place(cache, toolchain, &archives, label, progress, cancel);
    // An archive that was refused is refused again; after an interrupt, or where the disk
    // is full, the next install needs it.
    let is_over = match &tree {
        Ok(_) => true,
        Err(fault) => fault.kind == FaultKind::Fetch,
    };
    if is_over {
        for path in &archives {
            // What stays is only in the way, and the next install looks at it again.
            let _ = fs::remove_file(path);
        }
    }
    tree
}

/// A tree that `fill` writes, if none lies here under this recipe yet.
pub(crate) fn adopt(
    cache: &Cache,
    recipe: Digest,
    label: String,
    fill: Fill<'_>,
    cancel: &Cancel,
) -> Result<InstalledTree, Fault> {
    cache.prepare()?;
    let _lock = cache.lock_toolchain(&recipe, cancel)?;
    if let Some(known) = cache.installed(&recipe) {
        return Ok(known.tree);
    }
    let folder = cache.new_folder(cancel)?;
    let root = folder.path().join("tree");
    fs::create_dir(&root).map_err(|error| Fault::io("make folder", &root, &error))?;
    let (bytes, files) = fill(&root)?;
    let tree = InstalledTree {
        root,
        tree: recipe,
        bytes,
        files,
        left_out_bytes: 0,
        programs: Vec::new(),
    };
    folder.complete(&recipe, label, &tree)?;
    Ok(folder.put_in_place(recipe, cancel)?.tree)
}

/// The toolchain's tree, if it lies here with every program that is promised.
pub(crate) fn installed(cache: &Cache, toolchain: &Toolchain) -> Option<InstalledTree> {
    let tree = cache.installed(&toolchain.recipe())?.tree;
    missing_tool(toolchain, &tree.root)
        .is_none()
        .then_some(tree)
}

/// Unpacks verified archives into a new folder and moves that to its place.
fn unpack_into_place(
    cache: &Cache,
    toolchain: &Toolchain,
    archives: &[PathBuf],
    label: String,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<InstalledTree, Fault> {
    let folder = cache.new_folder(cancel)?;
    let root = folder.path().join("tree");
    fs::create_dir(&root).map_err(|error| Fault::io("make folder", &root, &error))?;
    let tree = unpack_all(toolchain, archives, &root, progress, cancel)?;
    // Looked at before the move: another toolchain of the same recipe may use what lies
    // in its place, and lack nothing.
    if let Some(tool) = missing_tool(toolchain, &root) {
        return Err(without_tool(&label, tool, &root));
    }
    let recipe = toolchain.recipe();
    folder.complete(&recipe, label, &tree)?;
    // Before the tree counts as installed: after that nobody would look for them again.
    for path in archives {
        let _ = fs::remove_file(path);
    }
    Ok(folder.put_in_place(recipe, cancel)?.tree)
}

/// The first tool whose program does not lie below the folder.
fn missing_tool<'a>(toolchain: &'a Toolchain, root: &Path) -> Option<&'a Tool> {
    toolchain
        .tools
        .iter()
        .find(|tool| !tool.program.below(root).exists())
}

fn without_tool(label: &str, tool: &Tool, root: &Path) -> Fault {
    let mut top: Vec<String> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    top.sort();
    top.truncate(10);
    Fault::fetch(format!(
        "toolchain `{label}` has no program `{}` for its tool `{}`",
        tool.program, tool.name
    ))
    .hint(format!(
        "at the top of its files lie `{}`",
        top.join("`, `")
    ))
}

/// What people call the toolchain.
fn label(toolchain: &Toolchain) -> String {
    match toolchain.tools.first() {
        Some(tool) => format!("{} {}", tool.name, toolchain.version),
        None => toolchain.version.clone(),
    }
}

fn obtain_all(
    fetcher: &Fetcher,
    toolchain: &Toolchain,
    label: &str,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Vec<PathBuf>, Fault> {
    let total = stated_total(toolchain, label)?;
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

/// Bytes of all archives, where each states its own; refuses an archive that states more
/// than is ever downloaded.
fn stated_total(toolchain: &Toolchain, label: &str) -> Result<Option<u64>, Fault> {
    let archives = &toolchain.archives;
    if let Some(archive) = archives
        .iter()
        .find(|archive| archive.bytes.is_some_and(|bytes| bytes > BYTES_AT_MOST))
    {
        return Err(Fault::fetch(format!(
            "could not fetch `{label}`: its archive `{}` states {} bytes, where {BYTES_AT_MOST} \
             are allowed",
            archive.digest,
            archive.bytes.unwrap_or_default()
        )));
    }
    Ok(archives
        .iter()
        .try_fold(0_u64, |sum, archive| sum.checked_add(archive.bytes?)))
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
                self.fetcher.online(&redact::shown(&address))?;
                self.download()?
                    .fill_from_web(&address, Giver::Plan, self.wanted, partial)
            }
            Address::Package(purl) => {
                self.fetcher.online(&purl.to_string())?;
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
        name = archive
            .file_name()
            .unwrap_or_else(|| archive.digest.to_string());
        let meter = Meter {
            progress,
            stage: Stage::Unpack,
            before,
            total: Some(sizes.iter().sum()),
        };
        let unpacked = unpack::unpack(path, &name, archive, &mut tree, &meter, cancel);
        unpacked.map_err(|refused| unpack::fault(refused, &name))?;
        before += bytes;
    }
    for file in &toolchain.files {
        for path in &file.paths {
            let made = unpack::text_file(path, file, &mut tree, cancel);
            made.map_err(|refused| unpack::fault(refused, unpack::OWN_FILES))?;
        }
    }
    let summary = tree
        .finish()
        .map_err(|refused| unpack::fault(refused, &name))?;
    Ok(InstalledTree {
        root: root.to_owned(),
        tree: summary.digest,
        bytes: summary.bytes,
        files: summary.files,
        left_out_bytes: summary.left_out_bytes,
        programs: Vec::new(),
    })
}

fn size(path: &Path) -> Result<u64, Fault> {
    let found = path
        .metadata()
        .map_err(|error| Fault::io("look at", path, &error))?;
    Ok(found.len())
}
