//! Ctrl-C: the first asks everything to stop cleanly, the second ends at once.

use std::io::Write;

use orch_engine::Cancel;
use orch_model::Fault;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::Exit;

/// Listens for the rest of the process's life. Says so on stderr where people read along.
pub fn listen(cancel: &Cancel, for_people: bool) -> Result<(), Fault> {
    listen_and_say(cancel, move || for_people)
}

/// The same; says so while `is_said`, as when there is something to stop.
pub fn listen_and_say(
    cancel: &Cancel,
    is_said: impl Fn() -> bool + Send + 'static,
) -> Result<(), Fault> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| Fault::internal(format!("could not listen for signals: {error}")))?;
    let cancel = cancel.clone();
    std::thread::spawn(move || {
        for (count, _) in signals.forever().enumerate() {
            if count > 0 {
                // What still runs is killed by the reaper when this process is gone.
                std::process::exit(Exit::Interrupted.code());
            }
            let is_said = is_said();
            cancel.cancel();
            if is_said {
                // The terminal may be gone: that is what `SIGHUP` says.
                let _ = writeln!(std::io::stderr(), "\nstopping; once more to stop at once");
            }
        }
    });
    Ok(())
}
