//! Lantern: a signal controller with an i.MX 8M Mini, four Cortex-A53 cores.

use orch_plugin::target_platform::{Observation, Requirement, Target, TargetPlatform};
use orch_plugin::{Error, Facts, Machine, Offer};
use serde::Deserialize;

/// The board.
pub struct Lantern;

/// What a `[target.*]` table may set beside `platform`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    memory: Option<Memory>,
}

#[derive(Deserialize)]
enum Memory {
    #[serde(rename = "1GB")]
    One,
    #[serde(rename = "2GB")]
    Two,
}

impl TargetPlatform for Lantern {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new("lantern", "signal controller, i.MX 8M Mini")]
    }

    fn describe(_: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        let mut machine = Machine::of("aarch64-unknown-linux-musl")
            .cpu("cortex-a53")
            .features(&["aes", "crc", "sha2"])
            .cores(4)
            .page_bytes(4096);
        if let Some(memory) = settings.memory {
            machine = machine.memory_bytes(match memory {
                Memory::One => 1 << 30,
                Memory::Two => 2 << 30,
            });
        }
        Ok(Target::of(machine)
            .static_link()
            .environment("GOARM64", "v8.0,crypto")
            .emulator(&["qemu-aarch64-static", "-cpu", "cortex-a53"])
            .requires(Requirement::KernelAtLeast("5.15".to_owned())))
    }

    fn recognise(observation: &Observation) -> Vec<String> {
        match observation.fact("device-tree-model") {
            Some(model) if model.starts_with("Lantern") => vec!["lantern".to_owned()],
            _ => Vec::new(),
        }
    }
}

orch_plugin::export_target_platform!(Lantern);

#[cfg(test)]
mod tests {
    use orch_plugin::{fake, settings};

    use super::*;

    fn describe(json: &str) -> Result<Target, Error> {
        Lantern::describe("lantern", settings(json)?, &fake::Facts::new())
    }

    #[test]
    fn the_board_is_described() {
        let target = describe(r#"{"memory": "2GB"}"#).unwrap();
        assert_eq!(target.machine.cpu.as_deref(), Some("cortex-a53"));
        assert_eq!(target.machine.memory_bytes, Some(2_147_483_648));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        match describe(r#"{"memory": "3GB"}"#) {
            Err(Error::Invalid(problems)) => {
                assert_eq!(problems[0].setting.as_deref(), Some("memory"));
            }
            other => panic!("{other:?}"),
        }
    }
}
