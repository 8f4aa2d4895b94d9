//! Where a machine is: this one, or another that the user's `ssh` reaches; and by which key
//! the other one is known.

use std::fmt;

use orch_machine::Host;
use orch_model::Fault;

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// This machine.
    Local,
    /// Another one.
    Ssh {
        /// Its name, as `ssh` takes it.
        host: Host,
        /// The only key that it may show; none where the user's `known_hosts` decide.
        key: Option<HostKey>,
    },
}

impl Address {
    /// Reads `local`, or a host as `ssh` takes it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match text {
            "local" => Ok(Self::Local),
            _ => Ok(Self::Ssh {
                host: Host::parse(text)?,
                key: None,
            }),
        }
    }

    /// The same machine, known by this key alone. This machine has none.
    pub fn pinned(self, key: HostKey) -> Self {
        match self {
            Self::Local => Self::Local,
            Self::Ssh { host, .. } => Self::Ssh {
                host,
                key: Some(key),
            },
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Ssh { host, .. } => host.fmt(f),
        }
    }
}

/// A public key as a line of `known_hosts` ends: `ssh-ed25519 AAAA…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey(String);

impl HostKey {
    /// Reads a key; a comment behind it is dropped. Whether it is one that `ssh` knows is seen
    /// when it is used.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut words = text.split_whitespace();
        let plain = |word: &&str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-@._".contains(&byte);
            word.bytes().all(known)
        };
        match (
            words.next().filter(plain),
            words.next().filter(plain).filter(|key| key.len() > 40),
        ) {
            (Some(kind), Some(key)) => Ok(Self(format!("{kind} {key}"))),
            _ => Err(
                Fault::usage(format!("`{}` is no host key", text.trim().escape_debug())).hint(
                    "write kind and key as `ssh-keyscan` prints them behind the name: \
                 `ssh-ed25519 AAAA…`",
                ),
            ),
        }
    }

    /// Kind and key, with a space between.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kind_and_base64_and_nothing_else() {
        let key = format!("ssh-ed25519 {}", "A".repeat(68));
        let parsed = HostKey::parse(&format!("{key} root@board\n")).unwrap();
        assert_eq!(parsed.as_str(), key);
        for wrong in ["", "ssh-ed25519", "ssh-ed25519 AA", "a\nb"] {
            assert!(HostKey::parse(wrong).is_err(), "{wrong}");
        }
    }
}
