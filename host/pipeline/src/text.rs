//! Strings of the pipeline file that have a form: names, paths, patterns, requirements,
//! durations, texts with substitutions. Each is checked once, here, with its place.

use serde_json::{Value as Json, json};

use orch_model::{PathError, RelativePath, TemplatePart, parse_template};

use crate::shape::{Complaint, FromText};
use crate::syntax::shorten;
use crate::{duration, name, requirement};

/// How a `${` that is no substitution is written.
const SUBSTITUTIONS: &str =
    "there are `${target.name}` and `${env.X}`; a literal `${` is written `$${`";

/// The name of a project, plugin or policy.
#[derive(Clone, Debug)]
pub(crate) struct NameText(pub String);

impl FromText for NameText {
    const WANTED: &'static str = "a name";
    const WANTED_MANY: &'static str = "names";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        match name::check(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(_) => {
                Err(Complaint::of_key(format!("cannot be `{}`", shorten(text))).hint(name::RULE))
            }
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": name::PATTERN })
    }
}

/// What a plugin offers: `pi5`, or `plugin/pi5`.
#[derive(Clone, Debug)]
pub(crate) struct OfferText(pub String);

impl FromText for OfferText {
    const WANTED: &'static str = "the name of an offer";
    const WANTED_MANY: &'static str = "names of offers";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        let plain = |c: char| !c.is_whitespace() && !c.is_control();
        if text.is_empty() || text.len() > 200 || !text.chars().all(plain) {
            return Err(Complaint::of_key(format!("cannot be `{}`", shorten(text)))
                .hint("it is what a plugin offers, `pi5` or `plugin/pi5`"));
        }
        Ok(Self(text.to_owned()))
    }

    fn schema() -> Json {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// Which releases of a toolchain do.
#[derive(Clone, Debug)]
pub(crate) struct RequirementText(pub String);

impl FromText for RequirementText {
    const WANTED: &'static str = "a version";
    const WANTED_MANY: &'static str = "versions";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        match requirement(text) {
            Ok(requirement) => Ok(Self(requirement.to_string())),
            Err(reason) => Err(Complaint::of_key(format!(
                "is no version requirement, `{}`: {reason}",
                shorten(text)
            ))
            .hint("write `1.22` for any 1.22.x, `1.22.10` for just that one, or `>=1.21, <1.23`")),
        }
    }
}

/// A path below the pipeline's folder.
impl FromText for RelativePath {
    const WANTED: &'static str = "a path";
    const WANTED_MANY: &'static str = "paths";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        plain(text)?;
        RelativePath::new(text).map_err(outside)
    }
}

/// A path of an output; may hold `${target.name}`.
#[derive(Clone, Debug)]
pub(crate) struct OutputText(pub RelativePath);

impl FromText for OutputText {
    const WANTED: &'static str = "a path";
    const WANTED_MANY: &'static str = "paths";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        let parts = template(text)?;
        let fixed =
            |part: &TemplatePart| matches!(part, TemplatePart::Text(_) | TemplatePart::TargetName);
        if !parts.iter().all(fixed) {
            return Err(Complaint::of_key("may hold no variable of the environment")
                .hint("where an output lies must be known before the run; `${target.name}` may stand in it"));
        }
        let path = RelativePath::new(text).map_err(outside)?;
        if path.is_root() {
            return Err(Complaint::of_key("names the pipeline's folder itself")
                .hint("name the files or directories that the task makes"));
        }
        Ok(Self(path))
    }
}

/// A glob pattern below the pipeline's folder; `!` in front takes away.
#[derive(Clone, Debug)]
pub(crate) struct PatternText(pub String);

impl FromText for PatternText {
    const WANTED: &'static str = "a pattern";
    const WANTED_MANY: &'static str = "patterns";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        plain(text)?;
        let pattern = text.strip_prefix('!').unwrap_or(text);
        if pattern.is_empty() {
            return Err(Complaint::of_key("holds an empty pattern").hint("`**` is everything"));
        }
        // A backslash escapes what follows it in a pattern; it separates no path.
        RelativePath::new(&pattern.replace('\\', "_")).map_err(|mut error| {
            error.text = text.to_owned();
            outside(error)
        })?;
        Ok(Self(text.to_owned()))
    }
}

