//! What runs a target's programs on the machine that builds, and what an emulator must be told.
//! Knows nothing of what the programs are run for.

use orch_model::{
    Action, Artifact, InstalledToolchain, Machine, Part, RelativePath, Root, Runner, SandboxPath,
    TargetRunner, Variable, Word,
};

use crate::plan::PlannedTarget;

use super::Planner;

/// The variable by which qemu's emulators find the interpreter and the libraries of a program
/// that is not static: <https://www.qemu.org/docs/master/user/main.html>.
const SYSROOT: &str = "QEMU_LD_PREFIX";

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

/// Has an action run by `runner`. An emulator is told where the files lie that ship `beside` the
/// program, and where the libraries of its machine are, if one of the toolchains has them.
pub(super) fn run_by<'a>(
    runner: &Runner,
    action: &mut Action,
    beside: impl Iterator<Item = &'a Artifact>,
    toolchains: &[InstalledToolchain],
    machine: &Machine,
) {
    action.runner = runner.clone();
    if !matches!(runner, Runner::Emulator(_)) {
        return;
    }
    for other in beside {
        needs(action, other);
        tell(action, variable_of(&other.name), other.path.clone());
    }
    if let Some((toolchain, relative)) = sysroot_of(toolchains, machine) {
        add(&mut action.tools, &toolchain);
        let root = Root::Tool(toolchain);
        tell(action, SYSROOT.to_owned(), SandboxPath { root, relative });
    }
}

/// Notes that an action finds this file: by the step that makes it, or the toolchain that has it.
pub(super) fn needs(action: &mut Action, artifact: &Artifact) {
    match &artifact.path.root {
        Root::Artifact(step) => add(&mut action.after, step),
        Root::Tool(name) => add(&mut action.tools, name),
        _ => {}
    }
}

/// Adds a name that is not there yet.
fn add(names: &mut Vec<String>, name: &str) {
    if names.iter().all(|known| known != name) {
        names.push(name.to_owned());
    }
}

/// Sets a variable to a place, unless it was set already.
fn tell(action: &mut Action, name: String, place: SandboxPath) {
    if action.environment.iter().all(|known| known.name != name) {
        let value = Word(vec![Part::Path(place)]);
        action.environment.push(Variable { name, value });
    }
}
