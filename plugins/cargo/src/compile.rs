//! One `cargo build`, and the fetching of crates before it.
//! <https://doc.rust-lang.org/cargo/commands/cargo-build.html>

use orch_plugin::builder::Request;
use orch_plugin::{
    Action, Artifact, Build, Error, Facts, Part, Path, artifact, cache, output, scratch, source,
};

use crate::linker::Linker;
use crate::settings::Settings;
use crate::workspace::{Crates, Workspace};

/// The action that builds.
const COMPILE: &str = "compile";
/// The action that fetches crates.
const FETCH: &str = "fetch";
/// The directory of downloaded crates that is kept between runs.
const HOME_CACHE: &str = "cargo";
/// Where fetched crates lie below an action's output.
const VENDOR: &str = "vendor";
/// Where Cargo puts what it makes. It is not kept: Cargo goes by the times of files, and those
/// of an action's inputs say nothing.
const TARGET: &str = "target";

pub(crate) fn plan(
    request: &Request,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<Build, Error> {
    let cargo = program(request, "cargo")?;
    let rustc = program(request, "rustc")?;
    let linker = Linker::choose(request)?;
    let workspace = Workspace::find(&request.directory, facts)?;
    let triple = request.target.triple.as_str();
    let program = format!("{}{}", settings.bin(&request.unit), suffix(triple));
    let made = format!("{TARGET}/{triple}/{}/{program}", settings.profile_folder());

    let mut compile = in_workspace(
        Action::new(COMPILE, cargo.clone()),
        request,
        &rustc,
        settings,
    )
    .argument("build")
    .arguments(["--locked", "--offline", "--target", triple])
    .arguments(["--profile", settings.profile()])
    .arguments(["--bin", settings.bin(&request.unit)])
    .argument("--target-dir")
    .argument(output(TARGET))
    .variable("CARGO_HOME", scratch("cargo"))
    .variable("CARGO_ENCODED_RUSTFLAGS", rustflags(request, settings))
    .output(made.as_str());
    if let Some(package) = &settings.package {
        compile = compile.arguments(["--package", package.as_str()]);
    }
    if !settings.features.is_empty() {
        compile = compile
            .argument("--features")
            .argument(settings.features.join(","));
    }
    if !settings.default_features() {
        compile = compile.argument("--no-default-features");
    }
    compile = match linker {
        Linker::Default => compile,
        Linker::Own => compile.variable(linker_variable(triple), "rust-lld"),
        Linker::Lent(path) => compile.variable(linker_variable(triple), path),
    };
    compile = inputs(&workspace, settings)
        .into_iter()
        .fold(compile, Action::input);

    let mut build = Build::nothing();
    if workspace.crates == Crates::Registry {
        compile = of_vendor(compile);
        build = build.action(fetch(request, settings, &workspace, cargo, &rustc));
    }
    Ok(build.action(compile).artifact(Artifact::program(
        program.as_str(),
        artifact(COMPILE, made.as_str()),
    )))
}

/// Fetches every crate that `Cargo.lock` names, by the checksums that stand there. Reads what
/// Cargo wants to see of a package before it believes in it, and so runs again when one of
/// these files changes; what it leaves is then the same.
fn fetch(
    request: &Request,
    settings: &Settings,
    workspace: &Workspace,
    cargo: Path,
    rustc: &Path,
) -> Action {
    let action = in_workspace(Action::new(FETCH, cargo), request, rustc, settings)
        .arguments(["vendor", "--locked", "--quiet", "--versioned-dirs"])
        .argument(output(VENDOR))
        .variable("CARGO_HOME", cache(HOME_CACHE))
        .cache(HOME_CACHE)
        .network(true)
        .output(VENDOR);
    [
        "Cargo.lock",
        "**/Cargo.toml",
        ".cargo/**",
        "**/src/lib.rs",
        "**/src/main.rs",
        "**/src/bin/**",
        "**/build.rs",
        "!target/**",
    ]
    .into_iter()
    .fold(action, |action, pattern| {
        let (sign, pattern) = match pattern.strip_prefix('!') {
            Some(pattern) => ("!", pattern),
            None => ("", pattern),
        };
        action.input(format!("{sign}{}", workspace.pattern(pattern)))
    })
}

/// Takes crates from what [`fetch`] left: <https://doc.rust-lang.org/cargo/reference/source-replacement.html>
fn of_vendor(action: Action) -> Action {
    action
        .after(FETCH)
        .argument("--config")
        .argument("source.crates-io.replace-with=\"vendored\"")
        .argument("--config")
        .argument(vec![
            Part::Text("source.vendored.directory=\"".to_owned()),
            Part::Path(artifact(FETCH, VENDOR)),
            Part::Text("\"".to_owned()),
        ])
}

/// What both actions have in common.
fn in_workspace(action: Action, request: &Request, rustc: &Path, settings: &Settings) -> Action {
    let variables = request.build_variables();
    let action = action
        .directory(source(request.directory.as_str()))
        .variable("RUSTC", rustc.clone())
        .variable("CARGO_TERM_COLOR", "never")
        .variable("CARGO_INCREMENTAL", "0");
    let tuned = variables.into_iter().fold(action, |action, pair| {
        action.variable(pair.name.as_str(), pair.value.as_str())
    });
    settings
        .environment
        .iter()
        .fold(tuned, |action, (name, value)| {
            action.variable(name.as_str(), value.as_str())
        })
}

/// What the build reads.
fn inputs(workspace: &Workspace, settings: &Settings) -> Vec<String> {
    match &settings.inputs {
        Some(inputs) => inputs.clone(),
        None => vec![
            workspace.pattern("**"),
            format!("!{}", workspace.pattern("target/**")),
        ],
    }
}

/// Flags for the compiler, as `CARGO_ENCODED_RUSTFLAGS` wants them: the target's, then
/// tuning's in the slot `rust.flags`, then the pipeline's.
fn rustflags(request: &Request, settings: &Settings) -> String {
    let mut flags = Vec::new();
    // LLVM's names of CPUs are rustc's too. `generic` is every target's own default.
    if let Some(cpu) = request
        .target
        .cpu
        .as_deref()
        .filter(|cpu| *cpu != "generic")
    {
        flags.push(format!("-Ctarget-cpu={cpu}"));
    }
    if request.static_link {
        flags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    flags.extend(request.flags("rust.flags").into_iter().map(str::to_owned));
    flags.extend(settings.rustflags.iter().cloned());
    flags.join("\u{1f}")
}

/// `CARGO_TARGET_<TRIPLE>_LINKER`.
fn linker_variable(triple: &str) -> String {
    let name = triple.to_ascii_uppercase().replace(['-', '.'], "_");
    format!("CARGO_TARGET_{name}_LINKER")
}

fn suffix(triple: &str) -> &'static str {
    if triple.contains("-windows") {
        ".exe"
    } else if triple.starts_with("wasm32-") {
        ".wasm"
    } else {
        ""
    }
}

fn program(request: &Request, name: &str) -> Result<Path, Error> {
    request.program(name).ok_or_else(|| {
        Error::Unsupported(format!(
            "toolchain `{0}` has no tool `{name}`: a Rust of this machine is `[toolchain.{0}]` \
             `with = \"system\"` and `programs = [\"cargo\", \"rustc\"]`",
            request.toolchain.name
        ))
    })
}
