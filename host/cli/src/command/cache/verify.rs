//! `orch cache verify`: reads everything in the store, and sets aside what is damaged.

use std::time::Duration;

use orch_engine::Cancel;
use orch_report::human_bytes;
use orch_store::Verifying;

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::interrupt;
use crate::stop::Stop;

/// How often progress is shown at most.
const BETWEEN_PROGRESS: Duration = Duration::from_millis(100);

pub fn verify(environment: Environment, console: &Console) -> Result<Exit, Stop> {
    let house = House::open(environment, None, true, console)?;
    let cancel = Cancel::new();
    interrupt::listen(&cancel, !console.is_json())?;
    let mut shown = std::time::Instant::now();
    let verified = house.store.verify(&mut |progress| {
        if shown.elapsed() >= BETWEEN_PROGRESS {
            shown = std::time::Instant::now();
            console.progress(&line(progress));
        }
        !cancel.is_cancelled()
    })?;
    console.progress("");
    for path in &verified.damaged {
        console.warning(
            &format!("`{}` was damaged and is set aside", path.display()),
            None,
        );
    }
    if let Some(json) = console.json() {
        json.list(
            "damaged",
            &verified
                .damaged
                .iter()
                .map(|path| serde_json::json!({ "path": path }))
                .collect::<Vec<_>>(),
        );
    }
    if !verified.complete {
        return Ok(Exit::Interrupted);
    }
    match verified.damaged.len() {
        0 => {
            console.say(&format!("all {} files are good", verified.read));
            Ok(Exit::Done)
        }
        damaged => {
            console.say(&format!(
                "{damaged} of {} files were damaged; the next run makes them anew",
                verified.read
            ));
            Ok(Exit::ActionFailed)
        }
    }
}

fn line(progress: Verifying) -> String {
    format!(
        "verifying: {} of {}",
        human_bytes(progress.done_bytes),
        human_bytes(progress.bytes)
    )
}
