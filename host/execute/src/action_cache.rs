//! What actions did before, kept as records of the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use orch_engine::port::{ActionCache, ActionResult, Claim, OutputFile};
use orch_engine::{Cancel, Ledger};
use orch_model::{Digest, Fault};
use orch_store::Store;

/// Records of successes: a line with the result, and one with its ledger, which few read.
const KIND: &str = "action";
/// Records of what has a ledger only.
const LEDGER: &str = "ledger";
/// The form that is written; the one before it had no second line.
const FORMAT: u32 = 2;
const OLDEST_FORMAT: u32 = 1;

/// How long to wait before somebody else's claim is looked at again, at first and at most.
/// The kernel could wake us, but not for an interrupt as well.
const FIRST_LOOK: Duration = Duration::from_millis(1);
const LAST_LOOK: Duration = Duration::from_millis(50);

/// Keeps successes in a [`Store`], beside the outputs that they name.
#[derive(Clone, Debug)]
pub struct StoreActionCache {
    store: Store,
    /// Whether outputs are read before they are believed.
    checks_content: Arc<AtomicBool>,
}

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    format: u32,
    result: T,
}

impl StoreActionCache {
    /// The action cache of a store.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            checks_content: Arc::default(),
        }
    }

    /// From now on reads every output of a result before it says that the result is at hand;
    /// otherwise only their sizes are looked at. For a cache that was found to have lost
    /// something.
    pub fn check_content(&self) {
        self.checks_content.store(true, Ordering::Relaxed);
    }

    fn is_at_hand(&self, output: &OutputFile) -> Result<bool, Fault> {
        if !self.store.contains_sized(&output.digest, output.bytes) {
            return Ok(false);
        }
        match self.checks_content.load(Ordering::Relaxed) {
            true => self.store.check(&output.digest),
            false => Ok(true),
        }
    }
}

/// The blobs that a record of the store names, by the record's kind and value.
pub fn named_blobs(kind: &str, value: &[u8]) -> Vec<Digest> {
    if kind != KIND {
        return Vec::new();
    }
    let kept = result_of(value);
    kept.map_or_else(Vec::new, |kept| {
        let outputs = kept.result.outputs.iter();
        outputs.map(|output| output.digest).collect()
    })
}

/// The first line of a record; what another version of `orch` wrote, and this one cannot
/// read, counts as none.
fn result_of(value: &[u8]) -> Option<Kept<ActionResult>> {
    let line = value.split(|byte| *byte == b'\n').next()?;
    serde_json::from_slice(line).ok()
}

impl ActionCache for StoreActionCache {
    fn lookup(&self, key: &Digest) -> Result<Option<ActionResult>, Fault> {
        let Some(value) = self.store.get_record(KIND, key)? else {
            return Ok(None);
        };
        let readable = |kept: &Kept<ActionResult>| (OLDEST_FORMAT..=FORMAT).contains(&kept.format);
        let Some(kept) = result_of(&value).filter(readable) else {
            return Ok(None);
        };
        for output in &kept.result.outputs {
            if !self.is_at_hand(output)? {
                return Ok(None);
            }
        }
        Ok(Some(kept.result))
    }

    fn record(&self, key: &Digest, result: &ActionResult, ledger: &Ledger) -> Result<(), Fault> {
        let kept = Kept {
            format: FORMAT,
            result,
        };
        let mut value = json(&kept)?;
        value.push(b'\n');
        value.extend(json(ledger)?);
        self.store.put_record(KIND, key, &value)
    }

    fn remember(&self, key: &Digest, ledger: &Ledger) -> Result<(), Fault> {
        self.store.put_record(LEDGER, key, &json(ledger)?)
    }

    fn ledger(&self, key: &Digest) -> Result<Option<Ledger>, Fault> {
        let text = match self.store.get_record(KIND, key)? {
            Some(value) => value
                .iter()
                .position(|byte| *byte == b'\n')
                .map(|end| value[end + 1..].to_vec()),
            None => self.store.get_record(LEDGER, key)?,
        };
        Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
    }

    fn claim(&self, key: &Digest, cancel: &Cancel) -> Result<Option<Claim>, Fault> {
        let mut pause = FIRST_LOOK;
        loop {
            if let Some(lock) = self.store.try_claim(key)? {
                return Ok(Some(Claim::new(pause > FIRST_LOOK, lock)));
            }
            if cancel.wait(pause) {
                return Ok(None);
            }
            pause = LAST_LOOK.min(pause * 2);
        }
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(value)
        .map_err(|error| Fault::internal(format!("could not write a result down: {error}")))
}
