//! Python packages, through pip as the machine has it set up: its indexes, mirrors,
//! proxies and credentials are the user's business. Only wheels are of use here: a zip
//! with a known digest, while a source distribution would run code.

use std::path::{Path, PathBuf};
use std::time::Duration;

use orch_engine::Cancel;
use orch_http::redact;
use orch_model::Digest;
use serde::Deserialize;

use crate::command::{Output, Run, find};
use crate::settings::FetchSettings;
use crate::trouble::Trouble;

/// pip, found on this machine.
pub(crate) struct Pip<'a> {
    settings: &'a FetchSettings,
    program: PathBuf,
    /// What makes `program` behave as pip.
    leading: &'static [&'static str],
}

/// A wheel that the index has.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// Where it is; without credentials, which pip keeps to itself.
    pub(crate) url: String,
    pub(crate) file_name: String,
    pub(crate) digest: Digest,
}

/// What of pip's installation report is used. The format is documented and versioned.
#[derive(Deserialize)]
struct Report {
    version: String,
    install: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    download_info: DownloadInfo,
}

#[derive(Deserialize)]
struct DownloadInfo {
    url: String,
    archive_info: Option<ArchiveInfo>,
}

#[derive(Deserialize)]
struct ArchiveInfo {
    hash: Option<String>,
    #[serde(default)]
    hashes: std::collections::BTreeMap<String, String>,
}

impl<'a> Pip<'a> {
    /// Finds pip on the user's `PATH`.
    pub(crate) fn find(settings: &'a FetchSettings) -> Result<Self, Trouble> {
        let candidates: [(&str, &'static [&'static str]); 3] =
            [("pip3", &[]), ("pip", &[]), ("python3", &["-m", "pip"])];
        for (name, leading) in candidates {
            if let Some(program) = find(settings, name) {
                return Ok(Self {
                    settings,
                    program,
                    leading,
                });
            }
        }
        Err(missing())
    }

    /// All releases of a package that this machine's pip would consider, newest first,
    /// without those that are not finished.
    pub(crate) fn versions(&self, name: &str, cancel: &Cancel) -> Result<Vec<String>, Trouble> {
        let output = self.ask(&["index", "versions", name], cancel)?;
        if !output.status.success() {
            return Err(failure(name, &output));
        }
        parse_versions(&output.stdout).ok_or_else(|| {
            Trouble::Final(format!(
                "`pip index versions {name}` printed nothing that could be read; a newer pip may help"
            ))
        })
    }

    /// The wheel of one release for machines with one of the platform tags.
    pub(crate) fn wheel(
        &self,
        name: &str,
        version: &str,
        platforms: &[String],
        cancel: &Cancel,
    ) -> Result<Wheel, Trouble> {
        // pip wants a target beside `--platform`; a dry run never makes it.
        let target = self.settings.cache.join("pip-dry-run");
        let target = target.to_string_lossy();
        let requirement = format!("{name}=={version}");
        let mut arguments = vec![
            "install",
            "--dry-run",
            "--report",
            "-",
            "--quiet",
            "--ignore-installed",
            "--no-deps",
            "--only-binary=:all:",
            "--target",
            &target,
        ];
        for platform in platforms {
            arguments.extend(["--platform", platform]);
        }
        arguments.push(&requirement);
        let output = self.ask(&arguments, cancel)?;
        // What pip has reported is whole, even if something behind it failed: pyenv looks for
        // new programs after each `pip install`, and several at once get in each other's way.
        parse_report(&output.stdout).map_err(|why| match output.status.success() {
            true => Trouble::Final(format!(
                "pip's report on `{requirement}` cannot be used: {why}"
            )),
            false => failure(&requirement, &output),
        })
    }

    /// Has pip itself download the wheel into a folder: the way for an index that wants
    /// credentials.
    pub(crate) fn download(
        &self,
        requirement: &str,
        platforms: &[String],
        folder: &Path,
        cancel: &Cancel,
    ) -> Result<(), Trouble> {
        let mut arguments = vec![
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--dest",
            ".",
        ];
        for platform in platforms {
            arguments.extend(["--platform", platform]);
        }
        arguments.push(requirement);
        let output = self.run(&arguments, Some(folder), None, cancel)?;
        if output.status.success() {
            Ok(())
        } else {
            Err(failure(requirement, &output))
        }
    }

    /// Runs pip to learn something, which does not take long.
    fn ask(&self, arguments: &[&str], cancel: &Cancel) -> Result<Output, Trouble> {
        let at_most = self.settings.patience.registry;
        self.run(arguments, None, Some(at_most), cancel)
    }

    fn run(
        &self,
        arguments: &[&str],
        directory: Option<&Path>,
        at_most: Option<Duration>,
        cancel: &Cancel,
    ) -> Result<Output, Trouble> {
        let mut all = self.leading.to_vec();
        all.push("--no-input");
        all.extend(arguments);
        let output = Run {
            program: &self.program,
            arguments: &all,
            variables: &[
                ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
                // Nothing is installed, so the wish to do that in environments only
                // does not apply.
                ("PIP_REQUIRE_VIRTUALENV", "0"),
                ("PIP_PROGRESS_BAR", "off"),
                // Its messages are read here.
                ("LC_ALL", "C.UTF-8"),
            ],
            directory,
            at_most,
        }
        .output(self.settings, cancel)?;
        if !output.status.success() && output.stderr.contains("No module named pip") {
            return Err(missing());
        }
        Ok(output)
    }
}

