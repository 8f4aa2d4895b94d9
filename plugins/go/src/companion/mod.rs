//! Companions: programs in Go for those who work with Go, such as a debugger, built by the
//! toolchain that they accompany.
//!
//! `known` has their modules, `proxy` asks for versions and checksums. What a lock pins of one
//! is a module of its own, `companions/<name>/go.mod` and `go.sum` below the toolchain's root:
//! every module that its build needs, with the checksum that Go holds a download against.

mod known;
mod proxy;

#[cfg(test)]
mod tests;

use orch_plugin::builder::Request;
use orch_plugin::{
    Action, Artifact, Build, Error, Facts, Problem, TextFile, artifact, output, scratch, tool,
};
use orch_plugin_go_command::environment::{self, BUILD_CACHE, MODULE_CACHE};
use orch_plugin_go_command::{Port, knows, release};
use semver::{Version, VersionReq};

use proxy::Module;

/// The action that builds one.
const COMPILE: &str = "compile";

/// The largest file that a toolchain may bring beside its archives: `wit/roles.wit`.
const FILE_BYTES: usize = 16 << 10;

/// A companion as a pipeline writes it: `dlv@1.23`, or `example.org/kit/cmd/tool@1` by the
/// path of its package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Companion {
    /// What its program is called.
    pub(crate) name: String,
    /// The path of its package.
    package: String,
    /// The path of its module, where that is known beforehand.
    module: Option<&'static str>,
    /// Which versions do; any if empty.
    requirement: String,
}

impl Companion {
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let (path, requirement) = text.split_once('@').unwrap_or((text, ""));
        let requirement = requirement.trim_start_matches('v').to_owned();
        if let Some((name, module, package)) = known::find(path) {
            return Ok(Self {
                name: name.to_owned(),
                package: format!("{module}{package}"),
                module: Some(module),
                requirement,
            });
        }
        let is_major = |part: &&str| {
            let digits = part.strip_prefix('v').unwrap_or_default();
            !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
        };
        match path.rsplit('/').find(|part| !is_major(part)) {
            Some(name) if path.contains('/') && !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                package: path.to_owned(),
                module: None,
                requirement,
            }),
            _ => Err(
                Problem::new(format!("`{path}` is no companion that this plugin knows")).hint(
                    format!(
                        "it knows {}; any other is named by its package: `example.org/kit/cmd/tool@1`",
                        known::names()
                    ),
                ),
            ),
        }
    }

    /// Whether a version will do.
    fn requirement(&self) -> Result<VersionReq, Problem> {
        let text = match self.requirement.as_str() {
            "" | "latest" => "*".to_owned(),
            text if text.starts_with(|first: char| first.is_ascii_digit()) => format!("={text}"),
            text => text.to_owned(),
        };
        VersionReq::parse(&text).map_err(|error| {
            let name = &self.name;
            Problem::new(format!("`{text}` is no requirement on versions: {error}"))
                .hint(format!("write `{name}`, `{name}@1.23` or `{name}@>=1.22`"))
        })
    }

    fn folder(&self) -> String {
        format!("companions/{}", self.name)
    }
}

/// The files that pin companions, for the toolchain to bring.
pub(crate) fn pin(texts: &[String], facts: &dyn Facts) -> Result<Vec<TextFile>, Error> {
    let mut files = Vec::new();
    for (position, text) in texts.iter().enumerate() {
        let at = |problem: Problem| problem.at(format!("tools[{position}]"));
        let companion = Companion::parse(text).map_err(at)?;
        let requirement = companion.requirement().map_err(at)?;
        let module = find(&companion, facts)?;
        let version = proxy::version(&module, &requirement, facts)?.ok_or_else(|| {
            at(Problem::new(format!(
                "no version of `{module}` satisfies `{}`",
                companion.requirement
            )))
        })?;
        let (lines, sums) = proxy::modules(&Module::new(&module, &version), facts)?;
        let go_mod = format!("module companion.invalid/{}\n\n{lines}", companion.name);
        for (name, text) in [("go.mod", go_mod), ("go.sum", sums)] {
            if text.len() > FILE_BYTES {
                return Err(Error::Unsupported(format!(
                    "companion `{}` needs more modules than a lock takes: its `{name}` has {} \
                     bytes, and {FILE_BYTES} are allowed",
                    companion.name,
                    text.len()
                )));
            }
            files.push(TextFile {
                paths: vec![format!("{}/{name}", companion.folder())],
                text,
                executable: false,
            });
        }
    }
    Ok(files)
}

/// The module that a companion's package lies in.
fn find(companion: &Companion, facts: &dyn Facts) -> Result<String, Error> {
    if let Some(module) = companion.module {
        return Ok(module.to_owned());
    }
    let mut path = companion.package.as_str();
    loop {
        if proxy::exists(path, facts)? {
            return Ok(path.to_owned());
        }
        match path.rsplit_once('/') {
            Some((above, _)) if above.contains('/') => path = above,
            _ => {
                return Err(Problem::new(format!(
                    "no module that a proxy knows has the package `{}`",
                    companion.package
                ))
                .hint(proxy::OTHER_WAYS)
                .into());
            }
        }
    }
}

/// One `go build` in the module that pins the companion.
pub(crate) fn plan(
    request: &Request,
    companion: &str,
    proxy: Option<&str>,
    facts: &dyn Facts,
) -> Result<Build, Error> {
    let companion = Companion::parse(companion)?;
    let release = release::parse(&request.toolchain.version).unwrap_or(Version::new(1, 0, 0));
    let go = request.program("go").ok_or_else(|| {
        let name = &request.toolchain.name;
        Error::Unsupported(format!("toolchain `{name}` has no tool `go`"))
    })?;
    if !knows(&release, 20) {
        return Err(Error::Unsupported(format!(
            "companions are built with `go build -C`, which came with Go 1.20; this is {release}"
        )));
    }
    let port = Port::of_target(&request.target, &release)?;
    let program = format!("{}{}", companion.name, port.suffix());
    let theirs = facts.variable("GOPROXY").ok();
    let proxy = proxy.or(theirs.as_deref()).unwrap_or(crate::compile::PROXY);
    let action = Action::new(COMPILE, go)
        .arguments(["build", "-C"])
        .argument(tool(request.toolchain.name.as_str(), companion.folder()))
        .arguments(["-mod=readonly", "-trimpath", "-o"])
        .argument(output(program.as_str()))
        .argument(companion.package.as_str())
        .variables(environment::of_toolchain())
        .variables(request.toolchain.environment.iter().cloned())
        .variable("GOOS", port.os)
        .variable("GOARCH", port.arch)
        .variable("GOWORK", "off")
        .variable("GOPROXY", proxy)
        .directory(scratch(""))
        .output(program.as_str())
        .cache(BUILD_CACHE)
        .cache(MODULE_CACHE)
        .network(proxy != "off");
    Ok(Build::nothing().action(action).artifact(Artifact::program(
        program.as_str(),
        artifact(COMPILE, program.as_str()),
    )))
}
