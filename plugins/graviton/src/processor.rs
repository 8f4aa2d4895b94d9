//! The processors: which core each has, and what may be relied on.
//!
//! * Cores of the Gravitons, and compilers' names for them:
//!   <https://github.com/aws/aws-graviton-getting-started>
//! * Altra: Ampere's product brief, <https://amperecomputing.com/briefs/ampere-altra-family-product-brief>
//! * Features: the `Features` line of each one's `/proc/cpuinfo`, by LLVM's names, collected
//!   at <https://github.com/hrw/arm-socs-table>; LLVM,
//!   `llvm/lib/Target/AArch64/AArch64Processors.td`

use orch_plugin::ArmCore;
use serde::Deserialize;

/// The Gravitons, by the names that AWS gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Graviton {
    /// What the others have too.
    #[default]
    Graviton2,
    Graviton3,
    Graviton4,
}

/// A processor.
pub(crate) struct Processor {
    /// The core, as LLVM and GCC name it.
    pub(crate) cpu: &'static str,
    /// The same as Linux shows it.
    pub(crate) core: ArmCore,
    /// What may be relied on beyond ARMv8.0.
    pub(crate) features: &'static [&'static str],
    /// What Go's `GOARM64` may be: `go help environment`, since Go 1.23. Each version holds
    /// `lse`; `crypto` stands for aes and sha2.
    pub(crate) goarm64: &'static str,
    /// What QEMU 7.2 knows that has all of it.
    pub(crate) emulated: &'static str,
    /// The most cores that a machine with it has.
    pub(crate) most_cores: u32,
}

/// Neoverse N1, ARMv8.2: Arm Neoverse N1 Core Technical Reference Manual (100616).
pub(crate) const GRAVITON2: Processor = Processor {
    cpu: "neoverse-n1",
    core: ArmCore::NEOVERSE_N1,
    features: &[
        "aes", "crc", "dotprod", "fullfp16", "lse", "rcpc", "rdm", "sha2",
    ],
    goarm64: "v8.2,crypto",
    emulated: "neoverse-n1",
    most_cores: 64,
};

/// The same core in servers with up to two sockets of 128.
pub(crate) const ALTRA: Processor = Processor {
    most_cores: 256,
    ..GRAVITON2
};

/// Neoverse V1, ARMv8.4 with vectors of 256 bits: Arm Neoverse V1 Core Technical Reference
/// Manual (101427).
pub(crate) const GRAVITON3: Processor = Processor {
    cpu: "neoverse-v1",
    core: ArmCore::NEOVERSE_V1,
    features: &[
        "aes",
        "bf16",
        "complxnum",
        "crc",
        "dotprod",
        "fp16fml",
        "fullfp16",
        "i8mm",
        "jsconv",
        "lse",
        "rcpc",
        "rdm",
        "sha2",
        "sha3",
        "sve",
    ],
    goarm64: "v8.4,crypto",
    emulated: "max",
    most_cores: 64,
};

/// Neoverse V2, ARMv9.0 with vectors of 128 bits: Arm Neoverse V2 Core Technical Reference
/// Manual (102375). Its cryptographic extension is its maker's choice, and Amazon's cores
/// have it.
pub(crate) const GRAVITON4: Processor = Processor {
    cpu: "neoverse-v2",
    core: ArmCore::NEOVERSE_V2,
    features: &[
        "aes",
        "bf16",
        "complxnum",
        "crc",
        "dotprod",
        "fp16fml",
        "fullfp16",
        "i8mm",
        "jsconv",
        "lse",
        "rcpc",
        "rdm",
        "sha2",
        "sha3",
        "sve",
        "sve2",
    ],
    goarm64: "v9.0,crypto",
    emulated: "max",
    most_cores: 192,
};

impl Graviton {
    pub(crate) fn processor(self) -> &'static Processor {
        match self {
            Graviton::Graviton2 => &GRAVITON2,
            Graviton::Graviton3 => &GRAVITON3,
            Graviton::Graviton4 => &GRAVITON4,
        }
    }
}
