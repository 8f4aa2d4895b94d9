//! The user's own `ssh`: with their configuration, keys, agent and jump hosts. Whether a
//! host is who it says it is stays `ssh`'s decision, and a strict one.

use std::fmt;

use orch_model::{ADDRESS_FORMS, Fault, is_host_address};

use crate::asking::Asked;

/// A machine as `ssh` takes it: `host`, `user@host`, `ssh://user@host:port`, or a name in
/// the user's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// Reads a host. What `ssh` would take for an option, or two words, is none.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if !is_host_address(text) {
            let message = format!("`{}` is no host", text.escape_debug());
            return Err(Fault::usage(message).hint(ADDRESS_FORMS));
        }
        Ok(Self(text.to_owned()))
    }

    /// What stands behind `ssh`: nobody is asked for anything, nothing is forwarded, no
    /// connection is left behind, and an unknown key is refused, whatever the user's
    /// configuration says.
    pub(crate) fn ssh_arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["-T"];
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
            "ControlMaster=no",
        ] {
            arguments.extend(["-o", option]);
        }
        arguments.extend(["--", &self.0, "sh -s"]);
        arguments
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What `ssh` exits with when it fails itself, not the command that it was to run.
const SSH_FAILED: i32 = 255;

/// Why there is no answer, by what OpenSSH's client says.
pub(crate) fn fault(host: &Host, asked: &Asked) -> Fault {
    let words = asked.last_words();
    if asked.code != Some(SSH_FAILED) {
        return Fault::fetch(format!(
            "`{host}` lets us in but answers no questions: {words}"
        ))
        .hint("its user needs a login shell that runs `sh`, and the machine a POSIX shell");
    }
    let said = |part: &str| asked.stderr.contains(part);
    if said("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        return Fault::fetch(format!(
            "`{host}` shows another host key than the one that is known"
        ))
        .hint(format!(
            "somebody may stand between; if the machine was set up anew, remove its old key by \
             `ssh-keygen -R {}` and log in once by hand",
            host.name()
        ));
    }
    if said("Host key verification failed") {
        return Fault::fetch(format!("the host key of `{host}` is not known")).hint(format!(
            "log in once by hand (`ssh {host}`), compare the key that is shown with the \
             machine's own, and accept it"
        ));
    }
    if said("Permission denied") || said("Too many authentication failures") {
        return Fault::fetch(format!("`{host}` refuses to let us in: {words}")).hint(format!(
            "`ssh {host} true` must work without a question: add your key there \
             (`ssh-copy-id {host}`), or load it into your agent (`ssh-add`)"
        ));
    }
    Fault::fetch(format!("`{host}` cannot be reached: {words}")).hint(format!(
        "is it switched on, and is that its address and port? `ssh -v {host}` shows each step"
    ))
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
        let asked = Asked {
            stdout: Vec::new(),
            stderr: stderr.to_owned(),
            code: Some(code),
        };
        fault(&Host::parse("pi@board").unwrap(), &asked).message
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
