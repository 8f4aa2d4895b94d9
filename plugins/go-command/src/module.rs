//! What a Go project says of itself in `go.mod` and `go.work`: which folder a build
//! reads, and which modules it needs from elsewhere.
//! <https://go.dev/ref/mod#go-mod-file> and <https://go.dev/ref/mod#workspaces>

use orch_plugin::{Error, Facts, Problem, Refusal, log, source};
use semver::Version;

use crate::port::knows;
use crate::release::Lowest;

/// A project, as far as planning its build needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// Folders below the pipeline's that hold the modules; empty for that folder itself.
    pub folders: Vec<String>,
    /// The name of the module that the build works in, if it works in one.
    pub module: Option<String>,
    /// The lowest release of Go that the project allows.
    pub go: Option<Lowest>,
    /// The file that says so.
    pub go_said_by: String,
    /// Whether a `go.work` joins several modules.
    pub workspace: bool,
    /// Modules that do not lie here, until [`Project::use_vendor`] also not in `vendor/`.
    pub missing: Vec<String>,
    /// Whether Go takes modules from `vendor/`; known after [`Project::use_vendor`].
    pub vendored: bool,
}

/// What one `go.mod` or `go.work` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Text {
    module: Option<String>,
    go: Option<Lowest>,
    requires: Vec<String>,
    /// Modules replaced by a folder, and that folder as it is written.
    replaced: Vec<(String, String)>,
    uses: Vec<String>,
}

impl Project {
    /// Finds the project that a folder belongs to: the nearest `go.work` and `go.mod` in
    /// it or above it, but not above the pipeline's folder.
    pub fn find(directory: &str, workspaces: bool, facts: &dyn Facts) -> Result<Self, Error> {
        let module = nearest(directory, "go.mod", facts)?;
        let work = match workspaces {
            true => nearest(directory, "go.work", facts)?,
            false => None,
        };
        let mut project = match (&module, &work) {
            (_, Some((folder, work))) => Self::of_workspace(folder, work, facts)?,
            (Some((folder, module)), None) => Self::of_module(folder, module)?,
            (None, None) => Self {
                folders: vec![directory.to_owned()],
                ..Self::default()
            },
        };
        project.module = module.and_then(|(_, text)| text.module);
        Ok(project)
    }

    /// Takes what is missing from `vendor/`, where `go build` of the release does so by
    /// itself: `setDefaultBuildMod` in Go's `cmd/go/internal/modload`.
    pub fn use_vendor(&mut self, release: &Version, facts: &dyn Facts) -> Result<(), Error> {
        if self.missing.is_empty() {
            return Ok(());
        }
        let vendor = join(&self.folders[0], "vendor/modules.txt");
        let Some(list) = read(&vendor, facts)? else {
            return Ok(());
        };
        match self.unread_vendor(&list, release) {
            Some(why) => log::info(&format!("`{vendor}` is not read by Go: {why}")),
            None => {
                self.missing.clear();
                self.vendored = true;
            }
        }
        Ok(())
    }

    /// Why the release does not read `vendor/`, whose list of modules this is.
    fn unread_vendor(&self, list: &str, release: &Version) -> Option<String> {
        let file = &self.go_said_by;
        if !self.go.as_ref().is_some_and(|go| go.is_at_least(14)) {
            return Some(format!("`{file}` does not ask for Go 1.14 or later"));
        }
        let since = if self.workspace { 22 } else { 14 };
        if !knows(release, since) {
            return Some(format!("Go {release} does so only since 1.{since}"));
        }
        if is_of_workspace(list) != self.workspace {
            return Some(format!("it was not made for `{file}`"));
        }
        None
    }

    fn of_module(folder: &str, text: &Text) -> Result<Self, Error> {
        let mut project = Self {
            folders: vec![folder.to_owned()],
            go: text.go.clone(),
            go_said_by: join(folder, "go.mod"),
            ..Self::default()
        };
        project.add(folder, text)?;
        Ok(project)
    }

    fn of_workspace(folder: &str, work: &Text, facts: &dyn Facts) -> Result<Self, Error> {
        let mut project = Self {
            folders: vec![folder.to_owned()],
            go: work.go.clone(),
            go_said_by: join(folder, "go.work"),
            workspace: true,
            ..Self::default()
        };
        let mut here = Vec::new();
        for used in &work.uses {
            let used = project.reach(folder, used, "go.work uses")?;
            let file = join(&used, "go.mod");
            let Some(text) = read(&file, facts)? else {
                return Err(Problem::new(format!(
                    "`{}` uses `{used}`, which has no `go.mod`",
                    project.go_said_by
                ))
                .into());
            };
            let text = Text::parse(&text);
            here.extend(text.module.clone());
            project.add(&used, &text)?;
        }
        project.add(folder, work)?;
        here.extend(work.replaced.iter().map(|(module, _)| module.clone()));
        project.missing.retain(|module| !here.contains(module));
        Ok(project)
    }

