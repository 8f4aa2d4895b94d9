//! Headers and libraries of the target from a toolchain that is lent beside the compiler, and
//! the `pkg-config` that finds them: <https://www.mankier.com/1/pkgconf>.

use orch_plugin::{
    InstalledToolchain, IntoWord, Machine, Part, Path, Root, Variable, Word, scratch, tool,
};

use crate::gcc::is_for;

/// Programs that answer for `pkg-config`.
const PKG_CONFIG: [&str; 2] = ["pkgconf", "pkg-config"];

/// A directory of headers and libraries for one target machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sysroot {
    folder: Path,
    /// GNU's name of the machine, which its directories of libraries have.
    gnu: String,
}

impl Sysroot {
    /// The first for a target. Its directory is called as GNU calls the machine; that of the
    /// compiler's own toolchain is known to the compiler.
    pub(crate) fn find(
        toolchains: &[InstalledToolchain],
        compiler: &str,
        target: &Machine,
    ) -> Option<Self> {
        let lent = toolchains.iter().filter(|known| known.name != compiler);
        let sysroots = lent.filter_map(|known| Some((known, known.sysroot.as_deref()?)));
        let mut fitting = sysroots.filter_map(|(known, directory)| {
            let gnu = directory.rsplit('/').next()?;
            is_for(gnu, target).then(|| Self {
                folder: tool(known.name.as_str(), directory),
                gnu: gnu.to_owned(),
            })
        });
        fitting.next()
    }

    /// The name of the toolchain that it belongs to.
    pub(crate) fn toolchain(&self) -> Option<&str> {
        match &self.folder.root {
            Root::Tool(name) => Some(name),
            _ => None,
        }
    }

    /// What GCC is told: all of its system lies there.
    pub(crate) fn for_gcc(&self) -> Vec<Word> {
        vec![("--sysroot=", self.folder.clone()).into_word()]
    }

    /// What a GCC for glibc is told, so that it takes musl in glibc's place: headers before its
    /// own, start files and libraries before those that it knows, and no dynamic linker. Of its
    /// own system it sees nothing but what lies in its own toolchain.
    pub(crate) fn for_gcc_of_glibc(&self) -> Vec<Word> {
        let [_, headers] = self.headers();
        let [libraries, _] = self.libraries();
        let mut words = self.for_gcc();
        words.extend([
            "-isystem".into_word(),
            headers.into_word(),
            (("-B", libraries), "/").into_word(),
            "-static".into_word(),
        ]);
        words
    }

    /// What Zig is told, which keeps its own C library: other headers come behind its own.
    /// Libraries may be made for a newer C library than programs of Zig are, so what they
    /// need themselves is not the linker's to check.
    pub(crate) fn for_zig(&self) -> Vec<Word> {
        let [headers, own_headers] = self.headers();
        let libraries = self.libraries().map(|folder| ("-L", folder).into_word());
        let mut words = vec![
            "-idirafter".into_word(),
            own_headers.into_word(),
            "-idirafter".into_word(),
            headers.into_word(),
        ];
        words.extend(libraries);
        words.push("-Wl,--allow-shlib-undefined".into_word());
        words
    }

    fn headers(&self) -> [Path; 2] {
        ["", &self.gnu].map(|below| self.folder.clone().join("usr/include").join(below))
    }

    fn libraries(&self) -> [Path; 2] {
        ["usr/lib", "lib"].map(|below| self.folder.clone().join(below).join(&self.gnu))
    }
}

/// What makes `pkg-config` tell of a sysroot and nothing else; without one, of nothing. Empty
/// where no toolchain has the program.
pub(crate) fn pkg_config(
    toolchains: &[InstalledToolchain],
    sysroot: Option<&Sysroot>,
) -> Vec<Variable> {
    let program = toolchains
        .iter()
        .find_map(|known| PKG_CONFIG.iter().find_map(|name| known.program(name)));
    let Some(program) = program else {
        return Vec::new();
    };
    let program = Variable::new("PKG_CONFIG", program);
    let Some(sysroot) = sysroot else {
        return vec![program, Variable::new("PKG_CONFIG_LIBDIR", scratch("none"))];
    };
    let [own_libraries, _] = sysroot.libraries();
    let folder = |below| sysroot.folder.clone().join(below);
    let descriptions = [
        own_libraries.join("pkgconfig"),
        folder("usr/lib/pkgconfig"),
        folder("usr/share/pkgconfig"),
    ];
    vec![
        program,
        Variable::new("PKG_CONFIG_SYSROOT_DIR", sysroot.folder.clone()),
        Variable::new("PKG_CONFIG_LIBDIR", list(&descriptions)),
        // The compiler looks there by itself, and in the right order.
        Variable::new("PKG_CONFIG_SYSTEM_INCLUDE_PATH", list(&sysroot.headers())),
        Variable::new("PKG_CONFIG_SYSTEM_LIBRARY_PATH", list(&sysroot.libraries())),
    ]
}

/// Places with `:` between them.
fn list(places: &[Path]) -> Word {
    let words: Vec<_> = places.iter().cloned().map(IntoWord::into_word).collect();
    words.join(&Part::Text(":".to_owned()))
}
