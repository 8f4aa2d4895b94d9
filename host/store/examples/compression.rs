//! What compression costs and saves: keeps files and copies them out again, and prints a
//! line for each.
//!
//! `cargo run --release -p orch-store --example compression FILE…`, such as a Go binary;
//! incompressible data of 5 MB comes along by itself.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use orch_model::Fault;
use orch_store::Store;

const ROUNDS: u32 = 10;
const NOISE_BYTES: usize = 5_000_000;

fn main() -> Result<(), Fault> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let noise = folder.path().join("incompressible");
    std::fs::write(&noise, incompressible()).map_err(|error| Fault::io("write", &noise, &error))?;
    let given = std::env::args_os().skip(1).map(PathBuf::from);
    println!("file  bytes  on disk  ratio  put  copy  (median of {ROUNDS})");
    for file in given.chain([noise]) {
        measure(&file, folder.path())?;
    }
    Ok(())
}

fn measure(file: &Path, folder: &Path) -> Result<(), Fault> {
    let (mut puts, mut copies) = (Vec::new(), Vec::new());
    let mut line = String::new();
    for round in 0..ROUNDS {
        let cache = folder.join(format!("cache-{round}"));
        let store = Store::open(&cache)?;
        let began = Instant::now();
        let (digest, bytes) = store.put_file(file)?;
        puts.push(began.elapsed());
        let began = Instant::now();
        store.copy_to(&digest, &folder.join("copy"), false)?;
        copies.push(began.elapsed());
        let on_disk = store.survey()?.blobs.bytes;
        let ratio = on_disk as f64 / bytes as f64;
        let name = file.file_name().unwrap_or_default().display();
        line = format!("{name}  {bytes}  {on_disk}  {ratio:.2}");
        std::fs::remove_dir_all(&cache).map_err(|error| Fault::io("remove", &cache, &error))?;
    }
    println!("{line}  {:.1?}  {:.1?}", median(puts), median(copies));
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Bytes that nothing makes smaller, the same each time.
fn incompressible() -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..NOISE_BYTES)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}
