//! What all plugins share once one is called: the engine, its ticker, the kept code and the
//! linkers. Which plugins there are is not known here.

use std::path::Path;
use std::sync::OnceLock;

use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::call::CallState;
use crate::code_cache::CodeCache;
use crate::engine;
use crate::ticker::Ticker;
use crate::v0_1;
use crate::wasi;

/// What all plugins share once one is called.
pub(crate) struct Machinery {
    pub(crate) engine: Engine,
    pub(crate) ticker: Ticker,
    pub(crate) code: CodeCache,
    plain: Linker<CallState>,
    /// For the few that import WASI.
    with_wasi: OnceLock<Result<Linker<CallState>, String>>,
}

impl Machinery {
    /// Starts the engine for plugins whose stack has so many bytes; compiled code lies below
    /// the user's cache folder.
    pub(crate) fn start(cache: &Path, stack_bytes: usize) -> wasmtime::Result<Self> {
        let engine = engine::for_plugins(stack_bytes)?;
        let mut plain = Linker::new(&engine);
        v0_1::add_to_linker(&mut plain)?;
        Ok(Self {
            ticker: Ticker::new(engine.clone()),
            code: CodeCache::new(cache, &engine::fingerprint(&engine)),
            plain,
            with_wasi: OnceLock::new(),
            engine,
        })
    }

    /// The linker for a plugin that imports WASI or does not.
    pub(crate) fn linker(&self, wants_wasi: bool) -> Result<&Linker<CallState>, String> {
        if !wants_wasi {
            return Ok(&self.plain);
        }
        self.with_wasi
            .get_or_init(|| {
                let mut linker = self.plain.clone();
                wasi::add_to_linker(&mut linker)
                    .map_err(|error| format!("could not offer WASI: {error:#}"))?;
                Ok(linker)
            })
            .as_ref()
            .map_err(Clone::clone)
    }
}
