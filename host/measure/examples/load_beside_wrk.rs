//! Our load generator beside `wrk`, on the same server: prints what both say, and the ratio.
//!
//! `cargo run --release -p orch-measure --example load_beside_wrk [CONNECTIONS [SECONDS]]`. Both get
//! one thread, and take turns, so that a busy machine disturbs both. The server is a thread for
//! each connection that answers every request with the same few bytes. Then what `wrk` cannot do:
//! an open loop at the usual share of the capacity, and how late the generator was itself.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use orch_engine::Cancel;
use orch_measure::load::{Endpoint, Load, Pace, Step, StepResult};
use orch_model::Fault;

const ROUNDS: usize = 5;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\nHello, World!";

/// What one generator says of one round.
#[derive(Clone, Copy)]
struct Figures {
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
}

fn main() -> ExitCode {
    if Command::new("wrk").arg("-v").output().is_err() {
        eprintln!("error: there is no `wrk` to compare with\nhint: apt-get install wrk");
        return ExitCode::from(2);
    }
    let mut given = std::env::args().skip(1).map(|word| word.parse::<usize>());
    let (Ok(connections), Ok(seconds)) = (
        given.next().unwrap_or(Ok(16)),
        given.next().unwrap_or(Ok(3)),
    ) else {
        eprintln!("error: CONNECTIONS and SECONDS are numbers");
        return ExitCode::from(2);
    };
    match compare(connections, seconds as u64) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn compare(connections: usize, seconds: u64) -> Result<(), Fault> {
    let url = format!("http://{}/", serve());
    let load = Load {
        endpoint: Endpoint::get(&url)?,
        request_limit: Duration::from_secs(2),
        threads: 1,
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(of_orch(&load, connections, seconds)?);
        theirs.push(of_wrk(&url, connections, seconds)?);
    }
    println!("{connections} connections, {ROUNDS} rounds of {seconds} s each, medians");
    let row = |name: &str, figure: fn(&Figures) -> f64| {
        let (ours, theirs) = (median(&ours, figure), median(&theirs, figure));
        println!(
            "{name:<12} {ours:>11.1} {theirs:>11.1} {:>8.3}",
            ours / theirs
        );
    };
    println!("{:<12} {:>11} {:>11} {:>8}", "", "orch", "wrk", "ratio");
    row("requests/s", |figures| figures.per_second);
    row("P50 in us", |figures| figures.p50_us);
    row("P99 in us", |figures| figures.p99_us);
    open_loop(&load, connections, seconds)
}

fn open_loop(load: &Load, connections: usize, seconds: u64) -> Result<(), Fault> {
    let result = take(
        load,
        connections,
        seconds,
        Pace::ShareOfCapacity(Pace::USUAL_SHARE),
    )?;
    let (Some(rate), Some(latencies), Some(lateness)) = (
        result.per_second,
        result.latencies,
        result.generator.lateness,
    ) else {
        return Err(Fault::internal("no request was answered"));
    };
    println!(
        "at {rate:.0} requests/s: {:.0} were answered, P50 {:.1} us, P99 {:.1} us; \
         the generator was late by P50 {:.1} us, P99 {:.1} us, and busy for {:.0}% of the time",
        result.throughput,
        latencies.p50_ns as f64 / 1e3,
        latencies.p99_ns as f64 / 1e3,
        lateness.p50_ns as f64 / 1e3,
        lateness.p99_ns as f64 / 1e3,
        result.generator.busy_share * 100.0,
    );
    if let Some(bottleneck) = result.generator.bottleneck() {
        println!("{bottleneck}");
    }
    Ok(())
}

fn of_orch(load: &Load, connections: usize, seconds: u64) -> Result<Figures, Fault> {
    let result = take(load, connections, seconds, Pace::Unlimited)?;
    let latencies = result
        .latencies
        .ok_or_else(|| Fault::internal("no request was answered"))?;
    Ok(Figures {
        per_second: result.throughput,
        p50_us: latencies.p50_ns as f64 / 1e3,
        p99_us: latencies.p99_ns as f64 / 1e3,
    })
}

fn take(load: &Load, connections: usize, seconds: u64, pace: Pace) -> Result<StepResult, Fault> {
    let step = Step {
        connections,
        pace,
        warmup: Duration::ZERO,
        duration: Duration::from_secs(seconds),
    };
    let mut results = load.climb(&[step], &Cancel::new(), |_| {})?;
    results
        .pop()
        .filter(|result| result.errors.is_empty())
        .ok_or_else(|| Fault::internal("requests came to nothing"))
}

fn of_wrk(url: &str, connections: usize, seconds: u64) -> Result<Figures, Fault> {
    let output = Command::new("wrk")
        .args(["--threads", "1", "--latency"])
        .args(["--connections", &connections.to_string()])
        .args(["--duration", &format!("{seconds}s"), url])
        .output()
        .map_err(|error| Fault::internal(format!("could not start `wrk`: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figure = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(str::trim)
            .ok_or_else(|| Fault::internal(format!("`wrk` does not say `{name}`:\n{text}")))
    };
    Ok(Figures {
        per_second: figure("Requests/sec:")?.parse().unwrap_or(f64::NAN),
        p50_us: microseconds(figure("50%")?),
        p99_us: microseconds(figure("99%")?),
    })
}

/// `wrk` writes `97.00us`, `1.02ms` or `1.20s`.
fn microseconds(text: &str) -> f64 {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    let (number, unit) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .unwrap_or((text, &f64::NAN));
    number.parse::<f64>().unwrap_or(f64::NAN) * unit
}

fn median(figures: &[Figures], figure: fn(&Figures) -> f64) -> f64 {
    let mut values: Vec<f64> = figures.iter().map(figure).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Starts the server; it lives as long as this program.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    address
}

/// Answers until the other side goes away. Neither generator sends a body, or a second request
/// before the answer to the first.
fn answer(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut request = [0; 4096];
    while matches!(stream.read(&mut request), Ok(bytes) if bytes > 0) {
        if stream.write_all(ANSWER).is_err() {
            return;
        }
    }
}
