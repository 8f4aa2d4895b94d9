//! Small documents such as release indexes, whole in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use orch_engine::Cancel;
use orch_http::redact;
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};

use crate::address::Giver;
use crate::client::{Client, broken};
use crate::settings::FetchSettings;
use crate::trouble::Trouble;

/// The largest document.
const BYTES_AT_MOST: usize = 8 << 20;
/// Attempts at one document.
const TRIES: u32 = 3;
/// The longest that one attempt may take: a plugin waits for it.
const TIME_AT_MOST: Duration = Duration::from_secs(120);

/// Bytes of all documents that are kept in memory.
const KEPT_BYTES: usize = 64 << 20;

/// Documents from the network that were asked for before.
#[derive(Default)]
pub(crate) struct Documents(Mutex<BTreeMap<Url, Vec<u8>>>);

impl Documents {
    /// The document of an address, if it is kept.
    pub(crate) fn get(&self, url: &Url) -> Option<Vec<u8>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(url).cloned()
    }

    /// Keeps a document as long as there is room.
    pub(crate) fn keep(&self, url: Url, document: Vec<u8>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: usize = kept.values().map(Vec::len).sum();
        if bytes + document.len() <= KEPT_BYTES {
            kept.insert(url, document);
        }
    }
}

/// A document from the network.
pub(crate) fn from_web(
    client: &Client,
    url: &Url,
    settings: &FetchSettings,
) -> Result<Vec<u8>, Trouble> {
    let cancel = Cancel::new();
    let mut tries = 1;
    loop {
        let attempt = async {
            tokio::time::timeout(TIME_AT_MOST, attempt(client, url, settings))
                .await
                .unwrap_or_else(|_| {
                    let shown = redact::shown(url);
                    let seconds = TIME_AT_MOST.as_secs();
                    Err(Trouble::Final(format!(
                        "`{shown}` took longer than {seconds} s"
                    )))
                })
        };
        match client.run(&cancel, attempt) {
            Err(Trouble::Passing(why)) if tries == TRIES => {
                return Err(Trouble::Final(format!("{why} (tried {TRIES} times)")));
            }
            Err(Trouble::Passing(_)) => {
                cancel.wait(settings.patience.retry * (1 << (tries - 1)));
                tries += 1;
            }
            end => return end,
        }
    }
}

async fn attempt(client: &Client, url: &Url, settings: &FetchSettings) -> Result<Vec<u8>, Trouble> {
    let mut response = client
        .send(
            Method::GET,
            url,
            &HeaderMap::new(),
            Giver::Question,
            settings,
        )
        .await?;
    let mut document = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(url, error))? {
        if document.len() + chunk.len() > BYTES_AT_MOST {
            return Err(too_large(&redact::shown(url)));
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document)
}

/// A document of this machine.
pub(crate) fn from_file(path: &Path) -> Result<Vec<u8>, Trouble> {
    let shown = path.display();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Trouble::Absent(format!("there is no file `{shown}`")),
        _ => Trouble::Final(format!("could not read `{shown}`: {error}")),
    };
    let mut document = Vec::new();
    File::open(path)
        .and_then(|file| {
            file.take(BYTES_AT_MOST as u64 + 1)
                .read_to_end(&mut document)
        })
        .map_err(failed)?;
    if document.len() > BYTES_AT_MOST {
        return Err(too_large(&shown.to_string()));
    }
    Ok(document)
}

fn too_large(shown: &str) -> Trouble {
    Trouble::Final(format!(
        "`{shown}` is larger than a document may be ({} MiB)",
        BYTES_AT_MOST >> 20
    ))
}
