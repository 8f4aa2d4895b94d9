//! What joins the objects of a program: the compiler's own linker, or a C compiler that the
//! pipeline lends.

use orch_plugin::builder::Request;
use orch_plugin::{Error, Path};

/// The linker of a build.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Linker {
    /// What `rustc` chooses for the target.
    Default,
    /// `rust-lld`, which lies beside `rustc`.
    Own,
    /// A C compiler of a lent toolchain.
    Lent(Path),
}

impl Linker {
    /// The linker for a target.
    ///
    /// # Errors
    ///
    /// `unsupported` where the target needs a C compiler that nobody lends.
    pub(crate) fn choose(request: &Request) -> Result<Self, Error> {
        let target = &request.target.triple;
        if let Some(path) = lent(request, target) {
            return Ok(Linker::Lent(path));
        }
        if brings_linker(target) {
            return Ok(Linker::Default);
        }
        if target.contains("-linux-musl") {
            // rustc brings musl's start files and library for these targets:
            // https://doc.rust-lang.org/rustc/platform-support.html
            return Ok(Linker::Own);
        }
        let (name, table) = match *target == request.host.triple {
            true => (
                "gcc".to_owned(),
                "`with = \"system\"` and `programs = [\"gcc\"]`",
            ),
            false => (
                compilers(target).into_iter().next().unwrap_or_default(),
                "`with = \"debian\"` and `packages = [\"gcc-…\"]`",
            ),
        };
        Err(Error::Unsupported(format!(
            "linking for `{target}` needs a C compiler `{name}`: name a toolchain that has it in \
             `tools`, such as one {table}. `zig cc` will not do, since it needs arguments of its \
             own and `rustc` takes a linker without any"
        )))
    }
}

/// A C compiler for the target, or for the host where that is the target.
fn lent(request: &Request, target: &str) -> Option<Path> {
    let names = compilers(target);
    let native = ["gcc", "cc", "clang"];
    let for_host = (*target == request.host.triple).then_some(native);
    let mut wanted = names
        .iter()
        .map(String::as_str)
        .chain(for_host.into_iter().flatten());
    wanted.find_map(|name| {
        let mut lent = request.tools.iter();
        lent.find_map(|toolchain| toolchain.program(name))
    })
}

/// Targets whose linker rustc has itself.
fn brings_linker(target: &str) -> bool {
    target.starts_with("wasm32-") || target.starts_with("thumb")
}

/// What GCC for a target is called: its triple as GNU writes it, without the vendor.
fn compilers(target: &str) -> Vec<String> {
    let mut parts = target.split('-');
    let architecture = match parts.next().unwrap_or_default() {
        "armv7" | "armv5te" => "arm",
        "riscv64gc" => "riscv64",
        other => other,
    };
    let rest: Vec<&str> = parts.collect();
    match rest.as_slice() {
        ["pc", "windows", "gnu"] => vec![format!("{architecture}-w64-mingw32-gcc")],
        [_, system, library] => vec![format!("{architecture}-{system}-{library}-gcc")],
        _ => Vec::new(),
    }
}
