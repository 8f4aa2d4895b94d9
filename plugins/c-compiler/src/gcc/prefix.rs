//! The names of a GCC's programs, `aarch64-linux-gnu-gcc`, whose beginning says what machine it
//! builds for.

use orch_plugin::Machine;

use super::ports;

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

    /// Why the compiler does not build for a target; nothing if it does.
    pub(crate) fn refusal(self, target: &Machine) -> Option<String> {
        if ports::is_for(self.text, target) {
            return None;
        }
        let why = match target.triple.as_str() {
            "arm-unknown-linux-gnueabihf" if self.text == "arm-linux-gnueabihf" => {
                ", and its C library is for ARMv7 and later"
            }
            _ => "",
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
            let refused = prefix.refusal(&Machine::of(triple));
            assert_eq!(refused.is_none(), fits, "{text} {triple}");
        }
    }
}
