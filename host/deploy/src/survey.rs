//! What a machine knows of a service, asked in one go.

use orch_model::Fault;

use crate::record::Record;

/// Prints it.
pub(crate) const SCRIPT: &str = include_str!("survey.sh");

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// The home as an absolute path.
    pub home: String,
    /// The release that `live` points at.
    pub live: Option<String>,
    pub record: Record,
    /// The lock's line; empty if nobody holds it.
    pub lock: String,
    /// Releases that lie there.
    pub releases: Vec<String>,
    /// Programs that it lacks.
    pub missing: Vec<String>,
}

impl Survey {
    /// Reads what the script printed.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut survey = Self::default();
        let mut is_whole = false;
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "home" => survey.home = rest.to_owned(),
                "live" => survey.live = release_of(rest),
                "record" => survey.record = Record::parse(rest)?,
                "lock" => survey.lock = rest.to_owned(),
                "releases" => {
                    let names = rest.split_whitespace().filter(|name| is_release(name));
                    survey.releases = names.map(str::to_owned).collect();
                }
                "missing" => survey.missing.push(rest.to_owned()),
                "end" => is_whole = true,
                _ => {}
            }
        }
        match is_whole && survey.home.starts_with('/') {
            true => Ok(survey),
            false => Err(
                Fault::fetch("its shell does not answer as a POSIX shell does")
                    .hint("`sh`, `cat`, `ls`, `tr` and `readlink` must work there"),
            ),
        }
    }
}

/// The release that a link points at: `releases/0a1b2c3d4e5f`.
fn release_of(link: &str) -> Option<String> {
    let name = link.rsplit('/').next()?;
    is_release(name).then(|| name.to_owned())
}

/// Whether it is the name of a release: nothing else is ever removed.
pub(crate) fn is_release(name: &str) -> bool {
    name.len() == crate::wanted::ID_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_half_of_one_is_refused() {
        let text = "home /opt/agent\nlive releases/0a1b2c3d4e5f\nrecord \nlock \n\
                    releases 0a1b2c3d4e5f lost+found \nmissing curl\nend\n";
        let survey = Survey::parse(text).unwrap();
        assert_eq!(survey.live.as_deref(), Some("0a1b2c3d4e5f"));
        assert_eq!(survey.releases, ["0a1b2c3d4e5f"]);
        assert_eq!(survey.missing, ["curl"]);
        assert!(Survey::parse(text.trim_end_matches("end\n")).is_err());
        assert!(Survey::parse("end\n").is_err());
    }
}
