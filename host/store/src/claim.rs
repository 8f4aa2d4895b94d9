//! Claims on keys: of all who want to make what belongs to a key, one does. On Linux a claim
//! is a lock on one byte of a file that all share, so it makes no file of its own.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::io;

use orch_model::{Digest, Fault};

use crate::Store;

/// What is closed to let go of a claim.
#[cfg(target_os = "linux")]
type Held = File;
#[cfg(not(target_os = "linux"))]
type Held = crate::Lock;

/// Holds a key until it is dropped. The kernel lets go of it when the process dies.
#[derive(Debug)]
pub struct Claimed {
    _held: Held,
}

impl Store {
    /// Holds the key unless somebody else does, in this process or in another.
    pub fn try_claim(&self, key: &Digest) -> Result<Option<Claimed>, Fault> {
        let path = self.0.root.join("claims");
        let held = try_hold(&path, key).map_err(|error| Fault::io("lock", &path, &error))?;
        Ok(held.map(|held| Claimed { _held: held }))
    }
}

/// Each claim has an open file of its own: those that share one share its locks.
#[cfg(target_os = "linux")]
fn try_hold(path: &std::path::Path, key: &Digest) -> io::Result<Option<Held>> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    Ok(lock_byte(&file, place_of(key))?.then_some(file))
}

#[cfg(not(target_os = "linux"))]
fn try_hold(path: &std::path::Path, key: &Digest) -> io::Result<Option<Held>> {
    crate::Lock::try_acquire(&path.with_extension(key.hex()))
}

/// The byte that stands for a key. Two keys of one byte would only wait for each other.
#[cfg(target_os = "linux")]
fn place_of(key: &Digest) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&key.bytes()[..8]);
    // The last offset that a file can have is no place for a byte.
    (i64::from_le_bytes(first) & i64::MAX).min(i64::MAX - 1)
}

/// Locks one byte of an open file; false where another open file has it locked.
#[cfg(target_os = "linux")]
fn lock_byte(file: &File, place: i64) -> io::Result<bool> {
    use std::os::fd::AsRawFd;
    let lock = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: place,
        l_len: 1,
        // Must be zero for a lock of the open file rather than of the process.
        l_pid: 0,
    };
    // SAFETY: no safe crate of ours locks a part of a file for the open file itself. The
    // descriptor is borrowed for the call, and the kernel only reads `lock`.
    #[allow(unsafe_code)]
    let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
    if result == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EAGAIN | libc::EACCES) => Ok(false),
        _ => Err(error),
    }
}
