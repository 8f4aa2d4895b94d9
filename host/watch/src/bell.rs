//! The bell on Linux: inotify.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use crate::{Deaf, Heed, Rung};

/// Every change of a name, a content or a mode in a folder. Not that a file was opened or
/// read: looking for what has changed does that itself.
const CHANGES: WatchFlags = WatchFlags::ATTRIB
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ONLYDIR);

/// After any of these a folder's name may mean another folder than before.
const FOLDERS_CHANGED: ReadFlags = ReadFlags::ISDIR
    .union(ReadFlags::DELETE_SELF)
    .union(ReadFlags::MOVE_SELF)
    .union(ReadFlags::UNMOUNT)
    .union(ReadFlags::QUEUE_OVERFLOW);

/// File systems on which others than this kernel may write, by the magic number that
/// `statfs(2)` gives: NFS, SMB twice, CIFS, 9P, FUSE, VirtualBox, Ceph, AFS, Coda.
const REMOTE: [u64; 10] = [
    0x6969,
    0x517B,
    0xFE53_4D42,
    0xFF53_4D42,
    0x0102_1997,
    0x6573_5546,
    0x786F_4256,
    0x00C3_6400,
    0x5346_414F,
    0x7375_7245,
];

/// Room for the events of one read, in bytes.
const BUFFER: usize = 64 * 1024;

/// Reads before a wait is over, whoever goes on writing.
const MOST_READS: usize = 64;

/// Rings when something may have changed in the folders that it listens to.
#[derive(Debug)]
pub struct Bell {
    kernel: Result<OwnedFd, Errno>,
    waker: Waker,
    /// The folders that are listened to.
    folders: BTreeMap<PathBuf, Listened>,
    /// Whether a name among `folders` may mean another folder by now.
    stale: bool,
}

/// A folder that is listened to.
#[derive(Clone, Copy, Debug)]
struct Listened {
    /// The kernel's number for it. Another folder never gets it.
    number: i32,
    is_remote: bool,
}

/// Ends a wait from elsewhere, for good.
#[derive(Clone, Debug)]
pub struct Waker(Arc<OwnedFd>);

impl Waker {
    /// Ends the wait, and every later one at once.
    pub fn wake(&self) {
        // It can only fail when it was used already.
        let _ = rustix::io::write(&*self.0, &1u64.to_ne_bytes());
    }
}

impl Bell {
    /// A bell that listens to nothing yet. A kernel that gives none is no error: such a bell
    /// says that it is deaf.
    pub fn new() -> io::Result<Self> {
        let waker = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self {
            kernel: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK),
            waker: Waker(Arc::new(waker)),
            folders: BTreeMap::new(),
            stale: false,
        })
    }

    /// Ends waits from elsewhere.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Listens to these folders and to no others: to each itself, not to those below it.
    /// One that is not there is left out: the folder that it would be in must be among them.
    pub fn listen(&mut self, folders: &BTreeSet<PathBuf>) -> Heed {
        let kernel = match &self.kernel {
            Ok(kernel) => kernel,
            Err(why) => {
                return Heed {
                    folders: 0,
                    fresh: false,
                    deaf: Some(match *why {
                        Errno::MFILE => Deaf::TooMany,
                        why => Deaf::Refused(why.to_string()),
                    }),
                };
            }
        };
        let all_again = std::mem::take(&mut self.stale);
        let before = std::mem::take(&mut self.folders);
        let mut heed = Heed {
            folders: 0,
            fresh: false,
            deaf: None,
        };
        for folder in folders {
            let earlier = before.get(folder);
            let listened = match earlier {
                Some(earlier) if !all_again => Ok(*earlier),
                _ => listen_in(kernel, folder),
            };
            match listened {
                Ok(listened) => {
                    heed.fresh |= earlier.is_none_or(|before| before.number != listened.number);
                    self.folders.insert(folder.clone(), listened);
                }
                Err(Errno::NOSPC) => heed.deaf = Some(Deaf::Full),
                // Gone again, or not to be read by whoever looks either.
                Err(_) => {}
            }
        }
        if heed.deaf.is_none() && self.folders.values().any(|folder| folder.is_remote) {
            heed.deaf = Some(Deaf::Remote);
        }
        let wanted: HashSet<i32> = self.folders.values().map(|folder| folder.number).collect();
        heed.folders = wanted.len();
        let numbers = before.values().map(|folder| folder.number);
        for number in numbers.filter(|number| !wanted.contains(number)) {
            // The kernel has dropped those of deleted folders itself.
            let _ = inotify::remove_watch(kernel, number);
        }
        heed
    }

    /// Waits for a change, for the waker, or until the time is up; without a time for as
    /// long as it takes.
    pub fn wait(&mut self, at_most: Option<Duration>) -> io::Result<Rung> {
        let waker = Arc::clone(&self.waker.0);
        let mut descriptors = vec![PollFd::from_borrowed_fd(waker.as_fd(), PollFlags::IN)];
        if let Ok(kernel) = &self.kernel {
            descriptors.push(PollFd::from_borrowed_fd(kernel.as_fd(), PollFlags::IN));
        }
        let timeout = at_most.and_then(|time| Timespec::try_from(time).ok());
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Rung::TimeUp),
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<bool> = descriptors
            .iter()
            .map(|descriptor| !descriptor.revents().is_empty())
            .collect();
        match ready.as_slice() {
            [true, ..] => Ok(Rung::Waker),
            [_, true] if self.read_events()? => Ok(Rung::Folder),
            _ => Ok(Rung::TimeUp),
        }
    }

    /// Takes what the kernel has to say. Says whether anything may have changed.
    fn read_events(&mut self) -> Result<bool, Errno> {
        let Ok(kernel) = &self.kernel else {
            return Ok(false);
        };
        let mut changed = false;
        let mut buffer = vec![MaybeUninit::uninit(); BUFFER];
        let mut reader = Reader::new(kernel, &mut buffer);
        let mut reads = 0;
        loop {
            if reader.is_buffer_empty() {
                reads += 1;
                if reads > MOST_READS {
                    return Ok(changed);
                }
            }
            match reader.next() {
                // The kernel says so when a folder was dropped: what led to that has rung.
                Ok(event) if event.events() == ReadFlags::IGNORED => {}
                Ok(event) => {
                    changed = true;
                    self.stale |= event.events().intersects(FOLDERS_CHANGED);
                }
                Err(Errno::AGAIN) => return Ok(changed),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn listen_in(kernel: &OwnedFd, folder: &Path) -> Result<Listened, Errno> {
    let number = inotify::add_watch(kernel, folder, CHANGES)?;
    let is_remote =
        rustix::fs::statfs(folder).is_ok_and(|found| REMOTE.contains(&(found.f_type as u64)));
    Ok(Listened { number, is_remote })
}
