//! A fetcher over a cache of its own, with nothing allowed that a test does not name.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use orch_engine::Cancel;
use orch_engine::port::{InstalledTree, Progress, Stage};
use orch_fetch::{FetchSettings, Fetcher, Patience};
use orch_model::{Archive, ArchiveFormat, Digest, Fault, FaultKind, RelativePath, Toolchain};
use tempfile::TempDir;

use orch_tests::server::Server;

/// A cache and the settings of fetchers over it.
pub struct Rig {
    folder: TempDir,
    pub settings: FetchSettings,
}

impl Rig {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = FetchSettings {
            patience: Patience {
                connect: Duration::from_secs(5),
                read: Duration::from_secs(10),
                retry: Duration::from_millis(1),
                ..Patience::default()
            },
            ..FetchSettings::new(folder.path().join("cache"))
        };
        Self { folder, settings }
    }

    /// A rig that may speak to the server.
    pub fn with(server: &Server) -> Self {
        let mut rig = Self::new();
        rig.settings.allow_http_to.push(server.host());
        rig
    }

    pub fn fetcher(&self) -> Fetcher {
        Fetcher::new(self.settings.clone()).unwrap()
    }

    pub fn cache(&self) -> &Path {
        &self.settings.cache
    }

    /// What is gone when this is dropped: the cache, and what lies beside it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file beside the cache, and its address.
    pub fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        format!("file://{}", path.display())
    }

    pub fn install(&self, toolchain: &Toolchain) -> Result<InstalledTree, Fault> {
        self.fetcher()
            .install(toolchain, &Seen::default(), &Cancel::new())
    }

    /// What installing says when it should not work.
    pub fn refusal(&self, toolchain: &Toolchain) -> String {
        let fault = self
            .install(toolchain)
            .expect_err("this should not be installed");
        assert_eq!(fault.kind, FaultKind::Fetch, "{fault:?}");
        fault.message
    }

    /// Installs the bytes as an archive.
    pub fn install_archive(
        &self,
        format: ArchiveFormat,
        bytes: &[u8],
    ) -> Result<InstalledTree, Fault> {
        let url = self.file("archive", bytes);
        self.install(&toolchain(format, &[url], bytes))
    }

    /// The names of all that lies in one of the cache's folders, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        names(&self.cache().join(folder))
    }
}

pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A toolchain of one archive, with the digest and size of `bytes`.
pub fn toolchain(format: ArchiveFormat, urls: &[String], bytes: &[u8]) -> Toolchain {
    Toolchain {
        version: "1.0".into(),
        archives: vec![Archive {
            urls: urls.to_vec(),
            digest: Digest::of(bytes),
            bytes: Some(bytes.len() as u64),
            format,
            strip_components: 0,
            into: RelativePath::root(),
            exclude: Vec::new(),
        }],
        tools: Vec::new(),
        environment: Vec::new(),
        sysroot: None,
        files: Vec::new(),
        programs: Vec::new(),
    }
}

/// A toolchain that is one file as it is.
pub fn raw(urls: &[String], bytes: &[u8]) -> Toolchain {
    toolchain(ArchiveFormat::Raw, urls, bytes)
}

/// Bytes that no two places share, so that pieces in a wrong place show.
pub fn content(length: usize) -> Vec<u8> {
    (0..length)
        .flat_map(|at| {
            (at as u64)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .to_le_bytes()
        })
        .take(length)
        .collect()
}

/// What was reported, stage by stage.
#[derive(Default)]
pub struct Seen(pub Mutex<Vec<(Stage, u64, Option<u64>)>>);

impl Progress for Seen {
    fn report(&self, stage: Stage, done: u64, total: Option<u64>) {
        self.0.lock().unwrap().push((stage, done, total));
    }
}

/// The only program of the tests' own that is started: this test binary, to run one
/// test of it in a process of its own.
pub fn this_binary() -> PathBuf {
    std::env::current_exe().unwrap()
}
