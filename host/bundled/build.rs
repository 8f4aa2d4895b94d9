//! Builds the workspace in `plugins/` and writes a list of its components for
//! `src/lib.rs` to include. Components are never committed: they are made from source.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told everything this way"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use sha2::{Digest, Sha256};

fn main() {
    if let Err(problem) = bundle() {
        eprintln!("error: {problem}");
        process::exit(1);
    }
}

fn bundle() -> Result<(), Box<dyn std::error::Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = here.join("../..").canonicalize()?;
    // Everything that a component is made of; cargo looks into folders itself.
    for made_of in ["plugins", "sdk/rust", "wit"] {
        println!("cargo:rerun-if-changed={}", root.join(made_of).display());
    }
    // Which standard library is found depends on these, and `rustup target add` and
    // `apt-get install` change the second.
    println!("cargo:rerun-if-env-changed=RUSTUP_TOOLCHAIN");
    println!("cargo:rerun-if-changed=/usr/bin/rustc");

    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut options = orch_plugin_build::Options::new(env::vars_os());
    // A build must not change the sources, and so not a lock file among them.
    options.locked = true;
    let built =
        orch_plugin_build::build_workspace(&root.join("plugins"), &nested_target(&out), &options)?;

    let mut list = String::from(
        "/// Every bundled plugin, sorted by name.\npub const PLUGINS: &[Bundled] = &[\n",
    );
    for plugin in built {
        let file = out.join(format!("{}.wasm", plugin.id));
        fs::write(&file, &plugin.component)?;
        writeln!(
            list,
            "    Bundled {{ id: {:?}, digest: {:?}, component: include_bytes!({file:?}) }},",
            plugin.id,
            format!("sha256:{:x}", Sha256::digest(&plugin.component)),
        )?;
    }
    list.push_str("];\n");
    fs::write(out.join("plugins.rs"), list)?;
    Ok(())
}

/// A target directory of its own, since the outer build holds the lock of its own: beside
/// the profile's folder, so that all profiles share what is compiled for WebAssembly.
/// `OUT_DIR` is `<target>/<profile>/build/<crate>/out`; where it is not, it serves itself.
fn nested_target(out: &Path) -> PathBuf {
    match (out.ancestors().nth(2), out.ancestors().nth(4)) {
        (Some(build), Some(target)) if build.ends_with("build") => target.join("plugins"),
        _ => out.join("plugins"),
    }
}
