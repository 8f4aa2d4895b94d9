//! Shows what installing an archive from loopback costs beside its slowest stage alone. The
//! stages are: the bytes arriving in a file, their digest, and unpacking, from its first byte
//! until the tree lies in its place, of an archive that lies on this machine.
//!
//!     cargo run --release -p orch-fetch --example install -- ARCHIVE.whl [ROUNDS]

use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use orch_engine::Cancel;
use orch_engine::port::{Progress, Stage};
use orch_fetch::{FetchSettings, Fetcher};
use orch_model::{Archive, ArchiveFormat, Digest, RelativePath, Toolchain};
use orch_tests::server::Server;

/// Sees when unpacking begins.
#[derive(Default)]
struct Watch {
    unpacking: OnceLock<Instant>,
}

impl Progress for Watch {
    fn report(&self, stage: Stage, _done: u64, _total: Option<u64>) {
        if stage == Stage::Unpack {
            self.unpacking.get_or_init(Instant::now);
        }
    }
}

/// How long an install took.
struct Installed {
    whole: Duration,
    unpacking: Duration,
}

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let archive = arguments.next().ok_or("name a zip archive or a wheel")?;
    let rounds = arguments.next().map_or(Ok(5), |word| word.parse::<usize>());
    let rounds = rounds.map_err(|error| format!("the number of rounds: {error}"))?;
    let archive = Path::new(&archive)
        .canonicalize()
        .map_err(|error| format!("could not find `{archive}`: {error}"))?;
    let bytes = std::fs::read(&archive).map_err(|error| error.to_string())?;
    let digest = Digest::of(&bytes);
    let size = bytes.len() as u64;
    let server = Server::of_file(bytes.clone());
    let toolchain = |url: String| Toolchain {
        version: "1.0".into(),
        archives: vec![Archive {
            urls: vec![url],
            digest,
            bytes: Some(size),
            format: ArchiveFormat::Zip,
            strip_components: 0,
            into: RelativePath::root(),
            exclude: Vec::new(),
        }],
        tools: Vec::new(),
        environment: Vec::new(),
        sysroot: None,
        files: Vec::new(),
        programs: Vec::new(),
    };
    let from_loopback = toolchain(server.url("archive"));
    let from_file = toolchain(format!("file://{}", archive.display()));

    let mut taken: [Vec<Duration>; 4] = Default::default();
    for _ in 0..rounds.max(1) {
        taken[0].push(install(&from_loopback, &server)?.whole);
        taken[1].push(arrive(&server)?);
        taken[2].push(time(|| assert_eq!(Digest::of(&bytes), digest)));
        taken[3].push(install(&from_file, &server)?.unpacking);
    }
    let [whole, arriving, digesting, unpacking] = taken.map(median);
    println!("installed from loopback  {whole:?}");
    println!("arriving in a file       {arriving:?}");
    println!("digest                   {digesting:?}");
    println!("unpacked from a file     {unpacking:?}");
    let slowest = arriving.max(digesting).max(unpacking);
    println!(
        "{:.2} of the slowest stage alone; wanted at most 1.15",
        whole.as_secs_f64() / slowest.as_secs_f64()
    );
    Ok(())
}

/// Into an empty cache.
fn install(toolchain: &Toolchain, server: &Server) -> Result<Installed, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let settings = FetchSettings {
        allow_http_to: vec![server.host()],
        ..FetchSettings::new(folder.path().join("cache"))
    };
    let fetcher = Fetcher::new(settings).map_err(|fault| fault.message)?;
    let watch = Watch::default();
    let began = Instant::now();
    fetcher
        .install(toolchain, &watch, &Cancel::new())
        .map_err(|fault| fault.message)?;
    let ended = Instant::now();
    let unpacking = watch.unpacking.get().ok_or("nothing was unpacked")?;
    Ok(Installed {
        whole: ended - began,
        unpacking: ended - *unpacking,
    })
}

/// The least that a download can be: a connection is read into a file.
fn arrive(server: &Server) -> Result<Duration, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let began = Instant::now();
    let copied = (|| {
        let mut stream = TcpStream::connect(server.host())?;
        stream.write_all(b"GET /archive HTTP/1.1\r\nhost: loopback\r\n\r\n")?;
        let mut file = File::create(folder.path().join("archive"))?;
        std::io::copy(&mut stream, &mut file)
    })();
    copied.map_err(|error| format!("could not download: {error}"))?;
    Ok(began.elapsed())
}

fn time(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn median(mut taken: Vec<Duration>) -> Duration {
    taken.sort_unstable();
    taken[taken.len() / 2]
}
