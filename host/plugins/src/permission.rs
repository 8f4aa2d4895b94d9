//! Decides whether a plugin may ask a question: what its manifest asks for, cut down to
//! what was granted. Asking and recording happen elsewhere.

use globset::{GlobBuilder, GlobMatcher};
use orch_model::{Asks, Manifest, PluginSummary, Question, RelativePath};

use crate::shown;

/// What may be asked by one plugin.
#[derive(Debug)]
pub(crate) struct Permissions {
    id: String,
    version: String,
    asks: Vec<Ask>,
}

/// One line of a manifest's `asks`.
#[derive(Debug)]
struct Ask {
    /// `kind:value`, as grants are written.
    line: String,
    pattern: Pattern,
    granted: bool,
}

#[derive(Debug)]
enum Pattern {
    Variable(String),
    File(GlobMatcher),
    Host(String),
    Package(String),
    Program(String),
}

/// Says no; the words end with what would allow it, where anything would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denial(pub String);

impl Permissions {
    /// What the plugin may ask, where `granted` says which lines the user allows.
    pub fn new(summary: &PluginSummary, granted: impl Fn(&str) -> bool) -> Self {
        let Manifest {
            id, version, asks, ..
        } = &summary.manifest;
        let patterns = (asks.variables.iter().cloned().map(Pattern::Variable))
            // A pattern that is none was refused when the plugin was loaded.
            .chain(
                asks.files
                    .iter()
                    .filter_map(|ask| Some(Pattern::File(glob(ask).ok()?))),
            )
            .chain(
                asks.hosts
                    .iter()
                    .map(|host| Pattern::Host(host.to_ascii_lowercase())),
            )
            // Tools are not among them: no manifest that asks for any is loaded.
            .chain(asks.packages.iter().cloned().map(Pattern::Package))
            .chain(asks.programs.iter().cloned().map(Pattern::Program));
        Self {
            id: id.to_string(),
            version: version.to_string(),
            asks: patterns
                .zip(asks.lines())
                .map(|(pattern, line)| Ask {
                    granted: granted(&line),
                    pattern,
                    line,
                })
                .collect(),
        }
    }

    /// Whether the plugin may ask this.
    pub fn check(&self, question: &Question) -> Result<(), Denial> {
        if *question == Question::HostMachine {
            return Ok(());
        }
        if matches!(question, Question::Run { .. }) {
            return Err(Denial(format!(
                "plugin `{}` {} asks for {}; this `orch` runs no tools while it plans",
                self.id,
                self.version,
                shown::value(&question.to_string())
            )));
        }
        let declared: Vec<_> = self
            .asks
            .iter()
            .filter(|ask| ask.pattern.covers(question))
            .collect();
        if declared.iter().any(|ask| ask.granted) {
            return Ok(());
        }
        let question = shown::value(&question.to_string());
        Err(Denial(match declared.first() {
            Some(ask) => format!(
                "plugin `{}` {} asks for {question}, which is not granted; allow it with: \
                 orch plugin grant {} {}",
                self.id,
                self.version,
                self.id,
                quoted(&ask.line)
            ),
            None => format!(
                "plugin `{}` {} asks for {question}, which it did not declare in its manifest; \
                 its author must add it to `asks` before it can be granted",
                self.id, self.version
            ),
        }))
    }

    /// Of the files that a granted pattern found, those that a granted line covers: a
    /// pattern with alternatives can match more than the line that it matched.
    pub fn keep_granted(&self, files: Vec<String>) -> Vec<String> {
        files
            .into_iter()
            .filter(|file| {
                self.asks.iter().any(|ask| match &ask.pattern {
                    Pattern::File(glob) => ask.granted && glob.is_match(file),
                    _ => false,
                })
            })
            .collect()
    }
}

impl Pattern {
    fn covers(&self, question: &Question) -> bool {
        match (self, question) {
            (Pattern::Variable(ask), Question::Variable(name)) => is_named(ask, name),
            (Pattern::File(ask), Question::Read(path)) => ask.is_match(path.as_str()),
            (Pattern::File(ask), Question::Glob(pattern)) => {
                ask.glob().glob() == pattern || ask.is_match(pattern)
            }
            // Whoever answers follows redirects on that host only.
            (Pattern::Host(ask), Question::Download(url)) => {
                host_of(url).is_some_and(|(host, default_port, authority)| {
                    *ask == authority || (default_port && *ask == host)
                })
            }
            (
                Pattern::Package(ask),
                Question::PackageVersions(name) | Question::PackageFile { name, .. },
            ) => is_named(ask, name),
            (Pattern::Program(ask), Question::Program { name, .. }) => is_named(ask, name),
            _ => false,
        }
    }
}

/// Whether a line of names means this one; a `*` at its end stands for any rest.
fn is_named(ask: &str, name: &str) -> bool {
    match ask.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => ask == name,
    }
}

/// The host of an address, whether its port is the scheme's own, and host with port.
/// `None` for anything that is not `http:` or `https:`, or holds a user's name.
fn host_of(url: &str) -> Option<(String, bool, String)> {
    let (rest, own_port) = match url.split_once("://")? {
        (scheme, rest) if scheme.eq_ignore_ascii_case("https") => (rest, "443"),
        (scheme, rest) if scheme.eq_ignore_ascii_case("http") => (rest, "80"),
        _ => return None,
    };
    let authority = rest
        .split(['/', '?', '#', '\\'])
        .next()?
        .to_ascii_lowercase();
    let sound = !authority.is_empty()
        && authority
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_'));
    if !sound {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host.to_owned(), Some(port.to_owned())),
        _ => (authority.clone(), None),
    };
    let default_port = port.is_none_or(|port| port == own_port);
    Some((host, default_port, authority))
}

/// Whether a pattern of files is one that can be asked: relative, and staying inside.
pub(crate) fn check_pattern(pattern: &str) -> Result<(), String> {
    RelativePath::new(pattern).map_err(|error| error.to_string())?;
    glob(pattern).map(drop)
}

/// Whether a program's name is one: a file's, and no option.
pub(crate) fn check_program(name: &str) -> Result<(), String> {
    let is_name = !name.is_empty()
        && name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c));
    match is_name {
        true => Ok(()),
        false => Err(format!("`{}` is no program's name", shown::value(name))),
    }
}

fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| {
            format!(
                "pattern `{}` is wrong: {}",
                shown::value(pattern),
                error.kind()
            )
        })
}

/// Whether the lines of a manifest's `asks` can be granted at all.
pub(crate) fn check_asks(asks: &Asks) -> Result<(), String> {
    for line in asks.lines() {
        if line.ends_with(':') || line.chars().any(char::is_control) || line.len() > 1_000 {
            return Err(format!(
                "asks for `{}` in its manifest, which nobody can grant",
                shown::value(&line)
            ));
        }
    }
    if !asks.tools.is_empty() {
        return Err(
            "asks for `tools` in its manifest, and this `orch` runs no tools while it plans; \
             take `tools` out of `asks`, or use an `orch` that has it"
                .to_owned(),
        );
    }
    for pattern in &asks.files {
        check_pattern(pattern)
            .map_err(|why| format!("asks for files in its manifest, but {why}"))?;
    }
    Ok(())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
