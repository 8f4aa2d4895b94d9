//! What orch's probes say of a program, beside what others say of it: `startup` beside hyperfine, and
//! `http-load` beside wrk. Here a ratio of 1 is what is wanted.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::figures::median;
use crate::file::{read, write};
use crate::install;
use crate::place::Place;
use crate::table::significant;

/// What is compared, and how.
#[derive(Clone, Copy, Debug)]
pub struct Probes<'a> {
    /// The program `orch`.
    pub orch: &'a Path,
    /// Rounds of each kind.
    pub runs: usize,
    /// Seconds that one run may take.
    pub limit: f64,
}

/// How often a program is started for one figure, after two times that do not count.
const STARTS: usize = 20;

/// Connections at once, and for how many seconds they count.
const CONNECTIONS: usize = 16;
const SECONDS: usize = 3;

const PIPELINE: &str = r#"version = 1
name = "probes"

[toolchain.go]
version = "GO"

[target.here]
platform = "musl"

[build.service]
with = "go"
package = "."
targets = ["here"]

[bench.startup]
probe = "startup"
of = "build.service"
samples = STARTS

[bench.load]
probe = "http-load"
of = "build.service"
arguments = ["127.0.0.1:${port}"]
connections = [CONNECTIONS]
duration = "SECONDSs"
samples = 1
"#;

/// Ends at once without an argument; with one it listens there and says so.
const SERVICE: &str = r#"package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("Hello, World!"))
	}))
}
"#;

/// What both say of one figure, a value for each round.
struct Row {
    what: &'static str,
    unit: &'static str,
    peer: &'static str,
    pairs: Vec<[f64; 2]>,
}

impl Probes<'_> {
    /// Takes turns, and gives a table.
    pub fn compare(&self) -> Result<String, String> {
        for program in ["hyperfine", "wrk"] {
            let found = Command::new(program).arg("--version").output();
            found.map_err(|error| {
                format!(
                    "there is no `{program}` ({error}); install it: `apt-get install {program}`"
                )
            })?;
        }
        let place = Place::new()?;
        let put = |name: &str, text: &str| write(&place.project.join(name), text);
        let pipeline = PIPELINE
            .replace("GO", install::GO_VERSION)
            .replace("STARTS", &STARTS.to_string())
            .replace("CONNECTIONS", &CONNECTIONS.to_string())
            .replace("SECONDS", &SECONDS.to_string());
        put("pipeline.toml", &pipeline)?;
        put("go.mod", "module example.org/bench\n\ngo 1.22\n")?;
        put("main.go", SERVICE)?;
        eprintln!("bench: probes: building");
        self.orch(&place, &["run", "--only", "build.service"])?;
        let program = place.project.join("out/service/here/service");
        let row = |what, unit, peer| Row {
            what,
            unit,
            peer,
            pairs: Vec::new(),
        };
        let mut rows = [
            row("start to end", "ms", "hyperfine"),
            row("throughput", "requests/s", "wrk"),
            row("P50", "ms", "wrk"),
            row("P99", "ms", "wrk"),
        ];
        for round in 1..=self.runs.max(1) {
            eprintln!("bench: probes: round {round}");
            let ours = self.measured(&place)?;
            let start = by_hyperfine(&program, &place.project.join("hyperfine.json"))?;
            let theirs = by_wrk(&program)?;
            let theirs = std::iter::once(start).chain(theirs);
            for ((row, ours), theirs) in rows.iter_mut().zip(ours).zip(theirs) {
                row.pairs.push([ours, theirs]);
            }
        }
        Ok(table(&rows))
    }

    fn orch(&self, place: &Place, words: &[&str]) -> Result<(), String> {
        let words = words.iter().map(|word| word.as_ref());
        let words: Vec<_> = std::iter::once(self.orch.as_os_str())
            .chain(words)
            .collect();
        place.run(&words, &[], self.limit).map(drop)
    }

    /// What the probes say, in the order of the rows. What was measured before is forgotten, so that
    /// nothing else runs in turns with it.
    fn measured(&self, place: &Place) -> Result<[f64; 4], String> {
        let _ = std::fs::remove_file(place.project.join(".orch/measurements.sqlite"));
        self.orch(place, &["bench"])?;
        let output = Command::new(self.orch)
            .args(["history", "--format", "json"])
            .current_dir(&place.project)
            .output()
            .map_err(|error| format!("could not ask for the history: {error}"))?;
        let history: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("the history cannot be read: {error}"))?;
        let metrics = history["measurements"].as_array().into_iter().flatten();
        let metrics: Vec<&Value> = metrics
            .filter_map(|one| one["metrics"].as_array())
            .flatten()
            .collect();
        let value = |name: &str| {
            let metric = metrics.iter().find(|metric| metric["name"] == name);
            let values = metric.and_then(|metric| metric["values"].as_array());
            let values = values.ok_or_else(|| format!("there is no metric `{name}`"))?;
            let values = values.iter().filter_map(Value::as_f64).collect();
            median(values).ok_or_else(|| format!("`{name}` has no value"))
        };
        Ok([
            value("wall")? / 1e6,
            value("throughput")?,
            value("p50")? / 1e6,
            value("p99")? / 1e6,
        ])
    }
}

