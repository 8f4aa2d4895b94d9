//! The very bytes of images: equal for equal descriptions, whatever the order in which these
//! name things, and as written down here.

use std::collections::BTreeMap;
use std::path::Path;

use expect_test::expect;
use orch_image::{Compression, Content, Entry, Image, Layout, Owner, Platform, Process};
use orch_model::{Digest, FaultKind};
use proptest::prelude::*;

use crate::sample::{bytes, entry, file, layer, path, tag, variant, written};

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = pairs
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    owned.collect()
}

fn sample(compression: Compression) -> Image {
    let mut program = entry("/app/agent", Content::Bytes(b"\x7fELF".to_vec()), 0o755);
    program.owner = Owner {
        user: 65532,
        group: 65532,
    };
    let layers = |word: &str| {
        let long = format!("/app/{}/{word}", "long".repeat(40));
        let artifacts = vec![
            program.clone(),
            bytes(&long, word),
            entry("/app/link", Content::Link("agent".into()), 0o777),
        ];
        vec![
            layer("time zones", vec![bytes("/usr/share/zoneinfo/UTC", "TZif")]),
            layer("artifacts", artifacts),
        ]
    };
    let mut arm = variant("arm", layers("arm"));
    arm.platform = Platform::linux("arm").variant("v7");
    Image {
        variants: vec![arm, variant("amd64", layers("amd64"))],
        process: Process {
            user: Some("65532:65532".into()),
            entrypoint: vec!["/app/agent".into()],
            arguments: vec!["--listen".into(), ":8080".into()],
            environment: map(&[("B", "2"), ("A", "1")]),
            ports: ["8080", "53/udp"].map(|port| port.parse().unwrap()).into(),
            working_directory: Some(path("/app")),
        },
        labels: map(&[("org.example.b", "2"), ("org.example.a", "1")]),
        annotations: map(&[("org.opencontainers.image.version", "1.2")]),
        compression,
        created: 1_700_000_000,
    }
}

/// All documents of an image, in the order in which a reader meets them.
fn documents(layout: &Layout) -> String {
    let text = |digest: &Digest| {
        let path = layout.blob(digest).expect("a document is there");
        let value: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        format!(
            "{digest}\n{}\n",
            serde_json::to_string_pretty(&value).unwrap()
        )
    };
    let mut all = text(&layout.digest());
    let first = &layout.variants()[0];
    all.push_str(&text(&first.manifest.digest));
    all.push_str(&text(&first.config.digest));
    all
}

