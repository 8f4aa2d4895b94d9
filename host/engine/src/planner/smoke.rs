//! How a build's program is tried on the machine that builds. Knows nothing of how it was made.

use orch_model::{
    Action, Artifact, BuildTable, InstalledToolchain, Part, RelativePath, Root, Runner,
    SandboxPath, Word,
};

use crate::plan::{PlannedTarget, SmokeRun};

use super::Planner;
use super::runner::{needs, run_by};

/// How long a smoke run may take. A program that answers `-version` needs milliseconds;
/// one under an emulator on a busy machine, seconds.
const SMOKE_TIMEOUT_MS: u64 = 30_000;

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
        let runner = match self.runner(target) {
            Ok(runner) => runner,
            Err(why) => return SmokeRun::Not(why),
        };
        let scratch = SandboxPath {
            root: Root::Scratch,
            relative: RelativePath::root(),
        };
        let mut action = Action {
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
            files: Vec::new(),
            caches: Vec::new(),
            cache_owner: String::new(),
            network: false,
            after: Vec::new(),
            tools: Vec::new(),
            runner: Runner::Native,
            timeout_ms: Some(SMOKE_TIMEOUT_MS),
            cacheable: true,
        };
        needs(&mut action, artifact);
        let beside = artifacts.iter().filter(|other| *other != artifact);
        run_by(&runner, &mut action, beside, lent, &target.target.machine);
        SmokeRun::Action(Box::new(action))
    }
}
