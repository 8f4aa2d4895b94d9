//! What of a user's settings cannot be of an image, said at the setting. Names of images are those of
//! the distribution specification, "Pulling manifests".

use orch_plugin::Problem;
use orch_plugin::deployer::{Placeholder, placeholders};
use orch_plugin::{argument_problems, variable_problems};

use crate::settings::Settings;

/// The longest tag.
const TAG_BYTES: usize = 128;

/// Everything that is wrong with values which are of the right type.
pub(crate) fn problems(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(repository(&settings.repository));
    let tags = settings.tags.iter().enumerate();
    problems.extend(tags.filter_map(|(index, text)| tag(index, text)));
    problems.extend(base(&settings.base));
    problems.extend(user(&settings.user));
    if !settings.directory.is_empty() {
        problems.extend(path("directory", &settings.directory));
    }
    for (artifact, place) in &settings.files {
        problems.extend(path(&format!("files.{artifact}"), place));
    }
    problems.extend(argument_problems("arguments", &settings.arguments));
    problems.extend(argument_problems("entrypoint", &settings.entrypoint));
    problems.extend(variable_problems("environment", &settings.environment));
    problems.extend(unknown_yet(settings));
    problems
}

fn repository(text: &str) -> Option<Problem> {
    let (registry, rest) = text.split_once('/').unwrap_or(("", text));
    let is_host = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:".contains(c);
    let names_registry =
        (registry.contains(['.', ':']) || registry == "localhost") && registry.chars().all(is_host);
    let is_name = |part: &str| {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(is_plain)
    };
    if names_registry && rest.split('/').all(is_name) {
        return None;
    }
    let hint = "write the registry's host and a path in small letters, without a tag: \
                `registry.example/team/agent`";
    Some(
        Problem::value(text, "names no repository of a registry")
            .at("repository")
            .hint(hint),
    )
}

fn tag(index: usize, text: &str) -> Option<Problem> {
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let is_good = begins_well && text.len() <= TAG_BYTES && text.chars().all(is_plain);
    (!is_good).then(|| {
        Problem::value(text, "is no tag")
            .at(format!("tags[{index}]"))
            .hint("write letters, digits, `_`, `.` and `-`, 128 at most, such as `1.2`")
    })
}

fn base(text: &str) -> Option<Problem> {
    let (name, digest) = text.split_once('@').unwrap_or((text, ""));
    let hexadecimal = digest.strip_prefix("sha256:").unwrap_or_default();
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let is_pinned = hexadecimal.len() == 64 && hexadecimal.chars().all(is_digit);
    let is_good = text == "scratch" || (is_pinned && repository(name).is_none());
    (!is_good).then(|| {
        Problem::value(text, "is no image that stays the same")
            .at("base")
            .hint(
                "pin it by digest: `registry.example/base@sha256:…`; `skopeo inspect \
             docker://IMAGE` prints the digest",
            )
    })
}

fn user(text: &str) -> Option<Problem> {
    let is_number = |part: &str| part.parse::<u32>().is_ok() && !part.starts_with('+');
    let mut parts = text.splitn(2, ':');
    let is_good = text.is_empty() || parts.all(is_number);
    (!is_good).then(|| {
        Problem::value(text, "is no user of an image")
            .at("user")
            .hint("write numbers, since an image on `scratch` knows no names: `65532:65532`")
    })
}

fn path(setting: &str, path: &str) -> Option<Problem> {
    let mut parts = path.split('/').skip(1);
    let is_good = path.starts_with('/')
        && !path.contains(char::is_control)
        && parts.all(|part| !matches!(part, "" | "." | ".."));
    (!is_good).then(|| {
        Problem::value(path, "is no place of a file in an image")
            .at(setting)
            .hint("write an absolute path, such as `/usr/share/words.txt`")
    })
}

/// Placeholders: an image is made once, and is the same on every machine.
fn unknown_yet(settings: &Settings) -> Vec<Problem> {
    let list = |name: &'static str, texts: &'_ [String]| -> Vec<(String, String)> {
        let texts = texts.iter().enumerate();
        texts
            .map(|(index, text)| (format!("{name}[{index}]"), text.clone()))
            .collect()
    };
    let mut texts = list("entrypoint", &settings.entrypoint);
    texts.extend(list("arguments", &settings.arguments));
    for (name, value) in &settings.environment {
        texts.push((format!("environment.{name}"), value.clone()));
    }
    for (name, value) in &settings.labels {
        texts.push((format!("labels.{name}"), value.clone()));
    }
    let found = texts.iter().filter_map(|(at, text)| {
        let parts = match placeholders(at, text) {
            Ok(parts) => parts,
            Err(problem) => return Some(problem),
        };
        let is_text = |part: &Placeholder| matches!(part, Placeholder::Text(_));
        let part = parts.iter().find(|part| !is_text(part))?;
        let what = format!(
            "`{}` cannot stand in an image, which is the same for every machine and everybody",
            part.written()
        );
        let hint = "hand it over when the image is started; `$${` stands for `${` itself";
        Some(Problem::new(what).at(at.as_str()).hint(hint))
    });
    found.collect()
}
