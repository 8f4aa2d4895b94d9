//! Blobs of a repository: whether it has one, mounting one from another repository, fetching
//! one with its bytes checked.

use std::io::Write as _;

use orch_model::{Digest, Fault, Hasher};
use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use reqwest::{Method, StatusCode, Url};
use tempfile::NamedTempFile;

use super::address::shown;
use super::answer::leads_to;
use super::client::Ask;
use super::session::Session;
use super::trouble::Trouble;
use crate::blobs::Blobs;
use crate::document::Descriptor;
use crate::reference::Repository;

/// The header in which registries state the digest of what they have.
pub(super) const STATED_DIGEST: &str = "docker-content-digest";

/// What came of the wish to mount a blob.
pub(super) enum Mount {
    /// The repository has it now.
    Mounted,
    /// It must be sent; the registry has begun an upload for that.
    Upload(Url),
    /// It must be sent.
    Refused,
}

/// Whether the repository has a blob.
pub(super) async fn has(session: &Session<'_>, blob: &Descriptor) -> Result<bool, Trouble> {
    let url = session.url(&format!("blobs/{}", blob.digest))?;
    match session.ask(&Ask::new(Method::HEAD, url.clone())).await {
        Ok(answer) => {
            check_stated(&url, answer.headers(), &blob.digest)?;
            let length = answer.headers().get(CONTENT_LENGTH);
            let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
            match length.unwrap_or(blob.size) == blob.size {
                true => Ok(true),
                false => Err(Trouble::Lied(format!(
                    "`{}` is said to have {} bytes there, where {} were expected",
                    shown(&url),
                    length.unwrap_or_default(),
                    blob.size
                ))),
            }
        }
        Err(Trouble::Absent(_)) => Ok(false),
        Err(trouble) => Err(trouble),
    }
}

/// Asks the registry to take a blob over from another of its repositories. One that may not be
/// read or does not have it is no trouble: then the blob is sent.
pub(super) async fn mount(
    session: &Session<'_>,
    digest: &Digest,
    from: &Repository,
) -> Result<Mount, Trouble> {
    let mut url = session.url("blobs/uploads/")?;
    url.query_pairs_mut()
        .append_pair("mount", &digest.to_string())
        .append_pair("from", from.path());
    match session.ask(&Ask::new(Method::POST, url.clone())).await {
        Ok(answer) if answer.status() == StatusCode::CREATED => {
            check_stated(&url, answer.headers(), digest)?;
            Ok(Mount::Mounted)
        }
        Ok(answer) => leads_to(answer.url(), answer.headers()).map(Mount::Upload),
        Err(Trouble::Absent(_) | Trouble::Barred(..) | Trouble::Final(_)) => Ok(Mount::Refused),
        Err(trouble) => Err(trouble),
    }
}

/// Fetches a blob and keeps it if its bytes are the right ones.
pub(super) async fn fetch(
    session: &Session<'_>,
    blob: &Descriptor,
    into: &Blobs,
) -> Result<(), Trouble> {
    let mut attempts = session.attempts();
    loop {
        match fetch_once(session, blob, into).await {
            Err(Trouble::Passing(why, wait)) => attempts.wait(why, wait).await?,
            end => return end,
        }
    }
}

async fn fetch_once(session: &Session<'_>, blob: &Descriptor, into: &Blobs) -> Result<(), Trouble> {
    let url = session.url(&format!("blobs/{}", blob.digest))?;
    let client = &session.registry.client;
    let mut temporary = into.temporary()?;
    let digest = client
        .within(
            &url,
            blob.size,
            received(session, &url, blob.size, &mut temporary),
        )
        .await?;
    if digest != blob.digest {
        return Err(lied_about(&url, &blob.digest, &digest));
    }
    into.keep(temporary, &digest)?;
    Ok(())
}

/// Writes what an address sends, at most so many bytes, and says what it was.
async fn received(
    session: &Session<'_>,
    url: &Url,
    most: u64,
    to: &mut NamedTempFile,
) -> Result<Digest, Trouble> {
    let ask = Ask::new(Method::GET, url.clone());
    let mut answer = session.ask_once(&ask).await?;
    let mut hasher = Hasher::new();
    let mut bytes = 0;
    while let Some(piece) = session.registry.client.piece(&mut answer).await? {
        bytes += piece.len() as u64;
        if bytes > most {
            let shown = shown(url);
            return Err(Trouble::Lied(format!(
                "`{shown}` sends more than its {most} bytes"
            )));
        }
        hasher.update(&piece);
        to.write_all(&piece)
            .map_err(|error| Fault::io("write", to.path(), &error))?;
    }
    Ok(hasher.finish())
}

/// Holds a digest that a registry states against the one that was asked for.
pub(super) fn check_stated(
    url: &Url,
    headers: &HeaderMap,
    expected: &Digest,
) -> Result<(), Trouble> {
    let stated = headers
        .get(STATED_DIGEST)
        .and_then(|value| value.to_str().ok());
    match stated.and_then(|text| text.parse::<Digest>().ok()) {
        Some(stated) if stated != *expected => Err(Trouble::Lied(format!(
            "`{}` is said to have digest `{stated}` there, where `{expected}` was expected",
            shown(url)
        ))),
        // One that states none, or one of another algorithm, has not contradicted.
        _ => Ok(()),
    }
}

/// Bytes came that are not those that were asked for.
pub(super) fn lied_about(url: &Url, expected: &Digest, found: &Digest) -> Trouble {
    Trouble::Lied(format!(
        "`{}` sent bytes with digest `{found}`, where `{expected}` was expected",
        shown(url)
    ))
}
