//! A tree of files that grows from archives that nobody trusts: which names may stand
//! beside which, how much fits, where links lead, and the digest of the whole. How
//! archives are read is not known here.
//!
//! Two walls stand around the tree: every name and link is judged here by its text, and
//! every file is opened through a cap-std directory, which cannot be left.

mod names;
mod refused;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;

use orch_model::{Digest, Fault, Hasher, RelativePath};

use names::{fits, follow_by_text};
pub(crate) use refused::Refused;
pub(crate) use writer::{Limits, Writer};

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Directory,
    File {
        executable: bool,
        /// None until the content has come.
        content: Option<(Digest, u64)>,
        /// Which archive brought it.
        archive: usize,
    },
    Link {
        to: String,
        /// Which archive brought it.
        archive: usize,
    },
}

/// What a finished tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
    pub(crate) files: u64,
    /// Of files that were left out.
    pub(crate) left_out_bytes: u64,
}

/// A tree that grows.
pub(crate) struct Tree {
    writer: Writer,
    nodes: BTreeMap<String, Node>,
    /// What people call the archives so far; the last one is being unpacked.
    archives: Vec<String>,
    left_out_bytes: u64,
}

impl Tree {
    /// An empty tree in an empty folder.
    pub(crate) fn new(folder: &Path, limits: Limits) -> Result<Self, Fault> {
        Ok(Self {
            writer: Writer::new(folder, limits)?,
            nodes: BTreeMap::new(),
            archives: Vec::new(),
            left_out_bytes: 0,
        })
    }

    /// Says that the next entries are of an archive of this name and size.
    pub(crate) fn begin_archive(&mut self, name: &str, bytes: u64) {
        self.archives.push(name.to_owned());
        self.writer.begin_archive(bytes);
    }

    /// Says that a file of this size was left out.
    pub(crate) fn leave_out(&mut self, bytes: u64) {
        self.left_out_bytes = self.left_out_bytes.saturating_add(bytes);
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Makes a directory, and those above it; one that is there already is fine.
    pub(crate) fn directory(&mut self, path: &RelativePath) -> Result<(), Refused> {
        if path.is_root() {
            return Ok(());
        }
        fits(path)?;
        match self.nodes.get(path.as_str()) {
            Some(Node::Directory) => Ok(()),
            Some(_) => Err(Refused::entry(path, "is a directory and a file at once")),
            None => {
                self.parents(path)?;
                self.make_directory(path.as_str())
            }
        }
    }

    /// Makes room for a file, whose content [`Writer::write`] brings.
    pub(crate) fn file(&mut self, path: &RelativePath, executable: bool) -> Result<(), Refused> {
        self.fresh(path)?;
        self.insert(
            path.as_str(),
            Node::File {
                executable,
                content: None,
                archive: self.archives.len(),
            },
        )
    }

    /// Remembers what [`Writer::write`] brought.
    pub(crate) fn written(&mut self, path: &RelativePath, written: (Digest, u64)) {
        if let Some(Node::File { content, .. }) = self.nodes.get_mut(path.as_str()) {
            *content = Some(written);
        }
    }

    /// Whether a file stands at the path.
    pub(crate) fn has_file(&self, path: &RelativePath) -> bool {
        matches!(self.nodes.get(path.as_str()), Some(Node::File { .. }))
    }

    /// Whether a file of this content stands at the path.
    pub(crate) fn is_file(&self, path: &RelativePath, executable: bool, digest: Digest) -> bool {
        match self.nodes.get(path.as_str()) {
            Some(Node::File {
                executable: known,
                content: Some((content, _)),
                ..
            }) => *known == executable && *content == digest,
            _ => false,
        }
    }

    /// Whether a symbolic link of this text stands at the path.
    pub(crate) fn has_link(&self, path: &RelativePath, to: &str) -> bool {
        matches!(self.nodes.get(path.as_str()), Some(Node::Link { to: known, .. }) if known == to)
    }

    /// Makes a symbolic link.
    pub(crate) fn symbolic_link(&mut self, path: &RelativePath, to: &str) -> Result<(), Refused> {
        self.fresh(path)?;
        if to.is_empty() || to.len() > 4095 || to.contains(['\0', '\\']) {
            return Err(Refused::entry(
                path,
                &format!("is a link to `{}`, which is no path", to.escape_debug()),
            ));
        }
        if to.starts_with('/') {
            return Err(Refused::entry(
                path,
                &format!("is a link to the absolute path `{to}`"),
            ));
        }
        let link = Node::Link {
            to: to.to_owned(),
            archive: self.archives.len(),
        };
        self.insert(path.as_str(), link)?;
        // Judged by its text at once, so that no such link ever lies on the disk, and
        // once more in the end, when all that it leads through is known.
        if follow_by_text(path, to).is_none() {
            return Err(Refused::entry(
                path,
                &format!("is a link to `{to}`, which leaves the archive"),
            ));
        }
        self.writer
            .root
            .symlink_contents(to, path.as_str())
            .map_err(|error| Refused::from_io("make link", path, &error))
    }

    /// Makes a second name for a file that has come already.
    pub(crate) fn hard_link(
        &mut self,
        path: &RelativePath,
        to: &RelativePath,
    ) -> Result<(), Refused> {
        self.fresh(path)?;
        let Some(mut file @ Node::File { .. }) = self.nodes.get(to.as_str()).cloned() else {
            return Err(Refused::entry(
                path,
                &format!("is a hard link to `{to}`, which is no file of the archive before it"),
            ));
        };
        if let Node::File { archive, .. } = &mut file {
            *archive = self.archives.len();
        }
        self.insert(path.as_str(), file)?;
        self.writer
            .root
            .hard_link(to.as_str(), &self.writer.root, path.as_str())
            .map_err(|error| Refused::from_io("make link", path, &error))
    }

    /// Follows all links and digests the tree.
    ///
    /// The digest is SHA-256 over the text `orch tree 1` and then, for every file and
    /// symbolic link in the order of their paths as bytes: the path; `file`, `program`
    /// (a file that may be executed) or `link`; and the SHA-256 of the content, or the
    /// link's text. Each of these stands behind its length as eight bytes, little end
    /// first. Directories count by what is in them only; times and owners do not count.
    pub(crate) fn finish(&self) -> Result<Summary, Refused> {
        let mut hasher = Hasher::new();
        hasher.field("orch tree 1");
        let (mut bytes, mut files) = (0, 0);
        for (path, node) in &self.nodes {
            match node {
                Node::Directory => continue,
                Node::File {
                    executable,
                    content,
                    ..
                } => {
                    let (digest, size) = content.ok_or_else(|| {
                        Refused::Machine(Fault::internal(format!("`{path}` was never written")))
                    })?;
                    hasher.field(path);
                    hasher.field(if *executable { "program" } else { "file" });
                    hasher.field(digest.bytes());
                    bytes += size;
                }
                Node::Link { to, .. } => {
                    self.check_link(path, to)?;
                    hasher.field(path);
                    hasher.field("link");
                    hasher.field(to);
                }
            }
            files += 1;
        }
        Ok(Summary {
            digest: hasher.finish(),
            bytes,
            files,
            left_out_bytes: self.left_out_bytes,
        })
    }

    /// Refuses a link that leaves the tree, or leads through too many other links. Whether
    /// anything stands where it leads does not matter.
    fn check_link(&self, path: &str, to: &str) -> Result<(), Refused> {
        let mut at: Vec<&str> = path.split('/').collect();
        at.pop();
        let mut ahead: Vec<&str> = to.split('/').rev().collect();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            match part {
                "" | "." => {}
                ".." => {
                    if at.pop().is_none() {
                        return Err(Refused::Entry(
                            path.to_owned(),
                            format!("is a link to `{to}`, which leaves the archive"),
                        ));
                    }
                }
                part => {
                    at.push(part);
                    if let Some(Node::Link { to: text, .. }) = self.nodes.get(&at.join("/")) {
                        links += 1;
                        if links > 40 {
                            return Err(Refused::Entry(
                                path.to_owned(),
                                "is a link that leads through too many links".into(),
                            ));
                        }
                        at.pop();
                        ahead.extend(text.split('/').rev());
                    }
                }
            }
        }
        Ok(())
    }

