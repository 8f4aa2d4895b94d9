//! Gets one archive from one address: resumed after a break, bounded, hashed while it
//! streams. Whether the machine may ask at all, and where else to look, is decided by
//! the caller.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use orch_engine::Cancel;
use orch_engine::port::{Progress, Stage};
use orch_http::redact;
use orch_model::Digest;
use reqwest::header::{
    CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE,
};
use reqwest::{Method, Response, StatusCode, Url};

use crate::address::Giver;
use crate::client::{Client, broken};
use crate::partial::Partial;
use crate::settings::FetchSettings;
use crate::trouble::Trouble;

/// The largest download, whatever anybody states.
pub(crate) const BYTES_AT_MOST: u64 = 4 << 30;
/// Attempts that bring nothing new, one after the other.
const TRIES: u32 = 3;
/// Attempts in all, however much each brings: a server that drips is given up.
const ROUNDS: u32 = 50;

/// What is to be got.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) digest: Digest,
    pub(crate) bytes: Option<u64>,
}

/// Told about one archive of several.
pub(crate) struct Meter<'a> {
    pub(crate) progress: &'a dyn Progress,
    pub(crate) stage: Stage,
    /// Bytes of the archives before this one.
    pub(crate) before: u64,
    /// Bytes of all archives.
    pub(crate) total: Option<u64>,
}

impl Meter<'_> {
    /// `done` bytes of this archive, whose size is `known` where it has turned out.
    pub(crate) fn report(&self, done: u64, known: Option<u64>) {
        let total = self.total.or_else(|| Some(self.before + known?));
        self.progress.report(self.stage, self.before + done, total);
    }
}

/// One archive on its way from the network.
pub(crate) struct Download<'a> {
    pub(crate) settings: &'a FetchSettings,
    pub(crate) client: &'a Client,
    pub(crate) meter: &'a Meter<'a>,
    pub(crate) cancel: &'a Cancel,
}

impl Download<'_> {
    /// Fills `partial` from a web address until its digest is the wanted one.
    pub(crate) fn fill_from_web(
        &self,
        url: &Url,
        giver: Giver,
        wanted: Wanted,
        partial: &mut Partial,
    ) -> Result<(), Trouble> {
        loop {
            self.attempts(url, giver, wanted, partial)?;
            let digest = partial.digest();
            if digest == wanted.digest {
                return Ok(());
            }
            // Whatever this is, it is not what is wanted, so nothing of it is kept.
            let resumed = partial.is_resumed();
            partial.restart()?;
            // Pieces of two versions have no right digest together: try it in one piece.
            if !resumed {
                return Err(wrong_digest(&redact::shown(url), digest, wanted));
            }
        }
    }

    /// Makes attempts until the server has sent all that it has.
    fn attempts(
        &self,
        url: &Url,
        giver: Giver,
        wanted: Wanted,
        partial: &mut Partial,
    ) -> Result<(), Trouble> {
        let mut in_vain = 0;
        for _ in 0..ROUNDS {
            let before = partial.length();
            partial.resume();
            let attempt = self.attempt(url, giver, wanted, partial);
            let why = match self.client.run(self.cancel, attempt) {
                Err(Trouble::Passing(why)) => why,
                // One more address may be known; this one is asked again only if it
                // has been there before.
                Err(Trouble::Unreachable(why)) if before > 0 => why,
                end => return end,
            };
            if partial.length() > before {
                in_vain = 0;
            }
            in_vain += 1;
            if in_vain >= TRIES {
                return Err(Trouble::Passing(format!("{why} (tried {TRIES} times)")));
            }
            if self
                .cancel
                .wait(self.settings.patience.retry * (1 << (in_vain - 1)))
            {
                return Err(Trouble::Cancelled);
            }
        }
        let shown = redact::shown(url);
        Err(Trouble::Passing(format!(
            "the connection to `{shown}` broke {ROUNDS} times"
        )))
    }

    /// One request, from where the last one broke off.
    async fn attempt(
        &self,
        url: &Url,
        giver: Giver,
        wanted: Wanted,
        partial: &mut Partial,
    ) -> Result<(), Trouble> {
        let headers = range_headers(partial);
        let mut response = self
            .client
            .send(Method::GET, url, &headers, giver, self.settings)
            .await?;
        let shown = redact::shown(response.url());
        match response.status() {
            StatusCode::PARTIAL_CONTENT if range_start(&response) == Some(partial.length()) => {}
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                partial.restart()?;
                return Err(Trouble::Passing(format!(
                    "`{shown}` does not send the piece that it was asked for"
                )));
            }
            _ => partial.restart()?,
        }
        partial.set_validator(validator(&response))?;

        let stated = response
            .content_length()
            .map(|rest| partial.length().saturating_add(rest));
        if let (Some(stated), Some(bytes)) = (stated, wanted.bytes)
            && stated != bytes
        {
            partial.restart()?;
            return Err(Trouble::Foreign(format!(
                "`{shown}` holds {stated} bytes, where {bytes} were expected"
            )));
        }
        let most = wanted.bytes.or(stated).unwrap_or(BYTES_AT_MOST);
        if most > BYTES_AT_MOST {
            return Err(too_much(&shown, BYTES_AT_MOST));
        }
        let known = wanted.bytes.or(stated);
        self.meter.report(partial.length(), known);
        loop {
            let chunk = response.chunk().await;
            let Some(chunk) = chunk.map_err(|error| broken(url, error))? else {
                break;
            };
            if partial.length() + chunk.len() as u64 > most {
                partial.restart()?;
                return Err(too_much(&shown, most));
            }
            partial.append(&chunk)?;
            self.meter.report(partial.length(), known);
        }
        match known {
            Some(known) if partial.length() < known => Err(Trouble::Passing(format!(
                "`{shown}` stopped after {} of {known} bytes",
                partial.length()
            ))),
            _ => Ok(()),
        }
    }
}

