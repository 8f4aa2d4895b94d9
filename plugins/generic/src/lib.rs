//! Ordinary machines, of which nothing is known but the system and the instruction set.

use orch_plugin::target_platform::{Observation, Requirement, Target, TargetPlatform};
use orch_plugin::x86_64::Level;
use orch_plugin::{Error, Facts, Machine, Offer, Problem};
use serde::Deserialize;

/// The platforms.
pub struct Generic;

/// What a `[target.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    amd64: Option<Level>,
}

/// One platform: its name, what it is, its LLVM target triple, and the variable that
/// makes Go's default for the instruction set explicit.
struct Platform {
    name: &'static str,
    summary: &'static str,
    triple: &'static str,
    go: (&'static str, &'static str),
    emulator: &'static [&'static str],
}

const PLATFORMS: &[Platform] = &[
    Platform {
        name: "linux-amd64",
        summary: "Linux on x86-64",
        triple: "x86_64-unknown-linux-gnu",
        go: ("GOAMD64", "v1"),
        emulator: &["qemu-x86_64-static"],
    },
    Platform {
        name: "linux-arm64",
        summary: "Linux on 64-bit Arm, ARMv8.0 and later",
        triple: "aarch64-unknown-linux-gnu",
        go: ("GOARM64", "v8.0"),
        emulator: &["qemu-aarch64-static"],
    },
    Platform {
        name: "linux-armv5",
        summary: "Linux on ARMv5TE without floating point",
        triple: "armv5te-unknown-linux-gnueabi",
        go: ("GOARM", "5"),
        emulator: &["qemu-arm-static", "-cpu", "arm926"],
    },
    Platform {
        name: "linux-armv6",
        summary: "Linux on ARMv6 with floating point: Raspberry Pi 1 and Zero",
        triple: "arm-unknown-linux-gnueabihf",
        go: ("GOARM", "6"),
        emulator: &["qemu-arm-static", "-cpu", "arm1176"],
    },
    Platform {
        name: "linux-armv7",
        summary: "Linux on ARMv7 with floating point",
        triple: "armv7-unknown-linux-gnueabihf",
        go: ("GOARM", "7"),
        emulator: &["qemu-arm-static", "-cpu", "cortex-a7"],
    },
    Platform {
        name: "linux-riscv64",
        summary: "Linux on 64-bit RISC-V, RVA20 and later",
        triple: "riscv64gc-unknown-linux-gnu",
        go: ("GORISCV64", "rva20u64"),
        emulator: &["qemu-riscv64-static"],
    },
    Platform {
        name: "darwin-amd64",
        summary: "macOS on Intel",
        triple: "x86_64-apple-darwin",
        go: ("GOAMD64", "v1"),
        emulator: &[],
    },
    Platform {
        name: "darwin-arm64",
        summary: "macOS on Apple silicon",
        triple: "aarch64-apple-darwin",
        go: ("GOARM64", "v8.0"),
        emulator: &[],
    },
    Platform {
        name: "windows-amd64",
        summary: "Windows on x86-64",
        triple: "x86_64-pc-windows-gnu",
        go: ("GOAMD64", "v1"),
        emulator: &[],
    },
    Platform {
        name: "windows-arm64",
        summary: "Windows on 64-bit Arm",
        triple: "aarch64-pc-windows-gnullvm",
        go: ("GOARM64", "v8.0"),
        emulator: &[],
    },
];

/// What Linux calls a machine (`uname -m`), and which of the platforms it is, best first. A
/// 64-bit kernel calls its 32-bit programs' machine `armv8l`.
const MACHINES: &[(&str, &[&str])] = &[
    ("x86_64", &["linux-amd64"]),
    ("aarch64", &["linux-arm64"]),
    ("armv8l", &["linux-armv7", "linux-armv6"]),
    ("armv7l", &["linux-armv7", "linux-armv6"]),
    ("armv6l", &["linux-armv6"]),
    ("armv5tel", &["linux-armv5"]),
    ("armv5tejl", &["linux-armv5"]),
    ("riscv64", &["linux-riscv64"]),
];