    /// Adds what a file in `folder` requires and replaces.
    fn add(&mut self, folder: &str, text: &Text) -> Result<(), Error> {
        for (module, place) in &text.replaced {
            self.reach(folder, place, &format!("module `{module}` is replaced by"))?;
        }
        for module in &text.requires {
            let replaced = text.replaced.iter().any(|(name, _)| name == module);
            if !replaced && !self.missing.contains(module) {
                self.missing.push(module.clone());
            }
        }
        Ok(())
    }

    /// Adds the folder that `place` names, seen from `folder`.
    fn reach(&mut self, folder: &str, place: &str, why: &str) -> Result<String, Error> {
        let Some(reached) = resolve(folder, place) else {
            return Err(Problem::new(format!(
                "{why} `{place}`, which lies outside the pipeline's folder"
            ))
            .hint("move the pipeline to a folder that holds both")
            .into());
        };
        if !self.folders.iter().any(|known| holds(known, &reached)) {
            self.folders.push(reached.clone());
        }
        Ok(reached)
    }

    /// Patterns of the files that a build of the project reads: all but tests.
    pub fn inputs(&self) -> Vec<String> {
        let mut inputs = self.inputs_with_tests();
        inputs.push("!**/*_test.go".to_owned());
        inputs
    }

    /// Patterns of all files of the project.
    pub fn inputs_with_tests(&self) -> Vec<String> {
        let folders = self.folders.iter();
        folders.map(|folder| join(folder, "**")).collect()
    }
}

/// The nearest file of a name, in a folder or above it, with that folder.
fn nearest(
    directory: &str,
    name: &str,
    facts: &dyn Facts,
) -> Result<Option<(String, Text)>, Error> {
    let mut folder = directory;
    loop {
        if let Some(text) = read(&join(folder, name), facts)? {
            return Ok(Some((folder.to_owned(), Text::parse(&text))));
        }
        if folder.is_empty() {
            return Ok(None);
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// Whether `go work vendor` made a `vendor/modules.txt`: its first line says so.
fn is_of_workspace(list: &str) -> bool {
    let first = list.lines().next().unwrap_or_default();
    first.strip_prefix("## ").is_some_and(|notes| {
        let mut notes = notes.split(';').map(str::trim);
        notes.any(|note| note == "workspace")
    })
}

fn read(path: &str, facts: &dyn Facts) -> Result<Option<String>, Error> {
    match facts.read(&source(path)) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(Refusal::Absent) => Ok(None),
        Err(refusal) => Err(refusal.of(&format!("`{path}`"))),
    }
}

fn join(folder: &str, below: &str) -> String {
    match (folder, below) {
        ("", below) => below.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, below) => format!("{folder}/{below}"),
    }
}

/// Where `place` leads from `folder`; `None` where that is above the pipeline's folder.
fn resolve(folder: &str, place: &str) -> Option<String> {
    if place.starts_with('/') || place.contains('\\') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in place.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn holds(folder: &str, below: &str) -> bool {
    folder.is_empty()
        || below == folder
        || below
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

impl Text {
    fn parse(text: &str) -> Self {
        let mut parsed = Self::default();
        let mut block: Option<String> = None;
        for line in text.lines() {
            let line = line.split("//").next().unwrap_or_default();
            let mut words: Vec<String> = line
                .split_whitespace()
                .map(|word| word.trim_matches(['"', '`']).to_owned())
                .collect();
            match (words.first().map(String::as_str), &block) {
                (None, _) => continue,
                (Some(")"), _) => {
                    block = None;
                    continue;
                }
                (Some(_), Some(verb)) => words.insert(0, verb.clone()),
                (Some(verb), None) if words.get(1).is_some_and(|word| word == "(") => {
                    block = Some(verb.to_owned());
                    continue;
                }
                (Some(_), None) => {}
            }
            parsed.directive(&words);
        }
        parsed
    }

    /// Takes one directive; those that say nothing here are passed over.
    fn directive(&mut self, words: &[String]) {
        match words {
            [verb, name, ..] if verb == "module" => self.module = Some(name.clone()),
            [verb, version, ..] if verb == "go" => self.go = Lowest::parse(version),
            [verb, name, _version, ..] if verb == "require" => self.requires.push(name.clone()),
            [verb, folder, ..] if verb == "use" => self.uses.push(folder.clone()),
            [verb, name, rest @ ..] if verb == "replace" => {
                let by = rest.iter().skip_while(|word| *word != "=>").nth(1);
                // A replacement that begins so is a folder; any other is a module.
                if let Some(by) = by
                    && (by.starts_with("./") || by.starts_with("../") || by.starts_with('/'))
                {
                    self.replaced.push((name.clone(), by.clone()));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
