//! The arguments of `go build`, and what of a user's settings can't be one.

use orch_plugin::Problem;
use orch_plugin::builder::Request;
use orch_plugin_go_command::{Project, knows};
use semver::Version;

use crate::cgo::{self, Cgo};
use crate::gcflags;
use crate::misfits;
use crate::settings::{BuildMode, BuildSettings};

/// Everything that is wrong with the settings, whatever is built.
pub(crate) fn problems(
    request: &Request,
    settings: &BuildSettings,
    project: &Project,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(package(settings.package(), project));
    problems.extend(misfits::problems(settings));
    if let Some(output) = &settings.output
        && (output.contains(['/', '\\']) || output.starts_with(['.', '-']) || output.is_empty())
    {
        problems.push(
            Problem::new(format!("`{output}` is no plain file name"))
                .at("output")
                .hint("write a name without folders; the file lies in `out/<build>/<target>/`"),
        );
    }
    for (index, tag) in settings.tags.iter().enumerate() {
        if tag.is_empty() || tag.contains(|c: char| c == ',' || c.is_whitespace()) {
            problems.push(
                Problem::new(format!("`{tag}` is no build tag"))
                    .at(format!("tags[{index}]"))
                    .hint("write one tag in each item"),
            );
        }
    }
    for (name, value) in &settings.stamp {
        let is_variable = name.contains('.') && !name.contains(['=', ' ', '\'', '"']);
        if !is_variable {
            problems.push(
                Problem::new(format!("`{name}` names no variable of a package"))
                    .at(format!("stamp.{name}"))
                    .hint("write the package's path, a dot and the variable, e.g. `main.version`"),
            );
        } else if quoted(value).is_none() {
            problems.push(
                Problem::new(
                    "a value with both kinds of quotes can't be handed to Go's linker".to_owned(),
                )
                .at(format!("stamp.{name}")),
            );
        }
    }
    if settings.cgo {
        problems.extend(cgo::problem(request));
    }
    if request.static_link && settings.buildmode == Some(BuildMode::Pie) {
        problems.push(
            Problem::new(
                "Go's position-independent programs need an interpreter, and the target wants \
                 none",
            )
            .at("buildmode")
            .hint("take `buildmode` away, or choose another target"),
        );
    }
    problems
}

/// What is wrong with a package to build, if anything.
fn package(package: &str, project: &Project) -> Option<Problem> {
    let wrong = |message: String| Some(Problem::new(message).at("package"));
    if package.starts_with('/') || package.contains('\\') || package.get(1..2) == Some(":") {
        return wrong(format!("`{package}` is absolute")).map(|problem| {
            problem.hint("write it relative to the build's folder, e.g. `./cmd/agent`")
        });
    }
    if package.split('/').any(|part| part == "..") {
        return wrong(format!("`{package}` leaves the build's folder"))
            .map(|problem| problem.hint("set `directory` to the folder that holds it"));
    }
    if package.starts_with('-') || package.contains(char::is_whitespace) {
        return wrong(format!("`{package}` is no package"));
    }
    if package.contains("...") {
        return wrong(format!("`{package}` may be several packages"))
            .map(|problem| problem.hint("name the one main package, e.g. `./cmd/agent`"));
    }
    let first = package.split('/').next().unwrap_or_default();
    let own = project.module.as_deref().is_some_and(|module| {
        package == module
            || package
                .strip_prefix(module)
                .is_some_and(|rest| rest.starts_with('/'))
    });
    // Go looks for names without a dot in its own standard library, and the error that
    // comes of it helps nobody.
    if !first.contains('.') && !own && !package.ends_with(".go") {
        return wrong(format!(
            "`{package}` would be a package of Go's standard library"
        ))
        .map(|problem| problem.hint(format!("write `./{package}` for a folder")));
    }
    None
}

/// The flags between `build` and `-o`.
pub(crate) fn flags(
    request: &Request,
    settings: &BuildSettings,
    release: &Version,
    fetches: bool,
) -> Vec<String> {
    let mut flags = Vec::new();
    if settings.trimpath.unwrap_or(true) && knows(release, 13) {
        flags.push("-trimpath".to_owned());
    }
    // The sources of an action hold no repository to read a revision from.
    if knows(release, 18) {
        flags.push("-buildvcs=false".to_owned());
    }
    if fetches && knows(release, 14) {
        // Go makes modules read-only, and then nobody can clear the cache.
        flags.push("-modcacherw".to_owned());
    }
    if let Some(mode) = settings.buildmode {
        flags.push(format!("-buildmode={}", mode.name()));
    }
    if !settings.tags.is_empty() {
        let comma = if knows(release, 13) { "," } else { " " };
        flags.push(format!("-tags={}", settings.tags.join(comma)));
    }
    for flag in request.flags("go.flags") {
        // The user's own word about it stands above a policy's.
        let settled = flag == "-trimpath" && settings.trimpath == Some(false);
        if !settled && !flags.iter().any(|other| other == flag) {
            flags.push(flag.to_owned());
        }
    }
    flags.extend(gcflags::arguments(
        &request.flags("go.gcflags"),
        &settings.gcflags,
    ));
    let stamps: Vec<String> = settings
        .stamp
        .iter()
        .filter_map(|(name, value)| Some(format!("-X {}", quoted(&format!("{name}={value}"))?)))
        .collect();
    let mut linker = Vec::new();
    if settings.cgo {
        linker.extend(Cgo::linker_flags(request));
    }
    linker.extend(request.flags("go.ldflags"));
    linker.extend(settings.ldflags.iter().map(String::as_str));
    linker.extend(stamps.iter().map(String::as_str));
    if !linker.is_empty() {
        flags.push(format!("-ldflags={}", linker.join(" ")));
    }
    flags
}

/// One argument within a flag such as `-ldflags`: Go takes either kind of quotes around
/// one and has no escape within.
fn quoted(argument: &str) -> Option<String> {
    let plain = !argument.is_empty()
        && !argument.contains(|c: char| c.is_whitespace() || c == '\'' || c == '"');
    match (plain, argument.contains('\''), argument.contains('"')) {
        (true, _, _) => Some(argument.to_owned()),
        (_, false, _) => Some(format!("'{argument}'")),
        (_, true, false) => Some(format!("\"{argument}\"")),
        (_, true, true) => None,
    }
}
