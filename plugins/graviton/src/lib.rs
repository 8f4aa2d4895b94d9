//! Servers with Arm's Neoverse cores: the Gravitons of AWS, and Ampere's Altra. `processor`
//! knows what each has.

mod processor;

use orch_plugin::target_platform::{Observation, Requirement, Target, TargetPlatform};
use orch_plugin::{Error, Facts, Machine, Offer, PageSize, Problem};
use serde::Deserialize;

use crate::processor::{ALTRA, GRAVITON2, GRAVITON3, GRAVITON4, Graviton, Processor};

/// The platforms.
pub struct Neoverse;

/// What a `[target.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    cpu: Option<Graviton>,
    cores: Option<u32>,
    memory_gib: Option<u64>,
    pages: Option<PageSize>,
}

const GRAVITON: &str = "graviton";
const ALTRA_OFFER: &str = "altra";

/// Kernels of Amazon Linux, Debian and Ubuntu have pages of 4 KiB; those of Red Hat
/// Enterprise Linux 8, and the kernels called `-64k` of others, 64 KiB.
const PAGES: &[PageSize] = &[PageSize::K4, PageSize::K64];

impl TargetPlatform for Neoverse {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![
            Offer::new(GRAVITON, "AWS Graviton 2, 3 and 4 (Neoverse N1, V1 and V2)"),
            Offer::new(ALTRA_OFFER, "Ampere Altra and Altra Max (Neoverse N1)"),
        ]
    }

    fn describe(offer: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        let processor = processor(offer, settings.cpu)?;
        let mut machine = Machine::of("aarch64-unknown-linux-gnu")
            .cpu(processor.cpu)
            .features(processor.features);
        if let Some(cores) = settings.cores {
            if cores > processor.most_cores {
                return Err(
                    Problem::new(format!("no machine with it has {cores} cores"))
                        .at("cores")
                        .hint(format!("the largest have {}", processor.most_cores))
                        .into(),
                );
            }
            machine = machine.cores(cores);
        }
        if let Some(memory) = settings.memory_gib {
            machine = machine.memory_bytes(memory << 30);
        }
        Ok(Target::of(machine)
            .environment("GOARM64", processor.goarm64)
            .emulator(&["qemu-aarch64-static", "-cpu", processor.emulated])
            .pages(settings.pages, PAGES)
            .requires(Requirement::cpu_features(processor.features)))
    }

    /// By the core, which is all that these machines show. N1 is in both; V2 is in servers of
    /// others too, of which what is said of a Graviton4 holds as well.
    fn recognise(observation: &Observation) -> Vec<String> {
        let offers: &[&str] = if observation.has_only(GRAVITON2.core) {
            match is_amazons(observation) {
                true => &[GRAVITON, ALTRA_OFFER],
                false => &[ALTRA_OFFER, GRAVITON],
            }
        } else if observation.has_only(GRAVITON3.core) || observation.has_only(GRAVITON4.core) {
            &[GRAVITON]
        } else {
            &[]
        };
        offers.iter().map(|&offer| offer.to_owned()).collect()
    }
}

fn processor(offer: &str, graviton: Option<Graviton>) -> Result<&'static Processor, Error> {
    match (offer, graviton) {
        (GRAVITON, graviton) => Ok(graviton.unwrap_or_default().processor()),
        (ALTRA_OFFER, None) => Ok(&ALTRA),
        (ALTRA_OFFER, Some(_)) => Err(Problem::new("`cpu` has no meaning for `altra`")
            .at("cpu")
            .hint("take it away")
            .into()),
        _ => Err(Error::Unsupported(format!(
            "there is no platform `{offer}`"
        ))),
    }
}

/// Whether the kernel says that it was built for Amazon's machines: Amazon Linux ends its
/// versions with `.amzn2023` or the like, Ubuntu with `-aws`.
fn is_amazons(observation: &Observation) -> bool {
    let kernel = observation.fact("kernel").unwrap_or_default();
    kernel.contains("amzn") || kernel.contains("-aws")
}

