//! How a person reads what a deployer proposes: for tests.

use super::{Check, Document, Image, Proposal, Release, Step, Upload};
use crate::Pair;

impl Proposal {
    /// Everything that is proposed, documents whole.
    pub fn text(&self) -> String {
        match self {
            Proposal::Release(release) => release_text(release),
            Proposal::Image(image) => image_text(image),
        }
    }

    /// The small file that is written there.
    pub fn document(&self, to: &str) -> Option<&Document> {
        let Proposal::Release(release) = self else {
            return None;
        };
        release.stage.iter().find_map(|step| match step {
            Step::Write(document) if document.to == to => Some(document),
            _ => None,
        })
    }
}

fn release_text(release: &Release) -> String {
    let user = if release.root {
        "as root"
    } else {
        "as the user"
    };
    let mut text = format!("home {}, {user}, by {:?}\n", release.home, release.programs);
    let parts = [
        ("stage", &release.stage),
        ("activate", &release.activate),
        ("withdraw", &release.withdraw),
    ];
    for (name, steps) in parts {
        text += &format!("{name}:\n");
        text.extend(steps.iter().map(step_text));
    }
    text += "checks:\n";
    text.extend(release.checks.iter().map(check_text));
    text + &format!("log: {:?}\nfollow: {:?}\n", release.log, release.follow)
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Upload(upload) => upload_text(upload),
        Step::Write(document) => document_text(document),
        Step::Link(Pair { name, value }) => format!("  link {name} -> {value}\n"),
        Step::Remove(path) => format!("  remove {path}\n"),
        Step::Run(command) => format!("  run {command:?}\n"),
    }
}

fn check_text(check: &Check) -> String {
    match check {
        Check::Http((url, status)) => format!("  {url} answers {status}\n"),
        Check::Tcp(address) => format!("  {address} takes connections\n"),
        Check::Command(command) => format!("  {command:?} exits with 0\n"),
    }
}

fn upload_text(upload: &Upload) -> String {
    let Upload { artifact, to, mode } = upload;
    format!("  upload {artifact} as {to}, {mode:o}\n")
}

fn document_text(document: &Document) -> String {
    let Document { to, contents, mode } = document;
    let lines = contents.lines().map(|line| match line {
        "" => "    |\n".to_owned(),
        line => format!("    | {line}\n"),
    });
    format!("  write {to}, {mode:o}\n{}", lines.collect::<String>())
}

fn image_text(image: &Image) -> String {
    let pairs = |pairs: &[Pair]| -> Vec<String> {
        let pairs = pairs.iter();
        pairs
            .map(|it| format!("{}={}", it.name, it.value))
            .collect()
    };
    let mut text = format!(
        "image {} {:?} on {}\n",
        image.repository, image.tags, image.base
    );
    text.extend(image.files.iter().map(upload_text));
    text.extend(image.documents.iter().map(document_text));
    text += &format!(
        "  starts {:?} with {:?} in {:?} as {:?}\n",
        image.entrypoint, image.arguments, image.working_directory, image.user
    );
    text += &format!("  environment {:?}\n", pairs(&image.environment));
    text += &format!("  ports {:?}\n", image.ports);
    text += &format!("  labels {:?}\n", pairs(&image.labels));
    text + &format!(
        "  layers in {:?}, certificates {}, time zones {}\n",
        image.compression, image.certificates, image.time_zones
    )
}
