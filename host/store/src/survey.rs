//! Counts what the store holds, without reading content.

use std::collections::BTreeMap;
use std::fs::File;

use orch_model::Fault;

use crate::Store;
use crate::entry::{Entry, entries, list};
use crate::form::Form;

/// How many there are, and what they take on the disk, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// What they take.
    pub bytes: u64,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }
}

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Content by digest.
    pub blobs: Tally,
    /// How many of the blobs are compressed.
    pub compressed: u64,
    /// What the blobs would take if none were compressed, in bytes.
    pub content_bytes: u64,
    /// Small values, by kind.
    pub records: BTreeMap<String, Tally>,
    /// What was damaged and set aside.
    pub quarantine: Tally,
}

impl Store {
    /// Counts all that lies here. What others add or remove meanwhile may be counted or not.
    pub fn survey(&self) -> Result<Survey, Fault> {
        let mut survey = Survey::default();
        for blob in self.blob_entries()? {
            survey.blobs.add(blob.bytes);
            survey.compressed += u64::from(Form::of(&blob.path) == Form::Compressed);
            survey.content_bytes += content_bytes(&blob);
        }
        for kind in self.kinds()? {
            let tally = survey.records.entry(kind.clone()).or_default();
            for record in self.record_entries(&kind)? {
                tally.add(record.bytes);
            }
        }
        for damaged in list(&self.0.root.join("quarantine"))? {
            survey
                .quarantine
                .add(damaged.metadata().map_or(0, |metadata| metadata.len()));
        }
        Ok(survey)
    }

    pub(crate) fn blob_entries(&self) -> Result<Vec<Entry>, Fault> {
        entries(&self.0.root.join("blobs"))
    }

    pub(crate) fn record_entries(&self, kind: &str) -> Result<Vec<Entry>, Fault> {
        entries(&self.0.root.join("records").join(kind))
    }

    /// The kinds of which there are records, sorted.
    pub(crate) fn kinds(&self) -> Result<Vec<String>, Fault> {
        let mut kinds: Vec<String> = list(&self.0.root.join("records"))?
            .iter()
            .filter_map(|kind| kind.file_name().into_string().ok())
            .collect();
        kinds.sort();
        Ok(kinds)
    }
}

/// Of a compressed blob, what its header says; of one without a header, what it takes.
fn content_bytes(blob: &Entry) -> u64 {
    let form = Form::of(&blob.path);
    File::open(&blob.path)
        .and_then(|file| form.content_bytes(&file))
        .ok()
        .flatten()
        .unwrap_or(blob.bytes)
}
