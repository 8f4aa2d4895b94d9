//! Looks into artifacts: the bytes from the store, the knowledge from `orch-inspect`.

use orch_engine::port::{Judge, Judgement, OutputFile};
use orch_model::{Fault, Target};
use orch_store::Store;

/// Judges artifacts whose content is in a store.
pub struct StoreJudge(pub Store);

impl Judge for StoreJudge {
    fn judge(
        &self,
        artifact: &OutputFile,
        is_program: bool,
        target: &Target,
    ) -> Result<Judgement, Fault> {
        let data = self.0.read(&artifact.digest)?.ok_or_else(|| {
            Fault::lost(format!(
                "artifact `{}` is missing from the store or damaged there",
                artifact.path
            ))
            .hint("run again: it will be made anew")
        })?;
        if !is_program && !orch_inspect::is_known(&data) {
            return Ok(Judgement {
                summary: "data".to_owned(),
                ..Judgement::default()
            });
        }
        Ok(match orch_inspect::inspect(&data) {
            Ok(facts) => Judgement {
                summary: facts.summary(),
                memories: facts.memory_uses(&target.machine),
                problems: orch_inspect::compare(&facts, target),
            },
            Err(why) => Judgement {
                problems: vec![why],
                ..Judgement::default()
            },
        })
    }
}
