//! Go programs as they are shipped: what only a debugger reads is left out, and so are
//! the paths of the machine that built them.

use orch_plugin::tuning_policy::{Advice, Request, TuningPolicy};
use orch_plugin::{Error, Facts, NoSettings, Offer, Tweak};
use semver::Version;

/// The policy.
pub struct GoRelease;

impl TuningPolicy for GoRelease {
    type Settings = NoSettings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            "go-release",
            "small Go programs that name no path of the machine that built them",
        )]
    }

    fn advise(
        _: &str,
        request: &Request,
        _: NoSettings,
        _: &dyn Facts,
    ) -> Result<Vec<Advice>, Error> {
        if request.builder != "go" {
            return Ok(Vec::new());
        }
        let version = Version::parse(&request.toolchain_version).map_err(|error| {
            Error::Failed(format!(
                "`{}` is no version of Go: {error}",
                request.toolchain_version
            ))
        })?;
        let since = |minor| (version.major, version.minor) >= (1, minor);

        let mut advice = vec![
            Tweak::flag("go.ldflags", "-s")
                .because("leaves out the symbol table, which only debuggers and `go tool nm` read")
                .see("https://pkg.go.dev/cmd/link"),
        ];
        // Since 1.22 `-s` implies `-w` on every platform: https://go.dev/doc/go1.22#linker
        if !since(22) {
            advice.push(
                Tweak::flag("go.ldflags", "-w")
                    .because(
                        "leaves out the debug information, which `-s` of this release may keep",
                    )
                    .see("https://pkg.go.dev/cmd/link"),
            );
        }
        if since(13) {
            advice.push(
                Tweak::flag("go.flags", "-trimpath")
                    .because(
                        "names files by module and package, so that the program is the same \
                         from every folder and tells nothing of the machine that built it",
                    )
                    .see("https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies"),
            );
        }
        Ok(advice)
    }
}

orch_plugin::export_tuning_policy!(GoRelease);

#[cfg(test)]
mod tests {
    use orch_plugin::{Machine, fake};

    use super::*;

    fn advised(builder: &str, version: &str) -> Vec<String> {
        let request = Request::of(builder, version, Machine::of("aarch64-unknown-linux-gnu"));
        GoRelease::advise("go-release", &request, NoSettings {}, &fake::Facts::new())
            .unwrap()
            .into_iter()
            .map(|advice| match advice.tweak {
                Tweak::BuildFlag(flag) => format!("{} {}", flag.slot, flag.value),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_release_is_told_only_what_it_needs_to_hear() {
        assert_eq!(
            advised("go", "1.22.10"),
            ["go.ldflags -s", "go.flags -trimpath"]
        );
        assert_eq!(
            advised("go", "1.22.0-rc.1"),
            ["go.ldflags -s", "go.flags -trimpath"]
        );
        assert_eq!(
            advised("go", "1.21.13"),
            ["go.ldflags -s", "go.ldflags -w", "go.flags -trimpath"]
        );
        assert_eq!(advised("go", "1.12.17"), ["go.ldflags -s", "go.ldflags -w"]);
    }

    #[test]
    fn other_builders_are_told_nothing() {
        assert!(advised("zig", "0.13.0").is_empty());
    }

    #[test]
    fn every_flag_has_a_reason_that_can_be_checked() {
        let request = Request::of("go", "1.21.0", Machine::of("x86_64-unknown-linux-gnu"));
        let advice =
            GoRelease::advise("go-release", &request, NoSettings {}, &fake::Facts::new()).unwrap();
        assert!(advice.iter().all(|advice| advice.reference.is_some()));
    }
}