/// Milliseconds from start to end.
fn by_hyperfine(program: &Path, export: &Path) -> Result<f64, String> {
    let runs = STARTS.to_string();
    let mut hyperfine = Command::new("hyperfine");
    hyperfine.args(["-N", "--warmup", "2", "--runs", &runs, "--export-json"]);
    install::run(hyperfine.arg(export).arg(program))?;
    let report: Value = serde_json::from_slice(&read(export)?)
        .map_err(|error| format!("what hyperfine wrote cannot be read: {error}"))?;
    let median = report["results"][0]["median"].as_f64();
    Ok(1e3 * median.ok_or("hyperfine told no median")?)
}

/// A service that ends when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Requests a second, and milliseconds of which half and 99 of 100 answers took no more.
fn by_wrk(program: &Path) -> Result<[f64; 3], String> {
    let mut service = Command::new(program);
    let service = service.arg("127.0.0.1:0").stdout(Stdio::piped()).spawn();
    let mut service = Running(service.map_err(|error| format!("could not start it: {error}"))?);
    let mut address = String::new();
    let said = service.0.stdout.take().ok_or("its output is not there")?;
    let read = BufReader::new(said).read_line(&mut address);
    read.map_err(|error| format!("it did not say where it listens: {error}"))?;
    let url = format!("http://{}/", address.trim());
    let connections = format!("-c{CONNECTIONS}");
    let wrk = |seconds: usize| {
        let output = Command::new("wrk")
            .args([
                "-t1",
                &connections,
                &format!("-d{seconds}s"),
                "--latency",
                &url,
            ])
            .output()
            .map_err(|error| format!("could not start `wrk`: {error}"))?;
        Ok::<_, String>(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // As long as the probe's own warm-up.
    wrk(1)?;
    let said = wrk(SECONDS)?;
    let behind = |name: &str| {
        let mut lines = said.lines().map(str::trim);
        let rest = lines.find_map(|line| line.strip_prefix(name));
        rest.map(str::trim)
            .ok_or_else(|| format!("wrk told no `{name}`: {said}"))
    };
    let rate = behind("Requests/sec:")?;
    let rate = rate
        .parse()
        .map_err(|_| format!("wrk told `{rate}` requests/s"))?;
    Ok([
        rate,
        milliseconds(behind("50%")?)?,
        milliseconds(behind("99%")?)?,
    ])
}

/// A time as wrk writes it: `87.00us`, `1.50ms`, `2.00s`.
fn milliseconds(text: &str) -> Result<f64, String> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    let found = units.iter().find_map(|(unit, factor)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(number * factor)
    });
    found.ok_or_else(|| format!("`{text}` is no time of wrk's"))
}

fn table(rows: &[Row]) -> String {
    let mut text =
        "## Probes\n\n| figure | orch | the other | by | ratio, median | least – most |\n\
                    | --- | ---: | ---: | --- | ---: | ---: |\n"
            .to_owned();
    for row in rows {
        let column = |side: usize| median(row.pairs.iter().map(|pair| pair[side]).collect());
        let mut ratios: Vec<f64> = row
            .pairs
            .iter()
            .map(|[ours, theirs]| ours / theirs)
            .collect();
        ratios.sort_by(f64::total_cmp);
        let (Some(ours), Some(theirs), Some(ratio)) =
            (column(0), column(1), median(ratios.clone()))
        else {
            continue;
        };
        text += &format!(
            "| {} | {} {unit} | {} {unit} | {} | {ratio:.2} | {:.2} – {:.2} |\n",
            row.what,
            significant(ours),
            significant(theirs),
            row.peer,
            ratios[0],
            ratios[ratios.len() - 1],
            unit = row.unit,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_wrk_are_read_in_all_its_units() {
        assert_eq!(milliseconds("500.00us"), Ok(0.5));
        assert_eq!(milliseconds("1.50ms"), Ok(1.5));
        assert_eq!(milliseconds("2.00s"), Ok(2_000.0));
        assert!(milliseconds("fast").is_err());
    }
}
