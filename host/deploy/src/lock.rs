//! The lock of a service on a machine: one deploy at a time, from wherever it is given. It is a
//! file that says whose it is, and comes to be as a whole.

use serde::{Deserialize, Serialize};

use orch_model::{Fault, FaultKind};
use orch_transport::ago;

use crate::owner::Owner;

/// Takes the lock; `$1` is the home, `$2` the line. Exits with 9 and the line that is there where
/// somebody has it.
pub(crate) const TAKE: &str = "\
mkdir -p \"$1\" || exit 1
mine=$1/.lock.$$
printf '%s\\n' \"$2\" >\"$mine\" || { rm -f \"$mine\"; exit 1; }
if ln \"$mine\" \"$1/lock\" 2>/dev/null; then rm -f \"$mine\"; exit 0; fi
rm -f \"$mine\"
[ -e \"$1/lock\" ] || exit 1
cat \"$1/lock\"
exit 9
";

/// What [`TAKE`] exits with where somebody has the lock.
pub(crate) const TAKEN: i32 = 9;

/// Gives the lock `$1` back, if it is this one (`$2`).
pub(crate) const GIVE_BACK: &str = "\
[ \"$(cat \"$1/lock\" 2>/dev/null)\" = \"$2\" ] || exit 0
rm -f \"$1/lock\"
";

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lock {
    pub owner: Owner,
    /// What is done, e.g. `deploy.edge`.
    pub what: String,
    /// In seconds since 1970.
    pub since: u64,
}

impl Lock {
    /// One line, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("it has a JSON form")
    }

    fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line.trim()).ok()
    }

    /// Whether it is the lock of a process of this machine that was killed.
    pub fn is_dead(line: &str, here: &Owner) -> bool {
        Self::parse(line).is_some_and(|lock| lock.owner.has_ended(here))
    }

    /// Why somebody else's lock holds, or none if its owner has ended.
    pub fn refusal(line: &str, host: &str, here: &Owner, now: u64) -> Option<Fault> {
        if Self::is_dead(line, here) {
            return None;
        }
        let lock = Self::parse(line);
        let who = match &lock {
            Some(lock) => format!(
                "{} is at work there with `{}` since {} ago",
                lock.owner.name,
                lock.what,
                ago(now.saturating_sub(lock.since))
            ),
            None => "somebody is at work there".to_owned(),
        };
        Some(
            Fault::new(FaultKind::Usage, format!("`{host}` is locked: {who}")).hint(
                "wait until that is over; if nobody is, `orch deploy --break-lock` goes on from \
                 where it stopped",
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_tells_who_and_since_when() {
        let here = Owner::this("ann@laptop".into());
        let lock = Lock {
            owner: Owner {
                name: "bob@desk".into(),
                machine: "another".into(),
                ..here.clone()
            },
            what: "deploy.edge".into(),
            since: 1_000,
        };
        let refusal = |line: &str| Lock::refusal(line, "pi-1", &here, 1_300);
        assert_eq!(
            refusal(&lock.line()).unwrap().message,
            "`pi-1` is locked: bob@desk is at work there with `deploy.edge` since 5 min ago"
        );
        assert!(
            refusal("damaged")
                .unwrap()
                .message
                .ends_with("somebody is at work there")
        );
        let ended = Lock {
            owner: Owner {
                began: 1,
                ..here.clone()
            },
            ..lock
        };
        assert!(Lock::is_dead(&ended.line(), &here));
        assert!(!Lock::is_dead("", &here));
        assert_eq!(
            refusal(&ended.line()),
            None,
            "its owner was killed on this machine"
        );
    }
}
