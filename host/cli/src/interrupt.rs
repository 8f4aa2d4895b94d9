//! Ctrl-C: the first asks everything to stop cleanly, the second ends at once.

use orch_engine::Cancel;
use orch_model::Fault;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::Exit;

/// Listens for the rest of the process's life. A `quiet` one leaves it to the events to say
/// what came of it.
pub fn listen(cancel: &Cancel, quiet: bool) -> Result<(), Fault> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| Fault::internal(format!("could not listen for signals: {error}")))?;
    let cancel = cancel.clone();
    std::thread::spawn(move || {
        for (count, _) in signals.forever().enumerate() {
            if count > 0 {
                // What still runs is killed by the reaper when this process is gone.
                std::process::exit(Exit::Interrupted.code());
            }
            if !quiet {
                eprintln!("\nstopping; once more to stop at once");
            }
            cancel.cancel();
        }
    });
    Ok(())
}
