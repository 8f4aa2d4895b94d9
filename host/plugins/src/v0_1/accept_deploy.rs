//! What a deployer hands to the host, in the model's types. Nothing of it is trusted.

use orch_model::{Check, Compression, Document, Image, Proposal, Release, Step, Upload};

use super::bindings::{deployer, types};

use deployer::exports::orch::plugin::deployer as given;

pub(crate) fn proposal(proposal: given::Proposal) -> Proposal {
    match proposal {
        given::Proposal::Release(release) => Proposal::Release(self::release(release)),
        given::Proposal::Image(image) => Proposal::Image(Box::new(self::image(image))),
    }
}

fn release(release: given::Release) -> Release {
    let steps = |steps: Vec<given::Step>| steps.into_iter().map(step).collect();
    Release {
        home: release.home,
        root: release.root,
        programs: release.programs,
        stage: steps(release.stage),
        activate: steps(release.activate),
        withdraw: steps(release.withdraw),
        checks: release.checks.into_iter().map(check).collect(),
        log: release.log,
        follow: release.follow,
    }
}

fn step(step: given::Step) -> Step {
    match step {
        given::Step::Upload(one) => Step::Upload(upload(one)),
        given::Step::Write(one) => Step::Write(document(one)),
        given::Step::Link(pair) => Step::Link {
            name: pair.name,
            to: pair.value,
        },
        given::Step::Remove(path) => Step::Remove(path),
        given::Step::Run(words) => Step::Run(words),
    }
}

fn check(check: given::Check) -> Check {
    match check {
        given::Check::Http((url, status)) => Check::Http { url, status },
        given::Check::Tcp(address) => Check::Tcp(address),
        given::Check::Command(words) => Check::Command(words),
    }
}

fn upload(upload: given::Upload) -> Upload {
    Upload {
        artifact: upload.artifact,
        to: upload.to,
        mode: upload.mode,
    }
}

fn document(document: given::Document) -> Document {
    Document {
        to: document.to,
        contents: document.contents,
        mode: document.mode,
    }
}

fn image(image: given::Image) -> Image {
    Image {
        base: image.base,
        repository: image.repository,
        tags: image.tags,
        files: image.files.into_iter().map(upload).collect(),
        documents: image.documents.into_iter().map(document).collect(),
        user: image.user,
        working_directory: image.working_directory,
        entrypoint: image.entrypoint,
        arguments: image.arguments,
        environment: pairs(image.environment),
        ports: image.ports,
        labels: pairs(image.labels),
        compression: match image.compression {
            given::Compression::Zstd => Compression::Zstd,
            given::Compression::Gzip => Compression::Gzip,
        },
        certificates: image.certificates,
        time_zones: image.time_zones,
    }
}

fn pairs(pairs: Vec<types::Pair>) -> Vec<(String, String)> {
    let pairs = pairs.into_iter();
    pairs.map(|pair| (pair.name, pair.value)).collect()
}
