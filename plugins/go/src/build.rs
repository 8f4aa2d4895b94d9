//! `go build`: one action that makes one program.

use std::collections::BTreeMap;

use orch_plugin::builder::{Builder, Request};
use orch_plugin::{Action, Artifact, Build, Error, Facts, Problem, artifact, log, output, source};
use serde::Deserialize;

use crate::module::{Module, below};
use crate::{platform, release};

/// How Go packages become programs.
pub struct GoBuild;

/// Go's own choice of proxy, for modules that must be fetched.
/// <https://go.dev/ref/mod#environment-variables>
const USUAL_PROXY: &str = "https://proxy.golang.org,direct";

/// What a `[build.*]` table may set.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    package: String,
    output: Option<String>,
    tags: Vec<String>,
    ldflags: Vec<String>,
    gcflags: Vec<String>,
    stamp: BTreeMap<String, String>,
    cgo: bool,
    trimpath: bool,
    buildmode: Option<String>,
    inputs: Option<Vec<String>>,
    environment: BTreeMap<String, String>,
    proxy: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            package: ".".to_owned(),
            output: None,
            tags: Vec::new(),
            ldflags: Vec::new(),
            gcflags: Vec::new(),
            stamp: BTreeMap::new(),
            cgo: false,
            trimpath: true,
            buildmode: None,
            inputs: None,
            environment: BTreeMap::new(),
            proxy: None,
        }
    }
}

impl Builder for GoBuild {
    type Settings = Settings;

    fn plan(request: &Request, settings: Settings, facts: &dyn Facts) -> Result<Build, Error> {
        let minor = minor(&request.toolchain.version)?;
        let (system, architecture) = platform::go_names(&request.target).ok_or_else(|| {
            Error::Unsupported(format!("Go has no port for {}", request.target.triple))
        })?;
        if system == "wasip1" && minor < 21 {
            // https://go.dev/doc/go1.21#wasip1
            return Err(Error::Unsupported(format!(
                "Go {} has no port for WASI; 1.21 is the first that has",
                request.toolchain.version
            )));
        }
        check(&settings)?;
        let go = request
            .program("go")
            .ok_or_else(|| Error::Failed("the toolchain has no program `go`".to_owned()))?;
        let module = Module::of(&request.directory, facts)?;
        let name = format!(
            "{}{}",
            settings.output.as_deref().unwrap_or(&request.unit),
            platform::suffix(system)
        );

        let mut action = Action::new("compile", go)
            .directory(source(&request.directory))
            .argument("build")
            .arguments(flags(request, &settings, minor))
            .argument("-o")
            .argument(output(&name))
            .argument(&settings.package)
            .variables(request.toolchain.environment.clone())
            .variable("GOOS", system)
            .variable("GOARCH", architecture)
            .variable("CGO_ENABLED", "0")
            .output(&name)
            .cache("build")
            .cache("modules");
        for pair in &request.target_environment {
            match platform::known_since(&pair.name) {
                Some(since) if minor < since => log::info(&format!(
                    "Go {} does not know {}; it is left out",
                    request.toolchain.version, pair.name
                )),
                _ => action = action.variable(&pair.name, &pair.value),
            }
        }
        let proxy = match settings.proxy.as_deref() {
            Some(proxy) => proxy,
            None if module.fetches => USUAL_PROXY,
            None => "off",
        };
        action = action.variable("GOPROXY", proxy).network(proxy != "off");
        for pair in request.build_variables() {
            action = action.variable(&pair.name, &pair.value);
        }
        for (name, value) in &settings.environment {
            action = action.variable(name, value);
        }
        for pattern in inputs(&settings) {
            action = action.input(match pattern.strip_prefix('!') {
                Some(without) => format!("!{}", below(&module.folder, without)),
                None => below(&module.folder, &pattern),
            });
        }
        Ok(Build::nothing()
            .action(action)
            .artifact(Artifact::program(&name, artifact("compile", &name))))
    }
}

