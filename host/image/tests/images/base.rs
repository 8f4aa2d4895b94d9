//! Images that are built upon others, from a real registry and from ones that lie.

use std::process::Command;

use expect_test::expect;
use orch_image::{Base, Image, Layout, PinnedImage, Platform, Process, Push, Repository};
use orch_model::{Digest, Fault, FaultKind};

use crate::fake::{Act, Answer, FakeRegistry};
use crate::real::{RealRegistry, client, client_with_mirror, run};
use crate::sample::{bytes, entry, layer, speaking, tag, variant, written};

fn push(layout: &Layout, repository: &Repository) {
    let request = Push {
        layout,
        repository,
        tags: &[tag("1")],
        lenders: &[],
    };
    client().push(&request, &|_| {}, &|| false).unwrap();
}

fn pinned(repository: &Repository, layout: &Layout) -> PinnedImage {
    PinnedImage {
        repository: repository.clone(),
        digest: layout.digest(),
    }
}

fn pulled(image: &PinnedImage, architecture: &str) -> Result<Base, Fault> {
    let found = client().base(image, &[Platform::linux(architecture)], &|| false);
    found.map(|mut bases| bases.remove(0))
}

/// An image upon another one, with a file and a process of its own.
fn upon(base: Base) -> Image {
    let mut own = variant(
        "amd64",
        vec![layer("greeting", vec![bytes("/etc/greeting", "upon\n")])],
    );
    own.base = Some(base);
    Image {
        variants: vec![own],
        process: Process {
            environment: [("A".to_owned(), "2".to_owned())].into(),
            ports: ["80".parse().unwrap()].into(),
            user: Some("nobody".into()),
            ..Process::default()
        },
        ..Image::default()
    }
}

fn lower() -> Image {
    let mut image = speaking();
    image.process.environment = [("A", "1"), ("B", "1")]
        .map(|(a, b)| (a.into(), b.into()))
        .into();
    image.labels.insert("of".into(), "the base".into());
    image
}

