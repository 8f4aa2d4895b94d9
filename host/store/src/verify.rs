//! Reads everything that the store holds, and sets aside what is damaged.

use std::path::{Path, PathBuf};

use orch_model::Fault;

use crate::Store;
use crate::form::Form;

/// How far a verification has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verifying {
    /// Bytes on the disk that were read.
    pub done_bytes: u64,
    /// Bytes on the disk in all.
    pub bytes: u64,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many blobs and records were read.
    pub read: u64,
    /// Files that did not hold what their name says, sorted. They are in the quarantine; a
    /// record, which has no other use, is gone.
    pub damaged: Vec<PathBuf>,
    /// Whether all was read; otherwise it was told to stop.
    pub complete: bool,
}

impl Store {
    /// Reads every blob and every record. `go_on` is told before each file, and says
    /// whether to read it.
    pub fn verify(&self, go_on: &mut dyn FnMut(Verifying) -> bool) -> Result<Verified, Fault> {
        let mut verified = Verified::default();
        let blobs = self.blob_entries()?;
        let mut progress = Verifying {
            done_bytes: 0,
            bytes: blobs.iter().map(|blob| blob.bytes).sum(),
        };
        for blob in blobs {
            if !go_on(progress) {
                return Ok(verified);
            }
            let form = Form::of(&blob.path);
            if let Some(content) = self.open_form(&blob.digest, form)? {
                verified.read += 1;
                let mut sink = std::io::sink();
                if !self.copy_checked(content, &blob.digest, &mut sink, Path::new("nowhere"))? {
                    verified.damaged.push(blob.path);
                }
            }
            progress.done_bytes += blob.bytes;
        }
        verified.complete = self.verify_records(&mut verified, &mut || go_on(progress))?;
        verified.damaged.sort();
        Ok(verified)
    }

    /// Says whether all were read.
    fn verify_records(
        &self,
        verified: &mut Verified,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Fault> {
        for kind in self.kinds()? {
            for record in self.record_entries(&kind)? {
                if !go_on() {
                    return Ok(false);
                }
                verified.read += 1;
                if self.peek_record(&kind, &record.digest)?.is_none() && record.path.exists() {
                    std::fs::remove_file(&record.path)
                        .map_err(|error| Fault::io("remove", &record.path, &error))?;
                    verified.damaged.push(record.path);
                }
            }
        }
        Ok(true)
    }
}
