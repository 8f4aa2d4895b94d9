//! What a pipeline may say to this plugin. The manifest has the same as JSON Schema, with
//! a description of each.

use orch_plugin_c_compiler::Language;
use serde::Deserialize;

/// Settings of a `[build.*]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BuildSettings {
    pub(crate) kind: Kind,
    pub(crate) sources: Vec<String>,
    pub(crate) headers: Option<Vec<String>>,
    pub(crate) include: Vec<String>,
    pub(crate) define: Vec<String>,
    pub(crate) std: Option<String>,
    pub(crate) cflags: Vec<String>,
    pub(crate) ldflags: Vec<String>,
    pub(crate) libraries: Vec<String>,
    pub(crate) output: Option<String>,
    pub(crate) soname: Option<String>,
    pub(crate) lto: Option<Lto>,
    pub(crate) symbols: Option<Symbols>,
    pub(crate) command: Vec<String>,
    pub(crate) inputs: Option<Vec<String>>,
    pub(crate) outputs: Vec<String>,
}

/// What is made of the sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    #[default]
    Program,
    StaticLibrary,
    SharedLibrary,
}

/// Whether sources are optimised together when they are linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "LtoText")]
pub(crate) enum Lto {
    Off,
    Full,
    Thin,
}

/// How `lto` is written.
#[derive(Deserialize)]
#[serde(untagged)]
enum LtoText {
    Switch(bool),
    Kind(String),
}

impl TryFrom<LtoText> for Lto {
    type Error = String;

    fn try_from(text: LtoText) -> Result<Self, String> {
        match text {
            LtoText::Switch(true) => Ok(Self::Full),
            LtoText::Switch(false) => Ok(Self::Off),
            LtoText::Kind(kind) => Self::named(&kind)
                .ok_or_else(|| format!("`{kind}` is none of `true`, `false` and `\"thin\"`")),
        }
    }
}

impl Lto {
    /// By the word that tuning uses.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "false" => Some(Self::Off),
            "true" => Some(Self::Full),
            "thin" => Some(Self::Thin),
            _ => None,
        }
    }
}

/// What becomes of symbols and debug information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Symbols {
    /// They stay where they are.
    Keep,
    /// They are left out.
    Strip,
    /// Debug information ships in a file of its own, which debuggers find by its name.
    Split,
}

impl Symbols {
    /// By the word that tuning uses.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "keep" => Some(Self::Keep),
            "strip" => Some(Self::Strip),
            "split" => Some(Self::Split),
            _ => None,
        }
    }
}

impl BuildSettings {
    /// What a command reads, as patterns below the build's directory.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &str> {
        let named = self.inputs.as_deref();
        let every = named.is_none().then_some("**");
        named
            .unwrap_or_default()
            .iter()
            .map(String::as_str)
            .chain(every)
    }

    /// The standard for sources of a language, where the one that is set is of that language.
    pub(crate) fn standard(&self, language: Language) -> Option<&str> {
        let of = |name: &str| match name.contains("++") {
            true => Language::Cxx,
            false => Language::C,
        };
        self.std.as_deref().filter(|name| of(name) == language)
    }
}
