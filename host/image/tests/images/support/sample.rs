//! Images of the tests, from real files.

use std::path::Path;

use orch_image::{
    Content, Entry, Image, ImagePath, Layer, Layout, Owner, Platform, Process, Tag, Variant,
};
use orch_model::Digest;

/// A static program that every test machine has.
pub const PROGRAM: &str = "/bin/busybox";

pub fn path(text: &str) -> ImagePath {
    text.parse().expect("a path of a test is one")
}

pub fn tag(text: &str) -> Tag {
    text.parse().expect("a tag of a test is one")
}

pub fn entry(at: &str, content: Content, mode: u32) -> Entry {
    Entry {
        path: path(at),
        content,
        mode,
        owner: Owner::default(),
    }
}

pub fn bytes(at: &str, content: impl Into<Vec<u8>>) -> Entry {
    entry(at, Content::Bytes(content.into()), 0o644)
}

/// A file of this machine.
pub fn file(at: &str, from: &Path, mode: u32) -> Entry {
    let content = std::fs::read(from).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; apt-get install busybox-static",
            from.display()
        )
    });
    let content = Content::File {
        path: from.to_owned(),
        digest: Digest::of(&content),
        bytes: content.len() as u64,
    };
    entry(at, content, mode)
}

pub fn layer(title: &str, entries: Vec<Entry>) -> Layer {
    Layer {
        title: title.into(),
        entries,
    }
}

/// An image for this one platform.
pub fn variant(architecture: &str, layers: Vec<Layer>) -> Variant {
    Variant {
        platform: Platform::linux(architecture),
        base: None,
        layers,
    }
}

/// An image that prints a file of its own when it is started.
pub fn speaking() -> Image {
    let entries = vec![
        file("/bin/busybox", Path::new(PROGRAM), 0o755),
        entry("/bin/cat", Content::Link("busybox".into()), 0o777),
        bytes("/etc/greeting", "hello from an image\n"),
        entry("/tmp", Content::Directory, 0o1777),
    ];
    Image {
        variants: vec![variant("amd64", vec![layer("artifacts", entries)])],
        process: Process {
            entrypoint: vec!["/bin/cat".into()],
            arguments: vec!["/etc/greeting".into()],
            ..Process::default()
        },
        ..Image::default()
    }
}

/// An image whose one layer holds so many bytes that do not pack.
pub fn heavy(size: usize) -> Image {
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    });
    let content: Vec<u8> = noise.take(size).collect();
    Image {
        variants: vec![variant(
            "amd64",
            vec![layer("noise", vec![bytes("/noise", content)])],
        )],
        ..Image::default()
    }
}

/// Writes an image into a folder of its own.
pub fn written(image: &Image, tags: &[Tag]) -> (tempfile::TempDir, Layout) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let layout = Layout::write(&folder.path().join("image"), image, tags, &|| false);
    (folder, layout.expect("a good image is written"))
}
