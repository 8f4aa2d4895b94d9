//! A build by a command of its own, such as `make`: it is told of the compiler in the variables
//! that Makefiles and CMake read, works on a copy of the sources, and its outputs are taken out.
//!
//! An action writes nothing among its sources, and runs one program. So that is a script, made
//! for the action: copy, run the command, take the outputs.

use std::collections::BTreeSet;

use orch_plugin::{
    Action, Artifact, Build, Error, InstalledToolchain, IntoWord, Problem, Variable, Word,
    artifact, output, scratch, source, tool,
};
use orch_plugin_c_compiler::{Call, Language};

use crate::plan::Plan;
use crate::settings::Symbols;
use crate::sources::in_directory;

/// The action's name.
const COMMAND: &str = "command";

/// The script's name below `scratch`.
const SCRIPT: &str = "command.sh";

/// The folder of the copy.
const WORK: &str = "work";

/// What the machine itself has, which the script's shell and its tools are of.
const MACHINE: &str = "/usr/local/bin:/usr/bin:/bin";

pub(crate) fn build(plan: &Plan<'_>) -> Result<Build, Error> {
    let names = check(plan)?;
    let action = Action::new(COMMAND, scratch(SCRIPT))
        .script(SCRIPT, script(plan))
        .argument(source(plan.request.directory.as_str()))
        .arguments(names.iter().map(|name| output(name.as_str())))
        .directory(scratch(""));
    let action = plan.settings.inputs().fold(action, |action, pattern| {
        action.input(in_directory(&plan.request.directory, pattern))
    });
    let action = names
        .iter()
        .fold(action, |action, name| action.output(name.as_str()));
    let action = plan.with_environment(action).variables(variables(plan)?);
    let artifacts = names.iter().map(|name| shipped(name));
    Ok(artifacts.fold(Build::nothing().action(action), Build::artifact))
}

/// The file names of the outputs.
fn check(plan: &Plan<'_>) -> Result<Vec<String>, Error> {
    let settings = plan.settings;
    let mut problems = Vec::new();
    if !settings.sources.is_empty() {
        problems.push(
            Problem::new("a build has `sources` or a `command`, not both")
                .at("command")
                .hint("what the command reads belongs to `inputs`"),
        );
    }
    if settings.outputs.is_empty() {
        problems.push(
            Problem::new("a `command` needs `outputs`")
                .at("command")
                .hint("name the files that it leaves, as in `outputs = [\"bin/agent\"]`"),
        );
    }
    let first = settings.command.first().map_or("", String::as_str);
    if !first.starts_with("./") && !has_program(&plan.toolchains, first) {
        return Err(missing(first));
    }
    let mut names = BTreeSet::new();
    for (index, file) in settings.outputs.iter().enumerate() {
        let name = file.rsplit('/').next().unwrap_or_default();
        if !names.insert(name) {
            problems.push(
                Problem::new(format!("two outputs are called `{name}`"))
                    .at(format!("outputs[{index}]"))
                    .hint("all lie in one folder; let the command give them other names"),
            );
        }
    }
    Error::if_any(problems)?;
    let names = settings.outputs.iter();
    let names = names.filter_map(|file| file.rsplit('/').next());
    Ok(names.map(str::to_owned).collect())
}

fn missing(program: &str) -> Error {
    Problem::new(format!("no toolchain of the build has `{program}`"))
        .at("command")
        .hint(format!(
            "lend one: add `[toolchain.{program}]` with `with = \"debian\"` and `packages = \
             [\"{program}\"]`, and `tools = [\"{program}\"]` here; a script of the project begins \
             with `./`"
        ))
        .into()
}

fn has_program(toolchains: &[InstalledToolchain], name: &str) -> bool {
    let mut toolchains = toolchains.iter();
    toolchains.any(|toolchain| toolchain.program(name).is_some())
}

/// A script whose first argument is the folder of the sources, and the others are where each
/// output belongs.
fn script(plan: &Plan<'_>) -> String {
    let command: Vec<_> = plan.settings.command.iter().map(|it| quoted(it)).collect();
    let begin = format!(
        "#!/bin/sh\nset -e\nmkdir {WORK}\ncp -R \"$1/.\" {WORK}\nchmod -R u+w {WORK}\ncd {WORK}\n{}\n",
        command.join(" ")
    );
    let outputs = plan.settings.outputs.iter();
    outputs.fold(begin, |script, file| {
        format!("{script}shift\ncp -RL {} \"$1\"\n", quoted(file))
    })
}

