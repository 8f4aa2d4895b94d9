//! Brings an image to a registry: blobs first, of which only the missing ones travel, then
//! manifests, then the index, then its tags. So nobody ever fetches half an image.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use orch_model::{Digest, Fault};
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderValue};

use super::Registry;
use super::address::Purpose;
use super::blob::{self, Mount, STATED_DIGEST, check_stated};
use super::client::Ask;
use super::session::Session;
use super::trouble::Trouble;
use super::upload::Upload;
use crate::Cancelled;
use crate::document::Descriptor;
use crate::layout::Layout;
use crate::reference::{Repository, Tag};

/// How many blobs travel at once.
const AT_ONCE: usize = 4;

/// What is brought where.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// The image.
    pub layout: &'a Layout,
    /// Where it goes.
    pub repository: &'a Repository,
    /// By which names it is found there; by its digest it always is.
    pub tags: &'a [Tag],
    /// Repositories that may have blobs of it already. Those of the same registry are asked to
    /// lend them.
    pub lenders: &'a [Repository],
}

/// What a push came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Bytes of blobs that travelled.
    pub sent_bytes: u64,
    /// Bytes of blobs that did not need to.
    pub skipped_bytes: u64,
    /// Blobs that travelled.
    pub sent: usize,
    /// Blobs that were taken over from another repository.
    pub mounted: usize,
    /// Blobs that were there.
    pub present: usize,
    /// Manifests and indexes that were written, once for each name.
    pub written: usize,
}

/// How far a push is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Bytes of blobs that were sent or need not be.
    pub done_bytes: u64,
    /// Bytes of all blobs.
    pub total_bytes: u64,
}

/// A blob of an image.
struct Blob<'a> {
    descriptor: &'a Descriptor,
    /// The base that it is of.
    base: Option<&'a Repository>,
    /// How many of its bytes were sent or need not be.
    done: Arc<AtomicU64>,
}

/// What became of a blob.
enum Fate {
    Present,
    Mounted,
    Sent,
}

impl Registry {
    /// Brings an image to its repository. `progress` is told from time to time, by several
    /// threads. The same push again writes nothing.
    pub fn push(
        &self,
        push: &Push<'_>,
        progress: &(dyn Fn(Transfer) + Sync),
        cancelled: Cancelled<'_>,
    ) -> Result<Pushed, Fault> {
        let pushed = self.try_push(push, progress, cancelled);
        pushed.map_err(|trouble| {
            trouble.into_fault(&format!(
                "could not push the image to `{}`",
                push.repository
            ))
        })
    }

    fn try_push(
        &self,
        push: &Push<'_>,
        progress: &(dyn Fn(Transfer) + Sync),
        cancelled: Cancelled<'_>,
    ) -> Result<Pushed, Trouble> {
        let blobs = blobs(push.layout);
        let lenders = lenders(push, &blobs);
        let session = Session::new(self, push.repository, Purpose::Push, &lenders)?;
        let told = || {
            progress(transfer(&blobs));
            cancelled()
        };
        let mut pushed = Pushed::default();
        let fates = self.bring_all(&session, push.layout, &lenders, &blobs, &told)?;
        for (blob, fate) in blobs.iter().zip(fates) {
            pushed.count(blob.descriptor.size, &fate);
        }
        pushed.written = self
            .client
            .run(cancelled, write_documents(&session, push))?;
        progress(transfer(&blobs));
        Ok(pushed)
    }

