//! A file of credentials as `docker login` and `podman login` write it: `auths`,
//! `credHelpers` and `credsStore`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orch_model::Fault;
use serde::Deserialize;

use super::Credentials;

/// The largest file of credentials.
const FILE_BYTES: u64 = 1 << 20;

/// What is read of such a file.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Text {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    /// `user:password` in Base64.
    auth: Option<String>,
    identitytoken: Option<String>,
}

/// A file of credentials.
pub(super) struct AuthFile {
    path: PathBuf,
    text: Text,
}

impl AuthFile {
    /// Reads the file, if there is one.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Fault> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(path, &error.to_string())),
        }
        if bytes.trim_ascii().is_empty() {
            return Ok(None);
        }
        // What serde says of a wrong type may quote it, and so a secret.
        let text = serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            unreadable(
                path,
                &format!("line {line}, column {column} is not as expected"),
            )
        })?;
        Ok(Some(Self {
            path: path.to_owned(),
            text,
        }))
    }

    /// What the file itself holds for a repository: the entry with the longest name counts,
    /// `host/team` before `host`. A helper for this very registry counts before them.
    pub(super) fn stated(&self, registry: &str, path: &str) -> Result<Option<Credentials>, Fault> {
        if self.text.cred_helpers.contains_key(registry) {
            return Ok(None);
        }
        let wanted = format!("{registry}/{path}");
        let fitting = self.text.auths.iter().filter_map(|(name, entry)| {
            let name = plain(name);
            let rest = wanted.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('/')).then_some((name.len(), entry))
        });
        match fitting.max_by_key(|(length, _)| *length) {
            Some((_, entry)) => self.credentials(entry),
            None => Ok(None),
        }
    }

    /// The helper that keeps what the file does not state.
    pub(super) fn helper(&self, registry: &str) -> Option<&str> {
        let own = self.text.cred_helpers.get(registry);
        own.or(self.text.creds_store.as_ref())
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    fn credentials(&self, entry: &Entry) -> Result<Option<Credentials>, Fault> {
        if let Some(token) = entry
            .identitytoken
            .as_ref()
            .filter(|token| !token.is_empty())
        {
            return Ok(Some(Credentials::Identity(token.clone())));
        }
        let Some(auth) = entry.auth.as_ref().filter(|auth| !auth.is_empty()) else {
            return Ok(None);
        };
        let decoded = STANDARD.decode(auth.trim()).ok();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let (user, password) = decoded
            .as_deref()
            .and_then(|text| text.split_once(':'))
            .ok_or_else(|| unreadable(&self.path, "an `auth` is not `user:password` in Base64"))?;
        Ok(Some(Credentials::Password {
            user: user.to_owned(),
            // Docker pads what it writes with zero bytes.
            password: password.trim_end_matches('\0').to_owned(),
        }))
    }
}

fn unreadable(path: &Path, why: &str) -> Fault {
    Fault::usage(format!(
        "could not read the credentials in `{}`: {why}",
        path.display()
    ))
    .hint("`docker login` or `podman login` writes them anew")
}

/// A name of an entry without what older versions of docker write around the host:
/// `https://host/v1/`.
fn plain(name: &str) -> &str {
    let name = name
        .strip_prefix("https://")
        .or_else(|| name.strip_prefix("http://"))
        .unwrap_or(name)
        .trim_end_matches('/');
    name.strip_suffix("/v1")
        .or_else(|| name.strip_suffix("/v2"))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<AuthFile>, Fault> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        AuthFile::read(&path)
    }

    fn user(file: &AuthFile, registry: &str, path: &str) -> String {
        match file.stated(registry, path).unwrap() {
            Some(Credentials::Password { user, password }) => format!("{user}:{password}"),
            Some(Credentials::Identity(token)) => format!("token {token}"),
            None => String::new(),
        }
    }

    #[test]
    fn the_longest_name_counts() {
        let entry = |text: &str| format!(r#"{{"auth": "{}"}}"#, STANDARD.encode(text));
        let text = format!(
            r#"{{"auths": {{
                "host.example": {},
                "host.example/team": {},
                "https://old.example/v1/": {},
                "token.example": {{"auth": "", "identitytoken": "t"}},
                "store.example": {{}}
            }}}}"#,
            entry("a:1"),
            entry("b:2:3"),
            entry("c:4\0\0"),
        );
        let file = read(&text).unwrap().unwrap();
        for (registry, path, expected) in [
            ("host.example", "x", "a:1"),
            ("host.example", "team/x", "b:2:3"),
            ("host.example", "teams/x", "a:1"),
            ("host.example:5000", "x", ""),
            ("old.example", "x", "c:4"),
            ("token.example", "x", "token t"),
            ("store.example", "x", ""),
        ] {
            assert_eq!(user(&file, registry, path), expected, "{registry}/{path}");
        }
    }

    #[test]
    fn a_helper_of_a_registry_counts_before_all() {
        let text = format!(
            r#"{{"auths": {{"a.example": {{"auth": "{}"}}}},
                "credHelpers": {{"a.example": "own"}}, "credsStore": "all"}}"#,
            STANDARD.encode("a:1")
        );
        let file = read(&text).unwrap().unwrap();
        assert_eq!(user(&file, "a.example", "x"), "");
        assert_eq!(file.helper("a.example"), Some("own"));
        assert_eq!(file.helper("b.example"), Some("all"));
    }

    #[test]
    fn what_cannot_be_read_is_told_without_a_secret() {
        for text in [
            r#"{"auths": {"a.example": {"auth": 1, "x": "hush"}}}"#,
            r#"{"auths": "hush"}"#,
            r#"{"auths": {"a.example": {"auth": "hush"}}}"#,
        ] {
            let fault = match read(text) {
                Ok(file) => file.unwrap().stated("a.example", "x").unwrap_err(),
                Err(fault) => fault,
            };
            assert!(!fault.message.contains("hush"), "{fault}");
            assert!(fault.hint.unwrap().contains("docker login"));
        }
        assert!(read(" \n").unwrap().is_none());
    }
}
