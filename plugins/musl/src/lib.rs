//! Static programs for any Linux, of which a container needs nothing but the file.

use orch_plugin::target_platform::{Requirement, Target, TargetPlatform};
use orch_plugin::x86_64::Level;
use orch_plugin::{Error, Facts, Machine, Offer, Problem};
use serde::Deserialize;

/// The platform.
pub struct Musl;

/// What a `[target.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    arch: Architecture,
    amd64: Option<Level>,
}

#[derive(Debug, Default, Deserialize)]
enum Architecture {
    #[default]
    #[serde(rename = "x86_64")]
    X86_64,
    #[serde(rename = "aarch64")]
    Aarch64,
}

impl TargetPlatform for Musl {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            "musl",
            "static programs for any Linux, x86_64 or aarch64",
        )]
    }

    fn describe(_: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        match (settings.arch, settings.amd64) {
            (Architecture::X86_64, level) => Ok(x86_64(level.unwrap_or_default())),
            (Architecture::Aarch64, None) => Ok(aarch64()),
            (Architecture::Aarch64, Some(_)) => Err(Problem::new(
                "`amd64` has no meaning for `arch = \"aarch64\"`",
            )
            .at("amd64")
            .hint("take `amd64` away, or set `arch = \"x86_64\"`")
            .into()),
        }
    }
}

fn x86_64(level: Level) -> Target {
    let features = level.features();
    let mut target = Target::of(
        Machine::of("x86_64-unknown-linux-musl")
            .cpu(level.cpu())
            .features(&features)
            .page_bytes(4096),
    )
    .static_link()
    .environment("GOAMD64", level.name());
    if let Some(emulator) = level.emulator() {
        target = target.emulator(emulator);
    }
    if !features.is_empty() {
        target = target.requires(Requirement::cpu_features(&features));
    }
    target
}

/// Any aarch64: ARMv8.0, and whatever size of page its kernel has.
fn aarch64() -> Target {
    Target::of(Machine::of("aarch64-unknown-linux-musl").cpu("generic"))
        .static_link()
        .environment("GOARM64", "v8.0")
        .emulator(&["qemu-aarch64-static"])
}

orch_plugin::export_target_platform!(Musl);

#[cfg(test)]
mod tests {
    use orch_plugin::target_platform::Runner;
    use orch_plugin::{fake, settings};

    use super::*;

    fn describe(json: &str) -> Result<Target, Error> {
        Musl::describe("musl", settings(json)?, &fake::Facts::new())
    }

    #[test]
    fn with_nothing_said_it_is_any_x86_64() {
        let target = describe("{}").unwrap();
        assert_eq!(target.machine.triple, "x86_64-unknown-linux-musl");
        assert_eq!(target.machine.cpu.as_deref(), Some("x86-64"));
        assert!(target.static_link);
        assert!(target.requirements.is_empty());
        assert_eq!(
            target.runner,
            Runner::Emulator(vec!["qemu-x86_64-static".to_owned()])
        );
    }

    #[test]
    fn a_level_is_demanded_of_the_device() {
        let target = describe(r#"{"amd64": "v3"}"#).unwrap();
        assert_eq!(target.environment[0].value, "v3");
        assert!(
            matches!(&target.requirements[..], [Requirement::CpuFeatures(f)] if f.contains(&"avx2".to_owned()))
        );
        assert_eq!(describe(r#"{"amd64": "v4"}"#).unwrap().runner, Runner::None);
    }

    #[test]
    fn aarch64_relies_on_no_size_of_page() {
        let target = describe(r#"{"arch": "aarch64"}"#).unwrap();
        assert_eq!(target.machine.triple, "aarch64-unknown-linux-musl");
        assert_eq!(target.machine.page_bytes, None);
    }

    #[test]
    fn settings_that_contradict_or_are_unknown_are_refused() {
        for (json, setting) in [
            (r#"{"arch": "aarch64", "amd64": "v2"}"#, "amd64"),
            (r#"{"arch": "sparc"}"#, "arch"),
            (r#"{"arhc": "x86_64"}"#, "arhc"),
        ] {
            match describe(json) {
                Err(Error::Invalid(problems)) => {
                    assert_eq!(problems[0].setting.as_deref(), Some(setting), "{json}");
                }
                other => panic!("{json}: {other:?}"),
            }
        }
    }
}
