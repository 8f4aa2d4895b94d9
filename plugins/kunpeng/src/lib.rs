//! Servers with HiSilicon's Kunpeng 920, whose cores are TaiShan v110.

use orch_plugin::target_platform::{Observation, Requirement, Target, TargetPlatform};
use orch_plugin::{ArmCore, Error, Facts, Machine, Offer, PageSize, Problem};
use serde::Deserialize;

/// The platform.
pub struct Kunpeng;

/// What a `[target.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    model: Option<Model>,
    sockets: Option<u32>,
    numa_nodes: Option<u32>,
    memory_gib: Option<u64>,
    pages: Option<PageSize>,
}

/// The models by HiSilicon's names, which end with the cores and the clock rate, and by those
/// that Huawei sells the same in its TaiShan 200 servers by.
/// <https://en.wikichip.org/wiki/hisilicon/kunpeng>; Huawei, TaiShan 200 Server White Paper.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Model {
    #[serde(rename = "920-3226", alias = "920-5220")]
    Cores32,
    #[serde(rename = "920-4826", alias = "920-5250")]
    Cores48,
    #[serde(rename = "920-6426", alias = "920-7260")]
    Cores64,
}

/// The name by which LLVM and GCC know the core.
const CPU: &str = "tsv110";

/// What the core has beyond ARMv8.0, by LLVM's names. `/proc/cpuinfo` of a TaiShan 2280
/// lists `aes pmull sha1 sha2 crc32 atomics fphp asimdhp asimdrdm jscvt fcma dcpop asimddp
/// asimdfhm`; `lrcpc` is not among them, though later cores of ARMv8.2 have it. LLVM:
/// `ProcTSV110` in `llvm/lib/Target/AArch64/AArch64Processors.td`.
const FEATURES: &[&str] = &[
    "aes",
    "complxnum",
    "crc",
    "dotprod",
    "fp16fml",
    "fullfp16",
    "jsconv",
    "lse",
    "rdm",
    "sha2",
];

/// How a distribution built its kernel. Debian's and Ubuntu's have 4 KiB; those of CentOS 7
/// and 8 for this architecture, and of what descends from them, 64 KiB.
const PAGES: &[PageSize] = &[PageSize::K4, PageSize::K64];

impl TargetPlatform for Kunpeng {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            "kunpeng",
            "servers with Kunpeng 920 processors (TaiShan v110)",
        )]
    }

    fn describe(_: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        let mut machine = Machine::of("aarch64-unknown-linux-gnu")
            .cpu(CPU)
            .features(FEATURES);
        match (settings.model, settings.sockets) {
            (Some(model), sockets) => {
                let sockets = sockets.unwrap_or(2);
                machine = machine.cores(model.cores() * sockets);
                machine.numa_nodes = model.dies().map(|dies| dies * sockets);
            }
            (None, Some(_)) => {
                return Err(Problem::new("`sockets` without `model` says nothing")
                    .at("sockets")
                    .hint("set `model`, which fixes the cores of a socket, or take it away")
                    .into());
            }
            (None, None) => {}
        }
        if let Some(nodes) = settings.numa_nodes {
            machine = machine.numa_nodes(nodes);
        }
        if let Some(memory) = settings.memory_gib {
            machine = machine.memory_bytes(memory << 30);
        }
        Ok(Target::of(machine)
            // ARMv8.2 holds `lse`; `crypto` stands for aes and sha2. `go help environment`,
            // since Go 1.23.
            .environment("GOARM64", "v8.2,crypto")
            // QEMU has no model of this core; `max` has all that it has, and more.
            .emulator(&["qemu-aarch64-static", "-cpu", "max"])
            .pages(settings.pages, PAGES)
            .requires(Requirement::cpu_features(FEATURES)))
    }

    fn recognise(observation: &Observation) -> Vec<String> {
        match observation.has_only(ArmCore::TAISHAN_V110) {
            true => vec!["kunpeng".to_owned()],
            false => Vec::new(),
        }
    }
}

impl Model {
    /// The dies with cores of one socket, each of which has memory channels and is a NUMA
    /// node of its own unless the firmware is told otherwise. Linux,
    /// `Documentation/admin-guide/perf/hisi-pmu.rst` (a die with cores is a "Super CPU
    /// cluster"); `lscpu` of TaiShan 2280 V2 servers lists four nodes for two sockets of 48
    /// and of 64 cores. What is seen of those with 32 cores differs, so nothing is said.
    fn dies(self) -> Option<u32> {
        match self {
            Model::Cores32 => None,
            Model::Cores48 | Model::Cores64 => Some(2),
        }
    }

    /// The cores of one socket.
    fn cores(self) -> u32 {
        match self {
            Model::Cores32 => 32,
            Model::Cores48 => 48,
            Model::Cores64 => 64,
        }
    }
}

orch_plugin::export_target_platform!(Kunpeng);

#[cfg(test)]
mod tests {
    use orch_plugin::{fake, settings};

    use super::*;

    fn describe(json: &str) -> Result<Target, Error> {
        Kunpeng::describe("kunpeng", settings(json)?, &fake::Facts::new())
    }

    #[test]
    fn with_nothing_said_only_the_core_is_known() {
        let target = describe("{}").unwrap();
        assert_eq!(target.machine.cpu.as_deref(), Some("tsv110"));
        assert_eq!(target.machine.cores, None);
        assert_eq!(target.machine.page_bytes, None);
        assert_eq!(
            target.requirements[0],
            Requirement::PageBytes(vec![4096, 65_536])
        );
        assert!(!target.machine.features.contains(&"rcpc".to_owned()));
    }

    #[test]
    fn a_model_fixes_the_cores_and_nodes_of_each_socket() {
        for (json, cores, nodes) in [
            (r#"{"model": "920-4826"}"#, 96, Some(4)),
            (r#"{"model": "920-6426", "sockets": 4}"#, 256, Some(8)),
            (r#"{"model": "920-6426", "numa-nodes": 2}"#, 128, Some(2)),
            (r#"{"model": "920-5220", "sockets": 1}"#, 32, None),
        ] {
            let machine = describe(json).unwrap().machine;
            assert_eq!(
                (machine.cores, machine.numa_nodes),
                (Some(cores), nodes),
                "{json}"
            );
        }
        match describe(r#"{"sockets": 2}"#) {
            Err(Error::Invalid(problems)) => {
                assert_eq!(problems[0].setting.as_deref(), Some("sockets"));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_kernel_with_large_pages_and_the_memory_are_taken_at_their_word() {
        let target = describe(r#"{"pages": "64K", "memory-gib": 512}"#).unwrap();
        assert_eq!(target.machine.page_bytes, Some(65_536));
        assert_eq!(target.machine.memory_bytes, Some(512 << 30));
    }

    #[test]
    fn a_server_is_recognised_by_its_cores() {
        let seen = |cpuinfo| Kunpeng::recognise(&Observation::of(&[("cpuinfo", cpuinfo)]));
        assert_eq!(
            seen("CPU implementer\t: 0x48\nCPU part\t: 0xd01\n"),
            ["kunpeng"]
        );
        assert!(seen("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n").is_empty());
        assert!(Kunpeng::recognise(&Observation::of(&[])).is_empty());
    }
}
