//! How a file looks without reading it, and when an equal look proves an equal content.

use std::collections::HashMap;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{OFlags, Statx, StatxFlags};

/// What tells, without reading a file, that it has been changed, replaced or moved.
///
/// The time of the last status change is part of it: no program can set that, so a file
/// whose modification time was put back is found out all the same. The device's number is
/// not, since some file systems get another one each time they are mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Look {
    pub inode: u64,
    pub size: u64,
    pub mtime_ns: i64,
    pub ctime_ns: i64,
    pub mode: u32,
}

impl Look {
    /// How many bytes its form on disk has.
    pub const BYTES: usize = 36;

    /// What [`Look::of_statx`] needs.
    pub const FIELDS: StatxFlags = StatxFlags::BASIC_STATS;

    pub fn of(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            mode: metadata.mode(),
        }
    }

    /// Of a file, folder or link itself; `None` where there is nothing to be seen.
    pub fn of_path(path: &Path) -> Option<Self> {
        let metadata = path.symlink_metadata().ok()?;
        Some(Self::of(&metadata))
    }

    pub fn of_statx(found: &Statx) -> Self {
        Self {
            inode: found.stx_ino,
            size: found.stx_size,
            mtime_ns: nanoseconds(found.stx_mtime.tv_sec, found.stx_mtime.tv_nsec.into()),
            ctime_ns: nanoseconds(found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec.into()),
            mode: found.stx_mode.into(),
        }
    }
}

impl Look {
    /// Its form on disk, little-endian: inode, size, both times, mode.
    pub fn push_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.inode.to_le_bytes());
        bytes.extend(self.size.to_le_bytes());
        bytes.extend(self.mtime_ns.to_le_bytes());
        bytes.extend(self.ctime_ns.to_le_bytes());
        bytes.extend(self.mode.to_le_bytes());
    }

    /// Of this form; `None` of anything that is longer or shorter.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, mode) = bytes.as_chunks();
        let [inode, size, mtime_ns, ctime_ns] = numbers else {
            return None;
        };
        Some(Self {
            inode: u64::from_le_bytes(*inode),
            size: u64::from_le_bytes(*size),
            mtime_ns: i64::from_le_bytes(*mtime_ns),
            ctime_ns: i64::from_le_bytes(*ctime_ns),
            mode: u32::from_le_bytes(mode.try_into().ok()?),
        })
    }
}

/// What one look at a file, a folder or a link has shown.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub metadata: Metadata,
    /// By this machine's clock, not later than the look: nanoseconds since 1970.
    looked_ns: i64,
}

impl Sight {
    /// Looks through a function that asks the kernel when it is called.
    pub fn take<E>(look: impl FnOnce() -> Result<Metadata, E>) -> Result<Self, E> {
        let looked_ns = now_ns();
        Ok(Self {
            metadata: look()?,
            looked_ns,
        })
    }

    /// Of an open file.
    pub fn of_file(file: &File) -> io::Result<Self> {
        Self::take(|| file.metadata())
    }

    /// Of whatever has a name, without following it.
    pub fn of_path(path: &Path) -> io::Result<Self> {
        Self::take(|| path.symlink_metadata())
    }

    pub fn look(&self) -> Look {
        Look::of(&self.metadata)
    }
}

