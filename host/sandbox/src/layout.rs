//! What a program finds where inside. Paths only; nothing is made here.

use std::path::{Path, PathBuf};

/// Below this lies all that is an action's own, whoever runs it on whatever machine.
pub const ROOT: &str = "/orch";

/// The folders of a workspace, shown below [`ROOT`] by the same names. `artifact` is never
/// writable inside, `source` only where a job says so.
pub const WORKSPACE_FOLDERS: [&str; 4] = ["source", "output", "scratch", "artifact"];

/// Folders below [`ROOT`] in which a job's own mounts are put by name.
pub(crate) const SHARED_FOLDERS: [&str; 2] = ["cache", "tool"];

/// Folders of the machine that are shown as they are, read-only; links stay links.
pub const SYSTEM_FOLDERS: [&str; 7] = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// What programs look for in `/etc` and what is the machine's rather than a user's: the
/// dynamic linker's, the alternatives system's, certificates, names of protocols.
pub(crate) const CONFIGURATION: [&str; 16] = [
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "gai.conf",
    "host.conf",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "mime.types",
    "perl",
    "pki/ca-trust",
    "pki/tls/certs",
    "protocols",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
];

/// Copied for programs that reach the network: both may be links that lead out of `/etc`.
pub(crate) const NETWORK_CONFIGURATION: [&str; 2] = ["hosts", "resolv.conf"];

/// The devices that exist inside.
pub(crate) const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];

/// The one user inside, whoever that is outside.
pub(crate) const USER: u32 = 1000;

/// The name of the machine inside.
pub(crate) const HOST_NAME: &str = "orch";

/// Files that are made up, by their path below `/`.
pub(crate) const MADE_UP: [(&str, &str); 3] = [
    (
        "etc/passwd",
        "user:x:1000:1000:user:/orch/scratch/home:/bin/sh\n\
         nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    ),
    ("etc/group", "user:x:1000:\nnogroup:x:65534:\n"),
    (
        "etc/nsswitch.conf",
        "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
    ),
];

/// `/etc/hosts` for programs that reach no network.
pub(crate) const LONELY_HOSTS: &str = "127.0.0.1 localhost orch\n::1 localhost orch\n";

/// Links, by their path below `/`. What is shared or temporary lies in the action's own
/// scratch folder, so that it is gone with the action.
pub(crate) const LINKS: [(&str, &str); 7] = [
    ("tmp", "orch/scratch/tmp"),
    ("var/tmp", "/orch/scratch/tmp"),
    ("dev/shm", "/orch/scratch/shm"),
    ("dev/fd", "/proc/self/fd"),
    ("dev/stdin", "/proc/self/fd/0"),
    ("dev/stdout", "/proc/self/fd/1"),
    ("dev/stderr", "/proc/self/fd/2"),
];

/// Where a path below [`ROOT`] is seen inside.
pub fn inside(below: impl AsRef<Path>) -> PathBuf {
    Path::new(ROOT).join(below)
}