/// A text that may hold substitutions.
#[derive(Clone, Debug)]
pub(crate) struct TemplateText(pub String);

impl FromText for TemplateText {
    fn from_text(text: &str) -> Result<Self, Complaint> {
        let text = WordText::from_text(text)?.0;
        template(&text)?;
        Ok(Self(text))
    }
}

/// What a process can be given.
#[derive(Clone, Debug)]
pub(crate) struct WordText(pub String);

impl FromText for WordText {
    fn from_text(text: &str) -> Result<Self, Complaint> {
        match text.contains('\0') {
            false => Ok(Self(text.to_owned())),
            true => Err(Complaint::of_key(
                "holds a NUL, which no process can be given",
            )),
        }
    }
}

/// How long something may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DurationText(pub u64);

impl FromText for DurationText {
    const WANTED: &'static str = "a time such as `\"30s\"`";
    const WANTED_MANY: &'static str = "times";

    fn quoted(written: &str) -> String {
        format!("put it in quotes, with a unit: `\"{written}s\"`")
    }

    fn from_text(text: &str) -> Result<Self, Complaint> {
        match duration::milliseconds(text) {
            Ok(milliseconds) => Ok(Self(milliseconds)),
            Err(reason) => Err(Complaint::of_key(format!("{reason}: `{}`", shorten(text)))
                .hint("write a whole number and a unit: `500ms`, `30s`, `5m` or `2h`")),
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[0-9]+ ?(ms|s|m|h)$" })
    }
}

/// The parts of a text, if all its substitutions are ones that this version does.
fn template(text: &str) -> Result<Vec<TemplatePart>, Complaint> {
    let parts = parse_template(text).map_err(|error| {
        let name = text.get(error.range.start + 2..error.range.end.saturating_sub(1));
        let nearest = name.and_then(|name| {
            let name = name.trim();
            match orch_model::nearest(name, ["target.name"]) {
                Some(meant) => Some(format!("did you mean `${{{meant}}}`?")),
                None if is_variable(name) => Some(format!(
                    "did you mean `${{env.{name}}}`? A literal `${{` is written `$${{`"
                )),
                None => None,
            }
        });
        Complaint {
            message: error.message,
            of_key: false,
            range: Some(error.range),
            hint: Some(nearest.unwrap_or_else(|| SUBSTITUTIONS.to_owned())),
        }
    })?;
    let secret = parts.iter().find_map(|part| match part {
        TemplatePart::Secret(name) => Some(format!("${{secret.{name}}}")),
        _ => None,
    });
    match secret {
        None => Ok(parts),
        Some(secret) => Err(Complaint {
            message: format!(
                "a task is given no secrets: `{}`",
                shorten(&secret)
            ),
            of_key: false,
            range: text.find(&secret).map(|at| at..at + secret.len()),
            hint: Some(
                "secrets stand in `[deploy.…]` tables; `${env.X}` gives a variable of the environment"
                    .to_owned(),
            ),
        }),
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Refuses substitutions where there are none.
fn plain(text: &str) -> Result<(), Complaint> {
    match text.find("${") {
        None => Ok(()),
        Some(at) => Err(Complaint {
            range: Some(at..at + 2),
            ..Complaint::of_key("may hold no substitution")
                .hint("they stand in the `command`, `env` and `outputs` of a task")
        }),
    }
}

fn outside(error: PathError) -> Complaint {
    let reason = match error.reason {
        "leaves its root" => "leaves the pipeline's folder",
        reason => reason,
    };
    Complaint::of_key(format!("names `{}`, which {reason}", shorten(&error.text)))
        .hint("paths are relative to the pipeline's folder, with `/`, and stay inside it")
}
