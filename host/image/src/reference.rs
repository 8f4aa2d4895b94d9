//! The names of images: repositories, tags and pinned images, checked once when they are
//! parsed. Knows the grammar of the OCI distribution specification and no network.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use orch_model::{Digest, Fault};

/// The longest name of a repository with its registry, as registries limit it.
const NAME_BYTES: usize = 255;
/// The longest tag.
const TAG_BYTES: usize = 128;

/// A repository of a registry: `registry.example/team/agent`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    registry: String,
    path: String,
}

/// An image that no registry can exchange for another: `registry.example/base@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PinnedImage {
    /// Where it lies.
    pub repository: Repository,
    /// The digest of its index or manifest.
    pub digest: Digest,
}

/// A name for an image within its repository, which may be moved to another: `1.2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Repository {
    /// The host of the registry, with its port where that is named.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The name within the registry.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the registry is this very machine, which may be spoken to without encryption.
    pub(crate) fn is_local(&self) -> bool {
        is_loopback(host_of(&self.registry))
    }
}

impl Tag {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a host is this very machine: `localhost`, `127.0.0.0/8` or `[::1]`.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// A registry's name without its port.
fn host_of(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => registry,
    }
}

impl FromStr for Repository {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let wrong = |why: &str| Fault::usage(format!("`{text}` is no repository: {why}"));
        if text.len() > NAME_BYTES {
            return Err(wrong("it is longer than 255 bytes"));
        }
        let (registry, path) = text
            .split_once('/')
            .filter(|(registry, _)| names_a_host(registry))
            .ok_or_else(|| {
                wrong("it does not begin with the host of a registry")
                    .hint("write it in full, as `registry.example/team/agent`")
            })?;
        if !path.split('/').all(is_component) {
            return Err(wrong("its name does not fit")
                .hint("use small letters and digits, with `.`, `_` or `-` between them, and `/`"));
        }
        Ok(Self {
            registry: registry.to_owned(),
            path: path.to_owned(),
        })
    }
}

/// A host is told from the first part of a name by its dot or port, as docker does it.
fn names_a_host(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let is_host = text == "localhost" || text.contains(['.', ':']);
    is_host && text.bytes().all(fits) && !host_of(text).is_empty()
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = text.split(is_plain).filter(|between| !between.is_empty());
    let is_separator = |between: &str| {
        matches!(between, "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
    };
    text.starts_with(is_plain)
        && text.ends_with(is_plain)
        && separators.into_iter().all(is_separator)
}

impl FromStr for PinnedImage {
    type Err = Fault;

    /// A tag between name and digest is allowed, and means nothing beside the digest.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let (name, digest) = text.split_once('@').ok_or_else(|| {
            Fault::usage(format!(
                "`{text}` is not pinned: it may be another image tomorrow"
            ))
            .hint(format!(
                "add its digest: `skopeo inspect --format '{{{{.Digest}}}}' docker://{text}` \
                     prints it; then `{text}@sha256:…`"
            ))
        })?;
        let digest = digest
            .parse()
            .map_err(|error| Fault::usage(format!("`{text}` is not pinned: {error}")))?;
        let slash = name.rfind('/').unwrap_or(0);
        let name = match name.rfind(':') {
            Some(colon) if colon > slash => {
                name[colon + 1..].parse::<Tag>()?;
                &name[..colon]
            }
            _ => name,
        };
        Ok(Self {
            repository: name.parse()?,
            digest,
        })
    }
}

impl FromStr for Tag {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let begins = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let goes_on = |c: char| begins(c) || c == '.' || c == '-';
        if text.len() > TAG_BYTES || !text.starts_with(begins) || !text.chars().all(goes_on) {
            return Err(Fault::usage(format!("`{text}` is no tag")).hint(
                "use letters, digits, `_`, `.` and `-`, with no `.` or `-` at the start, at most 128",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

impl fmt::Display for PinnedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_written_in_full() {
        for text in [
            "registry.example/team/agent",
            "registry.example:5000/a",
            "localhost/a",
            "127.0.0.1:5000/a/b-c/d__e.f",
            "[::1]:5000/a",
        ] {
            assert_eq!(text.parse::<Repository>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "agent",
            "team/agent",
            "registry.example",
            "registry.example/",
            "registry.example/Team",
            "registry.example/a//b",
            "registry.example/a..b",
            "registry.example/a/",
            "registry.example/../b",
            "user:secret@registry.example/a",
            ":5000/a",
        ] {
            assert!(text.parse::<Repository>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_base_is_pinned_or_refused() {
        let digest = Digest::of("");
        for text in [
            "host.example/a",
            "host.example:5000/a",
            "host.example:5000/a:1.2",
        ] {
            let pinned: PinnedImage = format!("{text}@{digest}").parse().unwrap();
            assert_eq!(pinned.digest, digest);
            assert_eq!(pinned.repository.path(), "a");
        }
        let refused = "host.example/a:12".parse::<PinnedImage>().unwrap_err();
        assert_eq!(
            refused.message,
            "`host.example/a:12` is not pinned: it may be another image tomorrow"
        );
        assert!("host.example/a@sha256:12".parse::<PinnedImage>().is_err());
        assert!(
            format!("host.example/a:-@{digest}")
                .parse::<PinnedImage>()
                .is_err()
        );
    }

    #[test]
    fn tags_are_checked() {
        for text in ["1.2", "latest", "_a", "v1.2.3-rc_1"] {
            assert!(text.parse::<Tag>().is_ok(), "{text}");
        }
        for text in ["", ".a", "-a", "a/b", "a b", "ä", &"a".repeat(129)] {
            assert!(text.parse::<Tag>().is_err(), "{text}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (registry, expected) in [
            ("localhost/a", true),
            ("localhost:5000/a", true),
            ("127.0.0.1:5000/a", true),
            ("127.9.9.9:5000/a", true),
            ("[::1]:5000/a", true),
            ("128.0.0.1:5000/a", false),
            ("localhost.example/a", false),
            ("127.0.0.1.example/a", false),
        ] {
            let repository: Repository = registry.parse().unwrap();
            assert_eq!(repository.is_local(), expected, "{registry}");
        }
    }
}
