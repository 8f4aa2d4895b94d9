//! Looks at how a deployer wants a build to go live: at every path, program and placeholder,
//! before any machine is reached.

use orch_model::{
    Artifact, Check, Document, Image, LINES, Placeholder, Proposal, RelativePath, Release, Step,
    Upload, parse_placeholders, without_placeholders,
};

use super::names::{ADDRESS_BYTES, Reviewed, breach, count, distinct, no_control, no_nul};
use crate::shown;

/// The largest file that a deployer may state.
const DOCUMENT_BYTES: usize = 256 << 10;
/// Everything that a mode may hold but the bits that give a program another's rights.
const MODES: u32 = 0o777;

/// A deployer's proposal for a build that ships `artifacts`.
pub(crate) fn proposal(proposal: Proposal, artifacts: &[Artifact]) -> Reviewed<Proposal> {
    match &proposal {
        Proposal::Release(release) => self::release(release, artifacts)?,
        Proposal::Image(image) => self::image(image, artifacts)?,
    }
    Ok(proposal)
}

fn release(release: &Release, artifacts: &[Artifact]) -> Reviewed<()> {
    path("home", &release.home)?;
    if release.root && !release.home.starts_with('/') {
        return breach(format!(
            "gave the home `{}`, which is nobody's where the steps need root",
            shown::value(&release.home)
        ));
    }
    if release.home.contains("${") || matches!(release.home.as_str(), "/" | "") {
        return breach(format!(
            "gave the home `{}`, which is no folder of its own",
            shown::value(&release.home)
        ));
    }
    count("programs", &release.programs)?;
    for program in &release.programs {
        crate::permission::check_program(program)
            .map_err(|why| crate::failure::Breach(format!("wants a program, but {why}")))?;
    }
    count("checks", &release.checks)?;
    release.checks.iter().try_for_each(check)?;
    for steps in [&release.stage, &release.activate, &release.withdraw] {
        count("steps", steps)?;
        steps.iter().try_for_each(|one| step(one, artifacts))?;
    }
    log("log", &release.log)?;
    log("follow", &release.follow)
}

/// A command that prints a service's log, of whichever release.
fn log(what: &str, command: &[String]) -> Reviewed<()> {
    let some_lines = |word: &String| word.replace(LINES, "1");
    let command: Vec<String> = command.iter().map(some_lines).collect();
    words(what, &command)?;
    for word in &command {
        let parts = placeholders(what, word)?;
        let is_known =
            |part: &Placeholder| matches!(part, Placeholder::Text(_) | Placeholder::Host(_));
        if !parts.iter().all(is_known) {
            return breach(format!(
                "gave a {what} with `{}`: only `{LINES}` and `${{host.X}}` stand for something there",
                shown::value(word)
            ));
        }
    }
    Ok(())
}

fn step(step: &Step, artifacts: &[Artifact]) -> Reviewed<()> {
    match step {
        Step::Upload(upload) => self::upload(upload, artifacts),
        Step::Write(document) => self::document(document),
        Step::Link { name, to } => {
            path("link", name)?;
            if !name.starts_with('/') {
                return breach(format!(
                    "links `{}`, which is no absolute path",
                    shown::value(name)
                ));
            }
            text("link", to)
        }
        Step::Remove(file) => path("path", file),
        Step::Run(command) => program(command),
    }
}

fn check(check: &Check) -> Reviewed<()> {
    match check {
        Check::Http { url, .. } => match url.starts_with("http://") {
            true => text("address", url),
            false => breach(format!(
                "checks `{}`: only addresses of plain HTTP can be checked from a machine",
                shown::value(url)
            )),
        },
        Check::Tcp(address) => text("address", address),
        Check::Command(command) => program(command),
    }
}

fn program(command: &[String]) -> Reviewed<()> {
    if command.first().is_none_or(String::is_empty) {
        return breach("planned a step that runs nothing".to_owned());
    }
    words("command", command)
}

fn words(what: &str, words: &[String]) -> Reviewed<()> {
    count(what, words)?;
    for word in words {
        no_nul(what, word)?;
        let parts = placeholders(what, word)?;
        // Whoever may list processes sees the words of one.
        if let Some(Placeholder::Secret(name)) = parts
            .iter()
            .find(|part| matches!(part, Placeholder::Secret(_)))
        {
            return breach(format!("put the secret `{name}` into a {what}"));
        }
    }
    Ok(())
}

