//! What travels: one compressed stream with all that a host misses, and the script that makes
//! files of it. `receive.sh` knows the other end.

use std::collections::HashMap;
use std::fs::File as Target;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use flate2::Compression;
use flate2::write::GzEncoder;
use orch_model::{Digest, Fault, Hasher};

use super::delta::{Stretch, delta};
use super::{Basis, File, same_name};
use crate::shell::quoted;

/// A smaller file is sent whole: two looks at the old one cost more.
const LEAST_DELTA_BYTES: u64 = 16 << 10;

/// Both versions are held in memory, and counted by 32 bits.
const MOST_DELTA_BYTES: u64 = 1 << 30;

/// What a host misses, and what of older content lies there as it should.
pub(super) struct Contents<'a> {
    pub(super) missing: Vec<&'a File>,
    pub(super) basis: Vec<&'a Basis>,
}

/// A parcel that lies ready here.
pub(crate) struct Parcel {
    pub(super) file: PathBuf,
    pub(super) bytes: u64,
    pub(super) digest: Digest,
    /// What the files have that are made of it.
    pub(super) unpacked_bytes: u64,
}

impl Drop for Parcel {
    fn drop(&mut self) {
        // Else it goes with the folder.
        let _ = std::fs::remove_file(&self.file);
    }
}

type Kept = Arc<OnceLock<Result<Arc<Parcel>, Fault>>>;

/// Parcels: hosts that miss the same get the same.
#[derive(Default)]
pub(crate) struct Parcels(Mutex<HashMap<Digest, Kept>>);

impl Parcels {
    /// Lets all go that nobody sends now.
    pub(crate) fn clear(&self) {
        self.0.lock().expect("nobody panics with it").clear();
    }

    /// The parcel with such contents; made where it is the first, awaited where somebody makes it.
    pub(super) fn parcel(
        &self,
        contents: &Contents<'_>,
        new_path: &dyn Fn() -> PathBuf,
    ) -> Result<Arc<Parcel>, Fault> {
        let kept = {
            let mut parcels = self.0.lock().expect("nobody panics with it");
            parcels.entry(contents.key()).or_default().clone()
        };
        kept.get_or_init(|| contents.pack(&new_path()).map(Arc::new))
            .clone()
    }
}

/// A stretch of a file's content, which is sent.
struct Literal<'a> {
    file: &'a Path,
    from: u64,
    bytes: u64,
}

impl Contents<'_> {
    fn key(&self) -> Digest {
        let mut hasher = Hasher::new();
        for file in &self.missing {
            hasher.field("file");
            hasher.field(file.digest.bytes());
            hasher.field(&file.to);
            hasher.field(file.mode.to_le_bytes());
        }
        for basis in &self.basis {
            hasher.field("basis");
            hasher.field(basis.digest.bytes());
            hasher.field(&basis.remote);
        }
        hasher.finish()
    }

    fn pack(&self, to: &Path) -> Result<Parcel, Fault> {
        let mut recipe = String::new();
        let mut literals = Vec::new();
        let mut sent = 0;
        for file in &self.missing {
            recipe += &format!("begin {}\n", quoted(&file.to));
            for (line, literal) in self.stretches(file)? {
                match literal {
                    None => recipe += &line,
                    Some(literal) => {
                        recipe += &format!("literal {sent} {}\n", literal.bytes);
                        sent += literal.bytes;
                        literals.push(literal);
                    }
                }
            }
            let (path, digest) = (quoted(&file.to), file.digest.hex());
            recipe += &format!("end {path} {digest} {:o}\n", file.mode);
        }
        let written = write(to, &recipe, &literals);
        let (digest, bytes) = written.map_err(|error| Fault::io("write", to, &error))?;
        Ok(Parcel {
            file: to.to_owned(),
            bytes,
            digest,
            unpacked_bytes: self.missing.iter().map(|file| file.bytes).sum(),
        })
    }

    /// Whether older content makes room for another file before this one is made of it.
    fn replaces(&self, basis: &Basis, file: &File) -> bool {
        let mut others = self.missing.iter().filter(|other| other.to != file.to);
        others.any(|other| other.to == basis.remote)
    }

    /// What a file is made of: lines of the recipe that copy, and literals.
    fn stretches<'a>(
        &'a self,
        file: &'a File,
    ) -> Result<Vec<(String, Option<Literal<'a>>)>, Fault> {
        let whole = vec![(
            String::new(),
            Some(Literal {
                file: &file.local,
                from: 0,
                bytes: file.bytes,
            }),
        )];
        let bounds = LEAST_DELTA_BYTES..MOST_DELTA_BYTES;
        let basis = self
            .basis
            .iter()
            .find(|basis| same_name(&basis.remote, &file.to) && !self.replaces(basis, file));
        let Some((basis, local)) = basis
            .filter(|_| bounds.contains(&file.bytes))
            .and_then(|basis| Some((basis, basis.local.as_deref()?)))
        else {
            return Ok(whole);
        };
        // What lies here may be another version than what lies there, or gone.
        let Ok(old) = read(local) else {
            return Ok(whole);
        };
        if Digest::of(&old) != basis.digest || old.len() as u64 >= MOST_DELTA_BYTES {
            return Ok(whole);
        }
        let stretches = delta(&old, &read(&file.local)?);
        let literal: usize = stretches.iter().map(Stretch::literal_bytes).sum();
        if literal as u64 > file.bytes / 4 * 3 {
            return Ok(whole);
        }
        let remote = quoted(&basis.remote);
        let lines = stretches.into_iter().map(|stretch| match stretch {
            Stretch::Old { from, bytes } => (format!("old {remote} {from} {bytes}\n"), None),
            Stretch::Literal { from, bytes } => (
                String::new(),
                Some(Literal {
                    file: &file.local,
                    from: from as u64,
                    bytes: bytes as u64,
                }),
            ),
        });
        Ok(lines.collect())
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(file).map_err(|error| Fault::io("read", file, &error))
}

/// Writes a parcel, and returns its digest and size. The same contents give the same bytes: else
/// what came through of one would not fit the next.
fn write(to: &Path, recipe: &str, literals: &[Literal<'_>]) -> io::Result<(Digest, u64)> {
    let mut compressed = GzEncoder::new(Target::create(to)?, Compression::default());
    write!(compressed, "{:015}\n{recipe}", recipe.len())?;
    for literal in literals {
        let mut source = Target::open(literal.file)?;
        source.seek(SeekFrom::Start(literal.from))?;
        let copied = io::copy(&mut source.take(literal.bytes), &mut compressed)?;
        if copied != literal.bytes {
            return Err(io::Error::other("a file became shorter meanwhile"));
        }
    }
    compressed.finish()?;
    Digest::of_reader(Target::open(to)?)
}
