//! From a lock to its text. How the text is read again is not known here.

use toml::Value;

use orch_model::{
    Archive, Lock, LockedRelease, LockedToolchain, Part, Root, TextFile, Tool, Variable,
};

use super::NO_SETTINGS;

const FIRST_LINE: &str = "# made by `orch lock`; commit it";

/// The text of a lock.
pub fn render_lock(lock: &Lock) -> String {
    let mut text = format!("{FIRST_LINE}\nversion = {}\n", lock.version);
    let mut plugins: Vec<_> = lock.plugins.iter().collect();
    plugins.sort_by(|a, b| a.name.cmp(&b.name));
    for plugin in plugins {
        text.push_str("\n[[plugin]]\n");
        line(&mut text, "name", &plugin.name);
        line(&mut text, "id", plugin.id.as_str());
        line(&mut text, "version", &plugin.version);
        line(&mut text, "api", &plugin.api);
        line(&mut text, "digest", &plugin.digest.to_string());
        list(
            &mut text,
            "asks",
            plugin.asks.iter().map(|ask| Value::from(ask.as_str())),
        );
    }
    let mut toolchains: Vec<_> = lock.toolchains.iter().collect();
    toolchains.sort_by(|a, b| a.name.cmp(&b.name));
    for toolchain in toolchains {
        render_toolchain(&mut text, toolchain);
    }
    text
}

fn render_toolchain(text: &mut String, toolchain: &LockedToolchain) {
    text.push_str("\n[[toolchain]]\n");
    line(text, "name", &toolchain.name);
    line(text, "with", toolchain.with.as_str());
    line(text, "requirement", &toolchain.requirement);
    if toolchain.settings != NO_SETTINGS {
        line(text, "settings", &toolchain.settings);
    }
    line(text, "release", &toolchain.release);
    let mut hosts: Vec<_> = toolchain.hosts.iter().collect();
    hosts.sort_by(|a, b| a.host.cmp(&b.host));
    for LockedRelease {
        host,
        toolchain: found,
    } in hosts
    {
        text.push_str("\n[[toolchain.host]]\n");
        line(text, "host", host);
        if found.version != toolchain.release {
            line(text, "version", &found.version);
        }
        list(text, "tools", found.tools.iter().map(tool_value));
        list(
            text,
            "environment",
            found.environment.iter().map(variable_value),
        );
        list(text, "files", found.files.iter().map(file_value));
        if let Some(sysroot) = &found.sysroot {
            line(text, "sysroot", sysroot.as_str());
        }
        found
            .archives
            .iter()
            .for_each(|archive| render_archive(text, archive));
    }
}

fn render_archive(text: &mut String, archive: &Archive) {
    text.push_str("\n[[toolchain.host.archive]]\n");
    list(
        text,
        "urls",
        archive.urls.iter().map(|url| Value::from(url.as_str())),
    );
    line(text, "digest", &archive.digest.to_string());
    // A size beyond TOML's numbers is a lie, and would make the lock unreadable.
    if let Some(bytes) = archive.bytes.filter(|bytes| i64::try_from(*bytes).is_ok()) {
        text.push_str(&format!("bytes = {bytes}\n"));
    }
    let format = serde_json::to_value(archive.format).expect("an enum without fields is a string");
    line(text, "format", format.as_str().unwrap_or_default());
    if archive.strip_components != 0 {
        text.push_str(&format!(
            "strip-components = {}\n",
            archive.strip_components
        ));
    }
    if !archive.into.is_root() {
        line(text, "into", archive.into.as_str());
    }
    let exclude = archive.exclude.iter();
    list(
        text,
        "exclude",
        exclude.map(|pattern| Value::from(pattern.as_str())),
    );
}

fn line(text: &mut String, key: &str, value: &str) {
    text.push_str(&format!("{key} = {}\n", Value::from(value)));
}

/// One item a line, so that a change shows as one line; nothing for an empty list.
fn list(text: &mut String, key: &str, items: impl Iterator<Item = Value>) {
    let items: Vec<_> = items.map(|item| item.to_string()).collect();
    match items.as_slice() {
        [] => {}
        [item] => text.push_str(&format!("{key} = [{item}]\n")),
        items => text.push_str(&format!("{key} = [\n  {},\n]\n", items.join(",\n  "))),
    }
}

fn table(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value));
    Value::Table(entries.collect())
}

fn tool_value(tool: &Tool) -> Value {
    table([
        ("name", Value::from(tool.name.as_str())),
        ("program", Value::from(tool.program.as_str())),
    ])
}

fn file_value(file: &TextFile) -> Value {
    let paths = file.paths.iter().map(|path| Value::from(path.as_str()));
    let mut entries = vec![
        ("paths", Value::Array(paths.collect())),
        ("text", Value::from(file.text.as_str())),
    ];
    if file.executable {
        entries.push(("executable", Value::from(true)));
    }
    table(entries)
}

/// A value of literal text is a string; one that names a place is a list of its parts.
fn variable_value(variable: &Variable) -> Value {
    let value = match variable.value.0.as_slice() {
        [Part::Text(text)] => Value::from(text.as_str()),
        parts => Value::Array(parts.iter().map(part_value).collect()),
    };
    table([
        ("name", Value::from(variable.name.as_str())),
        ("value", value),
    ])
}

fn part_value(part: &Part) -> Value {
    let path = match part {
        Part::Text(text) => return Value::from(text.as_str()),
        Part::Path(path) => path,
    };
    let relative = path.relative.as_str();
    let (root, of) = match &path.root {
        Root::Source => ("source", None),
        Root::Output => ("output", None),
        Root::Scratch => ("scratch", None),
        Root::Tool(name) => ("tool", Some(name)),
        Root::Artifact(name) => ("artifact", Some(name)),
        Root::Cache(name) => ("cache", Some(name)),
    };
    let mut entries = vec![("root", Value::from(root)), ("path", Value::from(relative))];
    if let Some(of) = of {
        entries.push(("of", Value::from(of.as_str())));
    }
    table(entries)
}
