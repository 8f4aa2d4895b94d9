//! What a service may not do unless it is said: directives of systemd.exec(5) under which a
//! program that serves requests and keeps files of its own still runs. docs/deployers.md says the
//! reason for each, and what they break.

/// Those that need nothing but a filter of system calls, which a user's own manager may set too.
pub(crate) const FILTERS: [(&str, &str); 10] = [
    ("NoNewPrivileges", "yes"),
    ("UMask", "0077"),
    ("LockPersonality", "yes"),
    ("MemoryDenyWriteExecute", "yes"),
    (
        "RestrictAddressFamilies",
        "AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    ),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("SystemCallArchitectures", "native"),
    // A call that is not allowed fails, where to be killed for it would be the default: programs
    // try what they can do without.
    ("SystemCallErrorNumber", "EPERM"),
];

/// System calls of services; `@resources` stays, since a Go program raises its own limit of files.
pub(crate) const CALLS: [&str; 2] = ["@system-service", "~@privileged"];

/// Those that need root: mounts, namespaces, devices. `ProcSubset=pid` is not among them, which
/// would hide `/proc/sys/net/core/somaxconn`: Go's listeners would fall back to a queue of 128.
pub(crate) const ISOLATION: [(&str, &str); 13] = [
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("PrivateMounts", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectProc", "invisible"),
    ("RemoveIPC", "yes"),
];
