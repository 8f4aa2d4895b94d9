//! What actions did before, kept as records of the store.

use serde::{Deserialize, Serialize};

use orch_engine::port::{ActionCache, ActionResult};
use orch_model::{Digest, Fault};
use orch_store::Store;

const KIND: &str = "action";
const FORMAT: u32 = 1;

/// Keeps successes in a [`Store`], beside the outputs that they name.
#[derive(Clone, Debug)]
pub struct StoreActionCache {
    store: Store,
}

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    format: u32,
    result: T,
}

impl StoreActionCache {
    /// The action cache of a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl ActionCache for StoreActionCache {
    fn lookup(&self, key: &Digest) -> Result<Option<ActionResult>, Fault> {
        let Some(value) = self.store.get_record(KIND, key)? else {
            return Ok(None);
        };
        // What another version of `orch` wrote, and this one cannot read, counts as none.
        let Ok(kept) = serde_json::from_slice::<Kept<ActionResult>>(&value) else {
            return Ok(None);
        };
        let whole = kept
            .result
            .outputs
            .iter()
            .all(|output| self.store.contains(&output.digest));
        Ok((kept.format == FORMAT && whole).then_some(kept.result))
    }

    fn record(&self, key: &Digest, result: &ActionResult) -> Result<(), Fault> {
        let kept = Kept {
            format: FORMAT,
            result,
        };
        let value = serde_json::to_vec(&kept)
            .map_err(|error| Fault::internal(format!("could not write a result down: {error}")))?;
        self.store.put_record(KIND, key, &value)
    }
}
