//! Whether a kernel can map a program: a page of memory shows a page of the file, and has
//! one set of rights.

use orch_model::MachineFacts;

use super::{Obstacle, in_bytes};
use crate::elf::Segment;
use crate::{ElfFacts, ElfKind};

/// Page sizes that kernels for Linux's architectures are built with.
const PAGE_SIZES: std::ops::RangeInclusive<u32> = 4 << 10..=64 << 10;

/// The first page size of the machine that the program cannot be loaded with.
pub(super) fn obstacle(elf: &ElfFacts, machine: &MachineFacts) -> Option<Obstacle> {
    machine
        .page_bytes
        .iter()
        // Of a page size that no kernel has, nothing is concluded.
        .filter(|page| PAGE_SIZES.contains(page) && page.is_power_of_two())
        .find_map(|page| {
            let misfit = misfit(elf, u64::from(*page))?;
            Some(said(elf, *page, &misfit))
        })
}

/// Why a kernel with pages of one size cannot load a program.
enum Misfit {
    /// This segment, counted from 0, lies elsewhere in its page in memory than in the file.
    Shifted(usize),
    /// This one shares a page with the one before, and the two have different rights.
    Shared(usize),
    /// A library's segment states a smaller alignment; glibc refuses that for itself.
    Alignment,
}

fn misfit(elf: &ElfFacts, page: u64) -> Option<Misfit> {
    let mut before: Option<(u64, u32)> = None;
    for (index, segment) in elf.segments.iter().enumerate() {
        if segment.bytes == 0 {
            continue;
        }
        if segment.address % page != segment.offset % page {
            return Some(Misfit::Shifted(index));
        }
        let shares = before.is_some_and(|(last, rights)| {
            rights != segment.rights && segment.address / page <= last
        });
        if shares {
            return Some(Misfit::Shared(index));
        }
        if elf.kind == ElfKind::Shared && segment.alignment % page != 0 {
            return Some(Misfit::Alignment);
        }
        before = Some((last_page(segment, page), segment.rights));
    }
    None
}

fn last_page(segment: &Segment, page: u64) -> u64 {
    segment.address.saturating_add(segment.bytes - 1) / page
}

fn said(elf: &ElfFacts, page: u32, misfit: &Misfit) -> Obstacle {
    let size = in_bytes(u64::from(page));
    let place = |index: &usize| {
        let segment = &elf.segments[*index];
        format!(
            "segment {} (address {:#x}, file offset {:#x})",
            index + 1,
            segment.address,
            segment.offset
        )
    };
    let library = elf.kind == ElfKind::Shared;
    let why = match misfit {
        Misfit::Alignment => {
            "glibc's loader refuses the library: `ELF load command alignment not page-aligned`"
                .to_owned()
        }
        Misfit::Shifted(index) if library => format!(
            "the loader refuses the library at {}: `ELF load command address/offset not \
             page-aligned`",
            place(index)
        ),
        Misfit::Shifted(index) => format!(
            "the kernel cannot map {} and ends the program with SIGSEGV before its first \
             instruction: `Segmentation fault`",
            place(index)
        ),
        Misfit::Shared(index) => format!(
            "{} begins in the last page of the one before, which has other rights: mapping it \
             takes that page away, and the program dies of SIGSEGV: `Segmentation fault`",
            place(index)
        ),
    };
    Obstacle::certain(
        format!(
            "cannot be loaded by a kernel with pages of {size}: its segments are aligned to {}",
            in_bytes(elf.alignment_bytes())
        ),
        why,
        "link it with `-Wl,-z,max-page-size=65536`, which every page size bears; or, where the \
         machine has one, start a kernel with smaller pages (Raspberry Pi 5: \
         `kernel=kernel8.img` in `config.txt`)"
            .to_owned(),
    )
}