#[test]
fn documents_are_as_written_here() {
    let (_folder, layout) = written(&sample(Compression::Gzip), &[]);
    expect![[r#"
        sha256:2277c3cddc94eae98ec88898eb7fa22625cacc9c89f0e0bbebad7d10150cdf00
        {
          "schemaVersion": 2,
          "mediaType": "application/vnd.oci.image.index.v1+json",
          "manifests": [
            {
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "digest": "sha256:0acfc9475b979c472cc66f9c7e3b710596cd3847b89a2091ab726c560b003aac",
              "size": 612,
              "platform": {
                "os": "linux",
                "architecture": "amd64"
              }
            },
            {
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "digest": "sha256:4f235c6b221cb3943395f7cb3948d4b68aceda34fa4d7e771ddb1aa5b8e32331",
              "size": 612,
              "platform": {
                "os": "linux",
                "architecture": "arm",
                "variant": "v7"
              }
            }
          ],
          "annotations": {
            "org.opencontainers.image.version": "1.2"
          }
        }
        sha256:0acfc9475b979c472cc66f9c7e3b710596cd3847b89a2091ab726c560b003aac
        {
          "schemaVersion": 2,
          "mediaType": "application/vnd.oci.image.manifest.v1+json",
          "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": "sha256:9dd7e0fd9f650a4848ff92a5cbe3d9c74ed8aabc33621b2ea0cef0eb0d44d872",
            "size": 624
          },
          "layers": [
            {
              "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
              "digest": "sha256:d391a0316c2dcea18fe7a72941e1d63d5fccb04f8aa298f039bfb2921283200c",
              "size": 159
            },
            {
              "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
              "digest": "sha256:821b0882f2127573c52a4b060ac312e6e89e075d9a6f27659764f1cf90f45526",
              "size": 246
            }
          ],
          "annotations": {
            "org.opencontainers.image.version": "1.2"
          }
        }
        sha256:9dd7e0fd9f650a4848ff92a5cbe3d9c74ed8aabc33621b2ea0cef0eb0d44d872
        {
          "created": "2023-11-14T22:13:20Z",
          "os": "linux",
          "architecture": "amd64",
          "config": {
            "User": "65532:65532",
            "ExposedPorts": {
              "53/udp": {},
              "8080/tcp": {}
            },
            "Env": [
              "A=1",
              "B=2"
            ],
            "Entrypoint": [
              "/app/agent"
            ],
            "Cmd": [
              "--listen",
              ":8080"
            ],
            "WorkingDir": "/app",
            "Labels": {
              "org.example.a": "1",
              "org.example.b": "2"
            }
          },
          "rootfs": {
            "type": "layers",
            "diff_ids": [
              "sha256:26596237722389113348ebb614791acedd5e92d272b5dd668efee50db7375b32",
              "sha256:bd3d770537f55ac7cd6f93f8a0269be950fa14e4ca1e9771539b9855ef21935f"
            ]
          },
          "history": [
            {
              "created": "2023-11-14T22:13:20Z",
              "created_by": "orch: time zones"
            },
            {
              "created": "2023-11-14T22:13:20Z",
              "created_by": "orch: artifacts"
            }
          ]
        }
    "#]]
    .assert_eq(&documents(&layout));
}

/// The digest stands for every byte: another encoder or another header shows here.
#[test]
fn an_image_has_the_digest_that_it_had() {
    let digest = |compression| written(&sample(compression), &[]).1.digest().to_string();
    expect!["sha256:2277c3cddc94eae98ec88898eb7fa22625cacc9c89f0e0bbebad7d10150cdf00"]
        .assert_eq(&digest(Compression::Gzip));
    expect!["sha256:229c8c8d21abc639bbd02ad955a266aecee6387926a8cb48d70c0e6edf36ab92"]
        .assert_eq(&digest(Compression::Zstd));
}

#[test]
fn a_layer_lists_sorted_names_with_the_stated_owners_and_times() {
    let (_folder, layout) = written(&sample(Compression::Gzip), &[]);
    let mut listed = String::new();
    for blob in &layout.variants()[0].layers {
        let packed = std::fs::File::open(layout.blob(&blob.digest).unwrap()).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed));
        for found in archive.entries().unwrap() {
            let found = found.unwrap();
            let header = found.header();
            let name = found.path().unwrap().display().to_string();
            listed.push_str(&format!(
                "{:?} {:o} {}:{} {} {}\n",
                header.entry_type(),
                header.mode().unwrap(),
                header.uid().unwrap(),
                header.gid().unwrap(),
                header.mtime().unwrap(),
                name.replace(&"long".repeat(40), "long…"),
            ));
        }
        listed.push('\n');
    }
    expect![[r#"
        Directory 755 0:0 1700000000 usr/
        Directory 755 0:0 1700000000 usr/share/
        Directory 755 0:0 1700000000 usr/share/zoneinfo/
        Regular 644 0:0 1700000000 usr/share/zoneinfo/UTC

        Directory 755 0:0 1700000000 app/
        Regular 755 65532:65532 1700000000 app/agent
        Symlink 777 0:0 1700000000 app/link
        Directory 755 0:0 1700000000 app/long…/
        Regular 644 0:0 1700000000 app/long…/amd64

    "#]]
    .assert_eq(&listed);
}

#[test]
fn a_layout_names_the_image_by_its_tags() {
    let image = sample(Compression::Gzip);
    let (folder, layout) = written(&image, &[tag("1.2"), tag("latest")]);
    let root = folder.path().join("image");
    let index = std::fs::read_to_string(root.join("index.json")).unwrap();
    assert_eq!(index.matches(&layout.digest().to_string()).count(), 2);
    assert!(index.contains(r#""org.opencontainers.image.ref.name":"latest""#));
    expect![[r#"{"imageLayoutVersion":"1.0.0"}"#]]
        .assert_eq(&std::fs::read_to_string(root.join("oci-layout")).unwrap());
    let opened = Layout::open(&root).unwrap();
    assert_eq!(opened.digest(), layout.digest());
    assert_eq!(opened.variants(), layout.variants());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_a_description_does_not_matter(
        names in prop::collection::btree_set("[a-c]{1,2}(/[a-c]{1,2}){0,2}x", 1..8),
        seed in any::<u64>(),
        zstd in any::<bool>(),
    ) {
        let entries: Vec<Entry> =
            names.iter().map(|name| bytes(&format!("/{name}"), name.as_bytes())).collect();
        let mut shuffled = entries.clone();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, (seed >> at) as usize % (at + 1));
        }
        let image = |entries: Vec<Entry>, swap: bool| {
            let mut variants = vec![
                variant("amd64", vec![layer("all", entries.clone())]),
                variant("arm64", vec![layer("all", entries)]),
            ];
            if swap {
                variants.reverse();
            }
            Image {
                variants,
                compression: if zstd { Compression::Zstd } else { Compression::Gzip },
                ..Image::default()
            }
        };
        let (_one, first) = written(&image(entries, false), &[]);
        let (_other, second) = written(&image(shuffled, true), &[]);
        prop_assert_eq!(first.digest(), second.digest());
    }
}

#[test]
fn what_cannot_be_an_image_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("image");
    let of = |entries: Vec<Entry>| Image {
        variants: vec![variant("amd64", vec![layer("all", entries)])],
        ..Image::default()
    };
    let twice = Image {
        variants: vec![variant("amd64", vec![]), variant("amd64", vec![])],
        ..Image::default()
    };
    let mut wrong_mode = bytes("/a", "");
    wrong_mode.mode = 0o100_644;
    let mut text = String::new();
    for image in [
        Image::default(),
        twice,
        of(vec![bytes("/a", ""), bytes("/a", "b")]),
        of(vec![bytes("/a", ""), bytes("/a/b", "")]),
        of(vec![bytes("/", "")]),
        of(vec![wrong_mode]),
        of(vec![entry("/a", Content::Link(String::new()), 0o777)]),
        Image {
            process: Process {
                environment: map(&[("A=B", "")]),
                ..Process::default()
            },
            ..of(vec![])
        },
        Image {
            created: u64::MAX,
            ..of(vec![])
        },
    ] {
        let fault = Layout::write(&place, &image, &[], &|| false).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Usage);
        text.push_str(&format!("{fault}\n"));
    }
    expect![[r#"
        the image is for no platform
        the image is for platform `linux/amd64` twice: who fetches it could not tell which to take
        `/a` is twice in layer "all" of the image
        `/a/b` cannot lie below `/a`, which is no directory in the image
        `/` is the root of the image, which cannot be described
        `/a` has mode 0o100644 in the image; 0o7777 is the most
        `/a` is a link to nothing
        `A=B` cannot be a variable of the image
        18446744073709551615 seconds after 1970 are no time of an image
    "#]]
    .assert_eq(&text);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_not_what_was_said_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("agent");
    std::fs::write(&source, "as it was").unwrap();
    let described = file("/agent", &source, 0o755);
    for content in ["as it is!", "as it", "as it was and more"] {
        std::fs::write(&source, content).unwrap();
        let image = Image {
            variants: vec![variant(
                "amd64",
                vec![layer("all", vec![described.clone()])],
            )],
            ..Image::default()
        };
        let place = folder.path().join("image");
        let fault = Layout::write(&place, &image, &[], &|| false).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Lost, "{content}");
        assert!(!place.exists());
    }
}

#[test]
fn a_layout_is_replaced_whole_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("image");
    let write = |content: &str, cancelled: bool| {
        let image = Image {
            variants: vec![variant(
                "amd64",
                vec![layer("all", vec![bytes("/a", content)])],
            )],
            ..Image::default()
        };
        Layout::write(&place, &image, &[], &move || cancelled)
    };
    let first = write("one", false).unwrap().digest();
    assert_eq!(write("two", true).unwrap_err().kind, FaultKind::Interrupted);
    assert_eq!(Layout::open(&place).unwrap().digest(), first);
    let second = write("two", false).unwrap();
    assert_ne!(second.digest(), first);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(
        std::fs::read_dir(place.join("blobs/sha256"))
            .unwrap()
            .count(),
        4
    );

    std::fs::remove_file(place.join("oci-layout")).unwrap();
    let fault = write("one", false).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Usage);
    assert!(Path::new(&place).join("index.json").exists());
}
