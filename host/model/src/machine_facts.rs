//! What decides whether a program runs on a machine: read off it, or promised by a target.
//! Whatever is not known is `None` or empty, and then nothing is concluded from it.

use std::collections::BTreeSet;

use crate::{
    Architecture, Machine, Observation, OperatingSystem, Requirement, SystemVersion, Target,
};

/// Which C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibcFamily {
    /// The GNU C library.
    Glibc,
    /// musl.
    Musl,
}

/// A machine's C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Libc {
    /// Which one.
    pub family: LibcFamily,
    /// Its version.
    pub version: Option<SystemVersion>,
}

/// What is known of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineFacts {
    /// Its system.
    pub system: Option<OperatingSystem>,
    /// What its kernel calls the machine: `aarch64`, `armv6l`.
    pub machine: String,
    /// Its instruction set family.
    pub architecture: Option<Architecture>,
    /// For Arm, the version of the architecture: 6, 7 or 8.
    pub arm_version: Option<u8>,
    /// Its kernel.
    pub kernel: Option<SystemVersion>,
    /// The sizes of pages that must be borne; one size for one machine.
    pub page_bytes: Vec<u32>,
    /// Its C library.
    pub libc: Option<Libc>,
    /// The dynamic loaders that it has, as full paths.
    pub loaders: Option<Vec<String>>,
    /// The names of the shared libraries that its loader finds.
    pub libraries: Option<Vec<String>>,
    /// What its CPU has beyond the first version of the architecture, by the kernel's names:
    /// `atomics`, `sve`, `avx2`.
    pub features: Option<BTreeSet<String>>,
}

impl MachineFacts {
    /// What an observation says.
    pub fn of_observation(seen: &Observation) -> Self {
        let machine = seen.fact("machine").unwrap_or_default().to_owned();
        let family = match seen.fact("libc-name") {
            Some("glibc") => Some(LibcFamily::Glibc),
            Some("musl") => Some(LibcFamily::Musl),
            _ => None,
        };
        let features = features_of_cpuinfo(seen)
            .or_else(|| features_of_hwcap(&machine, seen))
            .filter(|features| !features.is_empty());
        Self {
            system: match seen.fact("system") {
                Some("Linux") => Some(OperatingSystem::Linux),
                Some("Darwin") => Some(OperatingSystem::Darwin),
                _ => None,
            },
            architecture: Machine::of_triple(machine.as_str()).architecture(),
            arm_version: arm_version(&machine),
            kernel: seen.fact("kernel").and_then(SystemVersion::leading),
            page_bytes: seen
                .number("page-bytes")
                .and_then(|bytes| u32::try_from(bytes).ok())
                .filter(|bytes| bytes.is_power_of_two())
                .into_iter()
                .collect(),
            libc: family.map(|family| Libc {
                family,
                version: seen.fact("libc").and_then(SystemVersion::leading),
            }),
            loaders: seen.list("loaders"),
            libraries: seen.list("libraries"),
            features,
            machine,
        }
    }

    /// What a target promises of each of its machines.
    pub fn of_target(target: &Target) -> Self {
        let machine = &target.machine;
        let first = machine.triple.split('-').next().unwrap_or_default();
        let mut facts = Self {
            system: machine.operating_system(),
            machine: match machine.architecture() {
                Some(_) => first.to_owned(),
                None => String::new(),
            },
            architecture: machine.architecture(),
            arm_version: arm_version(first),
            page_bytes: machine.page_bytes.into_iter().collect(),
            ..Self::default()
        };
        let mut features: BTreeSet<String> = machine
            .features
            .iter()
            .map(|name| kernel_name(name))
            .collect();
        let mut glibc = None;
        for requirement in &target.requirements {
            match requirement {
                Requirement::KernelAtLeast(version) => {
                    facts.kernel = SystemVersion::leading(version);
                }
                Requirement::GlibcAtLeast(version) => glibc = SystemVersion::leading(version),
                Requirement::PageBytes(sizes) => facts.page_bytes.extend(sizes),
                Requirement::CpuFeatures(names) => {
                    features.extend(names.iter().map(|name| kernel_name(name)));
                }
                Requirement::MemoryBytesAtLeast(_) => {}
            }
        }
        facts.page_bytes.sort_unstable();
        facts.page_bytes.dedup();
        facts.libc = if target.static_link {
            // Nothing but the kernel is promised: a container may hold the file alone.
            None
        } else if machine.triple.contains("-musl") {
            Some(Libc {
                family: LibcFamily::Musl,
                version: None,
            })
        } else if machine.triple.contains("-gnu") || glibc.is_some() {
            Some(Libc {
                family: LibcFamily::Glibc,
                version: glibc,
            })
        } else {
            None
        };
        // A platform that names none has left them open.
        facts.features = (!features.is_empty()).then_some(features);
        facts
    }
}

/// The version of the Arm architecture in the name of a machine or the first part of a
/// triple: 6 of `armv6l`, 8 of `aarch64`.
fn arm_version(name: &str) -> Option<u8> {
    if matches!(name, "aarch64" | "arm64") {
        return Some(8);
    }
    let digits = name
        .strip_prefix("arm")
        .or_else(|| name.strip_prefix("thumb"))?
        .trim_start_matches(|character: char| !character.is_ascii_digit());
    let digit = digits.chars().next()?.to_digit(10)?;
    u8::try_from(digit).ok()
}