    /// Brings blobs, some at once. The first trouble ends all.
    fn bring_all(
        &self,
        session: &Session<'_>,
        layout: &Layout,
        lenders: &[&Repository],
        blobs: &[Blob<'_>],
        cancelled: Cancelled<'_>,
    ) -> Result<Vec<Fate>, Trouble> {
        let queue = Mutex::new(blobs.iter().enumerate());
        let trouble: Mutex<Option<Trouble>> = Mutex::new(None);
        let fates: Mutex<BTreeMap<usize, Fate>> = Mutex::new(BTreeMap::new());
        let is_over = || locked(&trouble).is_some() || cancelled();
        let work = || {
            while let Some((number, blob)) = next(&queue) {
                let bringing = self.bring(session, layout, lenders, blob);
                match self.client.run(&is_over, bringing) {
                    Ok(fate) => {
                        blob.done.store(blob.descriptor.size, Ordering::Relaxed);
                        locked(&fates).insert(number, fate);
                    }
                    // Those that are stopped by another's trouble keep it as it is.
                    Err(own) => {
                        locked(&trouble).get_or_insert(own);
                        return;
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(blobs.len()) {
                scope.spawn(work);
            }
        });
        match locked(&trouble).take() {
            Some(trouble) => Err(trouble),
            None => Ok(std::mem::take(&mut *locked(&fates)).into_values().collect()),
        }
    }

    /// Makes sure that the repository has a blob, in the cheapest way that works.
    async fn bring(
        &self,
        session: &Session<'_>,
        layout: &Layout,
        lenders: &[&Repository],
        blob: &Blob<'_>,
    ) -> Result<Fate, Trouble> {
        let descriptor = blob.descriptor;
        if blob::has(session, descriptor).await? {
            return Ok(Fate::Present);
        }
        let mut begun = None;
        for lender in lenders {
            match blob::mount(session, &descriptor.digest, lender).await? {
                Mount::Mounted => return Ok(Fate::Mounted),
                Mount::Upload(location) => begun = Some(location),
                Mount::Refused => {}
            }
        }
        if layout.blob(&descriptor.digest).is_none() {
            let base = blob.base.ok_or_else(|| {
                let lost = format!(
                    "blob `{}` of the image is not there any more",
                    descriptor.digest
                );
                Fault::lost(lost).hint("write the image again")
            })?;
            let origin = Session::new(self, base, Purpose::Pull, &[])?;
            blob::fetch(&origin, descriptor, layout.blobs()).await?;
        }
        let upload = Upload {
            session,
            blob: descriptor,
            path: layout.blobs().path(&descriptor.digest),
            sent: Arc::clone(&blob.done),
        };
        upload.run(begun).await?;
        Ok(Fate::Sent)
    }
}

impl Pushed {
    fn count(&mut self, bytes: u64, fate: &Fate) {
        match fate {
            Fate::Sent => {
                self.sent += 1;
                self.sent_bytes += bytes;
                return;
            }
            Fate::Mounted => self.mounted += 1,
            Fate::Present => self.present += 1,
        }
        self.skipped_bytes += bytes;
    }
}

/// Every blob of an image once.
fn blobs(layout: &Layout) -> Vec<Blob<'_>> {
    let mut blobs = BTreeMap::new();
    for variant in layout.variants() {
        for descriptor in variant.layers.iter().chain([&variant.config]) {
            blobs.entry(descriptor.digest).or_insert_with(|| Blob {
                descriptor,
                base: variant.base.as_ref(),
                done: Arc::default(),
            });
        }
    }
    blobs.into_values().collect()
}

/// The other repositories of the same registry that may have blobs of the image.
fn lenders<'a>(push: &'a Push<'_>, blobs: &[Blob<'a>]) -> Vec<&'a Repository> {
    let bases = blobs.iter().filter_map(|blob| blob.base);
    let mut lenders: Vec<&Repository> = bases.chain(push.lenders).collect();
    lenders.sort();
    lenders.dedup();
    let own = push.repository;
    lenders.retain(|lender| lender.registry() == own.registry() && *lender != own);
    lenders
}

/// Writes manifests, then the index under its digest and its tags, as far as they are not there;
/// says how many were written.
async fn write_documents(session: &Session<'_>, push: &Push<'_>) -> Result<usize, Trouble> {
    let mut written = 0;
    for variant in push.layout.variants() {
        let name = variant.manifest.digest.to_string();
        written += write_document(session, push.layout, &variant.manifest, &name).await?;
    }
    let index = push.layout.index();
    let names = push.tags.iter().map(|tag| tag.as_str().to_owned());
    for name in [index.digest.to_string()].into_iter().chain(names) {
        written += write_document(session, push.layout, index, &name).await?;
    }
    Ok(written)
}

/// Writes a document under a name that does not mean it yet.
async fn write_document(
    session: &Session<'_>,
    layout: &Layout,
    document: &Descriptor,
    name: &str,
) -> Result<usize, Trouble> {
    let url = session.url(&format!("manifests/{name}"))?;
    let mut look = Ask::new(Method::HEAD, url.clone());
    let kind = HeaderValue::from_str(&document.media_type)
        .map_err(|_| Trouble::Final(format!("`{:?}` is no media type", document.media_type)))?;
    look.headers.insert(ACCEPT, kind);
    match session.ask(&look).await {
        Ok(answer) => {
            let stated = answer.headers().get(STATED_DIGEST);
            let stated = stated.and_then(|digest| digest.to_str().ok()?.parse::<Digest>().ok());
            if stated == Some(document.digest) {
                return Ok(0);
            }
        }
        Err(Trouble::Absent(_)) => {}
        Err(trouble) => return Err(trouble),
    }
    let bytes = layout.blobs().read(&document.digest)?;
    let answer = session
        .ask(&Ask::carrying(
            Method::PUT,
            url,
            &document.media_type,
            bytes,
        )?)
        .await?;
    check_stated(answer.url(), answer.headers(), &document.digest)?;
    Ok(1)
}

fn transfer(blobs: &[Blob<'_>]) -> Transfer {
    Transfer {
        done_bytes: blobs
            .iter()
            .map(|blob| blob.done.load(Ordering::Relaxed))
            .sum(),
        total_bytes: blobs.iter().map(|blob| blob.descriptor.size).sum(),
    }
}

fn next<T>(queue: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    locked(queue).next()
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
