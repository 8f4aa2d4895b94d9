//! Other tools read what was written: `skopeo` inspects and copies it, `umoci` unpacks it,
//! `runc` starts it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use orch_image::{Compression, Image, certificates, time_zones};

use crate::real::run;
use crate::sample::{PROGRAM, speaking, tag, variant, written};

/// `oci:` and the place, as `skopeo` names a layout.
fn named(folder: &Path, name: &str) -> String {
    format!("oci:{}:{name}", folder.join("image").display())
}

/// What `umoci` unpacks of an image, as others start it. It reads no index within an index:
/// `skopeo` picks the image of this platform before.
fn unpacked(folder: &Path) -> PathBuf {
    let single = folder.join("single");
    let mut copy = Command::new("skopeo");
    copy.args(["copy", "--override-arch", "amd64", &named(folder, "1")])
        .arg(format!("oci:{}:1", single.display()));
    run(&mut copy, "skopeo");
    let bundle = folder.join("bundle");
    let mut unpack = Command::new("umoci");
    unpack.args(["unpack", "--rootless", "--image"]);
    unpack.arg(format!("{}:1", single.display())).arg(&bundle);
    run(&mut unpack, "umoci");
    bundle
}

#[test]
fn umoci_unpacks_what_went_in_and_runc_starts_it() {
    let (folder, _layout) = written(&speaking(), &[tag("1")]);
    let bundle = unpacked(folder.path());
    let root = bundle.join("rootfs");
    assert!(std::fs::read(root.join("bin/busybox")).unwrap() == std::fs::read(PROGRAM).unwrap());
    assert_eq!(
        std::fs::read_link(root.join("bin/cat")).unwrap(),
        Path::new("busybox")
    );
    let mode = |path: &str| {
        std::fs::metadata(root.join(path))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode("bin/busybox") & 0o7777, 0o755);
    assert_eq!(mode("tmp") & 0o7777, 0o1777);

    assert_eq!(started(&bundle), "hello from an image\n");
}

/// Of Debian's packages a program finds what it looks for.
#[test]
fn a_program_finds_certificates_and_time_zones() {
    let tree = tempfile::tempdir().unwrap();
    for package in ["ca-certificates", "tzdata"] {
        let mut download = Command::new("apt-get");
        download
            .args(["download", "--quiet", package])
            .current_dir(tree.path());
        run(&mut download, "apt");
    }
    let files = std::fs::read_dir(tree.path()).unwrap();
    let packages: Vec<PathBuf> = files.map(|found| found.unwrap().path()).collect();
    for package in packages {
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("--extract").arg(package).arg(tree.path());
        run(&mut unpack, "dpkg");
    }
    let mut image = speaking();
    image.variants[0].layers.extend([
        certificates(tree.path()).unwrap(),
        time_zones(tree.path()).unwrap(),
    ]);
    let script =
        "busybox date -d @0 +%H:%M; busybox grep -c BEGIN /etc/ssl/certs/ca-certificates.crt";
    image.process.entrypoint = ["/bin/busybox", "sh", "-c", script].map(Into::into).into();
    image.process.arguments.clear();
    image
        .process
        .environment
        .insert("TZ".into(), "Asia/Tokyo".into());
    let (folder, _layout) = written(&image, &[tag("1")]);
    let said = started(&unpacked(folder.path()));
    let (hour, certificates) = said.trim().split_once('\n').unwrap();
    assert_eq!(hour, "09:00");
    assert!(certificates.parse::<usize>().unwrap() > 100, "{said}");
}

/// Starts a bundle. What `umoci` writes for it asks for a terminal, which a test has not.
fn started(bundle: &Path) -> String {
    let path = bundle.join("config.json");
    let mut config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    config["process"]["terminal"] = false.into();
    std::fs::write(&path, config.to_string()).unwrap();
    let mut command = Command::new("runc");
    command.arg("--root").arg(bundle.join("state"));
    command.args(["run", "--bundle"]).arg(bundle);
    let place = bundle.display().to_string().replace('/', "-");
    command.arg(format!("orch{place}"));
    run(&mut command, "runc")
}

#[test]
fn skopeo_reads_every_platform_and_both_compressions() {
    for compression in [Compression::Gzip, Compression::Zstd] {
        let mut image = speaking();
        let layers = image.variants[0].layers.clone();
        image.variants.push(variant("arm64", layers));
        image.compression = compression;
        image
            .labels
            .insert("org.example.team".into(), "edge".into());
        let (folder, layout) = written(&image, &[tag("1")]);

        for architecture in ["amd64", "arm64"] {
            let mut inspect = Command::new("skopeo");
            inspect.args(["inspect", "--override-arch", architecture]);
            inspect.arg(named(folder.path(), "1"));
            let said: serde_json::Value =
                serde_json::from_str(&run(&mut inspect, "skopeo")).unwrap();
            assert_eq!(said["Architecture"], architecture);
            assert_eq!(said["Labels"]["org.example.team"], "edge");
        }

        let copied = folder.path().join("copied");
        let mut copy = Command::new("skopeo");
        copy.args(["copy", "--all", &named(folder.path(), "1")])
            .arg(format!("oci:{}:1", copied.display()));
        run(&mut copy, "skopeo");
        let index = std::fs::read_to_string(copied.join("index.json")).unwrap();
        assert!(
            index.contains(&layout.digest().to_string()),
            "{compression:?}: {index}"
        );
    }
}

/// `zstd` layers hold the same archive as those of `gzip`, as a reader of both finds.
#[test]
fn both_compressions_hold_the_same() {
    let unpacked = |compression| {
        let image = Image {
            compression,
            ..speaking()
        };
        let (folder, _layout) = written(&image, &[tag("1")]);
        let plain = folder.path().join("plain");
        let mut copy = Command::new("skopeo");
        copy.args(["copy", "--override-arch", "amd64", "--dest-decompress"])
            .arg(named(folder.path(), "1"))
            .arg(format!("dir:{}", plain.display()));
        run(&mut copy, "skopeo");
        let manifest = std::fs::read(plain.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        manifest["layers"][0]["digest"].as_str().unwrap().to_owned()
    };
    assert_eq!(unpacked(Compression::Gzip), unpacked(Compression::Zstd));
}
