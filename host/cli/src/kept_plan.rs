//! Plans that the store keeps, each with all that it rests on: a later run asks whether that
//! still holds, and then needs neither the pipeline nor a plugin.

use orch_engine::Plan;
use orch_engine::port::FactSource;
use orch_model::{Digest, Fault, Hasher, RecordedFact, Refusal};
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::grants;
use crate::house::{House, OwnPlugin};
use crate::project::Project;

/// A plan as the store keeps it.
#[derive(Serialize, Deserialize)]
struct KeptPlan {
    plan: Plan,
    /// Components of the pipeline's own, and what they held.
    components: Vec<(String, Digest)>,
}

/// The kind of the store's records that hold plans.
const RECORD: &str = "plan";

/// The kept plan, if all that it rests on still holds.
pub fn find(house: &House, project: &mut Project) -> Result<Option<Plan>, Fault> {
    let Some(bytes) = house.store.get_record(RECORD, &key(house, project)?)? else {
        return Ok(None);
    };
    let Ok(kept) = serde_json::from_slice::<KeptPlan>(&bytes) else {
        return Ok(None);
    };
    let holds = kept.plan.version == Plan::VERSION
        && kept
            .components
            .iter()
            .all(|(path, digest)| project.digest_of(path) == Some(*digest))
        && same_programs(&house.environment, &kept.plan.programs)
        && kept
            .plan
            .facts
            .iter()
            .all(|fact| still_true(&*house.facts, fact));
    note_components(project, &kept);
    Ok(holds.then_some(kept.plan))
}

/// Keeps a plan that was made with components of the pipeline's own.
pub fn keep(
    house: &House,
    project: &mut Project,
    own: &[OwnPlugin],
    plan: Plan,
) -> Result<Plan, Fault> {
    let kept = KeptPlan {
        plan,
        components: own_components(own, project),
    };
    note_components(project, &kept);
    let bytes = serde_json::to_vec(&kept).map_err(|error| Fault::internal(error.to_string()))?;
    house
        .store
        .put_record(RECORD, &key(house, project)?, &bytes)?;
    Ok(kept.plan)
}

/// Whether the same ones of these programs are there as when a plan was made.
pub fn same_programs(environment: &Environment, programs: &[(String, bool)]) -> bool {
    programs
        .iter()
        .all(|(program, found)| environment.find_program(program).is_some() == *found)
}

/// Whether a plugin that asked once more would learn the same.
pub fn still_true(facts: &dyn FactSource, fact: &RecordedFact) -> bool {
    // What was denied is not asked behind the back of the grants, which are part of the
    // plan's key: the same ones deny it again.
    if *fact == RecordedFact::new(fact.question.clone(), &Err(Refusal::Denied)) {
        return true;
    }
    let answer = facts.answer(&fact.question);
    RecordedFact::new(fact.question.clone(), &answer) == *fact
}

/// All that a plan is made of, but for what plugins learnt.
fn key(house: &House, project: &Project) -> Result<Digest, Fault> {
    let mut hasher = Hasher::new();
    hasher.field("orch plan key 2");
    hasher.field(env!("CARGO_PKG_VERSION"));
    for bundled in orch_bundled::PLUGINS {
        hasher.field(bundled.digest);
    }
    hasher.field(project.source.text.as_bytes());
    hasher.field(&project.lock_text);
    hasher.field(grants::read(&house.environment)?.render());
    let host = serde_json::to_vec(&house.environment.host)
        .map_err(|error| Fault::internal(error.to_string()))?;
    hasher.field(host);
    Ok(hasher.finish())
}

/// The components that a pipeline names, by their files: one that holds the same bytes as a
/// bundled plugin today may hold others tomorrow.
fn own_components(own: &[OwnPlugin], project: &Project) -> Vec<(String, Digest)> {
    own.iter()
        .filter_map(|plugin| {
            let file = orch_plugins::component_path(&plugin.folder, &plugin.path).ok()?;
            let relative = file.to_str()?.to_owned();
            let digest = project.digest_of(&relative)?;
            Some((relative, digest))
        })
        .collect()
}

fn note_components(project: &mut Project, kept: &KeptPlan) {
    let files = kept.components.iter();
    project.own_components = files
        .map(|(path, digest)| (project.folder.join(path), *digest))
        .collect();
}
