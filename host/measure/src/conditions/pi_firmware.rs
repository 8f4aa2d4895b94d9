//! What the firmware of a Raspberry Pi says about power and heat: it slows the processor down by
//! itself, and neither the governor nor a thermal zone shows it.

use super::kernel_files::KernelFiles;

/// The bits that tell of this moment; the upper ones tell of any moment since the start.
/// <https://www.raspberrypi.com/documentation/computers/os.html#get_throttled>
const UNDER_VOLTAGE: u32 = 1;
const FREQUENCY_CAPPED: u32 = 1 << 1;
const THROTTLED: u32 = 1 << 2;
const SOFT_TEMPERATURE_LIMIT: u32 = 1 << 3;

/// What the firmware does at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PiFirmware {
    /// The board gets too little voltage.
    pub is_undervolted: bool,
    /// The processor is slower than it was told to be.
    pub is_slowed: bool,
}

/// Reads it, where the kernel is the vendor's: `raspberrypi.c` writes the bits in hexadecimal.
pub(super) fn read(files: &KernelFiles) -> Option<PiFirmware> {
    let text = files.word("sys/devices/platform/soc/soc:firmware/get_throttled")?;
    let bits = u32::from_str_radix(text.trim_start_matches("0x"), 16).ok()?;
    Some(PiFirmware {
        is_undervolted: bits & UNDER_VOLTAGE != 0,
        is_slowed: bits & (FREQUENCY_CAPPED | THROTTLED | SOFT_TEMPERATURE_LIMIT) != 0,
    })
}
