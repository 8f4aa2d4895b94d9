//! How a machine is named that is reached over `ssh`. Whether there is one is not known here.

/// How an address is written, for hints.
pub const ADDRESS_FORMS: &str =
    "write it as ssh takes it: `board`, `user@board`, `ssh://user@board:2222`";

/// Whether a text may stand where `ssh` expects a machine: not what it would take for an option,
/// nor two words.
pub fn is_host_address(text: &str) -> bool {
    let odd = |character: char| character.is_whitespace() || character.is_control();
    !(text.is_empty() || text.starts_with('-') || text.contains(odd))
}

/// The machine that an address names, without the user: `board` of `user@board`, `board:2222` of
/// `ssh://user@board:2222`.
pub fn host_of_address(address: &str) -> &str {
    let place = address.strip_prefix("ssh://").unwrap_or(address);
    place.rsplit('@').next().unwrap_or(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssh_takes_for_something_else_is_no_address() {
        for text in ["board", "user@board", "ssh://user@[::1]:2222", "local"] {
            assert!(is_host_address(text), "{text}");
        }
        for text in ["", "-oProxyCommand=x", "a b", "a\nb", "a\0b"] {
            assert!(!is_host_address(text), "{text:?}");
        }
    }

    #[test]
    fn a_machine_is_named_without_its_user() {
        for (address, host) in [
            ("board", "board"),
            ("user@board", "board"),
            ("ssh://user@board:2222", "board:2222"),
            ("ssh://board", "board"),
        ] {
            assert_eq!(host_of_address(address), host);
        }
    }
}
