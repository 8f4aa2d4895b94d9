//! Toolchains of a small Debian that is made up here, and what is said about mistakes.

use expect_test::expect;
use orch_plugin::{Refusal, fake, settings};

use super::*;

const HERE: &str = "x86_64-unknown-linux-gnu";
const GCC: &str = "gcc-aarch64-linux-gnu";
const RELEASE: &str = "12.2.0+4-12.2.0-3";

fn file(version: &str, requires: &[&str]) -> RegistryFile {
    RegistryFile {
        url: format!("pkg:deb/debian/some@{version}"),
        digest: format!("sha256:{}", "ab".repeat(32)),
        bytes: Some(1),
        version: version.to_owned(),
        requires: requires.iter().map(|&text| text.to_owned()).collect(),
        provides: Vec::new(),
        conflicts: Vec::new(),
    }
}

fn package(facts: fake::Facts, name: &str, version: &str, requires: &[&str]) -> fake::Facts {
    let url = format!("pkg:deb/debian/{name}");
    facts
        .package(&url, &[version])
        .package_file(&url, version, HERE, file(version, requires))
        .package_file(&url, "", HERE, file(version, requires))
}

fn debian() -> fake::Facts {
    let facts = package(
        fake::Facts::new(),
        GCC,
        "4:12.2.0-3",
        &["zlib1g", "libc6 (>= 2.36)"],
    );
    let facts = package(facts, "zlib1g", "1:1.2.13.dfsg-1", &["libc6 (>= 2.14)"]);
    package(facts, "libc6-dev-arm64-cross", "2.36-8cross1", &[])
}

fn located(json: &str, triple: &str, release: &str) -> Result<Toolchain, Error> {
    locate(release, &Machine::of(triple), &settings(json)?, &debian())
}

fn problem(error: Error) -> String {
    match error {
        Error::Invalid(problems) => problems
            .into_iter()
            .map(|problem| {
                let place = problem.setting.unwrap_or_default();
                format!(
                    "{place}: {}\n  {}\n",
                    problem.message,
                    problem.hint.unwrap_or_default()
                )
            })
            .collect(),
        Error::Unsupported(text) | Error::Failed(text) => format!("{text}\n"),
    }
}

#[test]
fn the_version_of_the_first_package_is_the_toolchains() {
    let here = Machine::of(HERE);
    let json = r#"{"packages": ["gcc-aarch64-linux-gnu"]}"#;
    let asked = |requirement| releases(requirement, &here, &settings(json).unwrap(), &debian());
    assert_eq!(asked("").unwrap(), [RELEASE]);
    assert_eq!(asked("~12.2").unwrap(), [RELEASE]);
    assert_eq!(
        problem(asked("~13").unwrap_err()),
        "version: no version of package `gcc-aarch64-linux-gnu` satisfies `~13`\n  there is \
         `4:12.2.0-3`\n"
    );
}

#[test]
fn packages_become_archives_and_programs_tools() {
    let json = r#"{"packages": ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
        "programs": ["more"], "sysroot": "usr/aarch64-linux-gnu"}"#;
    let toolchain = located(json, HERE, RELEASE).unwrap();
    assert_eq!(toolchain.archives.len(), 3);
    assert_eq!(toolchain.sysroot.as_deref(), Some("usr/aarch64-linux-gnu"));
    let tool = |name: &str| {
        let tool = toolchain.tools.iter().find(|tool| tool.name == name);
        tool.map(|tool| tool.program.as_str())
    };
    assert_eq!(
        tool("aarch64-linux-gnu-gcc"),
        Some("orch/bin/aarch64-linux-gnu-gcc")
    );
    assert_eq!(tool("more"), Some("orch/bin/more"));
    let paths: usize = toolchain.files.iter().map(|file| file.paths.len()).sum();
    assert_eq!(paths, toolchain.tools.len());
}

