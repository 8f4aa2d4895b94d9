//! What a user allows, per plugin digest: the value and its text form. Where the text
//! lies is not known here, and a pipeline has no way to write it.

use std::collections::{BTreeMap, BTreeSet};

use orch_model::{Digest, Fault, PluginId};
use serde::{Deserialize, Serialize};

/// The version of the text form.
const VERSION: u32 = 1;

/// What is allowed to plugins that are not bundled. Another build of a plugin is another
/// digest, and has to be granted anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(BTreeMap<Digest, Granted>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    /// For the reader: the digest decides.
    name: PluginId,
    /// Lines `kind:value` as [`orch_model::Asks::lines`] gives them.
    allow: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: u32,
    #[serde(default)]
    plugin: BTreeMap<Digest, Granted>,
}

impl Grants {
    /// Reads the text form; an empty text grants nothing.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let wrong = |message: String| {
            Fault::usage(format!("could not read the grants: {message}"))
                .hint("remove the file, then grant again with `orch plugin grant`")
        };
        let text: Text = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if text.version != VERSION {
            return Err(wrong(format!(
                "they are of version {}, and this `orch` reads version {VERSION}",
                text.version
            )));
        }
        Ok(Self(text.plugin))
    }

    /// The text form: TOML, sorted.
    pub fn render(&self) -> String {
        let text = Text {
            version: VERSION,
            plugin: self.0.clone(),
        };
        let body = toml::to_string(&text).expect("strings and a number have a TOML form");
        format!("# What plugins may ask for. Written by `orch plugin grant`.\n{body}")
    }

    /// Allows one line `kind:value` to the plugin with this digest.
    pub fn allow(&mut self, digest: Digest, name: PluginId, ask: impl Into<String>) {
        self.0
            .entry(digest)
            .or_insert_with(|| Granted {
                name,
                allow: BTreeSet::new(),
            })
            .allow
            .insert(ask.into());
    }

    /// Whether the line is allowed to the plugin with this digest.
    pub fn allows(&self, digest: &Digest, ask: &str) -> bool {
        self.0
            .get(digest)
            .is_some_and(|granted| granted.allow.contains(ask))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Grants {
        let mut grants = Grants::default();
        let name: PluginId = "mine".parse().expect("a name");
        grants.allow(Digest::of("mine"), name.clone(), "variable:HOME");
        grants.allow(Digest::of("mine"), name, "file:**/*.go");
        grants
    }

    #[test]
    fn the_text_form_round_trips() {
        let text = some().render();
        expect_test::expect![[r##"
            # What plugins may ask for. Written by `orch plugin grant`.
            version = 1

            [plugin."sha256:3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff"]
            name = "mine"
            allow = ["file:**/*.go", "variable:HOME"]
        "##]]
        .assert_eq(&text);
        assert_eq!(Grants::parse(&text), Ok(some()));
        assert_eq!(Grants::parse(""), Ok(Grants::default()));
    }

    #[test]
    fn a_grant_belongs_to_one_digest_and_one_line() {
        let grants = some();
        assert!(grants.allows(&Digest::of("mine"), "variable:HOME"));
        assert!(!grants.allows(&Digest::of("mine"), "variable:PATH"));
        assert!(!grants.allows(&Digest::of("another"), "variable:HOME"));
    }

    #[test]
    fn what_cannot_be_read_is_a_fault() {
        for text in ["version = 2", "x", "version = 1\nother = 2"] {
            assert!(Grants::parse(text).is_err(), "{text}");
        }
    }
}