/// What the schema cannot say.
fn check(settings: &Settings) -> Result<(), Error> {
    let mut problems = Vec::new();
    let package = &settings.package;
    if package.starts_with('-') {
        problems.push(Problem::new(format!("`{package}` is a flag and no package")).at("package"));
    } else if package.starts_with('/') || package.split('/').any(|part| part == "..") {
        problems.push(
            Problem::new(format!("package `{package}` leaves the build's directory"))
                .at("package")
                .hint("write it as `./cmd/agent`; `directory` says where that begins"),
        );
    }
    if settings.cgo {
        problems.push(
            Problem::new("this version of the plugin has no C toolchain to build with")
                .at("cgo")
                .hint("leave `cgo` out; packages then use their Go parts"),
        );
    }
    Error::if_any(problems)
}

/// Everything of `go build` between the verb and the output.
fn flags(request: &Request, settings: &Settings, minor: u64) -> Vec<String> {
    let mut flags: Vec<String> = request
        .flags("go.flags")
        .into_iter()
        .filter(|flag| *flag != "-trimpath")
        .map(str::to_owned)
        .collect();
    if settings.trimpath {
        flags.push("-trimpath".to_owned());
    }
    // The sandbox has no repository to ask: https://go.dev/doc/go1.18#debug_buildinfo
    if minor >= 18 {
        flags.push("-buildvcs=false".to_owned());
    }
    if let Some(mode) = &settings.buildmode {
        flags.push(format!("-buildmode={mode}"));
    }
    if !settings.tags.is_empty() {
        flags.push(format!("-tags={}", settings.tags.join(",")));
    }
    let mut linker: Vec<String> = request
        .flags("go.ldflags")
        .into_iter()
        .map(str::to_owned)
        .collect();
    linker.extend(settings.ldflags.iter().cloned());
    for (variable, value) in &settings.stamp {
        linker.push("-X".to_owned());
        linker.push(format!("{variable}={value}"));
    }
    let mut compiler: Vec<String> = request
        .flags("go.gcflags")
        .into_iter()
        .map(str::to_owned)
        .collect();
    compiler.extend(settings.gcflags.iter().cloned());
    for (flag, words) in [("-ldflags", linker), ("-gcflags", compiler)] {
        if !words.is_empty() {
            flags.push(format!("{flag}={}", quoted(&words)));
        }
    }
    flags
}

/// Words as the go command splits them: at blanks, unless in quotes.
/// <https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies>
fn quoted(words: &[String]) -> String {
    let words: Vec<_> = words
        .iter()
        .map(|word| match word.contains(char::is_whitespace) {
            true if word.contains('\'') => format!("\"{word}\""),
            true => format!("'{word}'"),
            false => word.clone(),
        })
        .collect();
    words.join(" ")
}

fn inputs(settings: &Settings) -> Vec<String> {
    match &settings.inputs {
        Some(inputs) => inputs.clone(),
        // Embedded files may be anywhere; tests are never part of a build.
        None => vec!["**".to_owned(), "!**/*_test.go".to_owned()],
    }
}

fn minor(version: &str) -> Result<u64, Error> {
    match release::version(version) {
        Some(version) if version.major == 1 => Ok(version.minor),
        // A Go 2 would know all that the last Go 1 knew.
        Some(_) => Ok(u64::MAX),
        None => Err(Error::Failed(format!("`{version}` is no release of Go"))),
    }
}

#[cfg(test)]
mod tests {
    use orch_plugin::{
        InstalledToolchain, Machine, Pair, Tool, Tweak, Variable, cache, fake, settings, word,
    };

    use super::*;

    fn request(version: &str, triple: &str) -> Request {
        let mut request = Request::of(
            "agent",
            InstalledToolchain {
                name: "go".to_owned(),
                version: version.to_owned(),
                tools: vec![Tool::new("go", "bin/go")],
                environment: vec![Variable::new("GOCACHE", cache("build"))],
                sysroot: None,
            },
        );
        request.target = Machine::of(triple);
        request
    }

    fn facts() -> fake::Facts {
        fake::Facts::new().file("go.mod", "module agent\n")
    }

