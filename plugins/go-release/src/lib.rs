//! Go programs as they are shipped: what only a debugger reads is left out, and so are
//! the paths of the machine that built them.

use orch_plugin::tuning_policy::{Advice, FixedPolicy, Request};
use orch_plugin::{Error, NoSettings, Release, Tweak};

const LINKER: &str = "https://pkg.go.dev/cmd/link";
const BUILDING: &str = "https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies";

/// The policy.
pub struct GoRelease;

impl FixedPolicy for GoRelease {
    type Settings = NoSettings;

    const NAME: &'static str = "go-release";
    const SUMMARY: &'static str =
        "small Go programs that name no path of the machine that built them";
    const BUILDER: &'static str = "go";

    fn advice(_: &Request, release: Release, _: NoSettings) -> Result<Vec<Advice>, Error> {
        let mut advice = vec![
            Tweak::flag("go.ldflags", "-s")
                .because("leaves out the symbol table, which only debuggers and `go tool nm` read")
                .see(LINKER),
        ];
        // Since 1.22 `-s` implies `-w` on every platform: https://go.dev/doc/go1.22#linker
        if !release.since(1, 22) {
            advice.push(
                Tweak::flag("go.ldflags", "-w")
                    .because(
                        "leaves out the debug information, which `-s` of this release may keep",
                    )
                    .see(LINKER),
            );
        }
        if release.since(1, 13) {
            advice.push(
                Tweak::flag("go.flags", "-trimpath")
                    .because(
                        "names files by module and package, so that the program is the same \
                         from every folder and tells nothing of the machine that built it",
                    )
                    .see(BUILDING),
            );
        }
        Ok(advice)
    }
}

orch_plugin::export_tuning_policy!(GoRelease);

#[cfg(test)]
mod tests {
    use orch_plugin::tuning_policy::TuningPolicy;
    use orch_plugin::{InstalledToolchain, Machine, fake};

    use super::*;

    fn advice(builder: &str, version: &str) -> Vec<Advice> {
        let go = InstalledToolchain::of("go", version, &["go"]);
        let request = Request::of(builder, go, Machine::of("aarch64-unknown-linux-gnu"));
        GoRelease::advise("go-release", &request, NoSettings {}, &fake::Facts::new()).unwrap()
    }

    fn advised(builder: &str, version: &str) -> Vec<String> {
        let advice = advice(builder, version).into_iter();
        advice.map(|advice| advice.tweak.text()).collect()
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
        let advice = advice("go", "1.21.0");
        assert!(advice.iter().all(|advice| advice.reference.is_some()));
    }
}
