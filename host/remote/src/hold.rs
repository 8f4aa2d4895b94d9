//! A machine that is held for one who measures: as long as this lives nobody else measures there, and
//! there is a folder, which goes with it. The machine sees to that itself, also when we are killed or
//! the network is cut.

use std::ops::ControlFlow;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use orch_model::Fault;
use orch_transport::{Address, Command, Connection, Lost, Stop, Transport, ago};

const SCRIPT: &str = include_str!("hold.sh");

/// How long the machine may take to say whether it is held.
const PATIENCE: Duration = Duration::from_secs(60);

/// Gives the machine back when dropped.
pub(crate) struct Hold {
    /// The folder, on the machine.
    pub folder: String,
    stop: Stop,
    holder: Option<JoinHandle<Result<(), Lost>>>,
}

impl Hold {
    /// Takes a machine; `owner` is who, and `what` is measured. It goes over a connection of its
    /// own: what a user's interrupt ends can clean nothing up.
    pub fn take(
        transport: &Transport,
        address: &Address,
        name: &str,
        owner: &str,
        what: &str,
    ) -> Result<Self, Fault> {
        let stop = Stop::default();
        let connection = transport.open(address, &stop);
        let connection = connection.map_err(|unreached| unreached.fault)?;
        let line = format!("{} {owner} {what}", now());
        let (says, said) = mpsc::channel();
        let raised = stop.clone();
        let holder = std::thread::spawn(move || hold(&connection, &line, &raised, &says));
        let mut hold = Self {
            folder: String::new(),
            stop,
            holder: Some(holder),
        };
        let first = said.recv_timeout(PATIENCE).ok();
        let Some(first) = first else {
            let lost = hold.give_back();
            return Err(lost.map_or_else(
                || Fault::internal(format!("`{name}` did not say whether it is held")),
                |lost| lost.fault,
            ));
        };
        match first.split_once(' ') {
            Some(("held", folder)) if folder.starts_with('/') => {
                hold.folder = folder.to_owned();
                Ok(hold)
            }
            Some(("taken", line)) => Err(refusal(name, line)),
            Some(("cannot", why)) => Err(Fault::usage(format!(
                "`{name}` cannot be measured on: {}",
                why.escape_debug()
            ))
            .hint("set that right there, or measure on another machine")),
            _ => Err(Fault::usage(format!(
                "`{name}` answers in a way that nobody knows: {}",
                first.escape_debug()
            ))),
        }
    }

    /// Why the machine gave up holding, if it did.
    fn give_back(&mut self) -> Option<Lost> {
        self.stop.raise();
        let ended = self.holder.take()?.join();
        ended.expect("holding does not panic").err()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // What cannot be told any more, the machine notices by itself.
        let _ = self.give_back();
    }
}

fn hold(
    connection: &Connection,
    line: &str,
    stop: &Stop,
    says: &mpsc::Sender<String>,
) -> Result<(), Lost> {
    let command = Command::script(SCRIPT, &[line]);
    let said = &mut |line: &str| {
        // Only the first line is waited for.
        let _ = says.send(line.to_owned());
        ControlFlow::Continue(())
    };
    connection.follow(command, stop, said).map(drop)
}

/// Who has the machine, and since when.
fn refusal(name: &str, line: &str) -> Fault {
    let mut words = line.splitn(3, ' ');
    let since = words.next().and_then(|word| word.parse::<u64>().ok());
    let (owner, what) = (words.next(), words.next());
    let who = match (since, owner, what) {
        (Some(since), Some(owner), Some(what)) => format!(
            "{} measures `{}` there since {} ago",
            owner.escape_debug(),
            what.escape_debug(),
            ago(now().saturating_sub(since))
        ),
        _ => "somebody measures there".to_owned(),
    };
    Fault::usage(format!("`{name}` is taken: {who}"))
        .hint("wait until that is over: two at once would disturb each other")
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_refused_is_told_by_whom_and_since_when() {
        let line = format!("{} ann@laptop bench.startup@pi5", now() - 300);
        assert_eq!(
            refusal("pi-1", &line).message,
            "`pi-1` is taken: ann@laptop measures `bench.startup@pi5` there since 5 min ago"
        );
        assert_eq!(
            refusal("pi-1", "").message,
            "`pi-1` is taken: somebody measures there"
        );
    }
}
