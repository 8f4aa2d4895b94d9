//! Which programs a toolchain consists of, and whether this machine has them.

use orch_plugin::{Error, Facts, Problem, Refusal};
use semver::Version;

use crate::settings::Settings;
use crate::{install, version};

/// A program that is there at a version that will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    /// None where it does not say one.
    version: Option<Version>,
    /// `sha256:` and 64 hexadecimal digits.
    pub(crate) digest: String,
}

impl Found {
    /// Its version. One that says none is told from others by its digest.
    pub(crate) fn version(&self) -> String {
        match &self.version {
            Some(version) => version.to_string(),
            None => {
                let digits = self.digest.trim_start_matches("sha256:");
                format!("0.0.0+{}", &digits[..digits.len().min(12)])
            }
        }
    }
}

/// A program as the pipeline asks for it: `gcc@>=12`.
struct Wanted<'a> {
    name: &'a str,
    requirement: &'a str,
}

impl<'a> Wanted<'a> {
    fn of(text: &'a str) -> Self {
        let (name, requirement) = text.split_once('@').unwrap_or((text, ""));
        Self { name, requirement }
    }
}

/// All programs of the settings, in their order. `first` is a semver requirement on the first
/// of them; an empty one is met by every version.
///
/// # Errors
///
/// `invalid` with every program that is missing, too old or too new.
pub(crate) fn find_all(
    settings: &Settings,
    first: &str,
    facts: &dyn Facts,
) -> Result<Vec<Found>, Error> {
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for (position, text) in settings.programs.iter().enumerate() {
        let wanted = Wanted::of(text);
        let of_table = if position == 0 { first } else { "" };
        match find(&wanted, of_table, settings, facts) {
            Ok(program) => found.push(program),
            Err(problem) => problems.push(problem.at(format!("programs[{position}]"))),
        }
    }
    Error::if_any(problems)?;
    Ok(found)
}

fn find(
    wanted: &Wanted<'_>,
    of_table: &str,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<Found, Problem> {
    let name = wanted.name;
    let answer = facts.program(name, settings.argument(name));
    let program = answer.map_err(|refusal| match refusal {
        Refusal::Absent => Problem::new(format!("there is no program `{name}` on this machine"))
            .hint(install::hint(name, facts)),
        refusal => Problem::new(format!("program `{name}` {}", refusal.reason())),
    })?;
    let found = Found {
        name: name.to_owned(),
        version: version::said(&program.said),
        digest: program.digest,
    };
    for requirement in [wanted.requirement, of_table] {
        check(&found, requirement, facts)?;
    }
    Ok(found)
}

/// Whether a program meets a requirement; every one meets an empty one and `*`.
fn check(found: &Found, requirement: &str, facts: &dyn Facts) -> Result<(), Problem> {
    if matches!(requirement, "" | "*") {
        return Ok(());
    }
    let name = &found.name;
    let wanted = version::requirement(requirement).map_err(|why| {
        Problem::new(format!(
            "`{requirement}` is no requirement on versions: {why}"
        ))
        .hint(format!(
            "write `{name}@12`, `{name}@>=12` or `{name}@>=12, <15`"
        ))
    })?;
    match &found.version {
        Some(version) if wanted.matches(version) => Ok(()),
        Some(version) => Err(Problem::new(format!(
            "program `{name}` of this machine is {version}, where `{requirement}` is wanted"
        ))
        .hint(install::hint(name, facts))),
        None => Err(Problem::new(format!(
            "program `{name}` does not say its version, where `{requirement}` is wanted"
        ))
        .hint(format!(
            "`ask = {{ {name} = \"-V\" }}` asks it otherwise; or leave the requirement out"
        ))),
    }
}
