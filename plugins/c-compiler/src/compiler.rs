//! A compiler, found among toolchains, and the beginnings of its command lines.

use orch_plugin::{
    Error, InstalledToolchain, IntoWord, Machine, Part, Path, Root, Variable, Word, tool,
};
use semver::Version;

use crate::{cpu, target};

/// The first release whose targets and CPUs are known here.
const OLDEST: Version = Version::new(0, 13, 0);

/// What a compiler's driver takes a source for, and which libraries it links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// C, and assembly that belongs to it.
    C,
    /// C++.
    Cxx,
}

/// The beginning of a command line: a program and the arguments that come first.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The program of a toolchain.
    pub program: Path,
    /// What stands before the caller's own arguments.
    pub arguments: Vec<Word>,
}

/// `zig cc` of one toolchain for one target machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiler {
    program: Path,
    /// Zig's name of the target, e.g. `aarch64-linux-musl`.
    triple: &'static str,
    /// Zig's name of the CPU with its features, e.g. `cortex_a76+crc`.
    cpu: String,
    environment: Vec<Variable>,
}

impl Compiler {
    /// The compiler of the first toolchain that has one, for a target machine.
    ///
    /// # Errors
    ///
    /// `unsupported`, with what to do, where no toolchain has a compiler, or where the one
    /// that is found does not know the target, its CPU, or how to link without shared
    /// libraries for it.
    pub fn find(
        toolchains: &[InstalledToolchain],
        target: &Machine,
        static_link: bool,
    ) -> Result<Self, Error> {
        let Some((toolchain, program)) = toolchains.iter().find_map(with_zig) else {
            return Err(Error::Unsupported(none_found(toolchains)));
        };
        let release = release(toolchain)?;
        Ok(Self {
            program,
            triple: target::zig(target, static_link)?,
            cpu: cpu::zig(target, &release)?,
            environment: toolchain.environment.clone(),
        })
    }

    /// Compiles or links, by what the caller says behind it.
    pub fn driver(&self, language: Language) -> Call {
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
        self.call(&words)
    }

    /// What the compiler's programs need in their environment.
    pub fn environment(&self) -> &[Variable] {
        &self.environment
    }

    /// The kept directories that the environment names. An action declares them.
    pub fn caches(&self) -> Vec<&str> {
        let parts = self.environment.iter().flat_map(|variable| &variable.value);
        parts
            .filter_map(|part| match part {
                Part::Path(Path {
                    root: Root::Cache(name),
                    ..
                }) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    fn call(&self, words: &[&str]) -> Call {
        Call {
            program: self.program.clone(),
            arguments: words.iter().map(|word| word.into_word()).collect(),
        }
    }
}

fn with_zig(toolchain: &InstalledToolchain) -> Option<(&InstalledToolchain, Path)> {
    let zig = toolchain.tools.iter().find(|tool| tool.name == "zig")?;
    let program = tool(toolchain.name.as_str(), zig.program.as_str());
    Some((toolchain, program))
}

fn none_found(toolchains: &[InstalledToolchain]) -> String {
    let names: Vec<_> = toolchains
        .iter()
        .map(|toolchain| format!("`{}`", toolchain.name))
        .collect();
    format!(
        "toolchain {} has no C compiler; add a table `[toolchain.zig]`, and name it with \
         `toolchain = \"zig\"`",
        names.join(", ")
    )
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

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use orch_plugin::{Tool, cache, scratch, word};

    use super::*;

    fn zig(version: &str) -> InstalledToolchain {
        InstalledToolchain {
            name: "zig".to_owned(),
            version: version.to_owned(),
            tools: vec![Tool::new("zig", "zig")],
            environment: vec![
                Variable::new("ZIG_GLOBAL_CACHE_DIR", cache("zig")),
                Variable::new("ZIG_LOCAL_CACHE_DIR", scratch("zig")),
            ],
            sysroot: None,
        }
    }

    fn go() -> InstalledToolchain {
        InstalledToolchain {
            name: "go".to_owned(),
            version: "1.22.10".to_owned(),
            tools: vec![Tool::new("go", "bin/go")],
            environment: Vec::new(),
            sysroot: None,
        }
    }

    fn refusal(toolchains: &[InstalledToolchain], target: &Machine, static_link: bool) -> String {
        match Compiler::find(toolchains, target, static_link) {
            Err(Error::Unsupported(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_toolchain_with_a_compiler_is_called_for_the_target() {
        let target = Machine::of("aarch64-unknown-linux-gnu")
            .cpu("cortex-a76")
            .features(&["crc", "lse"]);
        let compiler = Compiler::find(&[go(), zig("0.15.2")], &target, false).unwrap();
        let shown = |call: Call| {
            let words: Vec<_> = call.arguments.iter().map(word).collect();
            format!("{} {}\n", call.program.text(), words.join(" "))
        };
        expect![[r#"
            tool/zig/zig cc -target aarch64-linux-gnu -mcpu=cortex_a76+crc+lse -fno-sanitize=undefined
            tool/zig/zig c++ -target aarch64-linux-gnu -mcpu=cortex_a76+crc+lse -fno-sanitize=undefined
        "#]]
        .assert_eq(
            &[
                shown(compiler.driver(Language::C)),
                shown(compiler.driver(Language::Cxx)),
            ]
            .concat(),
        );
        assert_eq!(compiler.caches(), ["zig"]);
    }

    #[test]
    fn what_cannot_be_compiled_is_said_with_the_remedy() {
        let linux = Machine::of("x86_64-unknown-linux-gnu");
        assert_eq!(
            refusal(&[go()], &linux, false),
            "toolchain `go` has no C compiler; add a table `[toolchain.zig]`, and name it with \
             `toolchain = \"zig\"`"
        );
        assert_eq!(
            refusal(&[zig("0.11.0")], &linux, false),
            "Zig 0.11.0 is older than 0.13.0, the first whose targets are known; ask for \
             `version = \">=0.13\"` in the toolchain's table"
        );
        assert_eq!(
            refusal(&[zig("0.15.2")], &linux, true),
            "Zig links no static program for `x86_64-linux-gnu`, whose C library is glibc; take \
             a target with musl, such as `platform = \"musl\"`"
        );
    }
}
