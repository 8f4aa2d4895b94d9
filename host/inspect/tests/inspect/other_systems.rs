//! PE and Mach-O: the formats of Windows and macOS.

use expect_test::expect;

use crate::elf::{Elf, X86_64};
use crate::{check, target};

/// A PE program without sections.
pub fn pe(machine: u16) -> Vec<u8> {
    let mut file = b"MZ".to_vec();
    file.resize(60, 0);
    file.extend(64u32.to_le_bytes());
    file.extend(b"PE\0\0");
    file.extend(machine.to_le_bytes());
    file.resize(file.len() + 14, 0);
    file.extend([240u16, 0x22].map(u16::to_le_bytes).concat());
    file.extend(0x20bu16.to_le_bytes());
    file.resize(file.len() + 106, 0);
    file.extend(16u32.to_le_bytes());
    file.resize(file.len() + 16 * 8, 0);
    file
}

/// A Mach-O program that needs one library.
pub fn mach(processor: u32) -> Vec<u8> {
    let name = b"/usr/lib/libSystem.B.dylib\0\0\0\0\0\0";
    let mut file = [0xfeed_facf, processor, 0, 2, 1, 56, 0, 0]
        .map(u32::to_le_bytes)
        .concat();
    file.extend([0xc, 56, 24, 0, 0, 0].map(u32::to_le_bytes).concat());
    file.extend(name);
    file
}
#[test]
fn each_system_has_its_format() {
    check(
        &pe(0x8664),
        &target("x86_64-pc-windows-gnu"),
        expect![[r#"
        PE 64-bit x86_64, program, stripped
    "#]],
    );
    check(
        &pe(0xaa64),
        &target("x86_64-pc-windows-gnu"),
        expect![[r#"
        PE 64-bit aarch64, program, stripped
        ! is for aarch64, but the target is x86_64 (x86_64-pc-windows-gnu)
    "#]],
    );
    check(
        &mach(0x0100_000c),
        &target("aarch64-apple-darwin"),
        expect![[r#"
            Mach-O aarch64, program, stripped
        "#]],
    );
    check(
        &mach(0x0100_0007),
        &target("aarch64-apple-darwin"),
        expect![[r#"
            Mach-O x86_64, program, stripped
            ! is for x86_64, but the target is aarch64 (aarch64-apple-darwin)
        "#]],
    );
    check(
        &mach(0x0100_0007),
        &target("x86_64-unknown-linux-gnu"),
        expect![[r#"
            Mach-O x86_64, program, stripped
            ! is a Mach-O file, but Linux runs ELF files (x86_64-unknown-linux-gnu)
        "#]],
    );
    check(
        &Elf::of(X86_64).bytes(),
        &target("wasm32-wasip1"),
        expect![[r#"
            ELF 64-bit x86_64, statically linked, stripped
            ! is an ELF file, but WASI runs WebAssembly files (wasm32-wasip1)
        "#]],
    );
}

#[test]
fn a_segment_beyond_the_end_is_told_of_either_size() {
    let words = |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let name = *b"__TEXT\0\0\0\0\0\0\0\0\0\0";
    let narrow = [
        words(&[0xfeed_face, 12, 9, 2, 1, 56, 0, 1, 56]),
        name.to_vec(),
        words(&[0, 4096, 0, 4096, 5, 5, 0, 0]),
    ];
    let wide = [
        words(&[0xfeed_facf, 0x0100_000c, 0, 2, 1, 72, 0, 0, 0x19, 72]),
        name.to_vec(),
        words(&[0, 0, 4096, 0, 0, 0, 4096, 0, 5, 5, 0, 0]),
    ];
    for file in [narrow.concat(), wide.concat()] {
        let said = format!(
            "is cut short: a segment ends at byte 4096, the file at byte {}",
            file.len()
        );
        assert_eq!(orch_inspect::inspect(&file).unwrap_err(), said);
    }
}
