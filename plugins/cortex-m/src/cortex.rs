//! The cores: how compilers name them and their targets, and what may be relied on.
//!
//! * Cores and their optional parts: the Technical Reference Manual of each, at
//!   <https://developer.arm.com/documentation>: Cortex-M0+ (DDI 0484), M3 (100165), M4
//!   (100166), M7 (DDI 0489), M23 (DDI 0550), M33 (100230).
//! * Names of CPUs and features: LLVM, `llvm/lib/Target/ARM/ARMProcessors.td` and
//!   `ARMFeatures.td`; GCC, `gcc/config/arm/arm-cpus.in`, which spells the CPUs the same.
//! * Triples: <https://doc.rust-lang.org/rustc/platform-support/arm-none-eabi.html>.

use serde::Deserialize;

/// A floating point unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fpu {
    None,
    Single,
    Double,
}

/// Which units a core may have been made with.
#[derive(Clone, Copy)]
pub(crate) enum Units {
    /// None is left to choose.
    Only(Fpu),
    /// One of these.
    Choice(&'static [Fpu]),
}

/// One core.
pub(crate) struct Core {
    /// The name that a pipeline uses.
    pub(crate) name: &'static str,
    /// One line for `orch target list`.
    pub(crate) summary: &'static str,
    /// LLVM's and GCC's name.
    pub(crate) cpu: &'static str,
    /// The triple up to `eabi`; one with an FPU ends with `hf`.
    pub(crate) triple: &'static str,
    /// What the core always has, by LLVM's names.
    pub(crate) features: &'static [&'static str],
    pub(crate) units: Units,
    /// What LLVM calls a unit of single precision, and of double.
    pub(crate) unit_features: [&'static str; 2],
}

/// What LLVM calls the units of ARMv7E-M's M4, and those of M7 and ARMv8-M.
const VFP4: [&str; 2] = ["vfp4d16sp", "vfp4d16"];
const FP_ARMV8: [&str; 2] = ["fp-armv8d16sp", "fp-armv8d16"];

pub(crate) const CORES: &[Core] = &[
    Core {
        name: "cortex-m0plus",
        summary: "microcontrollers with Cortex-M0+ (ARMv6-M)",
        cpu: "cortex-m0plus",
        triple: "thumbv6m-none-eabi",
        features: &[],
        units: Units::Only(Fpu::None),
        unit_features: VFP4,
    },
    Core {
        name: "cortex-m3",
        summary: "microcontrollers with Cortex-M3 (ARMv7-M)",
        cpu: "cortex-m3",
        triple: "thumbv7m-none-eabi",
        features: &["hwdiv"],
        units: Units::Only(Fpu::None),
        unit_features: VFP4,
    },
    Core {
        name: "cortex-m4",
        summary: "microcontrollers with Cortex-M4 without floating point (ARMv7E-M)",
        cpu: "cortex-m4",
        triple: "thumbv7em-none-eabi",
        features: &["dsp", "hwdiv"],
        units: Units::Only(Fpu::None),
        unit_features: VFP4,
    },
    Core {
        name: "cortex-m4f",
        summary: "microcontrollers with Cortex-M4 and floating point (ARMv7E-M)",
        cpu: "cortex-m4",
        triple: "thumbv7em-none-eabi",
        features: &["dsp", "hwdiv"],
        units: Units::Only(Fpu::Single),
        unit_features: VFP4,
    },
    Core {
        name: "cortex-m7",
        summary: "microcontrollers with Cortex-M7 (ARMv7E-M)",
        cpu: "cortex-m7",
        triple: "thumbv7em-none-eabi",
        features: &["dsp", "hwdiv"],
        units: Units::Choice(&[Fpu::None, Fpu::Single, Fpu::Double]),
        unit_features: FP_ARMV8,
    },
    Core {
        name: "cortex-m23",
        summary: "microcontrollers with Cortex-M23 (ARMv8-M baseline)",
        cpu: "cortex-m23",
        triple: "thumbv8m.base-none-eabi",
        features: &["hwdiv"],
        units: Units::Only(Fpu::None),
        unit_features: FP_ARMV8,
    },
    Core {
        name: "cortex-m33",
        summary: "microcontrollers with Cortex-M33 (ARMv8-M mainline)",
        cpu: "cortex-m33",
        triple: "thumbv8m.main-none-eabi",
        // Its DSP instructions are its maker's choice.
        features: &["hwdiv"],
        units: Units::Choice(&[Fpu::None, Fpu::Single]),
        unit_features: FP_ARMV8,
    },
];

impl Core {
    /// The core of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        CORES.iter().find(|core| core.name == name)
    }

    /// The triple for one of its units.
    pub(crate) fn triple(&self, fpu: Fpu) -> String {
        let suffix = if fpu == Fpu::None { "" } else { "hf" };
        format!("{}{suffix}", self.triple)
    }

    /// What may be relied on with one of its units, sorted.
    pub(crate) fn features(&self, fpu: Fpu) -> Vec<&'static str> {
        let [single, double] = self.unit_features;
        let mut features = self.features.to_vec();
        features.extend(match fpu {
            Fpu::None => None,
            Fpu::Single => Some(single),
            Fpu::Double => Some(double),
        });
        features.sort_unstable();
        features
    }
}

impl Fpu {
    /// The name that a setting uses.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Fpu::None => "none",
            Fpu::Single => "single",
            Fpu::Double => "double",
        }
    }
}
