//! From bytes to code that can run: out of the cache, or compiled within a time limit and
//! kept for the next time. Whether the bytes are a plugin was decided before.

use std::sync::mpsc;
use std::time::Duration;

use orch_engine::Cancel;
use orch_model::Digest;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use crate::code_cache::CodeCache;

/// Cranelift goes as deep as the code is nested; this is more than the default stack.
const STACK_BYTES: usize = 16 << 20;

/// Something that wasmtime compiles.
pub(crate) trait Code: Sized + Send + 'static {
    /// Compiles it.
    fn compile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self>;
    /// What the cache keeps of it.
    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;
    /// Makes it of what [`Code::serialize`] gave.
    ///
    /// # Safety
    ///
    /// The bytes are as `serialize` of the same type gave them: they hold machine code.
    #[expect(unsafe_code, reason = "machine code is run as it is")]
    unsafe fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Self>;
}

macro_rules! code {
    ($type:ty) => {
        impl Code for $type {
            fn compile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self> {
                Self::from_binary(engine, bytes)
            }

            fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
                self.serialize()
            }

            #[expect(unsafe_code, reason = "the caller keeps the promise")]
            unsafe fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Self> {
                // SAFETY: the promise is the same as the trait's.
                unsafe { <$type>::deserialize(engine, code) }
            }
        }
    };
}

code!(Component);
code!(Module);

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompileError {
    /// It took too long. The thread cannot be stopped; it goes on until it is done.
    #[error("took longer than {} s to compile (limit: compile time)", .0.as_secs_f64())]
    TooSlow(Duration),
    /// wasmtime found it invalid or too large.
    #[error("cannot be compiled: {0}")]
    Refused(String),
    /// The user interrupted; the thread goes on as above.
    #[error("was not compiled: interrupted")]
    Interrupted,
    /// The compiler panicked.
    #[error("made the compiler panic")]
    Panicked,
}

/// Code, and what went wrong with keeping it.
#[derive(Debug)]
pub(crate) struct Compiled<C> {
    /// The code.
    pub code: C,
    /// Why it could not be kept, where it could not.
    pub not_kept: Option<String>,
}

/// The code for `bytes`, whose digest is `content`. Compiling ends at `limit` or when the
/// user interrupts.
pub(crate) fn compile<C: Code>(
    engine: &Engine,
    cache: &CodeCache,
    bytes: impl AsRef<[u8]> + Send + 'static,
    content: &Digest,
    limit: Duration,
    cancel: &Cancel,
) -> Result<Compiled<C>, CompileError> {
    if let Some(code) = cached(engine, cache, content) {
        return Ok(Compiled {
            code,
            not_kept: None,
        });
    }
    let code: C = bounded(engine, bytes, limit, cancel)?;
    let not_kept = code
        .serialize()
        .map_err(|error| error.to_string())
        .and_then(|kept| {
            cache
                .write(content, &kept)
                .map_err(|error| error.to_string())
        })
        .err()
        .map(|why| {
            format!(
                "could not keep compiled code in `{}`, so it is compiled on every run: {why}",
                cache.folder().display()
            )
        });
    Ok(Compiled { code, not_kept })
}

fn cached<C: Code>(engine: &Engine, cache: &CodeCache, content: &Digest) -> Option<C> {
    let kept = cache.read(content)?;
    // SAFETY: these are the bytes that `compile` below once gave to `CodeCache::write`.
    // The cache hands them out only from a file and folders that belong to this user and
    // that nobody else may write, and only when the digest written with them fits; the
    // folder's name holds the engine's fingerprint, and wasmtime compares version and
    // settings again. Somebody who can still put other bytes there is this user.
    #[expect(
        unsafe_code,
        reason = "see above: compiling each time takes 100 times as long"
    )]
    let code = unsafe { C::deserialize(engine, &kept) };
    code.ok()
}

fn bounded<C: Code>(
    engine: &Engine,
    bytes: impl AsRef<[u8]> + Send + 'static,
    limit: Duration,
    cancel: &Cancel,
) -> Result<C, CompileError> {
    let (sender, receiver) = mpsc::channel();
    let interrupted = sender.clone();
    let _subscription = cancel.on_cancel(move || {
        // Nobody listens any more when the code came first.
        let _ = interrupted.send(Err(CompileError::Interrupted));
    });
    let engine = engine.clone();
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .name("compile".to_owned())
        .spawn(move || {
            // Nobody listens any more when the limit was reached.
            let _ = sender.send(compiled(&engine, bytes.as_ref()));
        })
        .map_err(|error| CompileError::Refused(error.to_string()))?;
    match receiver.recv_timeout(limit) {
        Ok(compiled) => compiled,
        Err(_) => Err(CompileError::TooSlow(limit)),
    }
}

/// Compiles on this thread; a panic of the compiler's is caught.
fn compiled<C: Code>(engine: &Engine, bytes: &[u8]) -> Result<C, CompileError> {
    let compile = std::panic::AssertUnwindSafe(|| C::compile(engine, bytes));
    match std::panic::catch_unwind(compile) {
        Ok(Ok(code)) => Ok(code),
        Ok(Err(error)) => Err(CompileError::Refused(crate::shown::line(
            &format!("{error:#}"),
            1_000,
        ))),
        Err(_) => Err(CompileError::Panicked),
    }
}
