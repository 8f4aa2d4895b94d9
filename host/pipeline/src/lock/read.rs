//! From the text of a lock to its values, or what to do about a text that is none.

use std::collections::HashSet;

use toml::{Table, Value};

use orch_model::{Fault, Lock};

use super::entries::LockFile;

/// What to do about a lock that cannot be read.
const REMEDY: &str = "restore `orch.lock` from version control, or remove it and run `orch lock`";

/// The lock behind a text.
pub fn parse_lock(text: &str) -> Result<Lock, Fault> {
    if text.len() > crate::MAXIMUM_BYTES {
        return Err(damaged("it is larger than 16 MiB"));
    }
    if let Some(line) = text.lines().position(|line| line.starts_with("<<<<<<<")) {
        return Err(Fault::usage(format!(
            "`orch.lock` holds the marks of a merge, at line {}",
            line + 1
        ))
        .hint("take either side, and run `orch lock`"));
    }
    let table: Table = text.parse().map_err(|error| toml_damage(text, &error))?;
    match table.get("version") {
        Some(Value::Integer(version)) if *version == i64::from(Lock::VERSION) => {}
        Some(Value::Integer(version)) => {
            return Err(Fault::usage(format!(
                "`orch.lock` has version {version}, and this program reads version {}",
                Lock::VERSION
            ))
            .hint("use the `orch` that wrote it, or remove it and run `orch lock`"));
        }
        _ => return Err(damaged("it states no `version`")),
    }
    let file: LockFile = toml::from_str(text).map_err(|error| toml_damage(text, &error))?;
    let lock = Lock {
        version: Lock::VERSION,
        plugins: file.plugin.into_iter().map(Into::into).collect(),
        toolchains: file.toolchain.into_iter().map(Into::into).collect(),
    };
    once(
        "plugin",
        lock.plugins.iter().map(|plugin| plugin.name.as_str()),
    )?;
    once(
        "toolchain",
        lock.toolchains
            .iter()
            .map(|toolchain| toolchain.name.as_str()),
    )?;
    for toolchain in &lock.toolchains {
        once(
            "host",
            toolchain.hosts.iter().map(|host| host.host.as_str()),
        )?;
    }
    Ok(lock)
}

fn damaged(what: &str) -> Fault {
    Fault::usage(format!("`orch.lock` is damaged: {what}")).hint(REMEDY)
}

fn toml_damage(text: &str, error: &toml::de::Error) -> Fault {
    let message = error.message().replace('\n', " ");
    match error.span() {
        Some(span) => {
            let before = text.get(..span.start).unwrap_or(text);
            let line = 1 + before.matches('\n').count();
            damaged(&format!("line {line}: {message}"))
        }
        None => damaged(&message),
    }
}

fn once<'a>(kind: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(damaged(&format!("it has the {kind} `{name}` twice")));
        }
    }
    Ok(())
}
