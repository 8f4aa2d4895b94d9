//! Having the cache for oneself: who removes something must not take it from anybody.

use std::time::Duration;

use orch_engine::Cancel;
use orch_model::Fault;
use orch_store::{InUse, Store};

use crate::console::Console;
use crate::stop::Stop;

/// How often a cache that somebody uses is looked at again.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until nobody uses the cache, and says for whom.
pub fn wait(store: &Store, cancel: &Cancel, console: &Console) -> Result<InUse, Stop> {
    let mut said = false;
    loop {
        if let Some(alone) = store.hold_alone()? {
            return Ok(alone);
        }
        if !said {
            console.say(&format!("waiting for {}", holders(store)));
            said = true;
        }
        if cancel.wait(PAUSE) {
            return Err(Fault::interrupted().into());
        }
    }
}

fn holders(store: &Store) -> String {
    match store.holders()[..] {
        [] => "another `orch`, which uses the cache".to_owned(),
        [process] => format!("process {process}, which uses the cache"),
        ref processes => {
            let numbers: Vec<_> = processes.iter().map(u32::to_string).collect();
            format!("processes {}, which use the cache", numbers.join(", "))
        }
    }
}
