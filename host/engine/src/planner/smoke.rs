//! How an artifact is tried on the machine that builds, or why it is not.

use orch_model::{
    Action, Artifact, BuildTable, Part, RelativePath, Root, Runner, SandboxPath, TargetRunner, Word,
};

use crate::plan::{PlannedTarget, SmokeRun};

use super::Planner;

/// How long a smoke run may take. A program that answers `-version` needs milliseconds;
/// one under an emulator on a busy machine, seconds.
const SMOKE_TIMEOUT_MS: u64 = 30_000;

impl Planner<'_> {
    pub(super) fn smoke(
        &mut self,
        table: &BuildTable,
        artifacts: &[Artifact],
        target: &PlannedTarget,
    ) -> SmokeRun {
        let Some(arguments) = &table.smoke else {
            return SmokeRun::Not("the build has no `smoke` arguments".to_owned());
        };
        let Some(artifact) = artifacts.iter().find(|artifact| artifact.executable) else {
            return SmokeRun::Not("it makes no program".to_owned());
        };
        let machine = &target.target.machine;
        let starts_here = self.surroundings.host.runs(machine);
        // What relies on features of a processor may use what this one lacks; its emulator
        // does not.
        let is_for_any = machine.features.is_empty();
        let runner = match &target.target.runner {
            TargetRunner::EmbeddedWasm => Runner::EmbeddedWasm,
            _ if starts_here && is_for_any => Runner::Native,
            TargetRunner::Emulator(command) => {
                let program = command.first().cloned().unwrap_or_default();
                match self.has_program(&program) {
                    true => Runner::Emulator(command.clone()),
                    false if starts_here => Runner::Native,
                    false => {
                        return SmokeRun::Not(format!("`{program}` is not on this machine"));
                    }
                }
            }
            TargetRunner::None if starts_here => Runner::Native,
            TargetRunner::None => {
                return SmokeRun::Not(format!(
                    "`{}` has no runner on this machine",
                    target.platform
                ));
            }
        };
        let scratch = SandboxPath {
            root: Root::Scratch,
            relative: RelativePath::root(),
        };
        let after = match &artifact.path.root {
            Root::Artifact(action) => vec![action.clone()],
            _ => Vec::new(),
        };
        SmokeRun::Action(Box::new(Action {
            name: "smoke".to_owned(),
            program: Word(vec![Part::Path(artifact.path.clone())]),
            arguments: arguments
                .value
                .iter()
                .map(|text| Word::text(text.as_str()))
                .collect(),
            environment: Vec::new(),
            directory: scratch,
            inputs: Vec::new(),
            outputs: Vec::new(),
            caches: Vec::new(),
            cache_owner: String::new(),
            network: false,
            after,
            tools: Vec::new(),
            runner,
            timeout_ms: Some(SMOKE_TIMEOUT_MS),
            cacheable: true,
        }))
    }
}