    fn plan(request: &Request, json: &str) -> Result<Action, Error> {
        let build = GoBuild::plan(request, settings(json)?, &facts())?;
        Ok(build.actions.into_iter().next().expect("one action"))
    }

    fn arguments(action: &Action) -> Vec<String> {
        action.arguments.iter().map(word).collect()
    }

    fn variable(action: &Action, name: &str) -> Option<String> {
        let found = action
            .environment
            .iter()
            .find(|variable| variable.name == name)?;
        Some(word(&found.value))
    }

    #[test]
    fn a_board_gets_its_variables_as_far_as_the_release_knows_them() {
        let mut request = request("1.23.4", "aarch64-unknown-linux-gnu");
        request.target_environment = vec![Pair {
            name: "GOARM64".to_owned(),
            value: "v8.2".to_owned(),
        }];
        let action = plan(&request, "{}").unwrap();
        assert_eq!(
            arguments(&action),
            [
                "build",
                "-trimpath",
                "-buildvcs=false",
                "-o",
                "{output/agent}",
                "."
            ]
        );
        assert_eq!(variable(&action, "GOOS").as_deref(), Some("linux"));
        assert_eq!(variable(&action, "GOARCH").as_deref(), Some("arm64"));
        assert_eq!(variable(&action, "GOARM64").as_deref(), Some("v8.2"));
        request.toolchain.version = "1.22.10".to_owned();
        let older = plan(&request, "{}").unwrap();
        assert_eq!(variable(&older, "GOARM64"), None);
        assert_eq!(
            variable(&older, "GOCACHE").as_deref(),
            Some("{cache/build}")
        );
        assert!(!older.network);
    }

    #[test]
    fn tuning_and_the_users_own_flags_are_joined() {
        let mut request = request("1.22.10", "x86_64-unknown-linux-musl");
        request.tweaks = vec![
            Tweak::flag("go.ldflags", "-s"),
            Tweak::flag("go.flags", "-trimpath"),
        ];
        let action = plan(
            &request,
            r#"{"package": "./cmd/agent", "tags": ["a", "b"], "stamp": {"main.version": "one two"}}"#,
        )
        .unwrap();
        assert_eq!(
            arguments(&action)[1..5],
            [
                "-trimpath",
                "-buildvcs=false",
                "-tags=a,b",
                "-ldflags=-s -X 'main.version=one two'"
            ]
        );
    }

    #[test]
    fn programs_are_named_as_their_system_names_them() {
        for (triple, name) in [
            ("wasm32-wasip1", "agent.wasm"),
            ("x86_64-pc-windows-msvc", "agent.exe"),
            ("riscv64gc-unknown-linux-gnu", "agent"),
        ] {
            let action = plan(&request("1.22.10", triple), "{}").unwrap();
            assert_eq!(action.outputs[0].relative, name);
        }
    }

    #[test]
    fn what_cannot_be_is_said_before_the_compiler_runs() {
        let wasi = plan(&request("1.20.14", "wasm32-wasip1"), "{}");
        assert!(matches!(wasi, Err(Error::Unsupported(why)) if why.contains("1.21")));
        let here = request("1.22.10", "x86_64-unknown-linux-musl");
        match plan(&here, r#"{"package": "../other", "cgo": true}"#) {
            Err(Error::Invalid(problems)) => {
                let settings: Vec<_> = problems
                    .iter()
                    .filter_map(|problem| problem.setting.as_deref())
                    .collect();
                assert_eq!(settings, ["package", "cgo"]);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn modules_that_must_be_fetched_open_the_network_and_say_so() {
        let facts = fake::Facts::new().file("go.mod", "module a\nrequire example.test/b v1.0.0\n");
        let here = request("1.22.10", "x86_64-unknown-linux-musl");
        let build = GoBuild::plan(&here, Settings::default(), &facts).unwrap();
        assert!(build.actions[0].network);
        assert_eq!(
            variable(&build.actions[0], "GOPROXY").as_deref(),
            Some(USUAL_PROXY)
        );
    }
}
