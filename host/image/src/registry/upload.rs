//! Sends one blob: all at once, and after a break only what the registry does not have yet.
//! An upload that a registry forgets is begun anew.
//!
//! ```text
//! Nothing ──POST──▶ At(0) ──PATCH──▶ At(size) ──PUT──▶ the registry has it
//!    ▲                │ broke off        │
//!    │                ▼                  │
//!    └──forgotten── Unknown ──GET──▶ At(what has come)
//! ```

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use orch_model::{Digest, Fault};
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RANGE};
use reqwest::{Method, Url};

use super::answer::leads_to;
use super::blob::{self, check_stated};
use super::body::{FilePart, Payload};
use super::client::Ask;
use super::session::Session;
use super::trouble::Trouble;
use crate::document::Descriptor;

/// Steps of one upload, however much each brings: a registry that takes drops is given up.
const STEPS: u32 = 300;

/// One blob on its way to a repository.
pub(super) struct Upload<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) blob: &'a Descriptor,
    /// Where its bytes lie.
    pub(super) path: PathBuf,
    /// How many of them were sent.
    pub(super) sent: Arc<AtomicU64>,
}

/// How far an upload is.
enum State {
    Nothing,
    /// The registry has so many bytes.
    At(Url, u64),
    /// The registry has to be asked.
    Unknown(Url),
}

impl Upload<'_> {
    /// Sends the blob; an upload may have been begun for it.
    pub(super) async fn run(&self, begun: Option<Url>) -> Result<(), Trouble> {
        let mut attempts = self.session.attempts();
        let mut state = match begun {
            Some(location) => State::At(location, 0),
            None => State::Nothing,
        };
        let mut most = 0;
        for _ in 0..STEPS {
            let trouble = match self.step(&mut state).await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    // Each piece that has come is worth a new beginning of the count.
                    if let State::At(_, has) = state
                        && has > most
                    {
                        most = has;
                        attempts.reset();
                    }
                    continue;
                }
                Err(trouble) => trouble,
            };
            match trouble {
                Trouble::Passing(why, wait) => attempts.wait(why, wait).await?,
                Trouble::Absent(_) if blob::has(self.session, self.blob).await? => return Ok(()),
                Trouble::Absent(why) => {
                    state = State::Nothing;
                    attempts.wait(why, None).await?;
                }
                other => return Err(other),
            }
        }
        Err(Trouble::Passing(
            format!("the upload of `{}` broke off too often", self.blob.digest),
            None,
        ))
    }

    /// Does what is next; says whether the registry has the blob.
    async fn step(&self, state: &mut State) -> Result<bool, Trouble> {
        match std::mem::replace(state, State::Nothing) {
            State::Nothing => {
                let ask = Ask::new(Method::POST, self.session.url("blobs/uploads/")?);
                let answer = self.session.ask(&ask).await.map_err(no_repository)?;
                *state = State::At(leads_to(answer.url(), answer.headers())?, 0);
            }
            State::Unknown(location) => {
                *state = State::Unknown(location.clone());
                let ask = Ask::new(Method::GET, location.clone());
                let answer = self.session.ask_once(&ask).await?;
                // Of no byte and of one byte registries say the same, `0-0`.
                let has = received(answer.headers())
                    .filter(|has| *has > 1)
                    .unwrap_or(0);
                *state = self.at(location, answer.headers(), has)?;
            }
            State::At(location, from) if from < self.blob.size => {
                *state = State::Unknown(location.clone());
                let answer = self
                    .session
                    .ask_once(&self.rest(location.clone(), from)?)
                    .await?;
                let has = received(answer.headers()).unwrap_or(self.blob.size);
                if has <= from {
                    let digest = self.blob.digest;
                    return Err(Trouble::Passing(
                        format!("the registry took nothing of `{digest}` that it was sent"),
                        None,
                    ));
                }
                *state = self.at(location, answer.headers(), has)?;
            }
            State::At(location, _) => {
                *state = State::Unknown(location.clone());
                self.finish(location).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where an upload goes on: registries may give it another address with each answer.
    fn at(&self, location: Url, headers: &HeaderMap, has: u64) -> Result<State, Trouble> {
        let next = match headers.contains_key(LOCATION) {
            true => leads_to(&location, headers)?,
            false => location,
        };
        match has <= self.blob.size {
            true => Ok(State::At(next, has)),
            false => Err(Trouble::Lied(format!(
                "the registry says that it was sent {has} bytes of `{}`, which has {}",
                self.blob.digest, self.blob.size
            ))),
        }
    }

    /// The request that carries what the registry does not have yet.
    fn rest(&self, location: Url, from: u64) -> Result<Ask, Trouble> {
        self.sent.store(from, Ordering::Relaxed);
        let mut ask = Ask::new(Method::PATCH, location);
        let kind = HeaderValue::from_static("application/octet-stream");
        ask.headers.insert(CONTENT_TYPE, kind);
        // Some registries take a whole blob, and none in pieces: only a rest is called a piece.
        if from > 0 {
            let range = format!("{from}-{}", self.blob.size - 1);
            let range = HeaderValue::from_str(&range).map_err(|error| {
                Trouble::Final(format!("no header can hold the range `{range}`: {error}"))
            })?;
            ask.headers.insert(CONTENT_RANGE, range);
        }
        ask.payload = Payload::File(FilePart {
            path: self.path.clone(),
            from,
            bytes: self.blob.size - from,
            sent: Arc::clone(&self.sent),
        });
        Ok(ask)
    }

    /// Says that all was sent, and what it must be.
    async fn finish(&self, mut location: Url) -> Result<(), Trouble> {
        let digest = self.blob.digest;
        location
            .query_pairs_mut()
            .append_pair("digest", &digest.to_string());
        let ended = self
            .session
            .ask_once(&Ask::new(Method::PUT, location))
            .await;
        match ended {
            Ok(answer) => check_stated(answer.url(), answer.headers(), &digest),
            // It may be right: what lies here is looked at before anybody is accused.
            Err(Trouble::Final(why)) => {
                self.check_own()?;
                Err(Trouble::Lied(why))
            }
            Err(trouble) => Err(trouble),
        }
    }

    fn check_own(&self) -> Result<(), Fault> {
        let read = File::open(&self.path).and_then(Digest::of_reader);
        let (found, _) = read.map_err(|error| Fault::io("read", &self.path, &error))?;
        match found == self.blob.digest {
            true => Ok(()),
            false => Err(Fault::lost(format!(
                "`{}` does not hold what its name says",
                self.path.display()
            ))
            .hint("write the image again")),
        }
    }
}

/// Nothing is to be found yet where an upload begins: what is missing there is the repository.
fn no_repository(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Absent(why) => Trouble::Final(format!(
            "{why}: there is no such repository, and this registry wants it to be made before"
        )),
        other => other,
    }
}

/// How much a registry says that it was sent: `Range: 0-99` for a hundred bytes.
fn received(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(RANGE)?.to_str().ok()?;
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    let last: u64 = range.strip_prefix("0-")?.trim().parse().ok()?;
    last.checked_add(1)
}