#[test]
fn an_image_inherits_and_borrows_from_its_base() {
    let server = RealRegistry::start();
    let origin = server.repository("bases/busybox");
    let (_lower, layout) = written(&lower(), &[]);
    push(&layout, &origin);

    let base = pulled(&pinned(&origin, &layout), "amd64").unwrap();
    let (folder, image) = written(&upon(base), &[tag("1")]);
    let config = image.blob(&image.variants()[0].config.digest).unwrap();
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(config).unwrap()).unwrap();
    expect![[r#"
        {
          "User": "nobody",
          "ExposedPorts": {
            "80/tcp": {}
          },
          "Env": [
            "A=2",
            "B=1"
          ],
          "Entrypoint": [
            "/bin/cat"
          ],
          "Cmd": [
            "/etc/greeting"
          ],
          "Labels": {
            "of": "the base"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&config["config"]).unwrap());
    assert_eq!(config["history"].as_array().unwrap().len(), 2);

    // The registry lends itself the layer of the base: it never comes here.
    let target = server.repository("team/agent");
    push(&image, &target);
    let borrowed = image.variants()[0].layers[0].digest;
    assert!(image.blob(&borrowed).is_none());
    let mut copy = Command::new("skopeo");
    let copied = format!("oci:{}:1", folder.path().join("copied").display());
    copy.args(["copy", "--src-tls-verify=false", "--override-arch", "amd64"]);
    copy.args([&format!("docker://{target}:1"), &copied]);
    run(&mut copy, "skopeo");

    // Another registry gets it through here.
    let other = RealRegistry::start();
    push(&image, &other.repository("agent"));
    assert!(other.stored(&borrowed).exists());
    assert!(image.blob(&borrowed).is_some());
}

#[test]
fn a_layout_is_completed_for_those_who_read_it_from_disk() {
    let server = RealRegistry::start();
    let origin = server.repository("busybox");
    let (_lower, layout) = written(&lower(), &[]);
    push(&layout, &origin);
    let base = pulled(&pinned(&origin, &layout), "amd64").unwrap();
    let (folder, image) = written(&upon(base), &[tag("1")]);
    client().complete(&image, &|| false).unwrap();
    let mut copy = Command::new("skopeo");
    copy.args(["copy", "--all"])
        .arg(format!("oci:{}:1", folder.path().join("image").display()))
        .arg(format!("oci:{}:1", folder.path().join("copied").display()));
    run(&mut copy, "skopeo");
}

#[test]
fn a_mirror_is_asked_in_place_of_the_registry() {
    let mirror = RealRegistry::start();
    let (_lower, layout) = written(&lower(), &[]);
    push(&layout, &mirror.repository("busybox"));
    let gone = FakeRegistry::start(|_, _| Act::Serve);
    let image = pinned(&gone.repository("busybox"), &layout);
    let address = mirror.address();
    let client = client_with_mirror(&gone.address(), &format!("http://{address}/"));
    let platforms = [Platform::linux("amd64")];
    let base = client
        .base(&image, &platforms, &|| false)
        .unwrap()
        .remove(0);
    assert!(gone.requests().is_empty());

    // The image is said to be upon what was named, so that the next one may use another mirror.
    let (_folder, above) = written(&upon(base), &[]);
    assert_eq!(above.variants()[0].base.as_ref(), Some(&image.repository));

    let encrypted = client_with_mirror(&gone.address(), &format!("https://{address}/"));
    let fault = encrypted.base(&image, &platforms, &|| false).unwrap_err();
    assert!(fault.message.contains("is not trusted"), "{fault}");
    assert!(fault.hint.unwrap().contains("`SSL_CERT_FILE`"));
}

#[test]
fn directories_of_a_base_keep_their_modes() {
    let server = RealRegistry::start();
    let origin = server.repository("busybox");
    let (_lower, layout) = written(&lower(), &[]);
    push(&layout, &origin);
    let mut image = upon(pulled(&pinned(&origin, &layout), "amd64").unwrap());
    image.variants[0].layers = vec![layer("all", vec![bytes("/tmp/a", "")])];
    let (_folder, above) = written(&image, &[]);
    let own = above.variants()[0].layers.last().unwrap().digest;
    let packed = std::fs::File::open(above.blob(&own).unwrap()).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed));
    let names: Vec<String> = archive
        .entries()
        .unwrap()
        .map(|found| found.unwrap().path().unwrap().display().to_string())
        .collect();
    // Naming `/tmp` would make it one that only root writes to.
    assert_eq!(names, ["tmp/a"]);
}

#[test]
fn the_platform_of_a_base_is_found_or_told() {
    let server = RealRegistry::start();
    let origin = server.repository("many");
    let layers = |word: &str| vec![layer("all", vec![bytes("/word", word)])];
    let mut old = variant("arm", layers("v6"));
    old.platform = Platform::linux("arm").variant("v6");
    let mut new = variant("arm", layers("v7"));
    new.platform = Platform::linux("arm").variant("v7");
    let image = Image {
        variants: vec![old, new, variant("arm64", layers("arm64"))],
        ..Image::default()
    };
    let (_folder, layout) = written(&image, &[]);
    push(&layout, &origin);
    let base = pinned(&origin, &layout);
    assert_eq!(
        layout
            .variants()
            .iter()
            .map(|one| one.manifest.platform.clone().unwrap())
            .collect::<Vec<_>>(),
        image
            .variants
            .iter()
            .map(|one| one.platform.clone())
            .collect::<Vec<_>>()
    );

    // Which one it was shows in the layers of what is built upon it.
    let (_upon, above) = written(
        &Image {
            variants: vec![orch_image::Variant {
                platform: Platform::linux("arm"),
                base: Some(pulled(&base, "arm").unwrap()),
                layers: vec![],
            }],
            ..Image::default()
        },
        &[],
    );
    assert_eq!(above.variants()[0].layers, layout.variants()[1].layers);

    let fault = pulled(&base, "riscv64").unwrap_err();
    assert!(
        fault.message.ends_with(
            "it is not for `linux/riscv64`, only for `linux/arm/v6`, `linux/arm/v7`, `linux/arm64`"
        ),
        "{fault}"
    );
}

