//! Zig: `zig cc` and `zig c++`, with a C library for each of its targets inside.

mod cpu;
mod target;

use orch_plugin::{Error, InstalledToolchain, IntoWord, Machine, Path, Tool, tool};
use semver::Version;

use crate::compiler::{Call, Language};

/// The first release whose targets and CPUs are known here.
const OLDEST: Version = Version::new(0, 13, 0);

/// The Zig of one toolchain for one target machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Zig {
    pub(crate) release: Version,
    program: Path,
    /// Zig's name of the target, e.g. `aarch64-linux-musl`.
    triple: &'static str,
    /// Zig's name of the CPU with its features, e.g. `cortex_a76+crc`.
    cpu: String,
}

impl Zig {
    /// Why Zig does not build for a target; nothing if it does.
    pub(crate) fn refusal(target: &Machine, static_link: bool) -> Option<String> {
        target::refusal(target, static_link)
    }

    pub(crate) fn of(
        toolchain: &InstalledToolchain,
        zig: &Tool,
        target: &Machine,
    ) -> Result<Self, Error> {
        let release = release(toolchain)?;
        Ok(Self {
            program: tool(toolchain.name.as_str(), zig.program.as_str()),
            triple: target::zig(target).unwrap_or_default(),
            cpu: cpu::zig(target, &release)?,
            release,
        })
    }

    pub(crate) fn driver(&self, language: Language) -> Call {
        let driver = match language {
            Language::C => "cc",
            Language::Cxx => "c++",
        };
        let cpu = format!("-mcpu={}", self.cpu);
        // Without an optimisation level Zig adds checks that end a program at undefined
        // behaviour, which no other compiler does unasked.
        let words = [
            driver,
            "-target",
            self.triple,
            &cpu,
            "-fno-sanitize=undefined",
        ];
        // Zig's own C++ library for WebAssembly is compiled so, and has nothing that throws.
        let throws_nothing = language == Language::Cxx && self.triple.starts_with("wasm32");
        let more = throws_nothing.then_some("-fno-exceptions");
        self.call(&words.into_iter().chain(more).collect::<Vec<_>>())
    }

    pub(crate) fn archiver(&self) -> Call {
        self.call(&["ar"])
    }

    fn call(&self, words: &[&str]) -> Call {
        Call {
            program: self.program.clone(),
            arguments: words.iter().map(|word| word.into_word()).collect(),
        }
    }
}

fn release(toolchain: &InstalledToolchain) -> Result<Version, Error> {
    let release = Version::parse(&toolchain.version).map_err(|error| {
        Error::Failed(format!(
            "`{}` is no release of Zig: {error}",
            toolchain.version
        ))
    })?;
    if release < OLDEST {
        return Err(Error::Unsupported(format!(
            "Zig {release} is older than {OLDEST}, the first whose targets are known; ask for \
             `version = \">={}.{}\"` in the toolchain's table",
            OLDEST.major, OLDEST.minor
        )));
    }
    Ok(release)
}
