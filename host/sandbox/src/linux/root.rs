//! Builds what programs see as `/`, and leaves the machine's own root where only the keeper
//! can reach it.
//!
//! The machine's root stays mounted at `/sys`, below an empty file system that covers it:
//! folders can be taken from it later, by the descriptor that the keeper holds. A program
//! has no way below a cover, because it may not unmount, and cannot get at the keeper's
//! descriptors, because it may not trace it.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::mount::{MountPropagationFlags, OpenTreeFlags, mount_change, open_tree};
use rustix::process::{chdir, fchdir, pivot_root};

use crate::layout::{
    CONFIGURATION, DEVICES, LINKS, LONELY_HOSTS, MADE_UP, NETWORK_CONFIGURATION, ROOT,
    SHARED_FOLDERS, SYSTEM_FOLDERS, WORKSPACE_FOLDERS,
};

use super::message::Setup;
use super::mounts::{self, Access};

/// Where the machine's root is left, covered.
const COVERED: &str = "sys";

/// The new root. Its own files cannot be changed through `/`.
#[derive(Debug)]
pub(super) struct NewRoot {
    /// The machine's root.
    pub(super) host: OwnedFd,
    /// The new root once more, where folders can still be made.
    pub(super) writable: OwnedFd,
    /// The mount of `source`.
    pub(super) source: OwnedFd,
    /// `/proc`, where settings of the pid namespace can still be written.
    pub(super) proc: OwnedFd,
}

/// What was being done when building failed.
pub(super) struct BuildError {
    pub(super) doing: String,
    pub(super) error: io::Error,
}

/// Makes the new root, and this process's root of it.
pub(super) fn build(setup: &Setup) -> Result<NewRoot, BuildError> {
    let host = exchange().map_err(doing("exchange the root"))?;
    let builder = Builder { host };
    for folder in SYSTEM_FOLDERS {
        builder.show_system_folder(folder)?;
    }
    builder.make_configuration(setup.network)?;
    for device in DEVICES {
        builder.show_file(&Path::new("/dev").join(device), Access::Device)?;
    }
    for (link, target) in LINKS {
        builder.link(link, target)?;
    }
    let source = builder.show_workspace(&setup.workspace)?;
    let proc = make_proc().map_err(doing("mount `/proc`"))?;
    let (root, writable) = open_twice().map_err(doing("open the new root"))?;
    mounts::set_read_only(&root, true).map_err(doing("make the new root read-only"))?;
    Ok(NewRoot {
        host: builder.host,
        writable,
        source,
        proc,
    })
}

/// Puts an empty file system in the place of the root. Returns the machine's root.
fn exchange() -> io::Result<OwnedFd> {
    // Or mounts made here would reach the machine.
    mount_change(
        "/",
        MountPropagationFlags::REC | MountPropagationFlags::PRIVATE,
    )?;
    let host = open_folder("/")?;
    let root = mounts::new("tmpfs", &[("mode", "0755"), ("size", "16m")])?;
    // Any folder will do until the exchange. No file is taken from this one.
    mounts::place(&root, Path::new("/proc"))?;
    fchdir(&root)?;
    fs::create_dir(COVERED)?;
    pivot_root(".", COVERED)?;
    chdir("/")?;
    let cover = mounts::new("tmpfs", &[("mode", "0555"), ("size", "4k")])?;
    mounts::set_read_only(&cover, true)?;
    mounts::place(&cover, &Path::new("/").join(COVERED))?;
    Ok(host)
}

struct Builder {
    host: OwnedFd,
}

impl Builder {
    /// Shows a folder or file by the path that it has on the machine, if it is there.
    fn show(&self, path: &Path, access: Access) -> Result<(), BuildError> {
        let shown = match mounts::take(&self.host, path, access) {
            Ok(tree) => mounts::place(&tree, path),
            Err(error) => Err(error),
        };
        shown.map_err(doing(&format!("show `{}`", path.display())))
    }

