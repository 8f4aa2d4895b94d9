//! Binds the server's thread, and by that every program: nothing here can be taken back.

mod landlock;
mod limits;
mod seccomp;

use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};

use crate::{Missing, StartError};

pub(super) use limits::limit;

/// Gives up all that the calling thread can give up. Returns what the kernel does not know.
pub(super) fn restrict() -> Result<Vec<Missing>, StartError> {
    // From here on, executing a program never brings rights.
    set_no_new_privs(true).map_err(|error| StartError::Failed(error.into()))?;
    let missing = [landlock::restrict(), seccomp::restrict()]
        .into_iter()
        .filter_map(Result::err)
        .collect();
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none).map_err(|error| StartError::Failed(error.into()))?;
    Ok(missing)
}
