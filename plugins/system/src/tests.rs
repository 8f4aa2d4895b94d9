//! Programs of machines that a test makes up.

use expect_test::{Expect, expect};
use orch_plugin::VersionArgument::{DoubleDash, Word};
use orch_plugin::{fake, settings};

use super::*;

const GCC: &str = "gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022\n";

fn machine() -> fake::Facts {
    fake::Facts::new()
        .program("gcc", DoubleDash, GCC)
        .program("make", DoubleDash, "GNU Make 4.3\n")
        .program("go", Word, "go version go1.22.10 linux/amd64\n")
        .program("quiet", DoubleDash, "")
        .program("apt-get", DoubleDash, "apt 2.6.1 (amd64)\n")
}

fn asked(requirement: &str, json: &str, facts: &fake::Facts) -> Result<Vec<String>, Error> {
    System::releases(requirement, &facts.host_machine(), settings(json)?, facts)
}

fn refused(json: &str, expected: Expect) {
    let Err(Error::Invalid(problems)) = asked("*", json, &machine()) else {
        panic!("{json} is refused")
    };
    let lines = problems.into_iter().map(|problem| {
        let hint = problem.hint.unwrap_or_default();
        format!(
            "{}: {}\n  {hint}\n",
            problem.setting.unwrap_or_default(),
            problem.message
        )
    });
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn the_first_program_has_the_toolchains_version() {
    let programs = r#"{"programs": ["gcc@>=12", "make"]}"#;
    assert_eq!(asked("", programs, &machine()).unwrap(), ["12.2.0"]);
    assert_eq!(asked("~12", programs, &machine()).unwrap(), ["12.2.0"]);
    let go = r#"{"programs": ["go@1.22"]}"#;
    assert_eq!(asked("*", go, &machine()).unwrap(), ["1.22.10"]);
}

#[test]
fn a_toolchain_is_its_programs() {
    let facts = machine();
    let programs = settings(r#"{"programs": ["gcc@12", "make"]}"#).unwrap();
    let found = System::locate("12.2.0", &facts.host_machine(), programs, &facts).unwrap();
    assert_eq!(found.version, "12.2.0");
    assert!(found.archives.is_empty());
    let programs: Vec<_> = found
        .programs
        .iter()
        .map(|program| program.name.as_str())
        .collect();
    assert_eq!(programs, ["gcc", "make"]);
    let tools: Vec<_> = found
        .tools
        .iter()
        .map(|tool| tool.program.as_str())
        .collect();
    assert_eq!(tools, ["bin/gcc", "bin/make", "bin/gcc"]);
    assert_eq!(found.tools[2].name, "x86_64-linux-gnu-gcc");
}

#[test]
fn a_program_without_a_version_is_known_by_its_digest() {
    let versions = asked("*", r#"{"programs": ["quiet"]}"#, &machine()).unwrap();
    assert_eq!(versions, ["0.0.0+717569657400"]);
}

#[test]
fn all_that_is_missing_is_said_at_once_with_what_installs_it() {
    refused(
        r#"{"programs": ["gcc@>=13", "ninja", "quiet@1", "make@new", "cargo"]}"#,
        expect![[r#"
            programs[0]: program `gcc` of this machine is 12.2.0, where `>=13` is wanted
              install it: `apt-get install gcc`
            programs[1]: there is no program `ninja` on this machine
              install it: `apt-get install ninja-build`
            programs[2]: program `quiet` does not say its version, where `1` is wanted
              `ask = { quiet = "-V" }` asks it otherwise; or leave the requirement out
            programs[3]: `new` is no requirement on versions: unexpected character 'n' while parsing major version number
              write `make@12`, `make@>=12` or `make@>=12, <15`
            programs[4]: there is no program `cargo` on this machine
              install it: https://rustup.rs
        "#]],
    );
}

#[test]
fn each_package_manager_has_its_own_command() {
    for (manager, command) in [
        ("dnf", "install it: `dnf install gcc-c++`"),
        ("apk", "install it: `apk add g++`"),
        ("pacman", "install it: `pacman -S g++`"),
        ("brew", "install it: `brew install gcc`"),
    ] {
        let facts = fake::Facts::new().program(manager, DoubleDash, "");
        assert_eq!(install::hint("g++", &facts), command);
    }
    let bare = install::hint("g++", &fake::Facts::new());
    assert_eq!(bare, "install `g++`, and have its folder on your `PATH`");
}
