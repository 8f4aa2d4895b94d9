//! Content by digest: looked for, read and checked. How it gets in is `keep.rs`.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;

use orch_model::{Digest, Fault};

use crate::Store;
use crate::copy::copy_hashing;
use crate::form::{Content, Form};

impl Store {
    /// Whether there is such a blob. Does not look into it.
    pub fn contains(&self, digest: &Digest) -> bool {
        let plain = self.path_of("blobs", digest);
        Form::ALL.into_iter().any(|form| {
            form.beside(&plain)
                .symlink_metadata()
                .is_ok_and(|found| found.is_file())
        })
    }

    /// Whether there is such a blob with a content of this size, in bytes. Does not look
    /// further: what a power cut left empty is found out, what a disk changed is not.
    pub fn contains_sized(&self, digest: &Digest, bytes: u64) -> bool {
        let plain = self.path_of("blobs", digest);
        if let Ok(found) = plain.symlink_metadata() {
            return found.is_file() && found.len() == bytes;
        }
        let compressed = Form::Compressed;
        File::open(compressed.beside(&plain))
            .and_then(|file| compressed.content_bytes(&file))
            .is_ok_and(|found| found == Some(bytes))
    }

    /// All of a blob; `None` if it is missing. A damaged one is set aside and counts as
    /// missing, so that it is made again.
    pub fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        for form in Form::ALL {
            let mut bytes = Vec::new();
            if let Some(content) = self.open_form(digest, form)?
                && self.copy_checked(content, digest, &mut bytes, Path::new("memory"))?
            {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Reads all of a blob and checks it; says whether it is there and right. A damaged one
    /// is set aside.
    pub fn check(&self, digest: &Digest) -> Result<bool, Fault> {
        for form in Form::ALL {
            if let Some(content) = self.open_form(digest, form)?
                && self.copy_checked(content, digest, &mut io::sink(), Path::new("memory"))?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A blob's content for reading from its beginning, after all of it has been checked;
    /// `None` if it is missing or damaged. It is a copy without a name.
    pub fn open_blob(&self, digest: &Digest) -> Result<Option<File>, Fault> {
        for form in Form::ALL {
            let Some(content) = self.open_form(digest, form)? else {
                continue;
            };
            let mut copy = self.temporary_file()?;
            let name = copy.path().to_owned();
            if self.copy_checked(content, digest, copy.as_file_mut(), &name)? {
                let mut file = copy.into_file();
                file.rewind()
                    .map_err(|error| Fault::io("read", &name, &error))?;
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// One form of a blob, if there is such a file.
    pub(crate) fn open_form(&self, digest: &Digest, form: Form) -> Result<Option<Content>, Fault> {
        let path = form.beside(&self.path_of("blobs", digest));
        form.open(path.clone())
            .map_err(|error| Fault::io("read", &path, &error))
    }

    /// Copies content into `sink` while checking it. On `false` it was damaged and is set
    /// aside, and the sink may hold anything.
    pub(crate) fn copy_checked(
        &self,
        content: Content,
        digest: &Digest,
        sink: &mut dyn Write,
        name: &Path,
    ) -> Result<bool, Fault> {
        match copy_hashing(content.reader, sink) {
            Ok((found, _)) if found == *digest => return Ok(true),
            Ok(_) => {}
            Err(error) if error.is_damage() => {}
            Err(error) => return Err(error.fault(&content.path, name)),
        }
        self.quarantine(&content.path, content.form, digest)?;
        Ok(false)
    }

    fn quarantine(&self, path: &Path, form: Form, digest: &Digest) -> Result<(), Fault> {
        let aside = form.beside(&self.0.root.join("quarantine").join(digest.hex()));
        match std::fs::rename(path, aside) {
            // Another process may have set it aside already.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Fault::io("set aside the damaged file", path, &error))
            }
            _ => Ok(()),
        }
    }
}
