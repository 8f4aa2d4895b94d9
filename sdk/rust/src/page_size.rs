//! The sizes of page that a 64-bit Arm kernel is built with, and what a target says of them.

use serde::Deserialize;

use crate::target_platform::{Requirement, Target};

/// One of the three translation granules of ARMv8-A, as a setting names it: `4K`, `16K`,
/// `64K`. Linux: `CONFIG_ARM64_4K_PAGES` and its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum PageSize {
    /// 4 KiB.
    #[serde(rename = "4K")]
    K4,
    /// 16 KiB.
    #[serde(rename = "16K")]
    K16,
    /// 64 KiB.
    #[serde(rename = "64K")]
    K64,
}

impl PageSize {
    /// The size in bytes.
    pub fn bytes(self) -> u32 {
        match self {
            PageSize::K4 => 4 << 10,
            PageSize::K16 => 16 << 10,
            PageSize::K64 => 64 << 10,
        }
    }

    /// The size as a setting names it.
    pub fn name(self) -> &'static str {
        match self {
            PageSize::K4 => "4K",
            PageSize::K16 => "16K",
            PageSize::K64 => "64K",
        }
    }
}

impl Target {
    /// With the size of page that its kernel is known to have; where that is not known, a
    /// program must bear each that is met.
    pub fn pages(mut self, known: Option<PageSize>, met: &[PageSize]) -> Self {
        let sizes = match known {
            Some(known) => vec![known],
            None => met.to_vec(),
        };
        if let [only] = sizes[..] {
            self.machine = self.machine.page_bytes(only.bytes());
        }
        let bytes = sizes.into_iter().map(PageSize::bytes).collect();
        self.requires(Requirement::PageBytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use crate::Machine;

    use super::*;

    const MET: &[PageSize] = &[PageSize::K4, PageSize::K64];

    fn target(known: Option<PageSize>, met: &[PageSize]) -> Target {
        Target::of(Machine::of("aarch64-unknown-linux-gnu")).pages(known, met)
    }

    #[test]
    fn a_known_size_is_the_only_one() {
        let target = target(Some(PageSize::K64), MET);
        assert_eq!(target.machine.page_bytes, Some(65_536));
        assert_eq!(target.requirements, [Requirement::PageBytes(vec![65_536])]);
    }

    #[test]
    fn with_none_known_each_must_be_borne() {
        let both = target(None, MET);
        assert_eq!(both.machine.page_bytes, None);
        assert_eq!(
            both.requirements,
            [Requirement::PageBytes(vec![4096, 65_536])]
        );
        assert_eq!(target(None, &[PageSize::K4]).machine.page_bytes, Some(4096));
    }
}
