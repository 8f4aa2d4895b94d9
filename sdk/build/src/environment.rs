//! What a nested cargo inherits. A build script, a wrapper and `cargo run` set variables
//! that are meant for their own build and would bend another.

use std::ffi::{OsStr, OsString};

/// The variables that a nested cargo may see: all but those of an outer build. Where
/// crates come from, proxies and the outer build's job server stay.
pub(crate) fn inherited(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
    environment
        .into_iter()
        .filter(|(name, _)| stays(name))
        .collect()
}

fn stays(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return true;
    };
    /// Set by cargo for build scripts, or by a user for builds of his own.
    const TAKEN: &[&str] = &[
        "CARGO",
        "DEBUG",
        "HOST",
        "NUM_JOBS",
        "OPT_LEVEL",
        "OUT_DIR",
        "PROFILE",
        "RUSTC",
        "RUSTC_BOOTSTRAP",
        "RUSTC_LINKER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTDOC",
        "RUSTDOCFLAGS",
        "RUSTFLAGS",
        "TARGET",
    ];
    /// Where crates come from and how much of the machine may be used.
    const KEPT: &[&str] = &["CARGO_HOME", "CARGO_MAKEFLAGS", "CARGO_BUILD_JOBS"];
    const KEPT_PREFIXES: &[&str] = &[
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTRIES_",
        "CARGO_REGISTRY_",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
    ];
    let kept = KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let outer = TAKEN.contains(&name)
        || name.starts_with("CARGO_")
        || name.starts_with("__CARGO_")
        || name.starts_with("DEP_");
    kept || !outer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_outer_build_sets_is_taken_out_and_the_job_server_stays() {
        let kept = inherited(
            [
                "PATH",
                "HOME",
                "CARGO_HOME",
                "RUSTUP_TOOLCHAIN",
                "CARGO_MAKEFLAGS",
                "CARGO_NET_OFFLINE",
                "HTTPS_PROXY",
                "CARGO_ENCODED_RUSTFLAGS",
                "CARGO_TARGET_DIR",
                "CARGO_BUILD_TARGET",
                "CARGO_PKG_NAME",
                "CARGO_FEATURE_STD",
                "RUSTC",
                "RUSTC_WRAPPER",
                "RUSTFLAGS",
                "OUT_DIR",
                "DEP_ZLIB_ROOT",
            ]
            .map(|name| (OsString::from(name), OsString::from("x"))),
        );
        let names: Vec<_> = kept
            .iter()
            .map(|(name, _)| name.to_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "PATH",
                "HOME",
                "CARGO_HOME",
                "RUSTUP_TOOLCHAIN",
                "CARGO_MAKEFLAGS",
                "CARGO_NET_OFFLINE",
                "HTTPS_PROXY"
            ]
        );
    }
}
