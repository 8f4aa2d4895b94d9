//! The systems and instruction sets that Go builds for, by its own names, and since when.
//! `go tool dist list` of each release, and the release notes at <https://go.dev/doc/devel/release>.

use orch_plugin::{Error, Machine};
use semver::Version;

/// A system and an instruction set by Go's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// `GOOS`, e.g. `linux`.
    pub os: &'static str,
    /// `GOARCH`, e.g. `arm64`.
    pub arch: &'static str,
}

/// Each port with the minor version of Go 1 that it came with; those that were there
/// before anybody needs to know have 0.
const PORTS: &[(&str, &str, u64)] = &[
    ("darwin", "amd64", 0),
    ("darwin", "arm64", 16),
    ("freebsd", "amd64", 0),
    ("freebsd", "arm64", 14),
    ("js", "wasm", 11),
    ("linux", "386", 0),
    ("linux", "amd64", 0),
    ("linux", "arm", 0),
    ("linux", "arm64", 5),
    ("linux", "loong64", 19),
    ("linux", "ppc64le", 5),
    ("linux", "riscv64", 14),
    ("linux", "s390x", 7),
    ("wasip1", "wasm", 21),
    ("windows", "386", 0),
    ("windows", "amd64", 0),
    ("windows", "arm64", 17),
];

impl Port {
    /// The port of a machine, if Go has a name for both halves of its triple.
    pub fn of(machine: &Machine) -> Option<Self> {
        let os = [
            ("linux", "linux"),
            ("darwin", "darwin"),
            ("macos", "darwin"),
            ("windows", "windows"),
            ("wasip1", "wasip1"),
            ("wasi", "wasip1"),
            ("js", "js"),
            ("freebsd", "freebsd"),
        ]
        .into_iter()
        .find(|(part, _)| machine.names(part))?
        .1;
        let arch = match machine.architecture() {
            "x86_64" => "amd64",
            "i386" | "i586" | "i686" => "386",
            "aarch64" | "arm64" => "arm64",
            "riscv64" | "riscv64gc" => "riscv64",
            "wasm32" => "wasm",
            "loongarch64" => "loong64",
            "powerpc64le" => "ppc64le",
            "s390x" => "s390x",
            arm if arm.starts_with("arm") && !arm.starts_with("armeb") => "arm",
            _ => return None,
        };
        Some(Self { os, arch })
    }

    /// The port of a target, if this release builds for it.
    pub fn of_target(target: &Machine, release: &Version) -> Result<Self, Error> {
        let unknown = || {
            Error::Unsupported(format!(
                "Go has no port for `{}`; it builds for {}",
                target.triple,
                PORTS
                    .iter()
                    .map(|(os, arch, _)| format!("{os}/{arch}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ))
        };
        let port = Port::of(target).ok_or_else(unknown)?;
        let (_, _, since) = PORTS
            .iter()
            .find(|(os, arch, _)| (*os, *arch) == (port.os, port.arch))
            .ok_or_else(unknown)?;
        if knows(release, *since) {
            return Ok(port);
        }
        Err(Error::Unsupported(format!(
            "Go {release} does not build for {}/{}, which came with Go 1.{since}; ask for \
             `version = \">=1.{since}\"` in the toolchain's table",
            port.os, port.arch
        )))
    }

    /// What `go build` adds to a program's name here.
    pub fn suffix(self) -> &'static str {
        match (self.os, self.arch) {
            ("windows", _) => ".exe",
            (_, "wasm") => ".wasm",
            _ => "",
        }
    }

    /// The variable that chooses between variants of the instruction set, and the minor
    /// version of Go 1 that first read it.
    pub fn variant(self) -> Option<(&'static str, u64)> {
        Some(match self.arch {
            "386" => ("GO386", 0),
            "amd64" => ("GOAMD64", 18),
            "arm" => ("GOARM", 0),
            "arm64" => ("GOARM64", 23),
            "riscv64" => ("GORISCV64", 23),
            "ppc64le" => ("GOPPC64", 0),
            "wasm" => ("GOWASM", 0),
            _ => return None,
        })
    }
}

/// Whether a release is of Go 1.`minor` or later; its candidates count.
pub fn knows(release: &Version, minor: u64) -> bool {
    (release.major, release.minor) >= (1, minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn triples_have_ports() {
        for (triple, os, arch) in [
            ("aarch64-unknown-linux-gnu", "linux", "arm64"),
            ("x86_64-unknown-linux-musl", "linux", "amd64"),
            ("arm-unknown-linux-gnueabihf", "linux", "arm"),
            ("armv7-unknown-linux-gnueabihf", "linux", "arm"),
            ("riscv64gc-unknown-linux-gnu", "linux", "riscv64"),
            ("aarch64-apple-darwin", "darwin", "arm64"),
            ("aarch64-pc-windows-gnullvm", "windows", "arm64"),
            ("wasm32-wasip1", "wasip1", "wasm"),
        ] {
            let port = Port::of_target(&Machine::of(triple), &version("1.24.0")).unwrap();
            assert_eq!((port.os, port.arch), (os, arch), "{triple}");
        }
    }

    #[test]
    fn what_a_release_does_not_build_for_is_said_with_what_does() {
        let refused =
            |triple, release| match Port::of_target(&Machine::of(triple), &version(release)) {
                Err(Error::Unsupported(text)) => text,
                other => panic!("{other:?}"),
            };
        assert!(refused("wasm32-wasip1", "1.20.14").contains("`version = \">=1.21\"`"));
        assert!(refused("thumbv7em-none-eabihf", "1.24.0").contains("linux/arm64"));
        assert!(refused("s390x-unknown-freebsd", "1.24.0").contains("no port"));
        assert!(Port::of_target(&Machine::of("wasm32-wasip1"), &version("1.21.0-rc.2")).is_ok());
    }
}
