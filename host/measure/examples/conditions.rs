//! What this machine is for measuring: its fingerprint, what could not be found out, on which CPU a
//! program of one thread is measured, and what disturbs it now and in the next second.
//!
//! `cargo run -p orch-measure --example conditions`.

use std::path::Path;
use std::time::Duration;

use orch_measure::{Conditions, Counters, Fingerprint, choose_cpus, warnings, warnings_during};

fn main() {
    let root = Path::new("/");
    let before = Counters::read(root);
    let conditions = Conditions::read(root);
    let fingerprint = Fingerprint::of(&conditions);
    println!("{}", fingerprint.summary);
    println!("{}", fingerprint.digest);
    println!("not known: {}", conditions.unknown().join(", "));
    match choose_cpus(&conditions.topology, 1) {
        Some(pinning) => println!("one thread: CPU {}", pinning.cpus),
        None => println!("one thread: wherever the scheduler puts it"),
    }
    std::thread::sleep(Duration::from_secs(1));
    let interval = Counters::read(root).since(&before);
    println!("in one second: {interval:?}");
    for warning in warnings(&conditions)
        .iter()
        .chain(&warnings_during(&interval))
    {
        println!("{}: {warning}", warning.noise.name());
    }
}
