//! What a pipeline may say to this plugin. The manifest has the same as JSON Schema, with
//! a description of each.

use orch_plugin_c_compiler::Language;
use serde::Deserialize;

/// Settings of a `[build.*]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BuildSettings {
    pub(crate) sources: Vec<String>,
    pub(crate) headers: Option<Vec<String>>,
    pub(crate) include: Vec<String>,
    pub(crate) define: Vec<String>,
    pub(crate) std: Option<String>,
    pub(crate) cflags: Vec<String>,
    pub(crate) ldflags: Vec<String>,
    pub(crate) libraries: Vec<String>,
    pub(crate) output: Option<String>,
    #[serde(rename = "linker-script")]
    pub(crate) linker_script: Option<String>,
}

impl BuildSettings {
    /// The standard for sources of a language, where the one that is set is of that language.
    pub(crate) fn standard(&self, language: Language) -> Option<&str> {
        let of = |name: &str| match name.contains("++") {
            true => Language::Cxx,
            false => Language::C,
        };
        self.std.as_deref().filter(|name| of(name) == language)
    }
}
