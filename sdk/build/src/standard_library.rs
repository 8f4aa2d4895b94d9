//! Where the standard library for `wasm32-unknown-unknown` comes from. There are two
//! ways: the toolchain that cargo runs carries it, or Debian's `rustc-web` compiles it
//! from `rust-web-src`, which needs no server but Debian's.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BuildError, Options};

/// What plugins are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler and its sources.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// One of the two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StandardLibrary {
    /// The toolchain that cargo runs has it compiled.
    Installed {
        /// Of the toolchain.
        sysroot: PathBuf,
    },
    /// Another compiler has its sources.
    Sources {
        /// That compiler.
        rustc: PathBuf,
        /// Of that compiler.
        sysroot: PathBuf,
        /// Links WebAssembly.
        linker: PathBuf,
    },
}

impl StandardLibrary {
    /// Finds one, or says how to install one. `folder` is where cargo will run: a
    /// toolchain file there counts.
    pub(crate) fn find(folder: &Path, options: &Options) -> Result<Self, BuildError> {
        let rustc = Path::new("rustc");
        let own = printed(rustc, &["--print", "sysroot"], folder, options);
        let compiled = printed(
            rustc,
            &["--print", "target-libdir", "--target", TARGET],
            folder,
            options,
        );
        if let (Ok(sysroot), Ok(compiled)) = (&own, compiled)
            && Path::new(&compiled).is_dir()
        {
            return Ok(StandardLibrary::Installed {
                sysroot: sysroot.into(),
            });
        }
        let rustc = Path::new(DEBIAN_RUSTC);
        let Ok(sysroot) = printed(rustc, &["--print", "sysroot"], folder, options) else {
            return Err(BuildError::NoStandardLibrary);
        };
        let sysroot = PathBuf::from(sysroot);
        if !sources(&sysroot).join("library/std/Cargo.toml").is_file() {
            return Err(BuildError::NoStandardLibrary);
        }
        let linker = own
            .ok()
            .map(PathBuf::from)
            .into_iter()
            .chain([sysroot.clone()])
            .find_map(|sysroot| rust_lld(&sysroot))
            .or_else(|| Some(PathBuf::from("/usr/bin/wasm-ld")).filter(|file| file.is_file()))
            .ok_or(BuildError::NoLinker)?;
        Ok(StandardLibrary::Sources {
            rustc: rustc.to_owned(),
            sysroot,
            linker,
        })
    }

    /// Adds what this way needs to a cargo command that compiles.
    pub(crate) fn apply(&self, cargo: &mut Command) {
        if let StandardLibrary::Sources { rustc, linker, .. } = self {
            cargo
                .env("RUSTC", rustc)
                // The compiler is a stable one; building its own library is the one
                // unstable thing asked of it.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .arg("-Zbuild-std=std,panic_abort");
        }
    }

    /// Where the library's sources lie, or would: names of files in panics begin so.
    pub(crate) fn sources(&self) -> PathBuf {
        match self {
            StandardLibrary::Installed { sysroot } | StandardLibrary::Sources { sysroot, .. } => {
                sources(sysroot)
            }
        }
    }
}

fn sources(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust")
}

/// The linker that a toolchain carries, in the folder named for its host.
fn rust_lld(sysroot: &Path) -> Option<PathBuf> {
    let hosts = std::fs::read_dir(sysroot.join("lib/rustlib")).ok()?;
    let mut found: Vec<_> = hosts
        .flatten()
        .map(|host| host.path().join("bin/rust-lld"))
        .filter(|file| file.is_file())
        .collect();
    found.sort();
    found.into_iter().next()
}

fn printed(
    rustc: &Path,
    arguments: &[&str],
    folder: &Path,
    options: &Options,
) -> Result<String, BuildError> {
    let start = |error| BuildError::Start {
        program: rustc.to_owned(),
        error,
    };
    let output = Command::new(rustc)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(options.environment.iter().cloned())
        .output()
        .map_err(start)?;
    if !output.status.success() {
        return Err(BuildError::NoStandardLibrary);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Options that find a `rustc` whose sysroot is `folder`.
    fn with_rustc(folder: &Path) -> Options {
        let sysroot = folder.display();
        let script = format!(
            "#!/bin/sh\ncase \"$2\" in\nsysroot) echo {sysroot} ;;\n\
             target-libdir) echo {sysroot}/lib/rustlib/$4/lib ;;\nesac\n"
        );
        let file = folder.join("rustc");
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        Options::new([("PATH".into(), folder.into())])
    }

    #[test]
    fn the_toolchains_own_library_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let options = with_rustc(folder.path());
        std::fs::create_dir_all(folder.path().join("lib/rustlib").join(TARGET).join("lib"))
            .unwrap();
        assert_eq!(
            StandardLibrary::find(folder.path(), &options).unwrap(),
            StandardLibrary::Installed {
                sysroot: folder.path().to_owned()
            }
        );
    }

    #[test]
    fn a_toolchain_gives_its_linker_to_the_other_way() {
        let folder = tempfile::tempdir().unwrap();
        let linker = folder
            .path()
            .join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
        assert_eq!(rust_lld(folder.path()), None);
        std::fs::create_dir_all(linker.parent().unwrap()).unwrap();
        std::fs::write(&linker, "").unwrap();
        assert_eq!(rust_lld(folder.path()), Some(linker));
    }
}
