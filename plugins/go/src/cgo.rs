//! C in Go packages: which C compiler `go build` calls, and how it links then. The variables
//! stand in `go help environment`; which ports can do it, in Go's `internal/platform`.

use orch_plugin::builder::Request;
use orch_plugin::{Action, Error, InstalledToolchain, IntoWord, Part, Problem, Word, tool};
use orch_plugin_c_compiler::{Call, Compiler, Language};
use orch_plugin_go_command::{Port, knows};
use semver::Version;

/// How many digits of a recipe tell one toolchain from every other.
const RECIPE_DIGITS: usize = 12;

/// Links nothing that is not in the program.
const STATIC: [&str; 2] = ["-linkmode=external", "-extldflags=-static"];

/// C for one build.
pub(crate) struct Cgo {
    compiler: Compiler,
    /// Whether the release reads quotes around the words of a compiler's call.
    quotes: bool,
}

impl Cgo {
    /// Finds a C compiler among the toolchains that are lent to the build.
    ///
    /// # Errors
    ///
    /// `unsupported` where none of them builds for the target.
    pub(crate) fn find(request: &Request, release: &Version) -> Result<Self, Error> {
        Ok(Self {
            compiler: Compiler::find(&request.tools, &request.target, request.static_link)?,
            quotes: knows(release, 18),
        })
    }

    /// An action that may call C.
    pub(crate) fn allow(&self, action: Action, request: &Request) -> Result<Action, Error> {
        let environment = self.compiler.environment().iter().cloned();
        let mut action = action
            .variables(environment)
            .variables(self.compiler.pkg_config().iter().cloned())
            .variable("CGO_ENABLED", "1")
            .variable("CC", self.command(Language::C, &request.tools)?);
        // A GCC for C alone is enough for most packages.
        if let Ok(command) = self.command(Language::Cxx, &request.tools) {
            action = action.variable("CXX", command);
        }
        for (slot, variables) in [
            ("cc.cflags", ["CGO_CFLAGS", "CGO_CXXFLAGS"].as_slice()),
            ("cc.ldflags", &["CGO_LDFLAGS"]),
        ] {
            let flags = request.flags(slot);
            if !flags.is_empty() {
                // What Go takes where nothing is set, and tuning behind it.
                let flags = format!("-g -O2 {}", flags.join(" "));
                for variable in variables {
                    action = action.variable(*variable, flags.as_str());
                }
            }
        }
        let caches = self.compiler.caches().into_iter();
        Ok(caches.fold(action, Action::cache))
    }

    /// Flags for Go's linker.
    pub(crate) fn linker_flags(request: &Request) -> &'static [&'static str] {
        if request.static_link { &STATIC } else { &[] }
    }

    /// The compiler's call as one value. Go's cache knows a C compiler by its call alone: the
    /// recipes of the toolchains in it keep what another one under the same name left from
    /// being taken. They are also what files of the toolchains are called in debug information.
    fn command(&self, language: Language, lent: &[InstalledToolchain]) -> Result<Word, Error> {
        let Call { program, arguments } = self.compiler.driver(language)?;
        let read = self.compiler.toolchains();
        let read = lent
            .iter()
            .filter(|toolchain| read.contains(&toolchain.name.as_str()));
        let names = read.map(|toolchain| {
            let folder = tool(toolchain.name.as_str(), "");
            let name = format!("={}-{}", toolchain.name, short(&toolchain.recipe));
            ("-ffile-prefix-map=", (folder, name)).into_word()
        });
        let words = std::iter::once(program.into_word())
            .chain(arguments)
            .chain(names);
        let words: Vec<_> = words.map(|word| self.quoted(word)).collect();
        Ok(words.join(&Part::Text(" ".to_owned())))
    }

    /// A word that holds a place, whose folders may have spaces in their names.
    fn quoted(&self, word: Word) -> Word {
        let has_place = word.iter().any(|part| matches!(part, Part::Path(_)));
        match has_place && self.quotes {
            true => ("'", (word, "'")).into_word(),
            false => word,
        }
    }
}

/// That a build which may use C is lent nothing to compile it with.
pub(crate) fn problem(request: &Request) -> Option<Problem> {
    request.tools.is_empty().then(|| {
        Problem::new(format!(
            "C needs a C compiler for `{}`, and this build is lent none",
            request.target.triple
        ))
        .at("cgo")
        .hint("add a table `[toolchain.zig]`, and `tools = [\"zig\"]` to this build")
    })
}

/// Refuses ports on which Go calls no C, or nobody has what it would call.
pub(crate) fn callable(port: Port) -> Result<(), Error> {
    match port {
        Port { arch: "wasm", os } => Err(Error::Unsupported(format!(
            "Go calls no C on {os}/wasm; build for this target without `cgo`"
        ))),
        Port { os: "darwin", .. } => Err(Error::Unsupported(
            "C in Go needs the frameworks of Apple's SDK on macOS, which no C compiler here has; \
             build for this target without `cgo`"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The first digits of a recipe.
fn short(recipe: &str) -> &str {
    let digits = recipe.rsplit(':').next().unwrap_or_default();
    digits.get(..RECIPE_DIGITS).unwrap_or(digits)
}
