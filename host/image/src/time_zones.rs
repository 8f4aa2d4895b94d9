//! The time zones that programs in an image know, from the tree of a package: Debian's
//! `tzdata`. Why a tree and not this machine's own: see [`crate::certificates`].

use std::fs::File;
use std::path::{Component, Path};

use orch_model::{Digest, Fault};
use walkdir::{DirEntry, WalkDir};

use crate::description::{Content, Entry, ImagePath, Layer, Owner};

/// Where the package has them, and where every C library and Go look.
const SOURCE: &str = "usr/share/zoneinfo";
/// All zones once more: as they are, and counting leap seconds, which no program asks for.
const AGAIN: [&str; 2] = ["posix", "right"];

/// A layer with all time zones of a tree.
pub fn time_zones(tree: &Path) -> Result<Layer, Fault> {
    let source = tree.join(SOURCE);
    let is_wanted = |found: &DirEntry| {
        found.depth() != 1 || AGAIN.iter().all(|again| found.file_name() != *again)
    };
    let mut entries = Vec::new();
    let found = WalkDir::new(&source).sort_by_file_name().into_iter();
    for found in found.filter_entry(is_wanted) {
        let found = found.map_err(|error| {
            Fault::usage(format!(
                "could not read time zones in `{}`: {error}",
                source.display()
            ))
            .hint("give the unpacked package `tzdata`")
        })?;
        entries.extend(entry(tree, &found)?);
    }
    if entries.is_empty() {
        return Err(Fault::usage(format!(
            "`{}` holds no time zones",
            source.display()
        )));
    }
    Ok(Layer {
        title: "time zones".into(),
        entries,
    })
}

/// What was found, as it goes into the image; nothing for a directory, which is implied, and
/// for a link out of the tree: `localtime` is the setting of a machine.
fn entry(tree: &Path, found: &DirEntry) -> Result<Option<Entry>, Fault> {
    let failed = |error: std::io::Error| Fault::io("read", found.path(), &error);
    let content = if found.file_type().is_dir() {
        return Ok(None);
    } else if found.file_type().is_symlink() {
        let target = std::fs::read_link(found.path()).map_err(failed)?;
        match target.to_str() {
            Some(text) if stays(&target, found.depth()) => Content::Link(text.to_owned()),
            _ => return Ok(None),
        }
    } else {
        let (digest, bytes) = File::open(found.path())
            .and_then(Digest::of_reader)
            .map_err(failed)?;
        Content::File {
            path: found.path().to_owned(),
            digest,
            bytes,
        }
    };
    Ok(Some(Entry {
        mode: match content {
            Content::Link(_) => 0o777,
            _ => 0o644,
        },
        path: place(tree, found.path())?,
        content,
        owner: Owner::default(),
    }))
}

/// Whether a link that lies so deep leads to something below the same top.
fn stays(target: &Path, depth: usize) -> bool {
    let up = |part: &Component<'_>| matches!(part, Component::ParentDir);
    target.is_relative() && target.components().filter(up).count() < depth
}

fn place(tree: &Path, path: &Path) -> Result<ImagePath, Fault> {
    let below = path.strip_prefix(tree).ok().and_then(Path::to_str);
    let below = below
        .ok_or_else(|| Fault::usage(format!("`{}` has a name that is no text", path.display())))?;
    format!("/{below}").parse()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn zones_are_taken_once_and_settings_are_not() {
        let tree = tempfile::tempdir().unwrap();
        let source = tree.path().join(SOURCE);
        for folder in ["Europe", "right/Europe"] {
            std::fs::create_dir_all(source.join(folder)).unwrap();
        }
        for file in ["Europe/Berlin", "UTC", "right/Europe/Berlin"] {
            std::fs::write(source.join(file), "TZif").unwrap();
        }
        for (target, link) in [
            ("../UTC", "Europe/Utc"),
            ("/etc/localtime", "localtime"),
            ("../../../etc/x", "Europe/out"),
            (".", "posix"),
        ] {
            symlink(target, source.join(link)).unwrap();
        }
        let layer = time_zones(tree.path()).unwrap();
        let names: Vec<&str> = layer
            .entries
            .iter()
            .map(|entry| entry.path.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "/usr/share/zoneinfo/Europe/Berlin",
                "/usr/share/zoneinfo/Europe/Utc",
                "/usr/share/zoneinfo/UTC",
            ]
        );
        assert_eq!(layer.entries[1].content, Content::Link("../UTC".into()));
    }

    #[test]
    fn a_tree_without_them_is_told() {
        let tree = tempfile::tempdir().unwrap();
        let fault = time_zones(tree.path()).unwrap_err();
        assert!(fault.hint.unwrap().contains("tzdata"));
    }
}
