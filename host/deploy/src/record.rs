//! What a machine knows of a service: which releases held there, and which change is under way.
//! It lies as one line of JSON in `orch.json` below the service's home.

use std::collections::BTreeMap;

use orch_model::{Digest, Fault};
use serde::{Deserialize, Serialize};

/// The version that is written. An older one is read; a newer one is refused.
const VERSION: u32 = 1;

/// The record's file, below the home.
pub(crate) const FILE: &str = "orch.json";

/// What is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Record {
    version: u32,
    /// Releases that held, the oldest first.
    #[serde(default)]
    pub held: Vec<Held>,
    /// What is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
}

/// A release that held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Held {
    pub release: String,
    /// When that was known, in seconds since 1970, by the clock of whoever deployed.
    pub at: u64,
    /// Who deployed.
    pub by: String,
    /// The commit of the sources, if they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Its large files by their place, for the next release to be made of.
    #[serde(default)]
    pub files: BTreeMap<String, Digest>,
}

/// A change that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Change {
    /// Where to.
    pub release: String,
    /// What ran before; none on the first deploy.
    pub from: Option<String>,
    pub by: String,
    /// In seconds since 1970.
    pub since: u64,
    /// Whether the release was healthy here. It may still have to go, if others fail.
    pub healthy: bool,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            version: VERSION,
            held: Vec::new(),
            change: None,
        }
    }
}

impl Record {
    /// Reads the line; an empty one is no record.
    pub fn parse(line: &str) -> Result<Self, Fault> {
        if line.trim().is_empty() {
            return Ok(Self::default());
        }
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        match serde_json::from_str::<Versioned>(line) {
            Ok(Versioned { version }) if version > VERSION => {
                return Err(Fault::usage(format!(
                    "its record has version {version}, and this `orch` reads {VERSION}"
                ))
                .hint("deploy with the newer `orch` that wrote it"));
            }
            _ => {}
        }
        serde_json::from_str(line).map_err(|error| {
            Fault::usage(format!("its record `{FILE}` cannot be read: {error}")).hint(
                "move the file away after a look at it; `live` beside it still points at what runs",
            )
        })
    }

    /// One line.
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("it has a JSON form");
        line.push('\n');
        line
    }

    /// The release that is known to hold.
    pub fn good(&self) -> Option<&Held> {
        self.held.last()
    }

    /// What to go back to where nothing is under way: the last release that held and is another.
    pub fn before(&self) -> Option<&Held> {
        let good = &self.good()?.release;
        self.held.iter().rev().find(|held| held.release != *good)
    }

    /// What is known of a release that held, the last time.
    pub fn held_as(&self, release: &str) -> Option<&Held> {
        self.held.iter().rev().find(|held| held.release == release)
    }

    /// A release held, whatever was under way.
    pub fn hold(&mut self, held: Held) {
        self.change = None;
        self.held.push(held);
        // What is longer ago than anybody goes back.
        const MOST: usize = 50;
        let surplus = self.held.len().saturating_sub(MOST);
        self.held.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(release: &str) -> Held {
        Held {
            release: release.into(),
            at: 1,
            by: "ann@laptop".into(),
            commit: None,
            files: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_written_is_read_and_its_form_is_fixed() {
        let mut record = Record::default();
        record.hold(held("0a1b2c3d4e5f"));
        record.change = Some(Change {
            release: "112233445566".into(),
            from: Some("0a1b2c3d4e5f".into()),
            by: "bob@desk".into(),
            since: 2,
            healthy: false,
        });
        let line = record.line();
        expect_test::expect![[r#"
            {"version":1,"held":[{"release":"0a1b2c3d4e5f","at":1,"by":"ann@laptop","files":{}}],"change":{"release":"112233445566","from":"0a1b2c3d4e5f","by":"bob@desk","since":2,"healthy":false}}
        "#]]
        .assert_eq(&line);
        assert_eq!(Record::parse(&line), Ok(record));
        assert_eq!(Record::parse(""), Ok(Record::default()));
    }

    #[test]
    fn a_newer_record_and_a_damaged_one_are_refused() {
        let newer = Record::parse(r#"{"version":2,"waves":[]}"#).unwrap_err();
        assert_eq!(
            newer.message,
            "its record has version 2, and this `orch` reads 1"
        );
        assert!(Record::parse("{").unwrap_err().hint.is_some());
    }

    #[test]
    fn back_is_to_another_release() {
        let mut record = Record::default();
        for release in ["a", "b", "b"] {
            record.hold(held(release));
        }
        assert_eq!(record.before().map(|held| held.release.as_str()), Some("a"));
    }
}
