//! Content in either form: what pays is compressed, what does not stays plain, and neither
//! is believed.

use std::fs;
use std::path::{Path, PathBuf};

use orch_model::Digest;
use orch_store::Store;

struct Fixture {
    cache: tempfile::TempDir,
    store: Store,
}

impl Fixture {
    fn new() -> Self {
        let cache = tempfile::tempdir().unwrap();
        let store = Store::open(cache.path()).unwrap();
        Self { cache, store }
    }

    fn plain(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let blobs = self.cache.path().join("store/v1/blobs");
        blobs.join(&hex[..2]).join(&hex[2..])
    }

    fn compressed(&self, digest: &Digest) -> PathBuf {
        self.plain(digest).with_extension("zst")
    }

    fn replace(&self, path: &Path, bytes: &[u8]) {
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Bytes that nothing makes smaller, the same each time.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}

fn text(bytes: usize) -> Vec<u8> {
    b"the quick brown fox jumps over the lazy dog\n"
        .iter()
        .copied()
        .cycle()
        .take(bytes)
        .collect()
}

#[test]
fn what_pays_is_compressed_and_comes_back() {
    let mixed = [text(200_000), noise(2_000_000)].concat();
    let cases = [
        ("small text", text(65_535), false),
        ("text", text(65_536), true),
        ("large text", text(3_000_000), true),
        ("noise", noise(1_000_000), false),
        ("text, then noise", mixed, false),
        ("nothing", Vec::new(), false),
    ];
    for (name, content, compressed) in cases {
        let fixture = Fixture::new();
        let source = fixture.cache.path().join("source");
        fs::write(&source, &content).unwrap();
        let (digest, bytes) = fixture.store.put_file(&source).unwrap();
        assert_eq!(digest, Digest::of(&content), "{name}");
        assert_eq!(bytes, content.len() as u64, "{name}");
        assert_eq!(fixture.compressed(&digest).exists(), compressed, "{name}");
        assert_eq!(fixture.plain(&digest).exists(), !compressed, "{name}");

        assert_eq!(
            fixture.store.read(&digest).unwrap().unwrap(),
            content,
            "{name}"
        );
        let copy = fixture.cache.path().join("copy");
        assert!(
            fixture
                .store
                .copy_to(&digest, &copy, false)
                .unwrap()
                .is_some()
        );
        assert_eq!(fs::read(&copy).unwrap(), content, "{name}");
        let mut opened = fixture.store.open_blob(&digest).unwrap().unwrap();
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut opened, &mut read).unwrap();
        assert_eq!(read, content, "{name}");

        let size = content.len() as u64;
        assert!(fixture.store.contains_sized(&digest, size), "{name}");
        assert!(!fixture.store.contains_sized(&digest, size + 1), "{name}");
        let survey = fixture.store.survey().unwrap();
        assert_eq!((survey.blobs.count, survey.content_bytes), (1, size));
        assert_eq!(survey.compressed, u64::from(compressed), "{name}");
    }
}

#[test]
fn a_compressed_blob_is_an_ordinary_zstandard_file() {
    let fixture = Fixture::new();
    let digest = fixture.store.put_bytes(&text(500_000)).unwrap();
    let file = fs::File::open(fixture.compressed(&digest)).unwrap();
    assert_eq!(zstd::decode_all(file).unwrap(), text(500_000));
}

#[test]
fn a_compressed_blob_that_was_cut_or_changed_anywhere_is_set_aside() {
    let letters = |byte: u8| b'a' + byte % 16;
    let content: Vec<u8> = noise(70_000).into_iter().map(letters).collect();
    let whole = {
        let fixture = Fixture::new();
        let digest = fixture.store.put_bytes(&content).unwrap();
        fs::read(fixture.compressed(&digest)).unwrap()
    };
    let cuts = (0..whole.len())
        .step_by(997)
        .map(|end| whole[..end].to_vec());
    let flips = (0..whole.len()).step_by(97).map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        bytes
    });
    let longer = std::iter::once([whole.clone(), b"more".to_vec()].concat());
    let fixture = Fixture::new();
    let (mut tried, mut caught) = (0, 0);
    for damaged in cuts.chain(flips).chain(longer) {
        let digest = fixture.store.put_bytes(&content).unwrap();
        fixture.replace(&fixture.compressed(&digest), &damaged);
        tried += 1;
        // A change that leaves the content as it is, such as of an unused bit, may pass.
        match fixture.store.read(&digest).unwrap() {
            Some(read) => assert_eq!(read, content),
            None => {
                caught += 1;
                assert!(!fixture.store.contains(&digest));
            }
        }
    }
    assert!(
        tried > 300 && caught + 5 >= tried,
        "only {caught} of {tried} were caught"
    );
}

