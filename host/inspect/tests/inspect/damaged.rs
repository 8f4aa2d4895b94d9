//! Files that are cut, damaged or nothing at all: an error, and never a crash.

use expect_test::expect;
use orch_inspect::{compare, inspect, obstacles};
use orch_model::{Requirement, Target};
use proptest::prelude::*;

use crate::compilers::{AARCH64 as COMPILER, ARM as ARM_COMPILER};
use crate::elf::{AARCH64, ARM, Elf, LENGTH, X86_64};
use crate::machines::{COUNTER, machine};
use crate::other_systems::{mach, pe};
use crate::{check, own_executable, target};

#[test]
fn what_is_cut_or_nothing_at_all_is_an_error() {
    let linux = target("x86_64-unknown-linux-gnu");
    for (file, expected) in [
        (
            &b""[..],
            expect![[r#"
            error: is empty
        "#]],
        ),
        (
            b"#!/bin/sh\necho",
            expect![[r#"
            error: is neither ELF, Mach-O, PE, WebAssembly nor a static library: it begins with `#!/bin/sh\necho`
        "#]],
        ),
        (
            b"\x7fELF",
            expect![[r#"
            error: is cut short: an ELF file of 4 bytes
        "#]],
        ),
        (
            b"\x7fELF\x03",
            expect![[r#"
            error: is a damaged ELF file: it has class 3
        "#]],
        ),
        (
            &Elf::of(X86_64).bytes()[..40],
            expect![[r#"
            error: is a damaged ELF file: Invalid ELF header size or alignment
        "#]],
        ),
        (
            &Elf::of(X86_64).bytes()[..LENGTH - 1],
            expect![[r#"
            error: is cut short: a segment ends at byte 4096, the file at byte 4095
        "#]],
        ),
        (
            b"\0asm\x01",
            expect![[r#"
            error: is not valid WebAssembly: unexpected end-of-file (at offset 0x4)
        "#]],
        ),
        (
            b"\0asm\x09\0\0\0",
            expect![[r#"
            error: is not valid WebAssembly: unknown binary version:        0x9 (at offset 0x4)
        "#]],
        ),
        (
            b"MZ",
            expect![[r#"
            error: is a damaged PE file: Invalid DOS header size or alignment
        "#]],
        ),
        (
            &mach(7)[..40],
            expect![[r#"
            error: is a damaged Mach-O file: Invalid Mach-O load command table size
        "#]],
        ),
        (
            b"\xca\xfe\xba\xbe\xff\xff\xff\xff",
            expect![[r#"
            error: is a damaged Mach-O file: Invalid nfat_arch
        "#]],
        ),
    ] {
        check(file, &linux, expected);
    }
}

/// Files to do harm to: each format, and a large real one.
fn samples() -> Vec<Vec<u8>> {
    let mut real = own_executable();
    // The front holds all headers that a loader reads; the end, the section headers.
    let end = real.split_off(real.len() - real.len().min(64 << 10));
    real.truncate(64 << 10);
    real.extend(end);
    vec![
        COMPILER.compile(COUNTER, &["-march=armv8.1-a"]),
        ARM_COMPILER.compile(COUNTER, &[]),
        real,
        Elf::of(AARCH64)
            .dynamic("/lib/ld", &["liba", "libb"])
            .bytes(),
        Elf::of(ARM).dynamic("/lib/ld", &["liba"]).bytes(),
        pe(0x8664),
        mach(0x0100_0007),
        wat::parse_str(r#"(module (import "a" "b" (func)) (func (export "c") (call 0)))"#).unwrap(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_that_is_done_to_a_file_makes_it_a_crash(
        sample in 0usize..8,
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..20),
        part in 0usize..3,
        cut in proptest::option::of(any::<u16>()),
    ) {
        thread_local!(static SAMPLES: Vec<Vec<u8>> = samples());
        let mut file = SAMPLES.with(|samples| samples[sample].clone());
        for (position, value) in changes {
            // Most of what matters stands at the front, and at the end: the section headers.
            let range = if part == 0 { file.len() } else { file.len().min(2048) };
            let offset = usize::from(position) % (range - 4);
            let position = if part == 2 { file.len() - 1 - offset } else { 4 + offset };
            file[position] = value;
        }
        if let Some(cut) = cut {
            file.truncate(usize::from(cut));
        }
        let all = Target {
            static_link: true,
            requirements: vec![Requirement::PageBytes(vec![4096]), Requirement::GlibcAtLeast("2.1".into())],
            ..target("armv6-unknown-linux-gnueabihf")
        };
        if let Ok(facts) = inspect(&file) {
            prop_assert!(facts.summary().len() < 10_000);
            compare(&facts, &all);
            for machine in [machine("pi4"), machine("pi-zero"), machine("alpine")] {
                for obstacle in obstacles(&facts, &machine) {
                    prop_assert!(obstacle.what.len() + obstacle.why.len() < 10_000);
                }
            }
        }
    }

    /// Every size and place in the headers may be any number.
    #[test]
    fn absurd_numbers_in_headers_are_no_crash(
        sample in 0usize..4,
        fields in proptest::collection::vec((0usize..512, 0usize..7), 1..6),
        at_end in any::<bool>(),
    ) {
        const ABSURD: [u64; 7] =
            [0, 1, 0xff, 0x7fff_ffff, 0xffff_ffff, u64::MAX >> 1, u64::MAX];
        thread_local!(static SAMPLES: Vec<Vec<u8>> = samples());
        let mut file = SAMPLES.with(|samples| samples[sample].clone());
        for (word, value) in fields {
            let offset = 8 * word % (file.len() - 8);
            let start = if at_end { file.len() - 8 - offset } else { offset.max(8) };
            file[start..start + 8].copy_from_slice(&ABSURD[value].to_le_bytes());
        }
        if let Ok(facts) = inspect(&file) {
            obstacles(&facts, &machine("pi5-16k"));
        }
    }

    #[test]
    fn noise_behind_a_magic_number_is_no_crash(
        magic in 0usize..6,
        noise in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let magic: &[u8] = [
            &b"\x7fELF\x01\x01\x01"[..],
            b"\x7fELF\x02\x01\x01",
            b"MZ",
            b"\xcf\xfa\xed\xfe",
            b"\xca\xfe\xba\xbe\0\0\0",
            b"\0asm\x01\0\0\0",
        ][magic];
        let _ = inspect(&[magic, &noise].concat());
    }
}