fn upload(upload: &Upload, artifacts: &[Artifact]) -> Reviewed<()> {
    let mut names = artifacts.iter().map(|artifact| artifact.name.as_str());
    if !names.any(|name| name == upload.artifact) {
        return breach(format!(
            "sends the artifact `{}`, which the build does not ship",
            shown::value(&upload.artifact)
        ));
    }
    mode(&upload.to, upload.mode)?;
    path("path", &upload.to)
}

fn document(document: &Document) -> Reviewed<()> {
    let Document { to, contents, mode } = document;
    path("path", to)?;
    self::mode(to, *mode)?;
    if contents.len() > DOCUMENT_BYTES {
        return breach(format!(
            "gave the file `{}` {} bytes; {DOCUMENT_BYTES} are allowed",
            shown::value(to),
            contents.len()
        ));
    }
    let parts = placeholders("file", contents)?;
    let is_secret = parts
        .iter()
        .any(|part| matches!(part, Placeholder::Secret(_)));
    if is_secret && mode & 0o077 != 0 {
        return breach(format!(
            "lets others read the file `{}` (mode {mode:o}), which holds a secret",
            shown::value(to)
        ));
    }
    Ok(())
}

fn mode(to: &str, mode: u32) -> Reviewed<()> {
    match mode & !MODES {
        0 => Ok(()),
        _ => breach(format!(
            "gave `{}` the mode {mode:o}; {MODES:o} and what is in it are allowed",
            shown::value(to)
        )),
    }
}

fn text(what: &str, text: &str) -> Reviewed<()> {
    no_control(what, text, ADDRESS_BYTES)?;
    placeholders(what, text).map(drop)
}

/// A path that does not climb, and holds no secret.
fn path(what: &str, path: &str) -> Reviewed<()> {
    no_control(what, path, ADDRESS_BYTES)?;
    let mut flat = String::new();
    for part in placeholders(what, path)? {
        match part {
            Placeholder::Text(text) => flat.push_str(&text),
            Placeholder::Secret(name) => {
                return breach(format!("put the secret `{name}` into a path"));
            }
            _ => flat.push('x'),
        }
    }
    let below = flat.strip_prefix('/').unwrap_or(&flat);
    match RelativePath::new(below) {
        Ok(relative) if !relative.is_root() => Ok(()),
        _ => breach(format!(
            "gave the {what} `{}`, which climbs or has empty parts",
            shown::value(path)
        )),
    }
}

fn placeholders(what: &str, text: &str) -> Reviewed<Vec<Placeholder>> {
    parse_placeholders(text)
        .map_err(|error| crate::failure::Breach(format!("gave a {what} in which {error}")))
}

fn image(image: &Image, artifacts: &[Artifact]) -> Reviewed<()> {
    for (what, text) in [
        ("base", &image.base),
        ("repository", &image.repository),
        ("user", &image.user),
        ("working directory", &image.working_directory),
    ] {
        no_control(what, text, ADDRESS_BYTES)?;
    }
    count("tags", &image.tags)?;
    distinct("tag", image.tags.iter().map(String::as_str))?;
    for tag in &image.tags {
        super::names::name("tag", tag)?;
    }
    count("files", &image.files)?;
    count("files", &image.documents)?;
    image
        .files
        .iter()
        .try_for_each(|one| upload(one, artifacts))?;
    image.documents.iter().try_for_each(document)?;
    for words in [&image.entrypoint, &image.arguments, &image.ports] {
        self::words("word", words)?;
    }
    for (name, value) in image.environment.iter().chain(&image.labels) {
        no_control("name", name, ADDRESS_BYTES)?;
        no_nul("value", value)?;
    }
    let documents = image.documents.iter();
    let stated = documents.flat_map(|one| [&one.to, &one.contents]);
    let words = image.entrypoint.iter().chain(&image.arguments);
    let pairs = image.environment.iter().chain(&image.labels);
    let values = pairs.map(|(_, value)| value);
    let places = image.files.iter().map(|one| &one.to);
    for text in stated.chain(words).chain(values).chain(places) {
        if without_placeholders(text).is_none() {
            return breach(
                "put a placeholder into an image, which is the same everywhere".to_owned(),
            );
        }
    }
    Ok(())
}
