//! Pushes to Debian's `docker-registry`, and uploads that break off.

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use orch_image::{Image, Layout, Push, Pushed, Registry, Repository, Tag, Transfer};
use orch_model::{Digest, Fault, FaultKind};

use crate::fake::{Act, Answer, FakeRegistry};
use crate::real::{RealRegistry, client, run};
use crate::sample::{heavy, speaking, tag, written};

/// More than a socket takes on its own, so that a break falls into the middle.
const HEAVY: usize = 6 << 20;

fn push(
    registry: &Registry,
    layout: &Layout,
    repository: &Repository,
    tags: &[Tag],
) -> Result<Pushed, Fault> {
    let push = Push {
        layout,
        repository,
        tags,
        lenders: &[],
    };
    registry.push(&push, &|_| {}, &|| false)
}

fn inspected(repository: &Repository, name: &str) -> String {
    let mut inspect = Command::new("skopeo");
    inspect.args(["inspect", "--tls-verify=false", "--override-arch", "amd64"]);
    inspect.args(["--format", "{{.Digest}}"]);
    inspect.arg(format!("docker://{repository}{name}"));
    run(&mut inspect, "skopeo").trim().to_owned()
}

#[test]
fn a_registry_takes_an_image_once() {
    let server = RealRegistry::start();
    let repository = server.repository("team/agent");
    let (_folder, layout) = written(&speaking(), &[]);
    let client = client();
    let told = Mutex::new(Vec::new());
    let both = [tag("1.2"), tag("latest")];
    let whole = Push {
        layout: &layout,
        repository: &repository,
        tags: &both,
        lenders: &[],
    };
    let first = client.push(
        &whole,
        &|transfer| told.lock().unwrap().push(transfer),
        &|| false,
    );
    let first = first.unwrap();
    assert_eq!((first.sent, first.present, first.mounted), (2, 0, 0));
    // A manifest, and an index by its digest and by two tags.
    assert_eq!(first.written, 4);
    let last = *told.lock().unwrap().last().unwrap();
    let total_bytes = first.sent_bytes;
    assert_eq!(
        last,
        Transfer {
            done_bytes: total_bytes,
            total_bytes
        }
    );

    let again = push(&client, &layout, &repository, &both).unwrap();
    assert_eq!((again.sent, again.sent_bytes, again.written), (0, 0, 0));
    assert_eq!((again.present, again.skipped_bytes), (2, first.sent_bytes));

    for name in [":1.2", ":latest", &format!("@{}", layout.digest())] {
        assert_eq!(
            inspected(&repository, name),
            layout.digest().to_string(),
            "{name}"
        );
    }
}

#[test]
fn another_tag_or_file_sends_only_what_is_new() {
    let server = RealRegistry::start();
    let repository = server.repository("agent");
    let client = client();
    let (_first, layout) = written(&speaking(), &[]);
    push(&client, &layout, &repository, &[tag("1")]).unwrap();
    let mut image = speaking();
    image.labels.insert("changed".into(), "yes".into());
    let (_second, changed) = written(&image, &[]);
    let pushed = push(&client, &changed, &repository, &[tag("1")]).unwrap();
    // The config; the layer is as it was. The tag means another index now.
    assert_eq!((pushed.sent, pushed.present, pushed.written), (1, 1, 3));
    assert_eq!(inspected(&repository, ":1"), changed.digest().to_string());
}

#[test]
fn another_repository_lends_what_it_has() {
    let server = RealRegistry::start();
    let client = client();
    let (_folder, layout) = written(&speaking(), &[]);
    let lender = server.repository("nightly/agent");
    push(&client, &layout, &lender, &[]).unwrap();
    let repository = server.repository("stable/agent");
    let request = Push {
        layout: &layout,
        repository: &repository,
        tags: &[tag("1")],
        lenders: &[server.repository("never/there"), lender],
    };
    let pushed = client.push(&request, &|_| {}, &|| false).unwrap();
    assert_eq!((pushed.mounted, pushed.sent, pushed.sent_bytes), (2, 0, 0));
    assert_eq!(inspected(&repository, ":1"), layout.digest().to_string());
}