/// The kernel's name of a feature that LLVM names.
fn kernel_name(llvm: &str) -> String {
    match llvm {
        "lse" => "atomics".to_owned(),
        "sse4.1" => "sse4_1".to_owned(),
        "sse4.2" => "sse4_2".to_owned(),
        other => other.to_owned(),
    }
}

/// The words of the first `Features` (Arm) or `flags` (x86) line that every processor has.
fn features_of_cpuinfo(seen: &Observation) -> Option<BTreeSet<String>> {
    let lines = seen.fact("cpuinfo")?.lines();
    let mut common: Option<BTreeSet<String>> = None;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if matches!(name.trim(), "Features" | "flags") {
            let words: BTreeSet<String> = value.split_whitespace().map(str::to_owned).collect();
            common = Some(match common {
                Some(before) => before.intersection(&words).cloned().collect(),
                None => words,
            });
        }
    }
    common
}

/// `AT_HWCAP` of 64-bit Arm, for what is asked of it here.
/// <https://docs.kernel.org/arch/arm64/elf_hwcaps.html>, bits by `uapi/asm/hwcap.h`.
fn features_of_hwcap(machine: &str, seen: &Observation) -> Option<BTreeSet<String>> {
    const BITS: [(u32, &str); 6] = [
        (0, "fp"),
        (1, "asimd"),
        (3, "aes"),
        (7, "crc32"),
        (8, "atomics"),
        (22, "sve"),
    ];
    if machine != "aarch64" {
        return None;
    }
    let text = seen.fact("hwcap")?;
    let hwcap = u64::from_str_radix(text.trim_start_matches("0x"), 16).ok()?;
    let has = BITS.iter().filter(|(bit, _)| hwcap >> bit & 1 == 1);
    Some(has.map(|(_, name)| (*name).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(facts: &[(&str, &str)]) -> MachineFacts {
        let mut observation = Observation::default();
        for (name, value) in facts {
            observation.set(name, value);
        }
        MachineFacts::of_observation(&observation)
    }

    #[test]
    fn an_observation_is_read() {
        let facts = seen(&[
            ("system", "Linux"),
            ("machine", "aarch64"),
            ("kernel", "6.6.31+rpt-rpi-2712"),
            ("page-bytes", "16384"),
            ("libc-name", "glibc"),
            ("libc", "2.36"),
            ("loaders", "/lib/ld-linux-aarch64.so.1"),
            (
                "cpuinfo",
                "Features\t: fp asimd atomics\n\nFeatures\t: fp atomics",
            ),
        ]);
        assert_eq!(facts.architecture, Some(Architecture::Aarch64));
        assert_eq!(facts.arm_version, Some(8));
        assert_eq!(facts.kernel, Some(SystemVersion(6, 6, 31)));
        assert_eq!(facts.page_bytes, [16_384]);
        assert_eq!(facts.libc.unwrap().version, Some(SystemVersion(2, 36, 0)));
        let features = facts.features.unwrap();
        assert!(features.contains("atomics"));
        assert!(!features.contains("asimd"), "not every processor has it");
    }

    #[test]
    fn without_cpuinfo_the_bits_tell() {
        let with = seen(&[("machine", "aarch64"), ("hwcap", "0x119")]);
        assert!(with.features.unwrap().contains("atomics"));
        let without = seen(&[("machine", "aarch64"), ("hwcap", "ff")]);
        assert!(!without.features.unwrap().contains("atomics"));
        assert_eq!(
            seen(&[("machine", "x86_64"), ("hwcap", "ff")]).features,
            None
        );
    }

    #[test]
    fn of_nothing_nothing_is_known() {
        assert_eq!(seen(&[]), MachineFacts::default());
        let odd = seen(&[("page-bytes", "5000"), ("kernel", "x"), ("libc-name", "?")]);
        assert_eq!(odd, MachineFacts::default());
    }

    #[test]
    fn a_target_promises() {
        let target = Target {
            machine: Machine {
                features: vec!["lse".to_owned()],
                page_bytes: Some(16_384),
                ..Machine::of_triple("aarch64-unknown-linux-gnu")
            },
            requirements: vec![
                Requirement::PageBytes(vec![4096, 16_384]),
                Requirement::GlibcAtLeast("2.36".to_owned()),
                Requirement::KernelAtLeast("6.1".to_owned()),
            ],
            ..Target::default()
        };
        let facts = MachineFacts::of_target(&target);
        assert_eq!(facts.page_bytes, [4096, 16_384]);
        assert_eq!(facts.kernel, Some(SystemVersion(6, 1, 0)));
        assert_eq!(facts.libc.unwrap().version, Some(SystemVersion(2, 36, 0)));
        assert!(facts.features.unwrap().contains("atomics"));
        for (triple, version) in [
            ("armv6-unknown-linux-gnueabihf", Some(6)),
            ("thumbv7em-none-eabihf", Some(7)),
            ("arm-unknown-linux-gnueabi", None),
            ("x86_64-unknown-linux-gnu", None),
        ] {
            assert_eq!(arm_version(triple.split('-').next().unwrap()), version);
        }
    }
}