    fn show_system_folder(&self, name: &str) -> Result<(), BuildError> {
        let path = Path::new("/").join(name);
        let what = format!("show `{}`", path.display());
        let fault = doing(&what);
        match self.link_of(name) {
            Ok(Some(target)) => symlink(target, &path).map_err(fault),
            Ok(None) => {
                fs::create_dir(&path).map_err(fault)?;
                self.show(&path, Access::ReadOnly)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(fault(error)),
        }
    }

    /// Where a link of the machine's root leads; `None` where it is no link.
    fn link_of(&self, name: &str) -> io::Result<Option<PathBuf>> {
        match rustix::fs::readlinkat(&self.host, name, Vec::new()) {
            Ok(target) => Ok(Some(path_of(target.into_bytes()))),
            Err(rustix::io::Errno::INVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn show_file(&self, path: &Path, access: Access) -> Result<(), BuildError> {
        write(path, "")?;
        self.show(path, access)
    }

    fn make_configuration(&self, network: bool) -> Result<(), BuildError> {
        for (path, content) in MADE_UP {
            write(&Path::new("/").join(path), content)?;
        }
        for name in CONFIGURATION {
            self.show_configuration(&Path::new("/etc").join(name))?;
        }
        if !network {
            return write(Path::new("/etc/hosts"), LONELY_HOSTS);
        }
        for name in NETWORK_CONFIGURATION {
            let path = Path::new("/etc").join(name);
            if let Ok(content) = self.read(&path) {
                write(&path, &content)?;
            }
        }
        Ok(())
    }

    fn show_configuration(&self, path: &Path) -> Result<(), BuildError> {
        let found = rustix::fs::statat(
            &self.host,
            path.strip_prefix("/").unwrap_or(path),
            rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
        );
        let Ok(found) = found else { return Ok(()) };
        match rustix::fs::FileType::from_raw_mode(found.st_mode) {
            rustix::fs::FileType::Directory => {
                create_folder(path)?;
                self.show(path, Access::ReadOnly)
            }
            rustix::fs::FileType::RegularFile => self.show_file(path, Access::ReadOnly),
            // What a link leads to may be anywhere.
            _ => match self.read(path) {
                Ok(content) => write(path, &content),
                Err(_) => Ok(()),
            },
        }
    }

    /// The content of a file of the machine, whose links are read as the machine reads them.
    fn read(&self, path: &Path) -> io::Result<String> {
        let file = rustix::fs::openat2(
            &self.host,
            path.strip_prefix("/").unwrap_or(path),
            OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK,
            Mode::empty(),
            rustix::fs::ResolveFlags::IN_ROOT,
        )?;
        io::read_to_string(fs::File::from(file))
    }

    fn link(&self, link: &str, target: &str) -> Result<(), BuildError> {
        let path = Path::new("/").join(link);
        create_parent(&path)?;
        symlink(target, &path).map_err(doing(&format!("write `{}`", path.display())))
    }

    /// Returns the mount of `source`.
    fn show_workspace(&self, workspace: &Path) -> Result<OwnedFd, BuildError> {
        for name in SHARED_FOLDERS {
            create_folder(&Path::new(ROOT).join(name))?;
        }
        let mut source = None;
        for name in WORKSPACE_FOLDERS {
            let access = match name {
                "artifact" | "source" => Access::ReadOnly,
                _ => Access::ReadWrite,
            };
            let from = workspace.join(name);
            let to = Path::new(ROOT).join(name);
            create_folder(&to)?;
            let tree = mounts::take(&self.host, &from, access)
                .and_then(|tree| mounts::place(&tree, &to).map(|()| tree))
                .map_err(doing(&format!("show `{}`", from.display())))?;
            if name == "source" {
                source = Some(tree);
            }
        }
        Ok(source.expect("it is a folder of every workspace"))
    }
}

fn make_proc() -> io::Result<OwnedFd> {
    fs::create_dir("/proc")?;
    let proc = mounts::new("proc", &[])?;
    mounts::place(&proc, Path::new("/proc"))?;
    Ok(proc)
}

/// The root, and a mount of the same file system that stays writable.
fn open_twice() -> io::Result<(OwnedFd, OwnedFd)> {
    let writable = open_tree(
        CWD,
        "/",
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )?;
    Ok((open_folder("/")?, writable))
}

fn open_folder(path: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, path, flags, Mode::empty())?)
}

fn write(path: &Path, content: &str) -> Result<(), BuildError> {
    create_parent(path)?;
    fs::write(path, content).map_err(doing(&format!("write `{}`", path.display())))
}

fn create_parent(path: &Path) -> Result<(), BuildError> {
    create_folder(path.parent().unwrap_or(Path::new("/")))
}

fn create_folder(path: &Path) -> Result<(), BuildError> {
    fs::create_dir_all(path).map_err(doing(&format!("create `{}`", path.display())))
}

fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

fn doing(what: &str) -> impl FnOnce(io::Error) -> BuildError + use<'_> {
    move |error| BuildError {
        doing: what.to_owned(),
        error,
    }
}
