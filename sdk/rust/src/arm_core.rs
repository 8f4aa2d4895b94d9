//! Which Arm cores a device has, as Linux names them in `/proc/cpuinfo`.

use crate::target_platform::Observation;

/// A core's design by the numbers of its main identification register. Linux lists them in
/// `arch/arm64/include/asm/cputype.h`; the designers in the reference manuals of each core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArmCore {
    /// Who designed it, e.g. 0x41 for Arm.
    pub implementer: u32,
    /// Which of its designer's cores it is.
    pub part: u32,
}

impl ArmCore {
    /// HiSilicon's TaiShan v110.
    pub const TAISHAN_V110: Self = Self::new(0x48, 0xd01);
    /// Arm's Neoverse N1.
    pub const NEOVERSE_N1: Self = Self::new(0x41, 0xd0c);
    /// Arm's Neoverse V1.
    pub const NEOVERSE_V1: Self = Self::new(0x41, 0xd40);
    /// Arm's Neoverse V2.
    pub const NEOVERSE_V2: Self = Self::new(0x41, 0xd4f);

    const fn new(implementer: u32, part: u32) -> Self {
        Self { implementer, part }
    }
}

impl Observation {
    /// Whether the device shows its cores, and each is of this design.
    pub fn has_only(&self, core: ArmCore) -> bool {
        let cores = cores(self.fact("cpuinfo").unwrap_or_default());
        !cores.is_empty() && cores.iter().all(|seen| *seen == core)
    }
}

/// The cores of a `/proc/cpuinfo`, one for each processor. Every processor's lines give the
/// implementer before the part.
fn cores(cpuinfo: &str) -> Vec<ArmCore> {
    let mut cores = Vec::new();
    let mut implementer = None;
    for line in cpuinfo.lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name.trim() {
            "CPU implementer" => implementer = hexadecimal(value),
            "CPU part" => {
                if let (Some(implementer), Some(part)) = (implementer, hexadecimal(value)) {
                    cores.push(ArmCore::new(implementer, part));
                }
            }
            _ => {}
        }
    }
    cores
}

fn hexadecimal(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two processors of a Kunpeng 920, as its kernel shows them.
    const KUNPENG: &str = "processor\t: 0\n\
        Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics\n\
        CPU implementer\t: 0x48\nCPU architecture: 8\nCPU variant\t: 0x1\n\
        CPU part\t: 0xd01\nCPU revision\t: 0\n\n\
        processor\t: 1\n\
        CPU implementer\t: 0x48\nCPU part\t: 0xd01\n";

    #[test]
    fn a_device_has_the_cores_that_its_kernel_names() {
        let seen = Observation::of(&[("cpuinfo", KUNPENG)]);
        assert!(seen.has_only(ArmCore::TAISHAN_V110));
        assert!(!seen.has_only(ArmCore::NEOVERSE_N1));
    }

    #[test]
    fn a_device_with_two_designs_has_neither_alone() {
        let mixed = KUNPENG.to_owned() + "\nCPU implementer : 0x41\nCPU part : 0xd0c\n";
        let seen = Observation::of(&[("cpuinfo", &mixed)]);
        assert!(!seen.has_only(ArmCore::TAISHAN_V110));
        assert!(!seen.has_only(ArmCore::NEOVERSE_N1));
    }

    #[test]
    fn what_shows_no_core_has_none() {
        for cpuinfo in ["", "vendor_id : GenuineIntel\n", "CPU part : 0xd01\n"] {
            let seen = Observation::of(&[("cpuinfo", cpuinfo)]);
            assert!(!seen.has_only(ArmCore::TAISHAN_V110), "{cpuinfo}");
        }
        assert!(!Observation::of(&[]).has_only(ArmCore::TAISHAN_V110));
    }
}