/// Opens a plain file; `None` for anything else, also for a link that took its place.
pub(crate) fn open_plain(path: &Path) -> io::Result<Option<File>> {
    // Without `NONBLOCK`, opening a pipe that replaced the file would wait for ever.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path);
    match opened {
        Ok(file) => Ok(file.metadata()?.is_file().then_some(file)),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A file changed less than this before it was looked at may change once more within the
/// same tick of its file system's clock. FAT, the coarsest in use, counts in two seconds.
const COARSEST_TICK_NS: i64 = 2_000_000_000;

/// The first Linux whose file systems give every change that follows a look a time of its
/// own, `Documentation/filesystems/multigrain-ts.rst` in the kernel's sources.
const FIRST_FINE_KERNEL: (u32, u32) = (6, 13);

/// The file systems that do so (`FS_MGTIME` in their `file_system_type`), by the magic
/// number that `statfs(2)` gives: ext4, btrfs, tmpfs, XFS.
const FINE_FILE_SYSTEMS: [u64; 4] = [0xEF53, 0x9123_683E, 0x0102_1994, 0x5846_5342];

/// Knows of each file system whether its times can be relied on at once.
#[derive(Debug, Default)]
pub(crate) struct FileClock {
    fine_devices: Mutex<HashMap<u64, bool>>,
}

impl FileClock {
    /// Whether any change of what has this name, made after it was looked at, must show in
    /// its look: else an equal look proves nothing.
    pub fn proves(&self, path: &Path, sight: &Sight) -> bool {
        // A file from the future tells that some clock was set back.
        let latest = latest_time(&sight.metadata);
        latest.saturating_add(COARSEST_TICK_NS) < sight.looked_ns
            || (latest <= sight.looked_ns.saturating_add(COARSEST_TICK_NS)
                && self.is_fine(path, &sight.metadata))
    }

    fn is_fine(&self, path: &Path, metadata: &Metadata) -> bool {
        let mut devices = self.fine_devices.lock().expect("nobody panics with it");
        *devices.entry(metadata.dev()).or_insert_with(|| {
            has_fine_kernel()
                && rustix::fs::statfs(path)
                    .is_ok_and(|found| FINE_FILE_SYSTEMS.contains(&(found.f_type as u64)))
        })
    }
}

/// Nanoseconds since 1970 by this machine's clock.
fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}

fn latest_time(metadata: &Metadata) -> i64 {
    let look = Look::of(metadata);
    look.mtime_ns.max(look.ctime_ns)
}

fn has_fine_kernel() -> bool {
    static FINE: OnceLock<bool> = OnceLock::new();
    *FINE.get_or_init(|| {
        let system = rustix::system::uname();
        version(&system.release().to_string_lossy()).is_some_and(|found| found >= FIRST_FINE_KERNEL)
    })
}

/// The first two numbers of a kernel's release, `6.18.44-fc`.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernels_release_is_read() {
        assert_eq!(version("6.18.44-fc-v657"), Some((6, 18)));
        assert_eq!(version("5.10.0-28-amd64"), Some((5, 10)));
        assert_eq!(version("6"), None);
        assert_eq!(version("linux"), None);
    }

    #[test]
    fn a_look_is_the_same_by_either_call() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let found = rustix::fs::statx(
            rustix::fs::CWD,
            file.path(),
            rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
            Look::FIELDS,
        )
        .unwrap();
        let metadata = file.path().symlink_metadata().unwrap();
        assert_eq!(Look::of_statx(&found), Look::of(&metadata));
    }

    #[test]
    fn what_was_just_changed_or_comes_from_the_future_proves_nothing_on_a_coarse_clock() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let metadata = file.as_file().metadata().unwrap();
        let clock = FileClock {
            fine_devices: Mutex::new(HashMap::from([(metadata.dev(), false)])),
        };
        let changed = latest_time(&metadata);
        let proves = |looked_ns| clock.proves(file.path(), &sight(&metadata, looked_ns));
        assert!(!proves(changed));
        assert!(!proves(changed + COARSEST_TICK_NS));
        assert!(proves(changed + COARSEST_TICK_NS + 1));
        assert!(!proves(changed - 3_600_000_000_000));
    }

    #[test]
    fn a_fine_clock_is_relied_on_at_once_but_not_from_the_future() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let metadata = file.as_file().metadata().unwrap();
        let clock = FileClock {
            fine_devices: Mutex::new(HashMap::from([(metadata.dev(), true)])),
        };
        let changed = latest_time(&metadata);
        assert!(clock.proves(file.path(), &sight(&metadata, changed)));
        assert!(!clock.proves(file.path(), &sight(&metadata, changed - 3_600_000_000_000)));
    }

    fn sight(metadata: &Metadata, looked_ns: i64) -> Sight {
        Sight {
            metadata: metadata.clone(),
            looked_ns,
        }
    }

    #[test]
    fn only_a_plain_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        let pipe = folder.path().join("pipe");
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
        assert!(open_plain(&file).unwrap().is_some());
        assert!(open_plain(&link).unwrap().is_none());
        assert!(open_plain(&pipe).unwrap().is_none());
        assert!(open_plain(folder.path()).unwrap().is_none());
    }
}