#[test]
fn what_a_power_cut_left_empty_or_cut_counts_as_missing() {
    for content in [text(1_000), text(100_000)] {
        let fixture = Fixture::new();
        let digest = fixture.store.put_bytes(&content).unwrap();
        let size = content.len() as u64;
        let path = [fixture.plain(&digest), fixture.compressed(&digest)]
            .into_iter()
            .find(|path| path.exists())
            .unwrap();
        let whole = fs::read(&path).unwrap();
        for left in [0, 10, 30, whole.len() - 1] {
            fixture.replace(&path, &whole[..left]);
            assert!(!fixture.store.contains_sized(&digest, size), "{left}");
        }
    }
}

#[test]
fn a_bomb_is_set_aside() {
    let fixture = Fixture::new();
    let digest = fixture.store.put_bytes(&text(100_000)).unwrap();
    let path = fixture.compressed(&digest);
    let mut bomb = fs::read(&path).unwrap()[..24].to_vec();
    bomb.extend(zstd::bulk::compress(&vec![0; 64 << 20], 1).unwrap());
    let length = bomb.len() as u64;
    bomb[16..24].copy_from_slice(&length.to_le_bytes());
    fixture.replace(&path, &bomb);

    // Where a file may not grow as large as the bomb, only the stated size fits.
    let unpacked = zstd::stream::decode_all(&bomb[..]).unwrap();
    assert_eq!(unpacked.len(), 64 << 20, "it would have been a bomb");
    let mut written = 0;
    let source = fixture.cache.path().join("copy");
    if let Some(file) = fixture.store.copy_to(&digest, &source, false).unwrap() {
        written = file.metadata().unwrap().len();
    }
    assert_eq!(written, 0);
    assert!(!path.exists(), "it is set aside");
}

#[test]
fn either_form_stands_in_for_the_other() {
    let fixture = Fixture::new();
    let content = text(100_000);
    let digest = fixture.store.put_bytes(&content).unwrap();
    fs::write(fixture.plain(&digest), "damaged").unwrap();
    let copy = fixture.cache.path().join("copy");
    assert!(
        fixture
            .store
            .copy_to(&digest, &copy, true)
            .unwrap()
            .is_some()
    );
    assert_eq!(fs::read(&copy).unwrap(), content);
    assert!(!fixture.plain(&digest).exists());
}

#[test]
fn few_and_many_settle() {
    for count in [0_u32, 3, 100] {
        let fixture = Fixture::new();
        let digests: Vec<_> = (0..count)
            .map(|number| fixture.store.put_bytes(&number.to_le_bytes()).unwrap())
            .collect();
        // What was set aside before it was settled is no fault.
        if let Some(first) = digests.first() {
            fs::remove_file(fixture.plain(first)).unwrap();
        }
        fixture.store.settle().unwrap();
        fixture.store.settle().unwrap();
    }
}

#[test]
fn verification_reads_all_and_names_what_is_damaged() {
    let fixture = Fixture::new();
    let good = fixture.store.put_bytes(b"good").unwrap();
    let bad = fixture.store.put_bytes(b"bad").unwrap();
    let packed = fixture.store.put_bytes(&text(100_000)).unwrap();
    let key = Digest::of("key");
    fixture.store.put_record("action", &key, b"value").unwrap();
    let all = fixture.store.verify(&mut |_| true).unwrap();
    assert_eq!((all.read, all.complete), (4, true));
    assert!(all.damaged.is_empty());

    fixture.replace(&fixture.plain(&bad), b"changed");
    let half = fs::read(fixture.compressed(&packed)).unwrap();
    fixture.replace(&fixture.compressed(&packed), &half[..half.len() / 2]);
    let found = fixture.store.verify(&mut |_| true).unwrap();
    let mut expected = [fixture.plain(&bad), fixture.compressed(&packed)];
    expected.sort();
    assert_eq!(found.damaged, expected);
    assert!(fixture.store.contains(&good) && !fixture.store.contains(&bad));
    assert!(!fixture.store.verify(&mut |_| false).unwrap().complete);
}
