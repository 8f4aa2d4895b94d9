//! A build as an image: what goes in, what is started, and where it is pushed.

mod check;
mod settings;

use std::collections::BTreeMap;

use orch_plugin::deployer::{Deployer, Image, Proposal, Request, Shipped, Upload, literal};
use orch_plugin::{Error, Facts, Pair, Problem};

pub use crate::settings::Settings;

/// Labels that are known of every image: https://specs.opencontainers.org/image-spec/annotations/
const TITLE: &str = "org.opencontainers.image.title";
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// The deployer.
pub struct Oci;

impl Deployer for Oci {
    type Settings = Settings;

    fn plan(request: &Request, settings: Settings, _: &dyn Facts) -> Result<Proposal, Error> {
        if !request.target.names("linux") {
            return Err(Error::Unsupported(format!(
                "an image runs on Linux, and the target is `{}`",
                request.target.triple
            )));
        }
        let mut problems = check::problems(&settings);
        problems.extend(missing(request, &settings));
        Error::if_any(problems)?;
        let entrypoint = match settings.entrypoint.is_empty() {
            true => {
                let program = request.program_named(settings.program.as_deref())?;
                vec![literal(&place(program, &settings))]
            }
            false => settings.entrypoint.clone(),
        };
        let files = request.artifacts.iter();
        Ok(Proposal::Image(Image {
            files: files.map(|one| file(one, &settings)).collect(),
            documents: Vec::new(),
            entrypoint,
            environment: environment(request, &settings),
            labels: labels(request, &settings),
            ports: ports(&settings),
            compression: settings.compression(),
            base: settings.base,
            repository: settings.repository,
            tags: settings.tags,
            user: settings.user,
            working_directory: settings.directory,
            arguments: settings.arguments,
            certificates: settings.certificates,
            time_zones: settings.time_zones,
        }))
    }
}

/// Files that the build does not ship.
fn missing(request: &Request, settings: &Settings) -> Vec<Problem> {
    let is_shipped = |name: &str| request.artifacts.iter().any(|one| one.name == name);
    let names = settings.files.keys().filter(|name| !is_shipped(name));
    let shipped: Vec<_> = request
        .artifacts
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let problem = |name: &String| {
        Problem::new(format!("the build ships no `{}`", name.escape_debug()))
            .at(format!("files.{name}"))
            .hint(format!("it ships {}", shipped.join(", ")))
    };
    names.map(problem).collect()
}

/// Where an artifact lies in the image.
fn place(artifact: &Shipped, settings: &Settings) -> String {
    match settings.files.get(&artifact.name) {
        Some(place) => place.clone(),
        None => format!("/{}", artifact.name),
    }
}

fn file(artifact: &Shipped, settings: &Settings) -> Upload {
    Upload {
        artifact: artifact.name.clone(),
        to: literal(&place(artifact, settings)),
        mode: if artifact.executable { 0o755 } else { 0o644 },
    }
}

/// What tuning sets, and in place of it what the user says.
fn environment(request: &Request, settings: &Settings) -> Vec<Pair> {
    let tuned = request.runtime_variables().into_iter();
    let mut variables: BTreeMap<&str, String> =
        tuned.map(|(name, value)| (name, literal(value))).collect();
    for (name, value) in &settings.environment {
        variables.insert(name, value.clone());
    }
    pairs(variables)
}

/// What is known of the image and the same whenever it is made: no time, no machine.
fn labels(request: &Request, settings: &Settings) -> Vec<Pair> {
    let mut labels = BTreeMap::from([(TITLE, literal(&request.project))]);
    if let Some((name, digest)) = settings.base.split_once('@') {
        labels.insert(BASE_NAME, name.to_owned());
        labels.insert(BASE_DIGEST, digest.to_owned());
    }
    for (name, value) in &settings.labels {
        labels.insert(name, value.clone());
    }
    pairs(labels)
}

/// Sorted, each once.
fn ports(settings: &Settings) -> Vec<String> {
    let mut ports: Vec<u16> = settings.ports.values().copied().collect();
    ports.sort_unstable();
    ports.dedup();
    ports.iter().map(|port| format!("{port}/tcp")).collect()
}

fn pairs(map: BTreeMap<&str, String>) -> Vec<Pair> {
    let map = map.into_iter();
    map.map(|(name, value)| Pair::new(name, value)).collect()
}

orch_plugin::export_deployer!(Oci);

#[cfg(test)]
mod tests;
