//! How a file looks without reading it, and when an equal look proves an equal content.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{Statx, StatxFlags};

/// What tells, without reading a file, that it has been changed, replaced or moved.
///
/// The time of the last status change is part of it: no program can set that, so a file
/// whose modification time was put back is found out all the same. The device's number is
/// not, since some file systems get another one each time they are mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub inode: u64,
    pub size: u64,
    pub mtime_ns: i64,
    pub ctime_ns: i64,
    pub mode: u32,
}

impl Look {
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
    /// Whether any change of the file after `looked_ns`, when it was looked at, must show
    /// in its look: else an equal look proves nothing.
    pub fn proves(&self, path: &Path, metadata: &Metadata, looked_ns: i64) -> bool {
        // A file from the future tells that some clock was set back.
        let latest = metadata_times(metadata);
        latest.saturating_add(COARSEST_TICK_NS) < looked_ns
            || (latest <= looked_ns.saturating_add(COARSEST_TICK_NS)
                && self.is_fine(path, metadata))
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
pub(crate) fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}

fn metadata_times(metadata: &Metadata) -> i64 {
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
        let changed = metadata_times(&metadata);
        let proves = |looked_ns| clock.proves(file.path(), &metadata, looked_ns);
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
        let changed = metadata_times(&metadata);
        assert!(clock.proves(file.path(), &metadata, changed));
        assert!(!clock.proves(file.path(), &metadata, changed - 3_600_000_000_000));
    }
}
