//! The protections by name, and what to do where the kernel withholds one.

use std::fmt;
use std::io;

/// One thing that a sandbox keeps programs from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protection {
    /// Being the user who runs `orch`; without it there is none of the other namespaces.
    User,
    /// Seeing and changing files that are not shown.
    Mount,
    /// Seeing, signalling and outliving other processes.
    Process,
    /// Shared memory, semaphores and queues with others.
    Ipc,
    /// Knowing the machine by its name.
    HostName,
    /// The network, the machine's own loopback included.
    Network,
    /// Rights to files, signals and sockets, taken a second time.
    Landlock,
    /// System calls that attack kernels more often than they serve builds.
    Seccomp,
    /// Forking without end.
    ProcessLimit,
}

impl Protection {
    /// Every protection, those first that others rest on.
    pub const ALL: [Protection; 9] = [
        Protection::User,
        Protection::Mount,
        Protection::Process,
        Protection::Ipc,
        Protection::HostName,
        Protection::Network,
        Protection::Landlock,
        Protection::Seccomp,
        Protection::ProcessLimit,
    ];

    /// Its name in messages and in keys.
    pub fn name(self) -> &'static str {
        match self {
            Protection::User => "user namespace",
            Protection::Mount => "mount namespace",
            Protection::Process => "pid namespace",
            Protection::Ipc => "ipc namespace",
            Protection::HostName => "uts namespace",
            Protection::Network => "network namespace",
            Protection::Landlock => "Landlock",
            Protection::Seccomp => "seccomp",
            Protection::ProcessLimit => "process limit",
        }
    }

    /// The protection of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|protection| protection.name() == name)
    }

    /// What it keeps programs from, as the end of "a program cannot …".
    pub fn prevents(self) -> &'static str {
        match self {
            Protection::User => "act as the user who runs orch",
            Protection::Mount => "read or write files that it is not shown",
            Protection::Process => "see, signal or outlive other processes",
            Protection::Ipc => "share memory with other programs",
            Protection::HostName => "depend on the machine's name",
            Protection::Network => "reach the network or the machine's loopback",
            Protection::Landlock => "use rights to files that a mount left it",
            Protection::Seccomp => "reach rarely used parts of the kernel",
            Protection::ProcessLimit => "fill the machine with processes",
        }
    }

    /// What the machine's owner can do where it is missing.
    pub fn remedy(self) -> &'static str {
        match self {
            Protection::User | Protection::Mount => {
                "allow user namespaces: Ubuntu from 23.10 `sysctl -w \
                 kernel.apparmor_restrict_unprivileged_userns=0`, Debian before 11 `sysctl -w \
                 kernel.unprivileged_userns_clone=1`, elsewhere `sysctl -w \
                 user.max_user_namespaces=15000`; in a container, start that with leave to make them"
            }
            Protection::Process => {
                "in a container, start that with an unmasked `/proc`; elsewhere, raise \
                 `sysctl user.max_pid_namespaces`"
            }
            Protection::Ipc => "raise `sysctl user.max_ipc_namespaces`",
            Protection::HostName => "raise `sysctl user.max_uts_namespaces`",
            Protection::Network => "raise `sysctl user.max_net_namespaces`",
            Protection::Landlock => {
                "use Linux 5.13 or later with `landlock` in the kernel parameter `lsm=`"
            }
            Protection::Seccomp => "use a kernel built with `CONFIG_SECCOMP_FILTER`",
            Protection::ProcessLimit => {
                "run orch as an ordinary user, or use Linux 6.14 or later: the limit does not \
                 hold for root before that"
            }
        }
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A protection that a sandbox does without, because the kernel does not give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub protection: Protection,
    /// What the kernel said.
    pub why: String,
}

/// Why there is no sandbox.
#[derive(Debug)]
pub enum StartError {
    /// The kernel withholds a protection that the others rest on.
    Withheld {
        /// Which.
        protection: Protection,
        /// What was tried, and what the kernel said.
        why: String,
    },
    /// The kernel makes no control group for us: why.
    Unlimited(String),
    /// Our own fault, or the machine's: no more processes, a workspace that is gone.
    Failed(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Withheld { protection, why } => write!(f, "no {protection}: {why}"),
            StartError::Unlimited(why) => write!(f, "no control group: {why}"),
            StartError::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}
