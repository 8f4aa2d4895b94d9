//! Does between jobs what takes rights: the one thread of a sandbox that still has some. It changes
//! the mounts, and opens counters.
//!
//! Mounts stay from one job to the next as long as both want them, because the kernel takes
//! longer to take one away than to start a program.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender};

use rustix::fs::{Mode, mkdirat};
use rustix::io::Errno;
use rustix::mount::{UnmountFlags, unmount};
use rustix::thread::Pid;

use crate::layout::ROOT;
use crate::{JobError, Mount};

use super::mounts::{self, Access};
use super::processor::ProcessorCounters;
use super::root::NewRoot;

/// What a job is shown, and whether it may change `source`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrangement {
    pub(super) writable_source: bool,
    pub(super) mounts: Vec<Mount>,
}

/// What is asked for, with where to answer.
pub(super) enum Ask {
    /// To show something.
    Arrange(Arrangement, Sender<Result<(), JobError>>),
    /// Counters of the next program that a thread starts, if there can be any.
    Count(Pid, Sender<Option<ProcessorCounters>>),
}

pub(super) struct Keeper {
    root: NewRoot,
    made: Arrangement,
}

impl Keeper {
    pub(super) fn new(root: NewRoot) -> Self {
        Self {
            root,
            made: Arrangement::default(),
        }
    }

    pub(super) fn serve(mut self, asked: &Receiver<Ask>) {
        for ask in asked {
            let is_heard = match ask {
                Ask::Arrange(wanted, done) => done.send(self.arrange(wanted)).is_ok(),
                Ask::Count(thread, opened) => {
                    let counters = ProcessorCounters::of_thread(thread);
                    opened.send(counters.ok()).is_ok()
                }
            };
            if !is_heard {
                return;
            }
        }
    }

    fn arrange(&mut self, wanted: Arrangement) -> Result<(), JobError> {
        self.set_writable_source(wanted.writable_source)
            .map_err(|error| mount_error(Path::new("source"), error))?;
        let (kept, old): (Vec<_>, Vec<_>) = std::mem::take(&mut self.made.mounts)
            .into_iter()
            .partition(|mount| wanted.mounts.contains(mount));
        self.made.mounts = kept;
        for mount in old {
            unmount(place_of(&mount.to), UnmountFlags::DETACH)
                .map_err(|error| mount_error(&mount.from, error.into()))?;
        }
        for mount in wanted.mounts {
            if !self.made.mounts.contains(&mount) {
                self.show(&mount)
                    .map_err(|error| mount_error(&mount.from, error))?;
                self.made.mounts.push(mount);
            }
        }
        Ok(())
    }

    fn set_writable_source(&mut self, writable: bool) -> io::Result<()> {
        if writable != self.made.writable_source {
            mounts::set_read_only(&self.root.source, !writable)?;
            self.made.writable_source = writable;
        }
        Ok(())
    }

    fn show(&self, mount: &Mount) -> io::Result<()> {
        let access = match mount.writable {
            true => Access::ReadWrite,
            false => Access::ReadOnly,
        };
        let tree = mounts::take(&self.root.host, &mount.from, access)?;
        let place = place_of(&mount.to);
        self.make_folders(&place)?;
        mounts::place(&tree, &place)
    }

    /// Makes the folder that a mount is put on, and those above it.
    fn make_folders(&self, place: &Path) -> io::Result<()> {
        let below = place.strip_prefix("/").unwrap_or(place);
        let mut folders: Vec<&Path> = below.ancestors().collect();
        // The last one is the root itself.
        folders.pop();
        for folder in folders.into_iter().rev() {
            match mkdirat(&self.root.writable, folder, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn place_of(to: &Path) -> PathBuf {
    Path::new(ROOT).join(to)
}

fn mount_error(from: &Path, error: io::Error) -> JobError {
    JobError::Mount {
        from: from.to_owned(),
        error,
    }
}
