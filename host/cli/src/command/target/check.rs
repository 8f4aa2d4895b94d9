//! `orch target check`: why a program would not run on a machine.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use orch_inspect::{ArtifactFacts, Certainty, Obstacle};
use orch_model::{Fault, MachineFacts, Observation};
use orch_report::visible;

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::stop::Stop;

use super::probe;

/// The largest artifact that is read, and the largest file of facts.
const MOST_ARTIFACT_BYTES: u64 = 2 << 30;
const MOST_FACTS_BYTES: u64 = 8 << 20;

pub fn check(
    environment: &Environment,
    artifact: &Path,
    on: Option<&str>,
    console: &Console,
) -> Result<Exit, Stop> {
    let data = read(environment, artifact, MOST_ARTIFACT_BYTES)?;
    let facts = orch_inspect::inspect(&data).map_err(|why| {
        Fault::usage(format!("`{}` {why}", artifact.display())).hint(
            "name a program or a library as the linker made it; if it was copied here, copy it \
             again and compare the sizes",
        )
    })?;
    let machine = MachineFacts::of_observation(&machine(environment, on)?);
    let verdict = Verdict {
        obstacles: orch_inspect::obstacles(&facts, &machine),
        unchecked: orch_inspect::unchecked(&facts, &machine),
        artifact: artifact.display().to_string(),
        on: on.unwrap_or("this machine").to_owned(),
        facts,
    };
    match console.json() {
        Some(json) => json.list("obstacles", &verdict.rows()),
        None => console.print(&visible(&verdict.text())),
    }
    Ok(match verdict.runs() {
        true => Exit::Done,
        false => Exit::ActionFailed,
    })
}

/// What is known of the machine: from a file if there is one of that name, else by asking.
fn machine(environment: &Environment, on: Option<&str>) -> Result<Observation, Fault> {
    let Some(text) = on else {
        return probe::ask(environment, None);
    };
    let file = Path::new(text);
    let is_meant_as_file = text.ends_with(".json") || environment.directory.join(file).is_file();
    if !is_meant_as_file {
        return probe::ask(environment, Some(text));
    }
    let bytes = read(environment, file, MOST_FACTS_BYTES)?;
    observation(&String::from_utf8_lossy(&bytes)).map_err(|why| {
        Fault::usage(format!("`{text}` {why}"))
            .hint("write it by `orch target probe HOST --output json > machine.json`")
    })
}

/// The facts of a document, or of the stream of events that holds it.
fn observation(text: &str) -> Result<Observation, String> {
    if let Ok(document) = serde_json::from_str(text)
        && let Ok(seen) = Observation::of_document(&document)
    {
        return Ok(seen);
    }
    for line in text.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        if event["event"] == "list" && event["of"] == "machine" {
            return Observation::of_document(&event["rows"][0]);
        }
    }
    let document = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    Observation::of_document(&document)
}

/// A file of the user's, no larger than it may be.
fn read(environment: &Environment, path: &Path, most_bytes: u64) -> Result<Vec<u8>, Fault> {
    let shown = path.display();
    let wrong = |what: &str| Fault::usage(format!("`{shown}` {what}"));
    let failed = |error: std::io::Error| wrong(&format!("cannot be read: {error}"));
    let full = environment.directory.join(path);
    // A pipe would be waited for when it is opened.
    if !std::fs::metadata(&full).map_err(failed)?.is_file() {
        return Err(wrong("is no file"));
    }
    let mut bytes = Vec::new();
    File::open(&full)
        .and_then(|file| file.take(most_bytes + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > most_bytes {
        return Err(wrong(&format!("is larger than {} MiB", most_bytes >> 20)));
    }
    Ok(bytes)
}

/// What came of it.
struct Verdict {
    artifact: String,
    on: String,
    facts: ArtifactFacts,
    obstacles: Vec<Obstacle>,
    unchecked: Vec<&'static str>,
}

impl Verdict {
    fn runs(&self) -> bool {
        let mut obstacles = self.obstacles.iter();
        obstacles.all(|obstacle| obstacle.certainty == Certainty::Possible)
    }

    fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.artifact, self.facts.summary());
        let verdict = match (self.runs(), self.obstacles.is_empty()) {
            (false, _) => "would not run",
            (true, false) => "may run",
            (true, true) => "would run",
        };
        let _ = writeln!(text, "{verdict} on {}", self.on);
        for obstacle in &self.obstacles {
            let word = match obstacle.certainty {
                Certainty::Certain => "it",
                Certainty::Possible => "perhaps: it",
            };
            let _ = write!(
                text,
                "\n{word} {}\n  why:    {}\n  remedy: {}\n",
                obstacle.what, obstacle.why, obstacle.remedy
            );
        }
        if !self.unchecked.is_empty() {
            let _ = writeln!(
                text,
                "\nnot known of the machine, so not checked: {}",
                self.unchecked.join(", ")
            );
        }
        text
    }

    fn rows(&self) -> Vec<serde_json::Value> {
        let rows = self.obstacles.iter().map(|obstacle| {
            serde_json::json!({
                "certain": obstacle.certainty == Certainty::Certain,
                "what": obstacle.what,
                "why": obstacle.why,
                "remedy": obstacle.remedy,
            })
        });
        rows.collect()
    }
}