fn missing() -> Trouble {
    Trouble::Missing(
        "there is no pip on this machine, which fetches Python packages".into(),
        "`apt-get install python3-pip` installs it".into(),
    )
}

fn failure(what: &str, output: &Output) -> Trouble {
    let stderr = &output.stderr;
    // pip ends with the same words whether the index has no such package or could not be
    // asked; only its warnings differ.
    let unreachable = stderr.contains("after connection broken by")
        || stderr.contains("Could not fetch URL")
        || stderr.contains("Max retries exceeded");
    if unreachable {
        return Trouble::Unreachable(format!(
            "pip could not reach its package index for `{what}`: {}",
            output.complaint()
        ));
    }
    let absent = stderr.contains("No matching distribution found")
        || stderr.contains("Could not find a version that satisfies");
    let message = format!("pip could not find `{what}`: {}", output.complaint());
    if absent {
        Trouble::Absent(message)
    } else {
        Trouble::Final(message)
    }
}

fn parse_versions(text: &str) -> Option<Vec<String>> {
    let list = text
        .lines()
        .find_map(|line| line.strip_prefix("Available versions: "))?;
    let versions = list
        .split(',')
        .map(str::trim)
        .filter(|version| is_finished(version));
    Some(versions.map(str::to_owned).collect())
}

/// Whether a version has none of the letters that mark an unfinished release.
fn is_finished(version: &str) -> bool {
    let version = version.replace(".post", ".");
    !version.is_empty() && !version.contains(|c: char| c.is_ascii_alphabetic())
}

fn parse_report(text: &str) -> Result<Wheel, String> {
    let report: Report = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if report.version != "1" {
        return Err(format!("it has format `{}`, not `1`", report.version));
    }
    let [item] = report.install.as_slice() else {
        return Err(format!("it lists {} files, not one", report.install.len()));
    };
    let info = &item.download_info;
    let hashes = info.archive_info.as_ref().ok_or("it is not about a file")?;
    let digits = hashes
        .hashes
        .get("sha256")
        .map(String::as_str)
        .or_else(|| hashes.hash.as_deref()?.strip_prefix("sha256="))
        .ok_or("the index states no SHA-256")?;
    let digest = format!("sha256:{digits}")
        .parse()
        .map_err(|error| format!("{error}"))?;
    let url = reqwest::Url::parse(&info.url).map_err(|_| "its address cannot be read")?;
    let file_name = url
        .path_segments()
        .and_then(|mut parts| parts.next_back())
        .filter(|name| name.ends_with(".whl"))
        .ok_or_else(|| format!("`{}` is no wheel", redact::shown(&url)))?;
    Ok(Wheel {
        file_name: file_name.replace("%2B", "+"),
        url: info.url.clone(),
        digest,
    })
}
