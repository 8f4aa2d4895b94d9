//! The names of a GCC's programs, `aarch64-linux-gnu-gcc`, whose beginning says what machine it
//! builds for.

use orch_plugin::Machine;

use super::{Library, ports};

/// What the names of a compiler's programs have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix<'a> {
    /// GNU's name of the machine that it builds for, e.g. `aarch64-linux-gnu`.
    pub(crate) text: &'a str,
    /// Behind `gcc`: `-12` for one of several releases beside each other, or nothing.
    pub(crate) suffix: &'a str,
}

impl<'a> Prefix<'a> {
    /// Reads the name of a compiler; other programs' names have none.
    pub(crate) fn of(tool: &'a str) -> Option<Self> {
        let (text, suffix) = tool.rsplit_once("-gcc")?;
        let release = suffix.strip_prefix('-').unwrap_or("0");
        let is_compiler = !text.is_empty()
            && !release.is_empty()
            && release
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
            && (suffix.is_empty() || suffix.starts_with('-'));
        is_compiler.then_some(Self { text, suffix })
    }

    /// The C library of its programs for a target; none where it does not build for that.
    pub(crate) fn library(self, target: &Machine) -> Option<Library> {
        let is_for = |target: &Machine| ports::is_for(self.text, target);
        match is_for(target) {
            true => Some(Library::Usual),
            false => ports::with_glibc(target)
                .filter(is_for)
                .map(|_| Library::Musl),
        }
    }

    /// Why the compiler does not build for a target, with or without a sysroot that is lent
    /// for it; nothing if it does.
    pub(crate) fn refusal(self, target: &Machine, has_sysroot: bool) -> Option<String> {
        let why = match (self.library(target), target.triple.as_str()) {
            (Some(Library::Usual), _) => return None,
            (Some(Library::Musl), _) if has_sysroot => return None,
            (Some(Library::Musl), _) => ", and no toolchain of the build has musl for it",
            (None, "arm-unknown-linux-gnueabihf") if self.text == "arm-linux-gnueabihf" => {
                ", and its C library is for ARMv7 and later"
            }
            (None, _) => "",
        };
        let Self { text, suffix } = self;
        Some(format!("`{text}-gcc{suffix}` builds for `{text}`{why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_compilers_have_a_prefix() {
        for (tool, expected) in [
            ("aarch64-linux-gnu-gcc", Some(("aarch64-linux-gnu", ""))),
            ("arm-none-eabi-gcc-12.2", Some(("arm-none-eabi", "-12.2"))),
            ("aarch64-linux-gnu-gcc-ar", None),
            ("aarch64-linux-gnu-gcc-", None),
            ("aarch64-linux-gnu-gccgo", None),
            ("gcc", None),
            ("-gcc", None),
        ] {
            let found = Prefix::of(tool).map(|prefix| (prefix.text, prefix.suffix));
            assert_eq!(found, expected, "{tool}");
        }
    }

    #[test]
    fn a_compiler_builds_for_the_machine_in_its_name_whoever_made_it() {
        for (text, triple, fits) in [
            ("aarch64-linux-gnu", "aarch64-unknown-linux-gnu", true),
            ("aarch64-none-linux-gnu", "aarch64-unknown-linux-gnu", true),
            ("aarch64-linux-gnu", "aarch64-unknown-linux-musl", false),
            ("aarch64-linux-gnu", "x86_64-unknown-linux-gnu", false),
            ("arm-linux-gnueabihf", "armv7-unknown-linux-gnueabihf", true),
            ("arm-linux-gnueabihf", "arm-unknown-linux-gnueabihf", false),
            ("arm-linux-gnueabi", "armv5te-unknown-linux-gnueabi", true),
            ("arm-none-eabi", "thumbv7em-none-eabihf", true),
            ("arm-none-linux-gnueabihf", "thumbv7em-none-eabihf", false),
            ("x86_64-linux-musl", "x86_64-unknown-linux-musl", true),
            ("x86_64-w64-mingw32", "x86_64-pc-windows-gnu", true),
        ] {
            let prefix = Prefix { text, suffix: "" };
            let refused = prefix.refusal(&Machine::of(triple), false);
            assert_eq!(refused.is_none(), fits, "{text} {triple}");
        }
    }

    #[test]
    fn a_compiler_for_glibc_builds_with_musl_that_is_lent_for_its_machine() {
        for (text, triple, fits) in [
            ("aarch64-linux-gnu", "aarch64-unknown-linux-musl", true),
            ("aarch64-linux-gnu", "x86_64-unknown-linux-musl", false),
            (
                "arm-linux-gnueabihf",
                "armv7-unknown-linux-musleabihf",
                true,
            ),
            ("arm-linux-gnueabi", "armv5te-unknown-linux-musleabi", true),
            ("arm-linux-gnueabihf", "arm-unknown-linux-musleabihf", false),
        ] {
            let prefix = Prefix { text, suffix: "" };
            let refused = prefix.refusal(&Machine::of(triple), true);
            assert_eq!(refused.is_none(), fits, "{text} {triple}");
        }
    }
}
