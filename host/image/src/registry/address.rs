//! The addresses of a registry's interface: which may be spoken to, to which one's credentials
//! may be shown, and what of one may be told.

use orch_http::mirrored;
use reqwest::Url;

use super::settings::RegistrySettings;
use super::trouble::Trouble;
use crate::reference::{Repository, is_loopback};

/// Whether images are fetched or brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Pull,
    Push,
}

/// The address below which all of a repository lies. This machine is spoken to without
/// encryption, everybody else with it.
pub(super) fn root(
    repository: &Repository,
    purpose: Purpose,
    settings: &RegistrySettings,
) -> Result<Url, Trouble> {
    let scheme = if repository.is_local() {
        "http"
    } else {
        "https"
    };
    let (registry, path) = (repository.registry(), repository.path());
    let stated = format!("{scheme}://{registry}/v2/{path}/");
    let address = match purpose {
        Purpose::Pull => mirrored(&settings.mirrors, &stated),
        Purpose::Push => stated,
    };
    let url = Url::parse(&address)
        .map_err(|error| Trouble::Final(format!("`{repository}` has no address: {error}")))?;
    match is_safe(&url) {
        true => Ok(url),
        false => Err(Trouble::Final(format!(
            "`{}` is refused: only a registry on this machine is spoken to without encryption",
            shown(&url)
        ))),
    }
}

/// An address that a server at `from` names, if it may be spoken to. From an encrypted server
/// no way leads to a plain one.
pub(super) fn named(from: &Url, address: &str) -> Result<Url, Trouble> {
    let refused = |why: &str| {
        let from = shown(from);
        Trouble::Lied(format!("`{from}` leads to an address that {why}"))
    };
    let to = from.join(address).map_err(|_| refused("is none"))?;
    match is_safe(&to) && (to.scheme() == "https" || from.scheme() == "http") {
        true => Ok(to),
        false => Err(refused("is not encrypted")),
    }
}

/// Whether two addresses are of one server: what opens one may be shown to the other.
pub(super) fn is_same_server(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// The server of an address as credentials are kept for it: `host`, or `host:port`.
pub(super) fn server(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// An address for people. Users, passwords and queries are left out: registries put tokens
/// there.
pub(super) fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), server(url), url.path())
}

fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orch_http::Mirror;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn only_this_machine_is_spoken_to_plainly() {
        let root = |repository: &str, purpose| {
            let settings = RegistrySettings {
                mirrors: vec![
                    Mirror {
                        prefix: "https://a.example/v2/".into(),
                        replacement: "https://mirror.example/v2/a/".into(),
                    },
                    Mirror {
                        prefix: "https://b.example/".into(),
                        replacement: "http://mirror.example/".into(),
                    },
                ],
                ..RegistrySettings::default()
            };
            super::root(&repository.parse().unwrap(), purpose, &settings).map(|url| url.to_string())
        };
        for (repository, purpose, expected) in [
            ("c.example/x", Purpose::Pull, "https://c.example/v2/x/"),
            (
                "127.0.0.1:5000/x",
                Purpose::Push,
                "http://127.0.0.1:5000/v2/x/",
            ),
            (
                "a.example/x",
                Purpose::Pull,
                "https://mirror.example/v2/a/x/",
            ),
            ("a.example/x", Purpose::Push, "https://a.example/v2/x/"),
        ] {
            assert_eq!(root(repository, purpose).unwrap(), expected);
        }
        assert_eq!(
            root("b.example/x", Purpose::Pull),
            Err(Trouble::Final(
                "`http://mirror.example/v2/x/` is refused: only a registry on this machine is \
                 spoken to without encryption"
                    .into()
            ))
        );
    }

    #[test]
    fn no_server_leads_out_of_encryption() {
        let secure = url("https://a.example/v2/x/");
        let local = url("http://127.0.0.1:5000/v2/x/");
        for (from, to, allowed) in [
            (&secure, "/y", true),
            (&secure, "https://b.example/y?sig=1", true),
            (&secure, "http://a.example/y", false),
            (&secure, "http://127.0.0.1/y", false),
            (&secure, "file:///etc/passwd", false),
            (&local, "http://127.0.0.1:6000/y", true),
            (&local, "http://b.example/y", false),
            (&local, "https://b.example/y", true),
        ] {
            assert_eq!(named(from, to).is_ok(), allowed, "{from} {to}");
        }
    }

    #[test]
    fn a_server_is_its_scheme_host_and_port() {
        let one = url("https://a.example/v2/");
        assert!(is_same_server(&one, &url("https://a.example:443/x")));
        for other in [
            "http://a.example/",
            "https://a.example:444/",
            "https://b.example/",
        ] {
            assert!(!is_same_server(&one, &url(other)), "{other}");
        }
    }

    #[test]
    fn nothing_that_opens_a_door_is_shown() {
        let secret = url("https://user:hush@a.example:5000/v2/x?_state=hush#hush");
        assert_eq!(shown(&secret), "https://a.example:5000/v2/x");
    }
}