/// A word for the shell of the script.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The compiler, in the variables that GNU's make, autoconf and CMake read.
fn variables(plan: &Plan<'_>) -> Result<Vec<Variable>, Error> {
    let compiler = &plan.compiler;
    let archiver = compiler.archiver()?;
    let c = compiler.driver(Language::C)?;
    let strip = plan.choices.symbols == Symbols::Strip;
    let compile = (
        format!("-O{} -ffile-prefix-map=", plan.choices.optimisation),
        (scratch(WORK), "=."),
    );
    let compile = with_flags(
        compile.into_word(),
        "cc.cflags",
        &plan.settings.cflags,
        plan,
    );
    let link = match plan.request.static_link {
        true => "-static",
        false => "",
    };
    let link = with_flags(link.into_word(), "cc.ldflags", &plan.settings.ldflags, plan);
    let link = match strip {
        true => (link, " -s").into_word(),
        false => link,
    };
    let mut variables = vec![
        Variable::new("CC", line(&c)),
        Variable::new("AR", line(&archiver)),
        Variable::new("CFLAGS", compile.clone()),
        Variable::new("CXXFLAGS", compile),
        Variable::new("LDFLAGS", link),
        Variable::new("PATH", path(&plan.toolchains)),
    ];
    // A GCC for C alone compiles what has no C++.
    if let Ok(cxx) = compiler.driver(Language::Cxx) {
        variables.push(Variable::new("CXX", line(&cxx)));
    }
    variables.extend(packages(plan));
    Ok(variables)
}

/// Flags with those of tuning, of link-time optimisation and of the build's table behind them.
fn with_flags(first: Word, slot: &str, own: &[String], plan: &Plan<'_>) -> Word {
    let tuned = plan.request.flags(slot).into_iter();
    let own = own.iter().map(String::as_str);
    let flags = tuned.chain(plan.choices.lto).chain(own);
    flags.fold(first, |line, flag| (line, format!(" {flag}")).into_word())
}

/// A call as one text.
fn line(call: &Call) -> Word {
    let first = call.program.clone().into_word();
    call.arguments
        .iter()
        .fold(first, |line, word| (line, (" ", word.clone())).into_word())
}

/// The folders of all programs of the toolchains, before the machine's own.
fn path(toolchains: &[InstalledToolchain]) -> Word {
    let mut folders = BTreeSet::new();
    let mut path = "".into_word();
    for toolchain in toolchains {
        for program in &toolchain.tools {
            let folder = program.program.rsplit_once('/').map_or("", |(it, _)| it);
            if folders.insert((&toolchain.name, folder)) {
                let folder = tool(toolchain.name.as_str(), folder);
                path = (path, (folder, ":")).into_word();
            }
        }
    }
    (path, MACHINE).into_word()
}

/// `pkg-config` finds what the compiler's sysroot has, and nothing of the machine's own.
fn packages(plan: &Plan<'_>) -> Vec<Variable> {
    let lent = plan.compiler.pkg_config();
    if !lent.is_empty() {
        return lent.to_vec();
    }
    let mut toolchains = plan.toolchains.iter();
    let own = toolchains.find(|toolchain| toolchain.name == plan.compiler.toolchain());
    let Some((own, sysroot)) = own.and_then(|own| Some((own, own.sysroot.as_ref()?))) else {
        return vec![Variable::new("PKG_CONFIG_LIBDIR", scratch("no-packages"))];
    };
    let sysroot = tool(own.name.as_str(), sysroot.as_str());
    let below = |folder: &str| sysroot.clone().join(folder);
    let folders = (below("lib/pkgconfig"), (":", below("share/pkgconfig")));
    vec![
        Variable::new("PKG_CONFIG_LIBDIR", folders.into_word()),
        Variable::new("PKG_CONFIG_SYSROOT_DIR", sysroot),
    ]
}

/// Libraries are told by their names; everything else is taken for a program.
fn shipped(name: &str) -> Artifact {
    let path = artifact(COMMAND, name);
    let is_library = name.ends_with(".a")
        || name.ends_with(".dll")
        || name.ends_with(".dylib")
        || name.split('.').skip(1).any(|part| part == "so");
    match is_library {
        true => Artifact::file(name, path),
        false => Artifact::program(name, path),
    }
}
