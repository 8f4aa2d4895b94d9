//! Firmware: what an image takes of a chip's memories, and whether it fits.
//!
//! A segment of an ELF file has two addresses. It is written to its load address, `p_paddr`,
//! which lies in flash also for variables with a first value, and it is used at `p_vaddr`. See
//! "Executable and Linking Format (ELF) Specification", version 1.2, book I, program header,
//! and the GNU linker's manual, "Output Section LMA".

use std::ops::Range;

use orch_model::{Machine, Memory, MemoryUse};

use crate::{ElfFacts, ElfKind};

/// How many of the largest parts are named.
const SHOWN_PARTS: usize = 5;

/// Everything about an image that the machine's memories do not allow.
pub(crate) fn problems(elf: &ElfFacts, machine: &Machine) -> Vec<String> {
    if machine.memories.is_empty() || elf.kind != ElfKind::Executable {
        return Vec::new();
    }
    let mut problems: Vec<String> = uses(elf, machine)
        .iter()
        .filter(|taken| taken.used > taken.bytes)
        .map(too_large)
        .collect();
    let stray = ranges(elf).find(|range| memory_of(range, machine).is_none());
    if let Some(range) = stray {
        problems.push(format!(
            "has a part at {:#010x}, where the target has no memory; place it by the linker \
             script, or correct `origin` in the target's table",
            range.start
        ));
    }
    problems
}

/// What the image takes of each memory, in their order.
pub(crate) fn uses(elf: &ElfFacts, machine: &Machine) -> Vec<MemoryUse> {
    let end_in = |memory: &Memory| {
        ranges(elf)
            .filter(|range| memory_of(range, machine) == Some(memory))
            .map(|range| range.end)
            .max()
    };
    let largest_in = |memory: &Memory| {
        elf.largest
            .iter()
            .filter(|symbol| is_inside(symbol.address, memory))
            .take(SHOWN_PARTS)
            .map(|symbol| (symbol.name.clone(), symbol.bytes))
            .collect()
    };
    let memories = machine.memories.iter();
    memories
        .map(|memory| MemoryUse {
            memory: memory.name.clone(),
            bytes: memory.bytes,
            used: end_in(memory).map_or(0, |end| end.saturating_sub(memory.origin)),
            largest: largest_in(memory),
        })
        .collect()
}

fn too_large(taken: &MemoryUse) -> String {
    let MemoryUse {
        memory,
        bytes,
        used,
        largest,
    } = taken;
    let beyond = used - bytes;
    let plural = if beyond == 1 { "byte" } else { "bytes" };
    let mut text = format!(
        "takes {used} bytes of `{memory}`, of which the target has {bytes}: {beyond} {plural} \
         too many"
    );
    if !largest.is_empty() {
        let named = |(name, bytes): &(String, u64)| format!("`{name}` {bytes}");
        let named: Vec<_> = largest.iter().map(named).collect();
        text.push_str(&format!("; the largest there are {}", named.join(", ")));
    }
    text
}

/// Where the image's parts are written to, and where they are used.
fn ranges(elf: &ElfFacts) -> impl Iterator<Item = Range<u64>> {
    elf.segments
        .iter()
        .flat_map(|segment| {
            let range = |start: u64, bytes: u64| start..start.saturating_add(bytes);
            [
                range(segment.load_address, segment.file_bytes),
                range(segment.address, segment.bytes),
            ]
        })
        .filter(|range| !range.is_empty())
}

/// The memory that a part begins in, or grows beyond: the last that begins before it.
fn memory_of<'a>(range: &Range<u64>, machine: &'a Machine) -> Option<&'a Memory> {
    let before = |memory: &&Memory| memory.origin <= range.start;
    let memory = machine.memories.iter().filter(before);
    let memory = memory.max_by_key(|memory| memory.origin)?;
    // What begins right at its end is what did not fit into it.
    let end = memory.origin.saturating_add(memory.bytes);
    (range.start <= end).then_some(memory)
}

fn is_inside(address: u64, memory: &Memory) -> bool {
    address
        .checked_sub(memory.origin)
        .is_some_and(|offset| offset <= memory.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Symbol;

    fn chip() -> Machine {
        let memory = |name: &str, origin, bytes| Memory {
            name: name.to_owned(),
            origin,
            bytes,
        };
        Machine {
            memories: vec![
                memory("flash", 0x0800_0000, 1000),
                memory("ram", 0x2000_0000, 100),
            ],
            ..Machine::of_triple("thumbv7m-none-eabi")
        }
    }

    /// Code and constants, variables with a first value, and others.
    fn image(code: u64, set: u64, zero: u64) -> ElfFacts {
        let segment = |address, load_address, bytes, file_bytes| crate::Segment {
            address,
            load_address,
            offset: 0,
            bytes,
            file_bytes,
            alignment: 4,
            rights: 0,
        };
        ElfFacts {
            kind: ElfKind::Executable,
            segments: vec![
                segment(0x0800_0000, 0x0800_0000, code, code),
                segment(0x2000_0000, 0x0800_0000 + code, set + zero, set),
            ],
            largest: vec![
                Symbol {
                    name: "table".to_owned(),
                    address: 0x0800_0010,
                    bytes: 500,
                },
                Symbol {
                    name: "buffer".to_owned(),
                    address: 0x2000_0000,
                    bytes: 40,
                },
            ],
            ..ElfFacts::default()
        }
    }

    #[test]
    fn variables_with_a_first_value_are_counted_in_both_memories() {
        let uses = uses(&image(900, 20, 30), &chip());
        let shown: Vec<_> = uses
            .iter()
            .map(|taken| (taken.memory.as_str(), taken.used, &taken.largest[0].0[..]))
            .collect();
        assert_eq!(shown, [("flash", 920, "table"), ("ram", 50, "buffer")]);
    }

    #[test]
    fn one_byte_decides() {
        assert!(problems(&image(980, 20, 80), &chip()).is_empty());
        assert_eq!(
            problems(&image(981, 20, 81), &chip()),
            [
                "takes 1001 bytes of `flash`, of which the target has 1000: 1 byte too many; \
                 the largest there are `table` 500",
                "takes 101 bytes of `ram`, of which the target has 100: 1 byte too many; \
                 the largest there are `buffer` 40"
            ]
        );
        // All of the variables behind the end of flash.
        assert_eq!(problems(&image(1000, 20, 0), &chip()).len(), 1);
    }

    #[test]
    fn what_lies_nowhere_is_said() {
        let mut image = image(10, 0, 0);
        image.segments[0].address = 0x4000_0000;
        let problems = problems(&image, &chip());
        assert!(problems[0].contains("0x40000000"), "{problems:?}");
        // A machine with a system says nothing of memories.
        assert!(super::problems(&image, &Machine::default()).is_empty());
    }
}
