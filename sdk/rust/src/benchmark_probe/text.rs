//! How a person reads plans and figures: for tests.

use std::fmt::Write;

use super::{Command, Load, Measurement, Metric, ProbePlan, Readiness, Service, Work};
use crate::{Action, Path, Variable, Word, word};

impl ProbePlan {
    /// Everything that is planned, in a few lines each. Variables that are the same in every plan
    /// and so tell nothing are named in `hidden`.
    pub fn text(&self, hidden: &[Variable]) -> String {
        let mut text = String::new();
        for action in &self.actions {
            text += &action_text(action, hidden);
        }
        for measurement in &self.measurements {
            text += &measurement_text(measurement, hidden);
        }
        for file in &self.files {
            let _ = writeln!(text, "file {}: {}", file.name, file.path.text());
        }
        text
    }
}

impl Metric {
    /// Its name, values and unit, and which way it is better.
    pub fn text(&self) -> String {
        let Self {
            name,
            unit,
            better,
            values,
        } = self;
        format!("{name}: {values:?} {unit}, {better:?}\n")
    }
}

fn action_text(action: &Action, hidden: &[Variable]) -> String {
    let files: Vec<_> = action.files.iter().flat_map(|file| &file.paths).collect();
    let outputs: Vec<_> = action.outputs.iter().map(Path::text).collect();
    let command = Command {
        program: action.program.clone(),
        arguments: action.arguments.clone(),
        environment: action.environment.clone(),
        directory: action.directory.clone(),
        inputs: action.inputs.clone(),
        caches: action.caches.clone(),
    };
    format!(
        "action {}\n{}  brings {files:?}, leaves {outputs:?}, network {}\n",
        action.name,
        command_text(&command, hidden),
        action.network
    )
}

fn measurement_text(measurement: &Measurement, hidden: &[Variable]) -> String {
    let mut text = format!(
        "measurement {}: {} warm-ups, {} samples, {} ms for one\n",
        measurement.name, measurement.warmups, measurement.samples, measurement.timeout_ms
    );
    if let Some(service) = &measurement.service {
        text += &service_text(service, hidden);
    }
    text += &match &measurement.work {
        Work::Inspect => "  inspects what was built\n".to_owned(),
        Work::Run(command) => command_text(command, hidden),
        Work::Load(load) => load_text(load),
    };
    text
}

fn service_text(service: &Service, hidden: &[Variable]) -> String {
    let ready = match &service.ready {
        Readiness::Http((url, status)) => format!("{url} says {status}"),
        Readiness::Tcp(address) => format!("{address} takes connections"),
    };
    format!(
        "  serves when {ready}, within {} ms\n{}",
        service.ready_within_ms,
        command_text(&service.command, hidden)
    )
}

fn command_text(command: &Command, hidden: &[Variable]) -> String {
    let words =
        |words: &[Word]| -> String { words.iter().map(word).map(|it| format!(" {it}")).collect() };
    let shown = command
        .environment
        .iter()
        .filter(|one| !hidden.contains(one));
    let shown: String = shown
        .map(|variable| format!(" {}={}", variable.name, word(&variable.value)))
        .collect();
    let mut text = format!(
        "  runs {}{}\n",
        command.program.text(),
        words(&command.arguments)
    );
    if !shown.is_empty() {
        let _ = writeln!(text, "  with{shown}");
    }
    let _ = writeln!(
        text,
        "  in {}, reads {:?}, keeps {:?}",
        command.directory.text(),
        command.inputs,
        command.caches
    );
    text
}

fn load_text(load: &Load) -> String {
    let headers = load.headers.iter();
    let headers: String = headers
        .map(|header| format!(" {}={}", header.name, header.value))
        .collect();
    format!(
        "  sends {} {}{headers} +{} bytes over {} connections, rate {:?}\n  for {} ms after {} ms, \
         each within {} ms\n",
        load.method,
        load.url,
        load.body.len(),
        load.connections,
        load.rate,
        load.duration_ms,
        load.warmup_ms,
        load.timeout_ms
    )
}
