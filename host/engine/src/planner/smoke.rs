//! How a build's program is tried on the machine that builds. Knows nothing of how it was made.

use std::collections::BTreeSet;

use orch_model::{
    Action, Artifact, BuildTable, InstalledToolchain, Machine, Part, RelativePath, Root, Runner,
    SandboxPath, TargetRunner, Variable, Word,
};

use crate::plan::{PlannedTarget, SmokeRun};

use super::Planner;

/// How long a smoke run may take. A program that answers `-version` needs milliseconds;
/// one under an emulator on a busy machine, seconds.
const SMOKE_TIMEOUT_MS: u64 = 30_000;

/// The variable by which qemu's emulators find the interpreter and the libraries of a program
/// that is not static: <https://www.qemu.org/docs/master/user/main.html>.
const SYSROOT: &str = "QEMU_LD_PREFIX";

impl Planner<'_> {
    pub(super) fn smoke(
        &mut self,
        table: &BuildTable,
        artifacts: &[Artifact],
        target: &PlannedTarget,
        lent: &[InstalledToolchain],
    ) -> SmokeRun {
        let Some(arguments) = &table.smoke else {
            return SmokeRun::Not("the build has no `smoke` arguments".to_owned());
        };
        let Some(artifact) = artifacts.iter().find(|artifact| artifact.executable) else {
            return SmokeRun::Not("it makes no program".to_owned());
        };
        let machine = &target.target.machine;
        let runner = match self.runner(target) {
            Ok(runner) => runner,
            Err(why) => return SmokeRun::Not(why),
        };
        let scratch = SandboxPath {
            root: Root::Scratch,
            relative: RelativePath::root(),
        };
        let mut shown = vec![artifact];
        let mut sysroot = None;
        if matches!(runner, Runner::Emulator(_)) {
            shown.extend(artifacts.iter().filter(|other| *other != artifact));
            sysroot = sysroot_of(lent, machine);
        }
        let beside = shown.iter().skip(1).map(|other| Variable {
            name: variable_of(&other.name),
            value: Word(vec![Part::Path(other.path.clone())]),
        });
        let mut tools = holders(&shown);
        tools.extend(sysroot.iter().map(|(toolchain, _)| toolchain.clone()));
        let sysroot = sysroot.map(|(toolchain, relative)| {
            let root = Root::Tool(toolchain);
            Variable {
                name: SYSROOT.to_owned(),
                value: Word(vec![Part::Path(SandboxPath { root, relative })]),
            }
        });
        SmokeRun::Action(Box::new(Action {
            name: "smoke".to_owned(),
            program: Word(vec![Part::Path(artifact.path.clone())]),
            arguments: arguments
                .value
                .iter()
                .map(|text| Word::text(text.as_str()))
                .collect(),
            environment: beside.chain(sysroot).collect(),
            directory: scratch,
            inputs: Vec::new(),
            outputs: Vec::new(),
            files: Vec::new(),
            caches: Vec::new(),
            cache_owner: String::new(),
            network: false,
            after: makers(&shown),
            tools,
            runner,
            timeout_ms: Some(SMOKE_TIMEOUT_MS),
            cacheable: true,
        }))
    }
}

impl Planner<'_> {
    /// What runs a target's programs on this machine, or why nothing does.
    pub(super) fn runner(&mut self, target: &PlannedTarget) -> Result<Runner, String> {
        let machine = &target.target.machine;
        let starts_here = self.surroundings.host.runs(machine);
        // What relies on features of a processor may use what this one lacks; its emulator
        // does not.
        let is_for_any = machine.features.is_empty();
        match &target.target.runner {
            TargetRunner::EmbeddedWasm => Ok(Runner::EmbeddedWasm),
            _ if starts_here && is_for_any => Ok(Runner::Native),
            TargetRunner::Emulator(command) => {
                let program = command.first().cloned().unwrap_or_default();
                match self.has_program(&program) {
                    true => Ok(Runner::Emulator(command.clone())),
                    false if starts_here => Ok(Runner::Native),
                    false => Err(format!("`{program}` is not on this machine")),
                }
            }
            TargetRunner::None if starts_here => Ok(Runner::Native),
            TargetRunner::None => Err(format!(
                "`{}` has no runner on this machine",
                target.platform
            )),
        }
    }
}

/// The first sysroot of these toolchains that is for a machine, with the toolchain's name: its
/// directory is called as GNU calls the machine.
fn sysroot_of(
    toolchains: &[InstalledToolchain],
    machine: &Machine,
) -> Option<(String, RelativePath)> {
    let sysroots = toolchains
        .iter()
        .filter_map(|known| Some((known.name.clone(), known.toolchain.sysroot.clone()?)));
    let mut fitting = sysroots.filter(|(_, directory)| {
        let gnu = directory.as_str().rsplit('/').next().unwrap_or_default();
        let is_for = Machine::of_triple(gnu).architecture();
        is_for.is_some() && is_for == machine.architecture()
    });
    fitting.next()
}

/// The variable that tells an emulator where a file lies that ships beside the program.
fn variable_of(name: &RelativePath) -> String {
    let mut variable = "ORCH_ARTIFACT_".to_owned();
    variable.extend(name.as_str().chars().map(
        |character| match character.is_ascii_alphanumeric() {
            true => character.to_ascii_uppercase(),
            false => '_',
        },
    ));
    variable
}

/// The actions that make these files, each once.
fn makers(artifacts: &[&Artifact]) -> Vec<String> {
    let named = artifacts
        .iter()
        .filter_map(|artifact| match &artifact.path.root {
            Root::Artifact(action) => Some(action.clone()),
            _ => None,
        });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The toolchains that hold some of these files, each once.
fn holders(artifacts: &[&Artifact]) -> Vec<String> {
    let named = artifacts
        .iter()
        .filter_map(|artifact| match &artifact.path.root {
            Root::Tool(name) => Some(name.clone()),
            _ => None,
        });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}
