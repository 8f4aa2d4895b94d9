//! The boards: what each has, by which names Linux and compilers know it, and where that is
//! stated.
//!
//! * Chips and cores: <https://www.raspberrypi.com/documentation/computers/processors.html>
//! * Memories: the product brief of each board, <https://datasheets.raspberrypi.com>
//! * Names in device trees: Linux, `Documentation/devicetree/bindings/arm/bcm/bcm2835.yaml`
//! * Features: the `Features` line of each board's `/proc/cpuinfo`, by LLVM's names.

use orch_plugin::PageSize;

use crate::settings::Memory;

/// Boards with one chip.
pub(crate) struct Board {
    /// The name that a pipeline uses.
    pub(crate) name: &'static str,
    /// One line for `orch target list`.
    pub(crate) summary: &'static str,
    /// The chip, as the last string of a device tree's `compatible` has it.
    pub(crate) chip: &'static str,
    /// How a device tree's `model` begins, for kernels that name another chip.
    pub(crate) models: &'static [&'static str],
    /// The core, by LLVM's and GCC's name, and QEMU's.
    pub(crate) cpu: &'static str,
    /// What the core may be relied on to have beyond ARMv8.0, by LLVM's names.
    pub(crate) features: &'static [&'static str],
    /// What Go's `GOARM64` may be: `go help environment`, since Go 1.23.
    pub(crate) goarm64: &'static str,
    /// The memories that the boards are sold with.
    pub(crate) memories: &'static [Memory],
    /// The sizes of page of Raspberry Pi's kernels for it. `kernel_2712.img`, which a Pi 5
    /// starts unless told otherwise, has 16 KiB; `kernel8.img`, for all, 4 KiB.
    /// <https://www.raspberrypi.com/documentation/computers/config_txt.html#kernel>
    pub(crate) pages: &'static [PageSize],
    /// The first of Raspberry Pi's kernels that knew the chip, where that is no older one
    /// than anybody has.
    pub(crate) kernel: Option<&'static str>,
}

/// The newest first.
pub(crate) const BOARDS: &[Board] = &[
    Board {
        name: "pi5",
        summary: "Raspberry Pi 5, 500 and Compute Module 5 (BCM2712, 4 Cortex-A76)",
        chip: "brcm,bcm2712",
        models: &["Raspberry Pi 5", "Raspberry Pi Compute Module 5"],
        cpu: "cortex-a76",
        // `atomics`, `crc32`, `asimdrdm`, `fphp` with `asimdhp`, `lrcpc`, `asimddp`, and,
        // since this chip has the cryptographic extension that the others lack, `aes` with
        // `pmull`, and `sha2`. Arm Cortex-A76 Core Technical Reference Manual (100798).
        features: &[
            "aes", "crc", "dotprod", "fullfp16", "lse", "rcpc", "rdm", "sha2",
        ],
        // ARMv8.2 holds `lse`; `crypto` stands for aes and sha2.
        goarm64: "v8.2,crypto",
        memories: &[Memory::M2048, Memory::M4096, Memory::M8192, Memory::M16384],
        pages: &[PageSize::K4, PageSize::K16],
        kernel: Some("6.1"),
    },
    Board {
        name: "pi4",
        summary: "Raspberry Pi 4, 400 and Compute Module 4 (BCM2711, 4 Cortex-A72)",
        chip: "brcm,bcm2711",
        models: &["Raspberry Pi 4", "Raspberry Pi Compute Module 4"],
        cpu: "cortex-a72",
        // `/proc/cpuinfo` has `fp asimd evtstrm crc32 cpuid` and no more: the chip was made
        // without the cryptographic extension, and atomics of ARMv8.1 are not in the core.
        // Arm Cortex-A72 MPCore Processor Technical Reference Manual (100095).
        features: &["crc"],
        goarm64: "v8.0",
        memories: &[Memory::M1024, Memory::M2048, Memory::M4096, Memory::M8192],
        pages: &[PageSize::K4],
        kernel: Some("4.19"),
    },
    Board {
        name: "pi3",
        summary: "Raspberry Pi 3, Compute Module 3 and Zero 2 W (BCM2837, RP3A0, 4 Cortex-A53)",
        chip: "brcm,bcm2837",
        models: &[
            "Raspberry Pi 3",
            "Raspberry Pi Compute Module 3",
            "Raspberry Pi Zero 2",
        ],
        cpu: "cortex-a53",
        // As for the Pi 4. Arm Cortex-A53 MPCore Processor Technical Reference Manual
        // (DDI 0500).
        features: &["crc"],
        goarm64: "v8.0",
        memories: &[Memory::M512, Memory::M1024],
        pages: &[PageSize::K4],
        kernel: None,
    },
];

impl Board {
    /// The board of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        BOARDS.iter().find(|board| board.name == name)
    }

    /// The board that a device tree's `model`, or else its `compatible`, names.
    pub(crate) fn recognised(
        model: Option<&str>,
        compatible: Option<&str>,
    ) -> Option<&'static Self> {
        let by_model = |board: &&Board| {
            model.is_some_and(|model| board.models.iter().any(|known| model.starts_with(known)))
        };
        let by_chip = |board: &&Board| {
            compatible.is_some_and(|strings| {
                strings.starts_with("raspberrypi,") && strings.contains(board.chip)
            })
        };
        let found = BOARDS.iter().find(by_model);
        found.or_else(|| BOARDS.iter().find(by_chip))
    }
}