impl TargetPlatform for Generic {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        PLATFORMS
            .iter()
            .map(|platform| Offer::new(platform.name, platform.summary))
            .collect()
    }

    fn describe(offer: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        let Some(platform) = PLATFORMS.iter().find(|platform| platform.name == offer) else {
            return Err(Error::Unsupported(format!(
                "there is no platform `{offer}`"
            )));
        };
        let machine = Machine::of(platform.triple);
        match settings.amd64 {
            Some(level) if machine.architecture() == "x86_64" => Ok(platform.at_level(level)),
            Some(_) => Err(
                Problem::new(format!("`amd64` has no meaning for `{offer}`"))
                    .at("amd64")
                    .hint("take it away")
                    .into(),
            ),
            None => Ok(platform.target(machine)),
        }
    }

    /// Only Linux has a `/proc/cpuinfo`, and only its names of machines are known here.
    fn recognise(observation: &Observation) -> Vec<String> {
        let machine = match observation.fact("cpuinfo") {
            Some(_) => observation.fact("machine").unwrap_or_default(),
            None => return Vec::new(),
        };
        MACHINES
            .iter()
            .filter(|(name, _)| *name == machine)
            .flat_map(|(_, offers)| offers.iter().map(|&offer| offer.to_owned()))
            .collect()
    }
}

impl Platform {
    fn target(&self, machine: Machine) -> Target {
        let (name, value) = self.go;
        let target = Target::of(machine).environment(name, value);
        match self.emulator {
            [] => target,
            emulator => target.emulator(emulator),
        }
    }

    fn at_level(&self, level: Level) -> Target {
        let features = level.features();
        let machine = Machine::of(self.triple)
            .cpu(level.cpu())
            .features(&features);
        let mut target = Target::of(machine).environment("GOAMD64", level.name());
        if !self.emulator.is_empty()
            && let Some(emulator) = level.emulator()
        {
            target = target.emulator(emulator);
        }
        if !features.is_empty() {
            target = target.requires(Requirement::cpu_features(&features));
        }
        target
    }
}

orch_plugin::export_target_platform!(Generic);

#[cfg(test)]
mod tests {
    use orch_plugin::target_platform::Runner;
    use orch_plugin::{fake, settings};

    use super::*;

    fn describe(offer: &str, json: &str) -> Result<Target, Error> {
        Generic::describe(offer, settings(json)?, &fake::Facts::new())
    }

    #[test]
    fn every_offer_is_described() {
        let offers = Generic::offers();
        assert_eq!(offers.len(), 10);
        for offer in offers {
            let target = describe(&offer.name, "{}").unwrap();
            let emulated = matches!(target.runner, Runner::Emulator(_));
            assert_eq!(emulated, target.machine.names("linux"), "{}", offer.name);
            assert!(!target.static_link);
        }
    }

    #[test]
    fn a_level_of_amd64_is_demanded_of_the_machine() {
        let target = describe("windows-amd64", r#"{"amd64": "v3"}"#).unwrap();
        assert_eq!(target.machine.cpu.as_deref(), Some("x86-64-v3"));
        assert_eq!(target.environment[0].value, "v3");
        assert_eq!(target.requirements.len(), 1);
        assert_eq!(target.runner, Runner::None);
    }

    #[test]
    fn a_linux_machine_is_recognised_by_what_its_kernel_calls_it() {
        for (machine, offers) in [
            ("x86_64", &["linux-amd64"][..]),
            ("armv7l", &["linux-armv7", "linux-armv6"]),
            ("armv5tejl", &["linux-armv5"]),
            ("s390x", &[]),
        ] {
            let seen = Observation::of(&[("machine", machine), ("cpuinfo", "processor\t: 0")]);
            assert_eq!(Generic::recognise(&seen), offers, "{machine}");
            for offer in Generic::recognise(&seen) {
                assert!(describe(&offer, "{}").is_ok());
            }
        }
        let mac = Observation::of(&[("machine", "x86_64")]);
        assert!(Generic::recognise(&mac).is_empty());
    }

    #[test]
    fn a_level_elsewhere_is_refused() {
        match describe("linux-arm64", r#"{"amd64": "v3"}"#) {
            Err(Error::Invalid(problems)) => {
                assert_eq!(problems[0].setting.as_deref(), Some("amd64"));
            }
            other => panic!("{other:?}"),
        }
        assert!(describe("linux-sparc", "{}").is_err());
    }
}