    /// Sees that nothing stands at the path, and that its parents are directories.
    fn fresh(&mut self, path: &RelativePath) -> Result<(), Refused> {
        if path.is_root() {
            return Err(Refused::entry(path, "has no name"));
        }
        fits(path)?;
        match self.nodes.get(path.as_str()) {
            Some(Node::Directory) => Err(Refused::entry(path, "is a directory and a file at once")),
            Some(_) => Err(self.taken(path)),
            None => self.parents(path),
        }
    }

    /// That something else stands at the path already, and who brought it.
    pub(crate) fn taken(&self, path: &RelativePath) -> Refused {
        let owner = match self.nodes.get(path.as_str()) {
            Some(Node::File { archive, .. } | Node::Link { archive, .. }) => *archive,
            _ => 0,
        };
        let other = owner
            .checked_sub(1)
            .and_then(|index| self.archives.get(index));
        match other.filter(|_| owner < self.archives.len()) {
            Some(other) => {
                let why = format!(
                    "is in `{other}` too, with other content; one of the two must be left out"
                );
                Refused::entry(path, &why)
            }
            None => Refused::entry(path, "is there twice"),
        }
    }

    /// Sees that all above the path are directories, and makes those that are not there.
    fn parents(&mut self, path: &RelativePath) -> Result<(), Refused> {
        let text = path.as_str();
        // Most entries follow another one of the same directory.
        if let Some((parent, _)) = text.rsplit_once('/')
            && self.nodes.get(parent) == Some(&Node::Directory)
        {
            return Ok(());
        }
        for (end, _) in text.match_indices('/') {
            let above = &text[..end];
            match self.nodes.get(above) {
                Some(Node::Directory) => {}
                Some(Node::Link { .. }) => {
                    let why = format!("lies behind the link `{above}`");
                    return Err(Refused::entry(path, &why));
                }
                Some(Node::File { .. }) => {
                    let why = format!("lies below the file `{above}`");
                    return Err(Refused::entry(path, &why));
                }
                None => self.make_directory(above)?,
            }
        }
        Ok(())
    }

    /// Makes one directory, whose parent is there.
    fn make_directory(&mut self, path: &str) -> Result<(), Refused> {
        self.insert(path, Node::Directory)?;
        self.writer
            .root
            .create_dir(path)
            .map_err(|error| Refused::Machine(Fault::io("make folder", Path::new(path), &error)))
    }

    fn insert(&mut self, path: &str, node: Node) -> Result<(), Refused> {
        let most = self.writer.limits.entries;
        if self.nodes.len() >= most {
            return Err(Refused::Archive(format!("has more than {most} entries")));
        }
        self.nodes.insert(path.to_owned(), node);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
