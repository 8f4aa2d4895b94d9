//! The Raspberry Pi 5 and the boards with the same chip: a BCM2712 with four Cortex-A76.

use orch_plugin::target_platform::{Observation, Requirement, Target, TargetPlatform};
use orch_plugin::{Error, Facts, Machine, Offer};
use serde::Deserialize;

/// The platform.
pub struct Pi5;

/// What a `[target.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    memory: Option<Memory>,
    pages: Option<Pages>,
}

/// The memories that boards are sold with.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Memory {
    #[serde(rename = "2GB")]
    Two,
    #[serde(rename = "4GB")]
    Four,
    #[serde(rename = "8GB")]
    Eight,
    #[serde(rename = "16GB")]
    Sixteen,
}

/// The page sizes of Raspberry Pi OS's two kernels: `kernel_2712.img`, which a Pi 5 starts
/// unless told otherwise, has 16 KiB pages; `kernel8.img` has 4 KiB.
/// <https://www.raspberrypi.com/documentation/computers/config_txt.html#kernel>
#[derive(Clone, Copy, Debug, Deserialize)]
enum Pages {
    #[serde(rename = "4K")]
    Small,
    #[serde(rename = "16K")]
    Large,
}

/// What `/proc/cpuinfo` of the board lists beyond ARMv8.0, by LLVM's names: `atomics`,
/// `crc32`, `asimdrdm`, `fphp` with `asimdhp`, `lrcpc`, `asimddp`, and, since this chip
/// has the cryptographic extension that the Pi 4's lacks, `aes` with `pmull`, and `sha2`.
/// Arm Cortex-A76 Core Technical Reference Manual (100798), and
/// <https://www.raspberrypi.com/documentation/computers/processors.html#bcm2712>
const FEATURES: &[&str] = &[
    "aes", "crc", "dotprod", "fullfp16", "lse", "rcpc", "rdm", "sha2",
];

/// The models with this chip, as their device trees begin to name them.
const MODELS: &[&str] = &["Raspberry Pi 5", "Raspberry Pi Compute Module 5"];

impl TargetPlatform for Pi5 {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            "pi5",
            "Raspberry Pi 5, 500 and Compute Module 5 (BCM2712, 4 Cortex-A76)",
        )]
    }

    fn describe(_: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        // The systems for the board are glibc systems; a program without C needs none.
        let mut machine = Machine::of("aarch64-unknown-linux-gnu")
            .cpu("cortex-a76")
            .features(FEATURES)
            .cores(4);
        if let Some(memory) = settings.memory {
            machine = machine.memory_bytes(memory.bytes());
        }
        if let Some(pages) = settings.pages {
            machine = machine.page_bytes(pages.bytes());
        }
        let page_sizes = match settings.pages {
            Some(pages) => vec![pages.bytes()],
            None => vec![Pages::Small.bytes(), Pages::Large.bytes()],
        };
        Ok(Target::of(machine)
            // The core is ARMv8.2, which holds `lse`; `crypto` stands for aes and sha2.
            // `go help environment`, since Go 1.23.
            .environment("GOARM64", "v8.2,crypto")
            .emulator(&["qemu-aarch64-static", "-cpu", "cortex-a76"])
            // The first kernel for this chip is Raspberry Pi's 6.1.
            .requires(Requirement::KernelAtLeast("6.1".to_owned()))
            .requires(Requirement::PageBytes(page_sizes))
            .requires(Requirement::cpu_features(FEATURES)))
    }

    fn recognise(observation: &Observation) -> Vec<String> {
        match observation.fact("device-tree-model") {
            Some(model) if MODELS.iter().any(|known| model.starts_with(known)) => {
                vec!["pi5".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

impl Memory {
    fn bytes(self) -> u64 {
        let gibibytes = match self {
            Memory::Two => 2,
            Memory::Four => 4,
            Memory::Eight => 8,
            Memory::Sixteen => 16,
        };
        gibibytes << 30
    }
}

impl Pages {
    fn bytes(self) -> u32 {
        match self {
            Pages::Small => 4096,
            Pages::Large => 16_384,
        }
    }
}

orch_plugin::export_target_platform!(Pi5);

#[cfg(test)]
mod tests {
    use orch_plugin::{fake, settings};

    use super::*;

    fn describe(json: &str) -> Result<Target, Error> {
        Pi5::describe("pi5", settings(json)?, &fake::Facts::new())
    }

    fn page_sizes(target: &Target) -> Vec<u32> {
        target
            .requirements
            .iter()
            .find_map(|requirement| match requirement {
                Requirement::PageBytes(sizes) => Some(sizes.clone()),
                _ => None,
            })
            .expect("the page size matters on this board")
    }

    #[test]
    fn with_nothing_said_both_kernels_are_borne() {
        let target = describe("{}").unwrap();
        assert_eq!(page_sizes(&target), [4096, 16_384]);
        assert_eq!(target.machine.page_bytes, None);
        assert_eq!(target.machine.memory_bytes, None);
        assert_eq!(target.machine.cpu.as_deref(), Some("cortex-a76"));
        assert_eq!(target.machine.cores, Some(4));
    }

    #[test]
    fn a_known_kernel_and_memory_are_taken_at_their_word() {
        let target = describe(r#"{"memory": "8GB", "pages": "16K"}"#).unwrap();
        assert_eq!(page_sizes(&target), [16_384]);
        assert_eq!(target.machine.page_bytes, Some(16_384));
        assert_eq!(target.machine.memory_bytes, Some(8_589_934_592));
    }

    #[test]
    fn a_memory_that_no_board_has_is_refused_with_those_that_are_sold() {
        match describe(r#"{"memory": "3GB"}"#) {
            Err(Error::Invalid(problems)) => {
                assert_eq!(problems[0].setting.as_deref(), Some("memory"));
                assert!(problems[0].message.contains("`16GB`"), "{problems:?}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_chip_is_recognised_by_its_boards_names() {
        for (model, known) in [
            ("Raspberry Pi 5 Model B Rev 1.0", true),
            ("Raspberry Pi Compute Module 5 Rev 1.0", true),
            ("Raspberry Pi 500 Rev 1.0", true),
            ("Raspberry Pi 4 Model B Rev 1.5", false),
            ("Orange Pi 5", false),
        ] {
            let seen = Observation::of(&[("device-tree-model", model)]);
            assert_eq!(!Pi5::recognise(&seen).is_empty(), known, "{model}");
        }
        assert!(Pi5::recognise(&Observation::of(&[])).is_empty());
    }
}
