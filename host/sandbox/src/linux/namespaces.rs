//! The helper: makes the namespaces, starts init in them, and waits for its end.

use std::fs;
use std::io;
use std::process::{Command, Stdio};

use rustix::process::{getgid, getuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, UnshareFlags, configure_capability_in_ambient_set,
    set_capabilities, unshare_unsafe,
};

use crate::layout::{HOST_NAME, USER};
use crate::{Protection, StartError};

use super::channel::Channel;
use super::loopback;
use super::message::Setup;

/// This program, whatever it is called by now.
const OWN_PROGRAM: &str = "/proc/self/exe";

pub(super) fn live(channel: &Channel) -> Result<(), StartError> {
    let Some(setup) = channel.receive().map_err(StartError::Failed)? else {
        return Ok(());
    };
    let setup = Setup::decode(&setup.bytes).map_err(StartError::Failed)?;
    enter_user_namespace()?;
    leave(UnshareFlags::NEWNS, Protection::Mount)?;
    leave(UnshareFlags::NEWIPC, Protection::Ipc)?;
    leave(UnshareFlags::NEWUTS, Protection::HostName)?;
    rustix::system::sethostname(HOST_NAME.as_bytes())
        .map_err(|error| withheld(Protection::HostName, "set the host name", error.into()))?;
    if !setup.network {
        leave(UnshareFlags::NEWNET, Protection::Network)?;
        loopback::raise()
            .map_err(|error| withheld(Protection::Network, "raise the loopback", error))?;
    }
    // From here on, what this process starts is in another pid namespace than itself.
    leave(UnshareFlags::NEWPID, Protection::Process)?;
    keep_right_to_mount()
        .map_err(|error| withheld(Protection::Mount, "keep the right to mount", error))?;
    let mut init = Command::new(OWN_PROGRAM)
        .args(std::env::args_os().skip(1))
        .arg("init")
        .env_clear()
        .stdin(Stdio::inherit())
        .spawn()
        .map_err(StartError::Failed)?;
    // Init itself says what went wrong.
    init.wait().map(drop).map_err(StartError::Failed)
}

/// Becomes a user of one's own, who is the caller outside and [`USER`] inside, whoever the
/// caller is.
fn enter_user_namespace() -> Result<(), StartError> {
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    leave(UnshareFlags::NEWUSER, Protection::User)?;
    let maps = [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("{USER} {user} 1")),
        ("/proc/self/gid_map", format!("{USER} {group} 1")),
    ];
    for (file, text) in maps {
        fs::write(file, text)
            .map_err(|error| withheld(Protection::User, &format!("write `{file}`"), error))?;
    }
    Ok(())
}

fn leave(namespace: UnshareFlags, protection: Protection) -> Result<(), StartError> {
    // SAFETY: the one hazard is `FILES`, which no caller asks for: it would take
    // descriptors away from other threads, of which this process has none.
    #[allow(unsafe_code)]
    let left = unsafe { unshare_unsafe(namespace) };
    left.map_err(|error| withheld(protection, "make one", error.into()))
}

/// Who is not root inside loses every right when a program is executed, save those that are
/// ambient.
fn keep_right_to_mount() -> io::Result<()> {
    set_capabilities(
        None,
        CapabilitySets {
            effective: CapabilitySet::SYS_ADMIN,
            permitted: CapabilitySet::SYS_ADMIN,
            inheritable: CapabilitySet::SYS_ADMIN,
        },
    )?;
    Ok(configure_capability_in_ambient_set(
        CapabilitySet::SYS_ADMIN,
        true,
    )?)
}

fn withheld(protection: Protection, doing: &str, error: io::Error) -> StartError {
    StartError::Withheld {
        protection,
        why: format!("could not {doing}: {error}"),
    }
}
