//! Releases of Zig at both places, by an index of a test's own and a fake registry.

use expect_test::expect;
use orch_plugin::{RegistryFile, fake, settings, word};

use super::*;

const INDEX: &str = "https://ziglang.org/download/index.json";
const LINUX: &str = "x86_64-unknown-linux-gnu";

/// The index in its shape: a build of the day, a release, and one that was kept elsewhere.
fn index() -> String {
    let file = |url: &str| {
        let digest = "ab".repeat(32);
        format!(r#"{{"tarball": "{url}", "shasum": "{digest}", "size": "68"}}"#)
    };
    format!(
        r#"{{
            "master": {{"version": "0.16.0-dev.1+abcdef", "date": "2025-10-11",
                "x86_64-linux": {master}}},
            "0.15.2": {{"date": "2025-10-11", "docs": "https://ziglang.org/documentation/0.15.2/",
                "src": {source}, "x86_64-linux": {linux}, "arm-linux": {arm},
                "x86_64-windows": {windows}}},
            "0.13.0": {{"date": "2024-06-07", "x86_64-linux": {elsewhere}}}
        }}"#,
        master = file("https://ziglang.org/builds/zig.tar.xz"),
        source = file("https://ziglang.org/download/0.15.2/zig-0.15.2.tar.xz"),
        linux = file("https://ziglang.org/download/0.15.2/zig-x86_64-linux-0.15.2.tar.xz"),
        arm = file("https://ziglang.org/download/0.15.2/zig-arm-linux-0.15.2.tar.xz"),
        windows = file("https://ziglang.org/download/0.15.2/zig-x86_64-windows-0.15.2.zip"),
        elsewhere = file("https://elsewhere.example/zig.tar.xz"),
    )
}

fn registry() -> fake::Facts {
    let versions = ["0.15.2", "0.13.0.post1", "0.13.0", "0.0.0"];
    fake::Facts::new()
        .package("pkg:pypi/ziglang", &versions)
        .package_file(
            "pkg:pypi/ziglang",
            "0.13.0.post1",
            LINUX,
            RegistryFile {
                url: "pkg:pypi/ziglang@0.13.0.post1?file_name=zig.whl".to_owned(),
                digest: format!("sha256:{}", "cd".repeat(32)),
                bytes: Some(77),
                version: "0.13.0.post1".to_owned(),
                requires: Vec::new(),
                provides: Vec::new(),
                conflicts: Vec::new(),
            },
        )
}

fn asked(requirement: &str, facts: &fake::Facts) -> Result<Vec<String>, Error> {
    Zig::releases(
        requirement,
        &Machine::of(LINUX),
        SourceSettings::default(),
        facts,
    )
}

fn located(version: &str, triple: &str, facts: &fake::Facts) -> Result<Toolchain, Error> {
    Zig::locate(
        version,
        &Machine::of(triple),
        SourceSettings::default(),
        facts,
    )
}

#[test]
fn the_official_index_names_releases_but_no_build_of_the_day() {
    let facts = fake::Facts::new().document(INDEX, index());
    assert_eq!(asked("*", &facts).unwrap(), ["0.15.2"]);
    let toolchain = located("0.15.2", LINUX, &facts).unwrap();
    let environment: Vec<_> = toolchain
        .environment
        .iter()
        .map(|variable| format!("{}={}", variable.name, word(&variable.value)))
        .collect();
    expect![[r#"
        https://ziglang.org/download/0.15.2/zig-x86_64-linux-0.15.2.tar.xz
        [Tool { name: "zig", program: "zig" }]
        ZIG_GLOBAL_CACHE_DIR={cache/zig}
        ZIG_LOCAL_CACHE_DIR={scratch/zig}
    "#]]
    .assert_eq(&format!(
        "{}\n{:?}\n{}\n",
        toolchain.archives[0].urls.join("\n"),
        toolchain.tools,
        environment.join("\n")
    ));
    assert_eq!(toolchain.archives[0].bytes, Some(68));
}

#[test]
fn each_host_gets_its_own_archive() {
    let facts = fake::Facts::new().document(INDEX, index());
    let windows = located("0.15.2", "x86_64-pc-windows-msvc", &facts).unwrap();
    assert_eq!(windows.tools[0].program, "zig.exe");
    assert!(windows.archives[0].urls[0].ends_with(".zip"));
    let arm = located("0.15.2", "armv7-unknown-linux-gnueabihf", &facts).unwrap();
    assert!(arm.archives[0].urls[0].contains("zig-arm-linux"));
    let none = Zig::locate(
        "0.15.2",
        &Machine::of("s390x-unknown-linux-gnu"),
        settings(r#"{"source": "official"}"#).unwrap(),
        &facts,
    );
    assert!(matches!(none, Err(Error::Unsupported(_))), "{none:?}");
}

#[test]
fn an_archive_that_lies_elsewhere_is_not_fetched() {
    let facts = fake::Facts::new().document(INDEX, index());
    let located = Zig::locate(
        "0.13.0",
        &Machine::of(LINUX),
        settings(r#"{"source": "official"}"#).unwrap(),
        &facts,
    );
    assert!(matches!(located, Err(Error::Unsupported(_))), "{located:?}");
}

#[test]
fn the_registry_stands_in_with_the_latest_package_of_a_release() {
    let facts = registry();
    assert_eq!(asked("<0.14", &facts).unwrap(), ["0.13.0"]);
    let toolchain = located("0.13.0", LINUX, &facts).unwrap();
    let archive = &toolchain.archives[0];
    assert_eq!(
        archive.urls,
        ["pkg:pypi/ziglang@0.13.0.post1?file_name=zig.whl"]
    );
    assert_eq!(archive.strip_components, 1);
}

#[test]
fn a_release_that_nobody_has_is_said_with_the_nearest() {
    let Err(Error::Invalid(problems)) = asked("~0.14", &registry()) else {
        panic!("there is no such release")
    };
    assert_eq!(
        problems[0].message,
        "no release of Zig satisfies `~0.14`, as far as could be asked (official: \
         `https://ziglang.org/download/index.json` does not exist)"
    );
    assert_eq!(
        problems[0].hint.as_deref(),
        Some("the nearest are `0.13.0`, `0.15.2`")
    );
}
