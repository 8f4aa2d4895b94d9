//! Who deploys.

use serde::{Deserialize, Serialize};

/// A person, and the process that does it for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// `ann@laptop`
    pub name: String,
    /// What tells this machine from every other.
    pub machine: String,
    /// The process.
    pub process: u32,
    /// When the process began, in the kernel's own count: its number may be given to another one.
    pub began: u64,
}

impl Owner {
    /// This process, for a person.
    pub fn this(name: String) -> Self {
        let machine = std::fs::read_to_string("/etc/machine-id");
        let machine = machine.or_else(|_| std::fs::read_to_string("/proc/sys/kernel/hostname"));
        let process = std::process::id();
        Self {
            name,
            machine: machine.unwrap_or_default().trim().to_owned(),
            process,
            began: began(process).unwrap_or(0),
        }
    }

    /// Whether it is a process of this machine that has ended.
    pub(crate) fn has_ended(&self, here: &Self) -> bool {
        self.machine == here.machine && began(self.process) != Some(self.began)
    }
}

/// When a process of this machine began: field 22 of proc_pid_stat(5), in clock ticks since the
/// machine started.
fn began(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is a name in parentheses, which may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_lives_has_not_ended() {
        let here = Owner::this("ann@laptop".into());
        assert!(!here.has_ended(&here));
        let gone = Owner {
            began: here.began + 1,
            ..here.clone()
        };
        assert!(gone.has_ended(&here));
        let elsewhere = Owner {
            machine: "another".into(),
            ..gone
        };
        assert!(
            !elsewhere.has_ended(&here),
            "what runs there is not known here"
        );
    }
}
