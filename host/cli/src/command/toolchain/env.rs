//! `orch toolchain env`: an installed release for a shell.

use std::fmt::Write;
use std::path::Path;

use orch_engine::port::InstalledTree;
use orch_model::{Fault, Part, Root, SandboxPath, Variable};

use crate::arguments::ShellSyntax;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::stop::Stop;

use super::release::Installed;

pub fn env(
    environment: Environment,
    wanted: &str,
    shell: ShellSyntax,
    console: &Console,
) -> Result<Exit, Stop> {
    let (installed, house) = Installed::find(environment, wanted, console)?;
    let lines = render(&installed, &house.environment.cache, shell)?;
    console.document("environment", &lines);
    Ok(Exit::Done)
}

/// The lines that a shell evaluates.
fn render(installed: &Installed, cache: &Path, shell: ShellSyntax) -> Result<String, Fault> {
    let Installed {
        plugin,
        toolchain,
        tree,
    } = installed;
    let mut folders: Vec<String> = toolchain
        .tools
        .iter()
        .filter_map(|tool| {
            Some(
                tool.program
                    .below(&tree.root)
                    .parent()?
                    .display()
                    .to_string(),
            )
        })
        .collect();
    folders.dedup();
    let variables: Vec<(String, String)> = toolchain
        .environment
        .iter()
        .filter_map(|variable| {
            Some((
                variable.name.clone(),
                outside(variable, tree, plugin.as_str(), cache)?,
            ))
        })
        .collect();
    for (_, value) in &variables {
        if let Some(folder) = value.strip_prefix(&format!("{}/", cache.display())) {
            let folder = cache.join(folder);
            std::fs::create_dir_all(&folder)
                .map_err(|error| Fault::io("create", &folder, &error))?;
        }
    }
    let mut text = String::new();
    for (name, value) in &variables {
        let _ = match shell {
            ShellSyntax::Sh | ShellSyntax::Direnv => {
                writeln!(text, "export {name}={}", quoted(value))
            }
            ShellSyntax::Fish => writeln!(text, "set -gx {name} {}", quoted_for_fish(value)),
            ShellSyntax::Goenv => writeln!(text, "{name}={value}"),
        };
    }
    for folder in folders.iter().rev() {
        let _ = match shell {
            ShellSyntax::Sh => writeln!(text, "export PATH={}:\"$PATH\"", quoted(folder)),
            ShellSyntax::Direnv => writeln!(text, "PATH_add {}", quoted(folder)),
            ShellSyntax::Fish => {
                let folder = quoted_for_fish(folder);
                writeln!(text, "fish_add_path --path --prepend --move {folder}")
            }
            ShellSyntax::Goenv => Ok(()),
        };
    }
    Ok(text)
}

/// A variable as it is outside of an action; `None` where it names a folder that only an
/// action has.
fn outside(variable: &Variable, tree: &InstalledTree, owner: &str, cache: &Path) -> Option<String> {
    variable
        .value
        .0
        .iter()
        .map(|part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Path(SandboxPath {
                root: Root::Tool(_),
                relative,
            }) => Some(relative.below(&tree.root).display().to_string()),
            Part::Path(SandboxPath {
                root: Root::Cache(name),
                relative,
            }) => {
                let folder = cache.join("caches").join(owner).join(name);
                Some(relative.below(&folder).display().to_string())
            }
            Part::Path(_) => None,
        })
        .collect()
}

/// Quotes for POSIX shells, which take all between two `'` as it stands.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// Quotes for fish, where `\` between two `'` takes away the meaning of `'` and of itself.
fn quoted_for_fish(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_that_text_in_its_shell() {
        assert_eq!(quoted(r"it's a\"), r"'it'\''s a\'");
        assert_eq!(quoted_for_fish(r"it's a\"), r"'it\'s a\\'");
    }
}
