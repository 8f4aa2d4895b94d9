//! What tuning and the build's own table choose together: optimisation, link-time optimisation,
//! symbols. The table stands above tuning.

use orch_plugin::builder::Request;
use orch_plugin::{Error, Problem};
use orch_plugin_c_compiler::{Compiler, Family};

use crate::settings::{BuildSettings, Kind, Lto, Symbols};

/// The slot in which tuning sets these, as `lto=true`. Flags that compilers take stand in
/// `cc.cflags` and `cc.ldflags`.
const SLOT: &str = "cc";

/// What holds for the whole build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choices {
    /// What stands behind `-O`.
    pub(crate) optimisation: String,
    /// The flag for it, on every command line.
    pub(crate) lto: Option<&'static str>,
    pub(crate) symbols: Symbols,
}

impl Choices {
    pub(crate) fn of(
        request: &Request,
        settings: &BuildSettings,
        compiler: &Compiler,
    ) -> Result<Self, Error> {
        let mut chosen = Self {
            optimisation: "2".to_owned(),
            lto: None,
            symbols: Symbols::Keep,
        };
        let (mut lto, mut symbols) = (None, None);
        for flag in request.flags(SLOT) {
            let (name, word) = flag.split_once('=').unwrap_or((flag, ""));
            match name {
                "optimise" => chosen.optimisation = word.to_owned(),
                "lto" if Lto::named(word).is_some() => lto = Lto::named(word),
                "symbols" if Symbols::named(word).is_some() => symbols = Symbols::named(word),
                _ => return Err(unknown(flag)),
            }
        }
        chosen.symbols = settings.symbols.or(symbols).unwrap_or(chosen.symbols);
        let own = settings.lto.map(|lto| (lto, true));
        if let Some((lto, is_own)) = own.or(lto.map(|lto| (lto, false))) {
            chosen.lto = match (lto_flag(lto, settings.kind, compiler, request), is_own) {
                (Ok(flag), _) => Some(flag),
                // Tuning is for any build; what this one can't have is left out.
                (Err(_), false) => Some("-fno-lto"),
                (Err(problem), true) => return Err(problem.at("lto").into()),
            };
        }
        Ok(chosen)
    }
}

fn lto_flag(
    lto: Lto,
    kind: Kind,
    compiler: &Compiler,
    request: &Request,
) -> Result<&'static str, Problem> {
    match (lto, compiler.family()) {
        (Lto::Off, _) => Ok("-fno-lto"),
        _ if kind == Kind::StaticLibrary => Err(Problem::new(
            "a static library with link-time optimisation can be read by one release of one \
             compiler only",
        )
        .hint("take `lto` away, or set it where the library's sources are linked")),
        (_, Family::Zig(_)) if request.target.names("darwin") => Err(Problem::new(
            "Zig's linker for macOS does no link-time optimisation",
        )
        .hint("take `lto` away for this target")),
        (Lto::Full, Family::Zig(_)) => Ok("-flto=full"),
        (Lto::Thin, Family::Zig(_)) => Ok("-flto=thin"),
        (Lto::Full, Family::Gcc(_)) => Ok("-flto=auto"),
        (Lto::Thin, Family::Gcc(_)) => {
            Err(Problem::new("GCC has no thin link-time optimisation").hint("write `lto = true`"))
        }
    }
}

fn unknown(flag: &str) -> Error {
    Error::Failed(format!(
        "tuning sets `{flag}` in the slot `{SLOT}`, which has `optimise=…`, \
         `lto=true|false|thin` and `symbols=keep|strip|split`"
    ))
}
