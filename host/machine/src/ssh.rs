//! The user's own `ssh`: with their configuration, keys, agent and jump hosts. Whether a
//! host is who it says it is stays `ssh`'s decision, and a strict one.

use std::fmt;

use orch_model::Fault;

/// A machine as `ssh` takes it: `host`, `user@host`, `ssh://user@host:port`, or a name in
/// the user's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// Reads a host. What `ssh` would take for an option, or two words, is none.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let odd = |character: char| character.is_whitespace() || character.is_control();
        if text.is_empty() || text.starts_with('-') || text.contains(odd) {
            return Err(
                Fault::usage(format!("`{}` is no host", text.escape_debug())).hint(
                    "write it as ssh takes it: `board`, `user@board`, `ssh://user@board:2222`",
                ),
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// The host as `ssh` takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind `ssh` where one script is run and the connection is left.
    pub(crate) fn ssh_arguments(&self) -> Vec<&str> {
        let mut arguments = ssh_options();
        arguments.extend(["-o", "ControlMaster=no", "--", &self.0, "sh -s"]);
        arguments
    }
}

/// The options of every `ssh` that is started here: nobody is asked for anything, nothing is
/// forwarded, and an unknown key is refused, whatever the user's configuration says.
pub fn ssh_options() -> Vec<&'static str> {
    let mut options = vec!["-T"];
    for option in [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "ConnectTimeout=10",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=3",
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "PermitLocalCommand=no",
        "RemoteCommand=none",
    ] {
        options.extend(["-o", option]);
    }
    options
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What `ssh` exits with when it fails itself, not the command that it was to run.
const SSH_FAILED: i32 = 255;

/// What keeps us from a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// Nobody answers: switched off, no way there, no such name. It may be there later.
    Offline,
    /// The host shows another key than the one that is known.
    KeyChanged,
    /// No key of the host is known.
    KeyUnknown,
    /// The host does not let this user in.
    Refused,
    /// The host lets the user in, and does not run what it is told to.
    NoShell,
    /// This machine has no `ssh`, or cannot start it.
    NoClient,
}

/// A host that was not reached, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// What kept us from it.
    pub barrier: Barrier,
    /// The same in words.
    pub fault: Fault,
}

impl Unreached {
    /// There is no `ssh` on this machine.
    pub fn no_client(host: &Host) -> Self {
        let fault = Fault::internal(format!("cannot ask `{host}`: there is no `ssh` here"))
            .hint("apt-get install openssh-client");
        Self {
            barrier: Barrier::NoClient,
            fault,
        }
    }

    /// Why `ssh` did not reach a host, by its exit code (none where a signal ended it) and by
    /// what OpenSSH's client says on standard error.
    pub fn by_what_ssh_says(host: &Host, code: Option<i32>, stderr: &str) -> Self {
        let words = last_words(code, stderr);
        let barrier = barrier(code, stderr);
        let (message, hint) = match barrier {
            Barrier::NoShell => (
                format!("`{host}` lets us in but answers no questions: {words}"),
                "its user needs a login shell that runs `sh`, and the machine a POSIX shell"
                    .to_owned(),
            ),
            Barrier::KeyChanged => (
                format!("`{host}` shows another host key than the one that is known"),
                format!(
                    "somebody may stand between; if the machine was set up anew, remove its old \
                     key by `ssh-keygen -R {}` and log in once by hand",
                    host.name()
                ),
            ),
            Barrier::KeyUnknown => (
                format!("the host key of `{host}` is not known"),
                format!(
                    "log in once by hand (`ssh {host}`), compare the key that is shown with the \
                     machine's own, and accept it"
                ),
            ),
            Barrier::Refused => (
                format!("`{host}` refuses to let us in: {words}"),
                format!(
                    "`ssh {host} true` must work without a question: add your key there \
                     (`ssh-copy-id {host}`), or load it into your agent (`ssh-add`)"
                ),
            ),
            Barrier::Offline | Barrier::NoClient => (
                format!("`{host}` cannot be reached: {words}"),
                format!(
                    "is it switched on, and is that its address and port? `ssh -v {host}` shows \
                     each step"
                ),
            ),
        };
        Self {
            barrier,
            fault: Fault::fetch(message).hint(hint),
        }
    }
}

fn barrier(code: Option<i32>, stderr: &str) -> Barrier {
    let said = |part: &str| stderr.contains(part);
    if code != Some(SSH_FAILED) {
        Barrier::NoShell
    } else if said("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        Barrier::KeyChanged
    } else if said("Host key verification failed") {
        Barrier::KeyUnknown
    } else if said("Permission denied") || said("Too many authentication failures") {
        Barrier::Refused
    } else {
        Barrier::Offline
    }
}

/// The last line of what a process complained of, or how it ended.
pub fn last_words(code: Option<i32>, stderr: &str) -> String {
    let mut lines = stderr.lines().map(str::trim).rev();
    match (lines.find(|line| !line.is_empty()), code) {
        (Some(line), _) => line.to_owned(),
        (None, Some(code)) => format!("it exited with code {code} and said nothing"),
        (None, None) => "it was killed and said nothing".to_owned(),
    }
}

impl Host {
    /// The host's own name, as `known_hosts` lists it.
    fn name(&self) -> String {
        let place = self.0.trim_start_matches("ssh://");
        let place = place.rsplit('@').next().unwrap_or(place);
        match place.rsplit_once(':') {
            Some((name, port)) if self.0.starts_with("ssh://") => format!("'[{name}]:{port}'"),
            _ => place.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32, stderr: &str) -> String {
        let host = Host::parse("pi@board").unwrap();
        let unreached = Unreached::by_what_ssh_says(&host, Some(code), stderr);
        unreached.fault.message
    }

    #[test]
    fn each_failure_has_its_words() {
        for (code, stderr, message) in [
            (
                255,
                "ssh: Could not resolve hostname board: Name or service not known\r\n",
                "`pi@board` cannot be reached: ssh: Could not resolve hostname board: Name or \
                 service not known",
            ),
            (
                255,
                "pi@board: Permission denied (publickey).\r\n",
                "`pi@board` refuses to let us in: pi@board: Permission denied (publickey).",
            ),
            (
                255,
                "No ED25519 host key is known for board.\r\nHost key verification failed.\r\n",
                "the host key of `pi@board` is not known",
            ),
            (
                255,
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                "`pi@board` shows another host key than the one that is known",
            ),
            (
                127,
                "ash: sh: not found\n",
                "`pi@board` lets us in but answers no questions: ash: sh: not found",
            ),
            (
                0,
                "",
                "`pi@board` lets us in but answers no questions: it exited with code 0 and said \
                 nothing",
            ),
        ] {
            assert_eq!(said(code, stderr), message);
        }
    }

    #[test]
    fn no_host_becomes_an_option() {
        for text in ["", "-oProxyCommand=touch x", "a b", "a\nb"] {
            assert!(Host::parse(text).is_err(), "{text:?}");
        }
        let host = Host::parse("ssh://pi@board:2222").unwrap();
        assert_eq!(host.name(), "'[board]:2222'");
        let arguments = host.ssh_arguments();
        let end = arguments.iter().position(|word| *word == "--").unwrap();
        assert_eq!(arguments[end..], ["--", "ssh://pi@board:2222", "sh -s"]);
    }
}
