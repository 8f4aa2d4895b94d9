//! Go programs that a debugger reads well: with symbols and debug information, compiled as
//! they are written, and with the same paths from every folder, which a debugger can map.

use orch_plugin::tuning_policy::{Advice, FixedPolicy, Request};
use orch_plugin::{Error, NoSettings, Release, Tweak};

const LINKER: &str = "https://pkg.go.dev/cmd/link";
const COMPILER: &str = "https://pkg.go.dev/cmd/compile";
const BUILDING: &str = "https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies";

/// The policy.
pub struct GoDebug;

impl FixedPolicy for GoDebug {
    type Settings = NoSettings;

    const NAME: &'static str = "go-debug";
    const SUMMARY: &'static str =
        "Go programs that a debugger reads line by line, from whatever folder they were built";
    const BUILDER: &'static str = "go";

    fn advice(request: &Request, release: Release, _: NoSettings) -> Result<Vec<Advice>, Error> {
        let mut advice = as_written(release);
        advice.extend(debug_information());
        advice.extend(uncompressed(release, &request.target.triple));
        advice.extend(paths(release));
        Ok(advice)
    }
}

/// Since 1.10 flags can be meant for every package: <https://go.dev/doc/go1.10#build>
fn as_written(release: Release) -> Vec<Advice> {
    let pattern = if release.since(1, 10) { "all=" } else { "" };
    vec![
        Tweak::flag("go.gcflags", format!("{pattern}-N"))
            .because("compiles without optimisation, so that every line and variable is there")
            .see(COMPILER),
        Tweak::flag("go.gcflags", format!("{pattern}-l"))
            .because("inlines nothing, so that every function has a frame and can be stopped at")
            .see(COMPILER),
    ]
}

/// Both are what Go does by itself; said aloud, they undo what another policy left out.
fn debug_information() -> [Advice; 2] {
    [
        Tweak::flag("go.ldflags", "-s=false")
            .because("keeps the symbol table, by which functions and globals are found")
            .see(LINKER),
        Tweak::flag("go.ldflags", "-w=false")
            .because("keeps the debug information, by which lines, types and variables are found")
            .see(LINKER),
    ]
}

/// Go compresses debug information since 1.11, in a form of its own on ELF before 1.19
/// (<https://go.dev/doc/go1.19#linker>). The tools of macOS and Windows hardly read it.
fn uncompressed(release: Release, triple: &str) -> Option<Advice> {
    let flag = || Tweak::flag("go.ldflags", "-compressdwarf=false");
    if !release.since(1, 11) {
        None
    } else if triple.contains("-apple-") || triple.contains("-windows-") {
        let why =
            "the system's own debuggers have limited support for compressed debug information";
        Some(
            flag()
                .because(why)
                .see("https://go.dev/doc/go1.11#debugging"),
        )
    } else if !release.since(1, 19) {
        let why = "before Go 1.19 debug information is compressed in the legacy `.zdebug` form, \
                   which not every debugger reads";
        Some(flag().because(why).see("https://go.dev/doc/go1.19#linker"))
    } else {
        None
    }
}

fn paths(release: Release) -> Option<Advice> {
    release.since(1, 13).then(|| {
        Tweak::flag("go.flags", "-trimpath")
            .because(
                "names files by module and package, the same from every folder; for module M in \
                 folder F tell gdb `set substitute-path M F`, and delve \
                 `config substitute-path M F`",
            )
            .see(BUILDING)
    })
}

orch_plugin::export_tuning_policy!(GoDebug);

#[cfg(test)]
mod tests {
    use orch_plugin::tuning_policy::TuningPolicy;
    use orch_plugin::{InstalledToolchain, Machine, fake};

    use super::*;

    fn advice(builder: &str, version: &str, triple: &str) -> Vec<Advice> {
        let go = InstalledToolchain::of("go", version, &["go"]);
        let request = Request::of(builder, go, Machine::of(triple));
        GoDebug::advise("go-debug", &request, NoSettings {}, &fake::Facts::new()).unwrap()
    }

    fn flags(version: &str, triple: &str) -> Vec<String> {
        let advice = advice("go", version, triple).into_iter();
        advice.map(|advice| advice.tweak.text()).collect()
    }

    #[test]
    fn a_release_is_told_only_what_it_knows() {
        let linux = "aarch64-unknown-linux-gnu";
        let everywhere = [
            "go.gcflags all=-N",
            "go.gcflags all=-l",
            "go.ldflags -s=false",
            "go.ldflags -w=false",
        ];
        assert_eq!(flags("1.22.10", linux)[..4], everywhere);
        assert_eq!(flags("1.22.10", linux)[4..], ["go.flags -trimpath"]);
        assert_eq!(
            flags("1.18.10", linux)[4..],
            ["go.ldflags -compressdwarf=false", "go.flags -trimpath"]
        );
        assert_eq!(
            flags("1.12.17", linux)[4..],
            ["go.ldflags -compressdwarf=false"]
        );
        assert_eq!(
            flags("1.9.7", linux)[..2],
            ["go.gcflags -N", "go.gcflags -l"]
        );
        assert_eq!(flags("1.9.7", linux).len(), 4);
    }

    #[test]
    fn debuggers_that_read_nothing_compressed_get_nothing_compressed() {
        for triple in ["aarch64-apple-darwin", "x86_64-pc-windows-gnu"] {
            let flags = flags("1.22.10", triple);
            assert!(flags.contains(&"go.ldflags -compressdwarf=false".to_owned()));
        }
    }

    #[test]
    fn other_builders_are_told_nothing() {
        assert!(advice("zig", "0.13.0", "x86_64-unknown-linux-gnu").is_empty());
    }

    #[test]
    fn every_flag_has_a_reason_that_can_be_checked() {
        let advice = advice("go", "1.18.0", "x86_64-unknown-linux-gnu");
        assert!(advice.iter().all(|advice| advice.reference.is_some()));
    }
}
