//! The command that installs a missing program, by the package manager of the machine at
//! hand. Names of packages as their distributions' own indexes have them
//! (packages.debian.org, packages.fedoraproject.org, pkgs.alpinelinux.org, formulae.brew.sh).

use orch_plugin::{Facts, VersionArgument};

/// A package manager: the program that shows that the machine has it, and what installs.
struct Manager {
    program: &'static str,
    install: &'static str,
}

/// The distributions' own before one that can stand beside them.
const MANAGERS: [Manager; 6] = [
    Manager {
        program: "apt-get",
        install: "apt-get install",
    },
    Manager {
        program: "dnf",
        install: "dnf install",
    },
    Manager {
        program: "apk",
        install: "apk add",
    },
    Manager {
        program: "pacman",
        install: "pacman -S",
    },
    Manager {
        program: "zypper",
        install: "zypper install",
    },
    Manager {
        program: "brew",
        install: "brew install",
    },
];

/// Packages that are not called as their program: the program, then the package for `apt-get`,
/// `dnf`, `apk` and `brew`.
const PACKAGES: [(&str, [&str; 4]); 9] = [
    ("cc", ["gcc", "gcc", "gcc", "gcc"]),
    ("c++", ["g++", "gcc-c++", "g++", "gcc"]),
    ("g++", ["g++", "gcc-c++", "g++", "gcc"]),
    ("go", ["golang-go", "golang", "go", "go"]),
    ("ld", ["binutils", "binutils", "binutils", "binutils"]),
    ("ninja", ["ninja-build", "ninja-build", "samurai", "ninja"]),
    ("node", ["nodejs", "nodejs", "nodejs", "node"]),
    ("python3", ["python3", "python3", "python3", "python"]),
    (
        "java",
        [
            "default-jdk-headless",
            "java-latest-openjdk-headless",
            "openjdk21",
            "openjdk",
        ],
    ),
];

/// Rust comes from rustup everywhere: <https://rust-lang.org/tools/install>
const RUST: [&str; 3] = ["cargo", "rustc", "rustup"];

/// What to do about a program that is missing or has the wrong version.
pub(crate) fn hint(program: &str, facts: &dyn Facts) -> String {
    if RUST.contains(&program) {
        return "install it: https://rustup.rs".to_owned();
    }
    let is_there = |manager: &&Manager| {
        facts
            .program(manager.program, VersionArgument::DoubleDash)
            .is_ok()
    };
    match MANAGERS.iter().find(is_there) {
        Some(manager) => {
            let package = package(program, manager.program);
            format!("install it: `{} {package}`", manager.install)
        }
        None => format!("install `{program}`, and have its folder on your `PATH`"),
    }
}

fn package<'a>(program: &'a str, manager: &str) -> &'a str {
    let column = ["apt-get", "dnf", "apk", "brew"]
        .iter()
        .position(|known| *known == manager);
    let row = PACKAGES.iter().find(|(known, _)| *known == program);
    match (row, column) {
        (Some((_, names)), Some(column)) => names[column],
        _ => program,
    }
}
