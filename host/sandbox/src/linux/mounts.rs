//! Single mounts: taken from the machine, made read-only, put in place.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::CWD;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

/// What no mount inside allows: programs that change who runs them, and devices.
const ALWAYS: u64 = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;

const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY;

/// A folder or file of the machine with all that is mounted below it, by its path below
/// `host`; not in place yet.
pub(super) fn take(host: impl AsFd, path: &Path, access: Access) -> io::Result<OwnedFd> {
    let path = path.strip_prefix("/").unwrap_or(path);
    let tree = open_tree(
        host,
        path,
        OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_RECURSIVE,
    )?;
    let set = match access {
        Access::ReadOnly => ALWAYS | READ_ONLY,
        Access::ReadWrite => ALWAYS,
        // The nodes could not be opened below `NODEV`.
        Access::Device => READ_ONLY | libc::MOUNT_ATTR_NOSUID,
    };
    change(&tree, libc::AT_RECURSIVE, set, 0)?;
    Ok(tree)
}

/// What may be done with a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    ReadOnly,
    ReadWrite,
    /// A device's node, which can be written to though it cannot be changed.
    Device,
}

/// Puts a mount in place.
pub(super) fn place(tree: &OwnedFd, at: &Path) -> io::Result<()> {
    Ok(move_mount(
        tree,
        "",
        CWD,
        at,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )?)
}

/// A new file system; not in place yet.
pub(super) fn new(kind: &str, settings: &[(&str, &str)]) -> io::Result<OwnedFd> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in settings {
        fsconfig_set_string(&context, *key, *value)?;
    }
    fsconfig_create(&context)?;
    Ok(fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_NOEXEC,
    )?)
}

/// Makes one mount read-only, or writable again.
pub(super) fn set_read_only(mount: impl AsFd, read_only: bool) -> io::Result<()> {
    let (set, clear) = match read_only {
        true => (READ_ONLY, 0),
        false => (0, READ_ONLY),
    };
    change(mount, 0, set, clear)
}

/// `mount_setattr(2)` of the mount that a descriptor stands for.
fn change(mount: impl AsFd, flags: libc::c_int, set: u64, clear: u64) -> io::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: set,
        attr_clr: clear,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: no safe crate has this call. The descriptor is borrowed for its time, the
    // path ends with a NUL, and the kernel reads as many bytes of `attributes` as it is told
    // and keeps no reference to any of them.
    #[allow(unsafe_code)]
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            flags | libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
