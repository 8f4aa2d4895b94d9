//! `orch init`: starts a pipeline file in a folder.

use std::path::Path;

use orch_model::Fault;

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::stop::Stop;

pub fn init(environment: &Environment, folder: &Path, console: &Console) -> Result<Exit, Stop> {
    let absolute = environment.directory.join(folder);
    std::fs::create_dir_all(&absolute).map_err(|error| Fault::io("create", &absolute, &error))?;
    let file = absolute.join("pipeline.toml");
    let shown = folder.join("pipeline.toml");
    let shown = shown
        .strip_prefix(".")
        .unwrap_or(&shown)
        .display()
        .to_string();
    if file.exists() {
        return Err(Fault::usage(format!("`{shown}` is there already"))
            .hint("`orch check` says whether it is fine")
            .into());
    }
    let canonical = absolute
        .canonicalize()
        .map_err(|error| Fault::io("find", &absolute, &error))?;
    let name = name_of(&canonical);
    let program = main_package(&absolute);
    crate::files::replace(&file, template(&name, &program).as_bytes())?;
    ignore(&absolute)?;
    console.say(&format!("made `{shown}`"));
    if !absolute.join("go.mod").exists() {
        console.say("no `go.mod` was found here: change `[build.…]` to what you build");
    }
    console.say("next: `orch check`, `orch plan`, `orch run`");
    Ok(Exit::Done)
}

/// A folder's name as a table's name: letters, digits and `-`.
fn name_of(folder: &Path) -> String {
    let name: String = folder
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    match name.trim_matches('-') {
        "" => "service".to_owned(),
        name => name.to_owned(),
    }
}

/// The first folder below `cmd/` that holds Go files, as a Go package.
fn main_package(folder: &Path) -> String {
    let mut commands: Vec<_> = std::fs::read_dir(folder.join("cmd"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    commands.sort();
    commands
        .first()
        .map_or(".".to_owned(), |command| format!("./cmd/{command}"))
}

fn template(name: &str, package: &str) -> String {
    format!(
        r#"# What `{name}` is built with and for. `orch check` says what is wrong with this file,
# `orch plan` shows what it leads to, `orch run` does it.
version = 1
name = "{name}"

[toolchain.go]
version = "1.22"                # any 1.22 release; `orch.lock` holds the exact one

[target.static]                 # one file that runs on any x86_64 Linux
platform = "musl"

[target.pi5]
platform = "pi5"                # `orch target list` shows all platforms

[build.{name}]
with = "go"
package = "{package}"
targets = ["static", "pi5"]
tuning = ["go-release"]
needs = ["task.test"]

[task.test]
command = ["go", "test", "./..."]
tools = ["go"]
inputs = ["**/*.go", "go.*"]
"#
    )
}

/// Adds what `orch` makes to `.gitignore`, each line once.
fn ignore(folder: &Path) -> Result<(), Fault> {
    let file = folder.join(".gitignore");
    let mut text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Fault::io("read", &file, &error)),
    };
    let missing: Vec<_> = ["/out/", "/.orch/"]
        .into_iter()
        .filter(|line| !text.lines().any(|known| known.trim() == *line))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in missing {
        text.push_str(line);
        text.push('\n');
    }
    crate::files::replace(&file, text.as_bytes())
}
