//! Something that must be on the machine: how to see that it is there, and how to get it.
//!
//! Does not know which things the project needs.

use std::time::Duration;

use crate::Stop;
use crate::stage::Line;

/// One thing.
pub struct Need {
    /// What, as the end of "missing: ".
    pub what: &'static str,
    /// What it is for.
    pub why: &'static str,
    /// Whether it is there. Must be quick: it runs every time.
    pub present: fn() -> bool,
    /// Ways to get it, the best first.
    pub remedies: &'static [Remedy],
}

/// A way to get something.
pub enum Remedy {
    /// A line for rustup. It is given a short while only: where its server is out of
    /// reach, the next remedy does it.
    Rustup(&'static str),
    /// Fetching the lists of Debian's packages.
    PackageLists,
    /// Packages of Debian and what descends from it.
    Debian(&'static [&'static str]),
    /// A script of this repository, with root's rights.
    Script(&'static str),
    /// What only the user can do.
    Advice(&'static str),
}

/// How long rustup may take for a component of some megabytes.
const RUSTUP_PATIENCE: Duration = Duration::from_secs(120);

impl Need {
    /// Makes sure that it is there. Says whether anything had to be installed.
    pub fn meet(&self) -> Result<bool, Stop> {
        if (self.present)() {
            return Ok(false);
        }
        println!(
            "setup: missing: {}\n       needed for: {}",
            self.what, self.why
        );
        for remedy in self.remedies {
            remedy.apply();
            if (self.present)() {
                println!("setup: {} is here now", self.what);
                return Ok(true);
            }
        }
        let ways: Vec<String> = self.remedies.iter().map(|r| format!("  {r}")).collect();
        Err(format!(
            "{} is missing and could not be installed; any of these would help:\n{}",
            self.what,
            ways.join("\n")
        ))
    }
}

impl Remedy {
    fn apply(&self) {
        match self {
            Remedy::Rustup(arguments) => {
                if !Line::new("rustup --version").succeeds() {
                    return;
                }
                // rustup's own retries would multiply the wait where the server is away.
                let line =
                    Line::new(&format!("rustup {arguments}")).variable("RUSTUP_MAX_RETRIES", "0");
                println!("setup: $ {line}");
                if !line.run_within(RUSTUP_PATIENCE) {
                    println!("setup: rustup could not; going on with the next way");
                }
            }
            Remedy::PackageLists => update_package_lists(),
            Remedy::Debian(packages) => install_packages(packages),
            Remedy::Script(line) => {
                let line = as_root(line);
                println!("setup: $ {line}");
                // Whether it worked is seen by looking for what was needed.
                let _ = line.command().status();
            }
            Remedy::Advice(_) => {}
        }
    }
}

fn install_packages(packages: &[&str]) {
    if !Line::new("apt-get --version").succeeds() {
        return;
    }
    if !packages_are_known(packages) {
        update_package_lists();
    }
    let line = as_root("apt-get install --yes --no-install-recommends");
    let line = packages.iter().fold(line, |line, name| line.with(*name));
    println!("setup: $ {line}");
    // Whether it worked is seen by looking for what was needed.
    let _ = line.command().status();
}

/// Whether the machine's package lists hold these packages.
pub fn packages_are_known(packages: &[&str]) -> bool {
    let line = packages
        .iter()
        .fold(Line::new("apt-cache show"), |line, name| line.with(*name));
    line.succeeds()
}

/// Whether what is installed can still be had, which says that the lists are not older than it.
pub fn package_lists_are_current() -> bool {
    Line::new("apt-get download --print-uris libc6-dev linux-libc-dev libcurl4").succeeds()
}

/// Fetches the machine's package lists.
fn update_package_lists() {
    if !Line::new("apt-get --version").succeeds() {
        return;
    }
    let line = as_root("apt-get update");
    println!("setup: $ {line}");
    let _ = line.command().status();
}

/// The line with root's rights.
fn as_root(text: &str) -> Line {
    let is_root = Line::new("id -u").prints().as_deref() == Some("0");
    let line = if is_root {
        Line::new(text).variable("DEBIAN_FRONTEND", "noninteractive")
    } else {
        Line::new(&format!("sudo DEBIAN_FRONTEND=noninteractive {text}"))
    };
    // Translations of package descriptions are of no use here.
    line.variable("LC_ALL", "C")
}

impl std::fmt::Display for Remedy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Remedy::Rustup(arguments) => write!(f, "rustup {arguments}"),
            Remedy::PackageLists => f.write_str("apt-get update"),
            Remedy::Script(line) => f.write_str(line),
            Remedy::Debian(packages) => write!(
                f,
                "apt-get install --no-install-recommends {}",
                packages.join(" ")
            ),
            Remedy::Advice(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_left_alone() {
        let need = Need {
            what: "a thing",
            why: "a test",
            present: || true,
            remedies: &[],
        };
        assert_eq!(need.meet(), Ok(false));
    }

    #[test]
    fn what_cannot_be_had_ends_with_every_way_to_get_it() {
        let need = Need {
            what: "a thing",
            why: "a test",
            present: || false,
            remedies: &[Remedy::Advice("buy one"), Remedy::Advice("make one")],
        };
        let stop = need.meet().unwrap_err();
        assert!(stop.contains("a thing is missing"), "{stop}");
        assert!(stop.ends_with("  buy one\n  make one"), "{stop}");
    }
}
