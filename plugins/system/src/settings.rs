//! What a pipeline may say to this plugin. The manifest has the same as JSON Schema, with
//! a description of each.

use std::collections::BTreeMap;

use orch_plugin::VersionArgument;
use serde::Deserialize;

/// Settings of a `[toolchain.*]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub(crate) programs: Vec<String>,
    ask: BTreeMap<String, Argument>,
}

/// What makes a program say its version.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Argument {
    #[serde(rename = "--version")]
    DoubleDash,
    #[serde(rename = "-version")]
    Dash,
    #[serde(rename = "version")]
    Word,
    #[serde(rename = "-V")]
    Capital,
}

impl Settings {
    /// What a program is asked with: as the pipeline says, or as its own documentation does.
    pub(crate) fn argument(&self, program: &str) -> VersionArgument {
        match self.ask.get(program) {
            Some(Argument::DoubleDash) => VersionArgument::DoubleDash,
            Some(Argument::Dash) => VersionArgument::Dash,
            Some(Argument::Word) => VersionArgument::Word,
            Some(Argument::Capital) => VersionArgument::Capital,
            None => match program {
                // `go help version`, openssl-version(1).
                "go" | "openssl" => VersionArgument::Word,
                // java(1), ffmpeg(1).
                "java" | "javac" | "ffmpeg" => VersionArgument::Dash,
                // ssh(1), tmux(1).
                "ssh" | "tmux" => VersionArgument::Capital,
                _ => VersionArgument::DoubleDash,
            },
        }
    }
}