orch_plugin::export_target_platform!(Neoverse);

#[cfg(test)]
mod tests {
    use orch_plugin::target_platform::Runner;
    use orch_plugin::{fake, settings};

    use super::*;

    fn describe(offer: &str, json: &str) -> Result<Target, Error> {
        Neoverse::describe(offer, settings(json)?, &fake::Facts::new())
    }

    fn refused(offer: &str, json: &str) -> String {
        match describe(offer, json) {
            Err(Error::Invalid(problems)) => problems[0].setting.clone().unwrap_or_default(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_generation_has_its_core_and_what_it_adds() {
        for (name, cpu, goarm64, has, lacks) in [
            ("graviton2", "neoverse-n1", "v8.2,crypto", "lse", "sve"),
            ("graviton3", "neoverse-v1", "v8.4,crypto", "sve", "sve2"),
            ("graviton4", "neoverse-v2", "v9.0,crypto", "sve2", "sm4"),
        ] {
            let target = describe("graviton", &format!(r#"{{"cpu": "{name}"}}"#)).unwrap();
            assert_eq!(target.machine.cpu.as_deref(), Some(cpu));
            assert_eq!(target.environment[0].value, goarm64);
            let features = &target.machine.features;
            assert!(features.iter().any(|known| known == has), "{name}");
            assert!(!features.iter().any(|known| known == lacks), "{name}");
            assert!(features.is_sorted(), "{name}");
        }
    }

    #[test]
    fn with_nothing_said_it_is_what_every_graviton_has() {
        let target = describe("graviton", "{}").unwrap();
        assert_eq!(target.machine.cpu.as_deref(), Some("neoverse-n1"));
    }

    #[test]
    fn an_altra_is_an_n1_and_runs_under_its_model() {
        let target = describe("altra", r#"{"cores": 160, "pages": "64K"}"#).unwrap();
        assert_eq!(target.machine.cpu.as_deref(), Some("neoverse-n1"));
        assert_eq!(target.machine.cores, Some(160));
        assert_eq!(target.machine.page_bytes, Some(65_536));
        assert_eq!(
            target.runner,
            Runner::Emulator(
                ["qemu-aarch64-static", "-cpu", "neoverse-n1"]
                    .map(str::to_owned)
                    .to_vec()
            )
        );
    }

    #[test]
    fn settings_that_no_machine_has_are_refused() {
        assert_eq!(refused("altra", r#"{"cpu": "graviton2"}"#), "cpu");
        assert_eq!(
            refused("graviton", r#"{"cpu": "graviton3", "cores": 96}"#),
            "cores"
        );
        assert_eq!(refused("graviton", r#"{"cpu": "graviton1"}"#), "cpu");
    }

    #[test]
    fn a_machine_is_recognised_by_its_core_and_the_kernels_name() {
        for (part, kernel, offers) in [
            (
                "0xd0c",
                "6.1.112-122.189.amzn2023.aarch64",
                &["graviton", "altra"][..],
            ),
            ("0xd0c", "6.8.0-1018-aws", &["graviton", "altra"]),
            ("0xd0c", "6.1.0-28-arm64", &["altra", "graviton"]),
            ("0xd40", "6.1.0-28-arm64", &["graviton"]),
            ("0xd4f", "6.1.0-28-arm64", &["graviton"]),
            ("0xd08", "6.1.0-28-aws", &[]),
        ] {
            let cpuinfo = format!("CPU implementer\t: 0x41\nCPU part\t: {part}\n");
            let seen = Observation::of(&[("cpuinfo", &cpuinfo), ("kernel", kernel)]);
            assert_eq!(Neoverse::recognise(&seen), offers, "{part} {kernel}");
        }
        assert!(Neoverse::recognise(&Observation::of(&[])).is_empty());
    }
}