/// A registry that has an image, and does otherwise where `habit` says so.
fn lying(
    habit: impl Fn(&crate::fake::Request) -> Option<Act> + Send + Sync + 'static,
) -> (FakeRegistry, PinnedImage) {
    let server = FakeRegistry::start(move |request, _| match request.method.as_str() {
        "GET" => habit(request).unwrap_or(Act::Serve),
        _ => Act::Serve,
    });
    let (_folder, layout) = written(&lower(), &[]);
    let repository = server.repository("base");
    push(&layout, &repository);
    let image = pinned(&repository, &layout);
    (server, image)
}

#[test]
fn a_registry_that_sends_other_bytes_is_named() {
    let (server, image) = lying(|request| {
        let other = Answer::new(200).body("{\"manifests\": []}");
        request.is("GET", "/manifests/").then_some(Act::Say(other))
    });
    let fault = pulled(&image, "amd64").unwrap_err();
    assert_eq!(fault.kind, FaultKind::Fetch);
    let found = Digest::of("{\"manifests\": []}");
    assert_eq!(
        fault.message,
        format!(
            "could not fetch base `{image}`: `http://{}/v2/base/manifests/{}` sent bytes with \
             digest `{found}`, where `{}` was expected",
            server.address(),
            image.digest,
            image.digest
        )
    );
    assert!(fault.hint.unwrap().contains("tell whoever runs it"));
}

#[test]
fn an_answer_without_an_end_is_ended() {
    for part in ["/manifests/", "/blobs/"] {
        let (_server, image) =
            lying(move |request| request.is("GET", part).then_some(Act::Endless));
        let fault = pulled(&image, "amd64").unwrap_err();
        assert!(
            fault.message.ends_with("sends more than 4194304 bytes"),
            "{fault}"
        );
    }
}

#[test]
fn a_layer_is_taken_only_with_its_own_bytes() {
    for (what, said) in [
        ("other", "sent bytes with digest"),
        ("more", "sends more than its"),
    ] {
        let (_lower, layout) = written(&lower(), &[]);
        let layer = layout.variants()[0].layers[0].clone();
        let name = layer.digest.to_string();
        let (_server, image) = lying(move |request| {
            let bytes = match what {
                "other" => vec![0; layer.size as usize],
                _ => vec![0; layer.size as usize + 1],
            };
            let act = Act::Say(Answer::new(200).body(bytes));
            request.is("GET", &name).then_some(act)
        });
        let (_folder, above) = written(&upon(pulled(&image, "amd64").unwrap()), &[]);
        let fault = client().complete(&above, &|| false).unwrap_err();
        assert!(fault.message.contains(said), "{fault}");
        assert!(above.blob(&above.variants()[0].layers[0].digest).is_none());
    }
}

#[test]
fn a_document_that_can_be_read_in_two_ways_is_refused() {
    let text = r#"{"schemaVersion": 2, "manifests": [], "layers": []}"#;
    let server = FakeRegistry::start(move |request, _| match request.is("GET", "/manifests/") {
        true => Act::Say(Answer::new(200).body(text)),
        false => Act::Serve,
    });
    let image = PinnedImage {
        repository: server.repository("base"),
        digest: Digest::of(text),
    };
    let fault = pulled(&image, "amd64").unwrap_err();
    assert!(
        fault
            .message
            .ends_with("is neither an index nor a manifest"),
        "{fault}"
    );
}

#[test]
fn a_directory_is_named_by_one_layer_only() {
    let image = Image {
        variants: vec![variant(
            "amd64",
            vec![
                layer(
                    "one",
                    vec![entry("/tmp", orch_image::Content::Directory, 0o1777)],
                ),
                layer("two", vec![bytes("/tmp/a", "")]),
            ],
        )],
        ..Image::default()
    };
    let (_folder, layout) = written(&image, &[]);
    let second = layout.blob(&layout.variants()[0].layers[1].digest).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(
        std::fs::File::open(second).unwrap(),
    ));
    // The lower layer says what `/tmp` is like.
    assert_eq!(archive.entries().unwrap().count(), 1);
}