#[test]
fn what_is_damaged_here_is_not_pushed() {
    let server = RealRegistry::start();
    let (_folder, layout) = written(&speaking(), &[]);
    let layer = layout.variants()[0].layers[0].digest;
    let path = layout.blob(&layer).unwrap();
    let mut content = std::fs::read(&path).unwrap();
    content[100] ^= 1;
    std::fs::write(&path, content).unwrap();
    let fault = push(&client(), &layout, &server.repository("agent"), &[]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Lost, "{fault}");
    assert!(fault.message.contains(&layer.hex()), "{fault}");
    assert!(!server.stored(&layer).exists());
}

#[test]
fn an_upload_that_breaks_off_goes_on_where_it_was() {
    let breaks = AtomicUsize::new(0);
    let server = FakeRegistry::start(move |request, _| {
        let is_large = request.header("content-length").parse().unwrap_or(0) > HEAVY / 4;
        match request.is("PATCH", "/uploads/") && is_large {
            true if breaks.fetch_add(1, Ordering::SeqCst) < 7 => Act::Cut(600_000),
            _ => Act::Serve,
        }
    });
    let (_folder, layout) = written(&heavy(HEAVY), &[]);
    let pushed = push(&client(), &layout, &server.repository("agent"), &[]).unwrap();
    assert_eq!(pushed.sent, 2);
    // Nothing that had come was sent again; and it broke more often than a standstill may.
    assert_eq!(server.kept(|kept| kept.received as u64), pushed.sent_bytes);
    let requests = server.requests();
    let pieces = requests
        .iter()
        .filter(|request| !request.header("content-range").is_empty());
    assert_eq!(pieces.count(), 7);
}

#[test]
fn a_registry_that_takes_nothing_is_given_up() {
    let server = FakeRegistry::start(|request, _| match request.is("PATCH", "/uploads/") {
        true => Act::Say(Answer::new(202).header("range", "0-0")),
        false => Act::Serve,
    });
    let (_folder, layout) = written(&heavy(1000), &[]);
    let fault = push(&client(), &layout, &server.repository("agent"), &[]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Fetch);
    assert!(fault.message.contains("took nothing"), "{fault}");
}

#[test]
fn an_upload_that_is_forgotten_is_begun_anew() {
    let forgotten = AtomicUsize::new(0);
    let server = FakeRegistry::start(move |request, kept| {
        if request.is("PATCH", "/uploads/") && forgotten.fetch_add(1, Ordering::SeqCst) == 0 {
            kept.uploads.clear();
            return Act::Cut(100);
        }
        Act::Serve
    });
    let image: Image = heavy(HEAVY);
    let (_folder, layout) = written(&image, &[]);
    push(&client(), &layout, &server.repository("agent"), &[tag("1")]).unwrap();
    assert!(server.count("POST", "/uploads/") > 2);
    assert_eq!(server.kept(|kept| kept.blobs.len()), 2);
}

/// The registry took all and its answer was lost: what is there is not sent a second time.
#[test]
fn a_lost_answer_to_a_finished_upload_is_no_upload_again() {
    let lost = AtomicUsize::new(0);
    let server = FakeRegistry::start(move |request, kept| {
        if request.is("PUT", "/uploads/") && lost.fetch_add(1, Ordering::SeqCst) == 0 {
            let path = request.target.split('?').next().unwrap();
            let bytes = kept
                .uploads
                .remove(path.rsplit('/').next().unwrap())
                .unwrap();
            kept.blobs.insert(Digest::of(&bytes), bytes);
            return Act::Cut(0);
        }
        Act::Serve
    });
    let (_folder, layout) = written(&heavy(HEAVY), &[]);
    let pushed = push(&client(), &layout, &server.repository("agent"), &[]).unwrap();
    assert_eq!(server.kept(|kept| kept.received as u64), pushed.sent_bytes);
    assert_eq!(server.kept(|kept| kept.blobs.len()), 2);
}

#[test]
fn a_push_that_is_interrupted_ends_at_once() {
    let server = FakeRegistry::start(|request, _| match request.is("PATCH", "/uploads/") {
        true => Act::Silence,
        false => Act::Serve,
    });
    let (_folder, layout) = written(&heavy(1000), &[]);
    let repository = server.repository("agent");
    let request = Push {
        layout: &layout,
        repository: &repository,
        tags: &[],
        lenders: &[],
    };
    let fault = client()
        .push(&request, &|_| {}, &|| {
            server.count("PATCH", "/uploads/") > 0
        })
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Interrupted);
    assert_eq!(server.count("PUT", "/manifests/"), 0);
}