#[test]
fn mistakes_are_named_with_a_remedy() {
    let refusals = [
        (r#"{"packages": []}"#, HERE, RELEASE),
        (
            r#"{"packages": ["gcc-arch64-linux-gnu", "nothing"]}"#,
            HERE,
            RELEASE,
        ),
        (r#"{"packages": ["gcc-aarch64-linux-gnu"]}"#, HERE, "1.0.0"),
        (
            r#"{"packages": ["gcc-aarch64-linux-gnu"], "sysroot": "usr"}"#,
            HERE,
            RELEASE,
        ),
        (
            r#"{"packages": ["gcc-aarch64-linux-gnu"]}"#,
            "aarch64-apple-darwin",
            RELEASE,
        ),
        (
            r#"{"packages": ["gcc-aarch64-linux-gnu"]}"#,
            "aarch64-unknown-linux-gnu",
            RELEASE,
        ),
    ]
    .map(|(json, triple, release)| problem(located(json, triple, release).unwrap_err()))
    .concat();
    expect![[r#"
        : a toolchain of packages needs a package
          write `packages = ["gcc-aarch64-linux-gnu"]`
        packages[0]: there is no package `gcc-arch64-linux-gnu`
          did you mean `gcc-aarch64-linux-gnu`?
        packages[1]: there is no package `nothing`
          `apt-cache search WORD` finds packages, `apt-get update` renews apt's lists
        version: no version of package `gcc-aarch64-linux-gnu` is release `1.0.0`
          `apt-get update` renews apt's lists, where they are older than `orch.lock`; `orch lock --update` pins what they have
        sysroot: no package of this sysroot has a C library
          add its package to `packages`, e.g. `libc6-dev-arm64-cross`
        apt on this machine (`x86_64-unknown-linux-gnu`) knows no packages for `aarch64-apple-darwin`
        there is no package `gcc-aarch64-linux-gnu` for `arm64`
    "#]]
    .assert_eq(&refusals);
}

/// A small Debian that has some packages for arm64 too.
fn with_arm64() -> fake::Facts {
    let versions = [
        ("libc6-dev", "2.36-9"),
        ("libc6", "2.36-9"),
        ("musl-dev", "1.2.3-1"),
    ];
    versions
        .into_iter()
        .fold(debian(), |facts, (name, version)| {
            let url = format!("pkg:deb/debian/{name}");
            let requires: &[&str] = match name {
                "libc6-dev" => &["libc6 (= 2.36-9)"],
                // A compiler of that machine, which nobody here could start.
                "musl-dev" => &["gcc-aarch64-linux-gnu"],
                _ => &[],
            };
            let triple = "aarch64-unknown-linux-gnu";
            let file = || file(version, requires);
            facts
                .package(&format!("{url}?arch=arm64"), &[version])
                .package_file(&url, version, triple, file())
                .package_file(&url, "", triple, file())
        })
}

#[test]
fn packages_of_an_architecture_become_a_sysroot_for_every_host() {
    let located = |packages: &str, release, host| {
        let json = format!(r#"{{"architecture": "arm64", "packages": {packages}}}"#);
        let settings = settings(&json).unwrap();
        locate(release, &Machine::of(host), &settings, &with_arm64()).unwrap()
    };
    let release = "2.36.0+2.36-9";
    let here = located(r#"["libc6-dev"]"#, release, HERE);
    assert_eq!(here.sysroot.as_deref(), Some("aarch64-linux-gnu"));
    // The C library is among them, and all lies in the sysroot.
    assert_eq!(here.archives.len(), 2);
    let is_in_sysroot = |archive: &Archive| archive.into == "aarch64-linux-gnu";
    assert!(here.archives.iter().all(is_in_sysroot));
    assert!(here.tools.is_empty() && here.files.is_empty());

    let elsewhere = located(r#"["libc6-dev"]"#, release, "aarch64-unknown-linux-gnu");
    assert_eq!(elsewhere.sysroot, here.sysroot);
    let musl = located(r#"["musl-dev"]"#, "1.2.3+1.2.3-1", HERE);
    assert_eq!(musl.sysroot.as_deref(), Some("aarch64-linux-musl"));
}

#[test]
fn mistakes_about_a_sysroot_are_named_with_a_remedy() {
    let refusals = [
        r#"{"architecture": "arm64", "packages": ["zlib2g-dev"]}"#,
        r#"{"architecture": "arm64", "packages": ["libc6"]}"#,
        r#"{"architecture": "arm64", "packages": ["libc6-dev"], "sysroot": "usr", "programs": ["x"]}"#,
    ]
    .map(|json| {
        let settings = settings(json).unwrap();
        problem(locate("2.36.0+2.36-9", &Machine::of(HERE), &settings, &with_arm64()).unwrap_err())
    });
    expect![[r#"
        packages[0]: there is no package `zlib2g-dev` for `arm64`
          `apt-cache search WORD` finds packages, `apt-get update` renews apt's lists
        packages: no package of this sysroot has a C library
          add `libc6-dev`, or `musl-dev`
        sysroot: with `architecture` all packages are one sysroot
          take `sysroot` away, or `architecture`
        programs: programs of packages for `arm64` are not for the machine that builds
          make a toolchain of its own of the packages that have them
    "#]]
    .assert_eq(&refusals.concat());
}

#[test]
fn what_apt_says_reaches_the_user() {
    let refusal = Refusal::Failed("there is no apt on this machine".to_owned());
    let facts = fake::Facts::new().refusing(&format!("versions pkg:deb/debian/{GCC}"), refusal);
    let json = r#"{"packages": ["gcc-aarch64-linux-gnu"]}"#;
    let error = releases("", &Machine::of(HERE), &settings(json).unwrap(), &facts);
    assert_eq!(
        problem(error.unwrap_err()),
        "package `gcc-aarch64-linux-gnu` could not be had: there is no apt on this machine\n"
    );
}
