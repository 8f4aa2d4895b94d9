//! Firmware onto a board that hangs on a machine of a fleet, or on the one where `orch` runs. To go
//! back is to activate the release before, which flashes it.

mod settings;
mod tool;

use orch_plugin::deployer::{Deployer, Proposal, Release, Request, Shipped, Step, Upload};
use orch_plugin::{Error, Facts, Problem};

pub use crate::settings::Settings;
use crate::settings::{FILE, Tool};

/// The deployer.
pub struct Flash;

impl Deployer for Flash {
    type Settings = Settings;

    fn plan(request: &Request, settings: Settings, _: &dyn Facts) -> Result<Proposal, Error> {
        let mut problems = settings.problems();
        let file = flashed(request, &settings)?;
        problems.extend(unquotable(&file.name));
        Error::if_any(problems)?;
        let commands = commands(&settings, &file.name);
        let programs = commands.iter().chain([&settings.follow]);
        let programs = programs.filter_map(|command| command.first());
        let mut programs: Vec<String> = programs
            .filter(|program| is_plain(program))
            .cloned()
            .collect();
        programs.sort_unstable();
        programs.dedup();
        Ok(Proposal::Release(Release {
            root: settings.root,
            programs,
            stage: vec![Step::Upload(Upload {
                artifact: file.name.clone(),
                to: file.name.clone(),
                mode: 0o644,
            })],
            activate: commands.into_iter().map(Step::Run).collect(),
            follow: settings.follow,
            ..Release::at(format!(".local/share/orch/{}", request.unit))
        }))
    }
}

/// What flashes, and then what reads back where that is another command.
fn commands(settings: &Settings, file: &str) -> Vec<Vec<String>> {
    let filled = |words: &[String]| words.iter().map(|word| word.replace(FILE, file)).collect();
    match settings.tool {
        Some(Tool::Openocd) => vec![tool::openocd(settings, file)],
        Some(Tool::Picotool) => vec![tool::picotool(settings, file)],
        None => {
            let commands = [&settings.command, &settings.verify].into_iter();
            let commands = commands.filter(|words| !words.is_empty());
            commands.map(|words| filled(words)).collect()
        }
    }
}

/// The file that is flashed.
fn flashed<'a>(request: &'a Request, settings: &Settings) -> Result<&'a Shipped, Error> {
    let Some(name) = &settings.file else {
        return request.program();
    };
    let mut artifacts = request.artifacts.iter();
    artifacts.find(|one| one.name == *name).ok_or_else(|| {
        let names: Vec<_> = request
            .artifacts
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        Problem::new(format!("the build ships no `{}`", name.escape_debug()))
            .at("file")
            .hint(format!("it ships {}", names.join(", ")))
            .into()
    })
}

/// Whether a name is nothing but a name: no path, no option, no part of a script.
fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && name.chars().all(is_plain)
}

/// A name that would be more than a file to a tool.
fn unquotable(name: &str) -> Option<Problem> {
    (!is_plain(name)).then(|| {
        Problem::new(format!(
            "`{}` cannot be handed to a tool: such a name has letters, digits, `_`, `.`, `+`, `-`",
            name.escape_debug()
        ))
        .at("file")
    })
}

orch_plugin::export_deployer!(Flash);

#[cfg(test)]
mod tests;
