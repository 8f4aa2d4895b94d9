//! Which systems a Go is built for, in Go's words: <https://go.dev/doc/install/source#environment>

use orch_plugin::{Error, Machine};

/// `GOOS` and `GOARCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) os: &'static str,
    pub(crate) arch: &'static str,
}

impl Port {
    /// The port of a machine. Windows is none: `make.bash` names its programs otherwise.
    pub(crate) fn of(machine: &Machine) -> Result<Self, Error> {
        let os = ["linux", "darwin", "freebsd"]
            .into_iter()
            .find(|os| machine.names(os));
        let arch = match machine.architecture() {
            "x86_64" => Some("amd64"),
            "aarch64" => Some("arm64"),
            "i586" | "i686" => Some("386"),
            "riscv64gc" => Some("riscv64"),
            arm if arm.starts_with("arm") => Some("arm"),
            _ => None,
        };
        match (os, arch) {
            (Some(os), Some(arch)) => Ok(Self { os, arch }),
            _ => Err(Error::Unsupported(format!(
                "Go is built of its sources for Linux, macOS and FreeBSD, not for `{}`",
                machine.triple
            ))),
        }
    }
}