/// Fills `partial` with a file of this machine and checks its digest.
pub(crate) fn from_file(
    path: &Path,
    wanted: Wanted,
    partial: &mut Partial,
    meter: &Meter<'_>,
    cancel: &Cancel,
) -> Result<(), Trouble> {
    let shown = path.display().to_string();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Trouble::Absent(format!("there is no file `{shown}`")),
        _ => Trouble::Final(format!("could not read `{shown}`: {error}")),
    };
    partial.restart()?;
    let mut file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    if let Some(bytes) = wanted.bytes
        && size != bytes
    {
        return Err(Trouble::Foreign(format!(
            "`{shown}` holds {size} bytes, where {bytes} were expected"
        )));
    }
    let most = wanted.bytes.unwrap_or(BYTES_AT_MOST);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        if cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        if partial.length() + read as u64 > most {
            partial.restart()?;
            return Err(too_much(&shown, most));
        }
        partial.append(&buffer[..read])?;
        meter.report(partial.length(), Some(size));
    }
    let digest = partial.digest();
    if digest != wanted.digest {
        partial.restart()?;
        return Err(wrong_digest(&shown, digest, wanted));
    }
    Ok(())
}

fn range_headers(partial: &Partial) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if partial.length() > 0 {
        let range = format!("bytes={}-", partial.length());
        headers.extend(HeaderValue::from_str(&range).map(|range| (RANGE, range)));
        // Without one the digest alone tells whether the pieces belong together.
        if let Some(validator) = partial.validator() {
            headers.extend(HeaderValue::from_str(&validator).map(|value| (IF_RANGE, value)));
        }
    }
    headers
}

/// What stands in `If-Range` later. A weak tag must not, by RFC 9110.
fn validator(response: &Response) -> Option<&str> {
    let text = |name| response.headers().get(name)?.to_str().ok();
    text(ETAG)
        .filter(|tag| !tag.starts_with("W/"))
        .or_else(|| text(LAST_MODIFIED))
}

fn range_start(response: &Response) -> Option<u64> {
    let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range
        .strip_prefix("bytes ")?
        .split('-')
        .next()?
        .parse()
        .ok()
}

fn too_much(shown: &str, most: u64) -> Trouble {
    Trouble::Foreign(format!("`{shown}` sends more than {most} bytes"))
}

pub(crate) fn wrong_digest(shown: &str, digest: Digest, wanted: Wanted) -> Trouble {
    Trouble::Foreign(format!(
        "`{shown}` has digest `{digest}`, where `{}` was expected",
        wanted.digest
    ))
}
