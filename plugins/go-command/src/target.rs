//! What a target says to Go beside its port: the variant of its instruction set, and the like.

use orch_plugin::{Machine, Pair, log};
use semver::Version;

use crate::port::{Port, knows};

/// The variables that choose between variants of an instruction set, of all ports.
const VARIANTS: &[&str] = &[
    "GO386",
    "GOAMD64",
    "GOARM",
    "GOARM64",
    "GOMIPS",
    "GOMIPS64",
    "GOPPC64",
    "GORISCV64",
    "GOWASM",
];

/// The variables of a target's environment that are Go's to read, as far as this release reads
/// them.
pub fn variables(
    target: &Machine,
    environment: &[Pair],
    port: Port,
    release: &Version,
) -> Vec<(String, String)> {
    let own = port.variant();
    let mut variables = Vec::new();
    for pair in environment {
        let name = pair.name.as_str();
        if !name.starts_with("GO") && !name.starts_with("CGO_") {
            continue;
        }
        if VARIANTS.contains(&name) {
            match own {
                Some((known, since)) if known == name && knows(release, since) => {}
                Some((known, since)) if known == name => {
                    log::info(&format!(
                        "Go {release} does not read `{name}`, which came with Go 1.{since}; the \
                         target's `{}` is left out",
                        pair.value
                    ));
                    continue;
                }
                // Of another instruction set.
                _ => continue,
            }
        }
        variables.push((name.to_owned(), pair.value.clone()));
    }
    // Go's own default for a cross compiler is the newest Arm, which older boards lack.
    if port.arch == "arm" && !variables.iter().any(|(name, _)| name == "GOARM") {
        let version = match target.architecture() {
            arch if arch.starts_with("armv5") => "5",
            arch if arch.starts_with("armv7") => "7",
            _ => "6",
        };
        variables.push(("GOARM".to_owned(), version.to_owned()));
    }
    variables
}
