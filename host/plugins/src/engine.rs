//! The settings of the WebAssembly engine: what guests may use of WebAssembly, and that
//! the same guest gives the same result on every machine.

use std::hash::{Hash, Hasher as StdHasher};

use orch_model::{Digest, Hasher};
use wasmtime::{Config, Engine};

/// The engine for plugins.
pub(crate) fn for_plugins(stack_bytes: usize) -> wasmtime::Result<Engine> {
    let mut config = deterministic();
    config
        .max_wasm_stack(stack_bytes)
        .wasm_component_model(true)
        // Nothing of the contract is asynchronous, and the store starts faster without.
        .concurrency_support(false);
    Engine::new(&config)
}

/// The engine for WebAssembly artifacts.
pub(crate) fn for_artifacts() -> wasmtime::Result<Engine> {
    let mut config = deterministic();
    config.concurrency_support(false);
    Engine::new(&config)
}

fn deterministic() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_memory64(false)
        // Messages name the trap and the plugin's own last line, not places in machine
        // code: without these tables kept code is a sixth smaller, and loads so much faster.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false);
    config
}

/// Names the code that an engine makes: another version of wasmtime, other settings or
/// another processor make another name.
pub(crate) fn fingerprint(engine: &Engine) -> Digest {
    let mut hasher = Fingerprint(Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finish()
}

/// Feeds what is hashed into SHA-256, because the standard library's hasher may differ
/// between two builds.
struct Fingerprint(Hasher);

impl StdHasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.field(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finish();
        let mut first = [0; 8];
        first.copy_from_slice(&digest.bytes()[..8]);
        u64::from_le_bytes(first)
    }
}
