//! Looks into artifacts: the bytes from the store, the knowledge from `orch-inspect`.

use orch_engine::port::{Judge, Judgement, OutputFile};
use orch_model::{Fault, Target};
use orch_store::Store;

/// Judges artifacts whose content is in a store.
pub struct StoreJudge(pub Store);

impl Judge for StoreJudge {
    fn judge(&self, artifact: &OutputFile, target: &Target) -> Result<Judgement, Fault> {
        let data = self.0.read(&artifact.digest)?.ok_or_else(|| {
            Fault::lost(format!(
                "artifact `{}` is missing from the store or damaged there",
                artifact.path
            ))
            .hint("run again: it will be made anew")
        })?;
        Ok(match orch_inspect::inspect(&data) {
            Ok(facts) => Judgement {
                summary: facts.summary_for(&target.machine),
                problems: orch_inspect::compare(&facts, target),
            },
            Err(why) => Judgement {
                summary: String::new(),
                problems: vec![why],
            },
        })
    }
}
