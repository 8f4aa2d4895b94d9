//! Artifacts, real and made by hand, against targets.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use orch_inspect::{ArtifactFacts, compare, inspect};
use orch_model::{Machine, Requirement, Target};

/// A program for Linux, just large enough to be looked into.
struct Elf {
    bits: u8,
    machine: u16,
    kind: u16,
    flags: u32,
    /// Address, file offset and rights of loaded segments.
    segments: Vec<(u64, u64, u32)>,
    alignment: u64,
    interpreter: Option<&'static str>,
    needed: Vec<&'static str>,
}

const X86_64: u16 = 62;
const AARCH64: u16 = 183;
const ARM: u16 = 40;
const EXECUTABLE: u16 = 2;
const MOVABLE: u16 = 3;

/// Where the names and the dynamic segment lie in the file, and in memory above `BASE`.
const NAMES: usize = 0x400;
const DYNAMIC: usize = 0x800;
const LENGTH: usize = 0x1000;
const BASE: u64 = 0x40_0000;

impl Elf {
    fn of(machine: u16) -> Self {
        Self {
            bits: if machine == ARM { 32 } else { 64 },
            machine,
            kind: EXECUTABLE,
            flags: 0,
            segments: vec![(BASE, 0, 5)],
            alignment: 0x1_0000,
            interpreter: None,
            needed: Vec::new(),
        }
    }

    fn dynamic(mut self, interpreter: &'static str, needed: &[&'static str]) -> Self {
        self.interpreter = Some(interpreter);
        self.needed = needed.to_vec();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let wide = self.bits == 64;
        let word = |value: u64| {
            let bytes = value.to_le_bytes();
            if wide {
                bytes.to_vec()
            } else {
                bytes[..4].to_vec()
            }
        };
        let mut headers = Vec::new();
        let mut segment =
            |kind: u32, rights: u32, offset: u64, address: u64, bytes: u64, align: u64| {
                headers.push(if wide {
                    [
                        kind.to_le_bytes().to_vec(),
                        rights.to_le_bytes().to_vec(),
                        [offset, address, address, bytes, bytes, align]
                            .map(u64::to_le_bytes)
                            .concat(),
                    ]
                    .concat()
                } else {
                    [
                        kind,
                        offset as u32,
                        address as u32,
                        address as u32,
                        bytes as u32,
                        bytes as u32,
                    ]
                    .into_iter()
                    .chain([rights, align as u32])
                    .flat_map(u32::to_le_bytes)
                    .collect()
                });
            };
        for (address, offset, rights) in &self.segments {
            segment(
                1,
                *rights,
                *offset,
                *address,
                LENGTH as u64 - offset,
                self.alignment,
            );
        }
        let mut names = vec![0];
        if let Some(interpreter) = self.interpreter {
            segment(3, 4, (NAMES + 1) as u64, 0, interpreter.len() as u64 + 1, 1);
            names.extend(interpreter.bytes().chain([0]));
        }
        let mut entries = Vec::new();
        for name in &self.needed {
            entries.push((1, names.len() as u64));
            names.extend(name.bytes().chain([0]));
        }
        if !entries.is_empty() {
            entries.extend([(5, BASE + NAMES as u64), (10, names.len() as u64), (0, 0)]);
            let bytes = entries.len() as u64 * if wide { 16 } else { 8 };
            segment(2, 6, DYNAMIC as u64, BASE + DYNAMIC as u64, bytes, 8);
        }
        let header_bytes: u16 = if wide { 64 } else { 52 };
        let segment_bytes: u16 = if wide { 56 } else { 32 };
        let mut file = vec![0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }, 1, 1, 0];
        file.resize(16, 0);
        file.extend([self.kind, self.machine].map(u16::to_le_bytes).concat());
        file.extend(1u32.to_le_bytes());
        for value in [BASE, u64::from(header_bytes), 0] {
            file.extend(word(value));
        }
        file.extend(self.flags.to_le_bytes());
        let counts = [header_bytes, segment_bytes, headers.len() as u16, 0, 0, 0];
        file.extend(counts.map(u16::to_le_bytes).concat());
        assert_eq!(file.len(), usize::from(header_bytes));
        file.extend(headers.concat());
        file.resize(LENGTH, 0);
        file[NAMES..NAMES + names.len()].copy_from_slice(&names);
        let entries: Vec<u8> = entries
            .into_iter()
            .flat_map(|(tag, value)| [word(tag), word(value)].concat())
            .collect();
        file[DYNAMIC..DYNAMIC + entries.len()].copy_from_slice(&entries);
        file
    }
}

/// A PE program without sections.
fn pe(machine: u16) -> Vec<u8> {
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
fn mach(processor: u32) -> Vec<u8> {
    let name = b"/usr/lib/libSystem.B.dylib\0\0\0\0\0\0";
    let mut file = [0xfeed_facf, processor, 0, 2, 1, 56, 0, 0]
        .map(u32::to_le_bytes)
        .concat();
    file.extend([0xc, 56, 24, 0, 0, 0].map(u32::to_le_bytes).concat());
    file.extend(name);
    file
}

fn own_executable() -> Vec<u8> {
    std::fs::read(std::env::current_exe().unwrap()).unwrap()
}

fn target(triple: &str) -> Target {
    Target {
        machine: Machine::of_triple(triple),
        ..Target::default()
    }
}

fn static_target(triple: &str) -> Target {
    Target {
        static_link: true,
        ..target(triple)
    }
}

/// What is said of a file, and what speaks against it on a target.
fn check(file: &[u8], target: &Target, expected: Expect) {
    let text = match inspect(file) {
        Ok(facts) => std::iter::once(facts.summary())
            .chain(
                compare(&facts, target)
                    .into_iter()
                    .map(|problem| format!("! {problem}")),
            )
            .collect::<Vec<_>>()
            .join("\n"),
        Err(why) => format!("error: {why}"),
    };
    expected.assert_eq(&format!("{text}\n"));
}

#[test]
fn a_static_program_fits_a_static_target() {
    check(
        &Elf::of(AARCH64).bytes(),
        &static_target("aarch64-unknown-linux-musl"),
        expect![[r#"
            ELF 64-bit aarch64, statically linked, stripped
        "#]],
    );
}

#[test]
fn another_architecture_is_named_both_ways() {
    check(
        &Elf::of(X86_64).bytes(),
        &target("aarch64-unknown-linux-gnu"),
        expect![[r#"
            ELF 64-bit x86_64, statically linked, stripped
            ! is for x86_64, but the target is aarch64 (aarch64-unknown-linux-gnu)
        "#]],
    );
    check(
        &Elf::of(8).bytes(),
        &target("aarch64-unknown-linux-gnu"),
        expect![[r#"
            ELF 64-bit mips, statically linked, stripped
            ! is for mips, but the target is aarch64 (aarch64-unknown-linux-gnu)
        "#]],
    );
}

#[test]
fn a_dynamic_program_is_no_static_one() {
    let file = Elf::of(X86_64)
        .dynamic(
            "/lib64/ld-linux-x86-64.so.2",
            &["libpthread.so.0", "libc.so.6"],
        )
        .bytes();
    check(
        &file,
        &static_target("x86_64-unknown-linux-musl"),
        expect![[r#"
            ELF 64-bit x86_64, dynamically linked, stripped
            ! asks for the interpreter `/lib64/ld-linux-x86-64.so.2`, but the target wants it statically linked
            ! needs `libpthread.so.0` and `libc.so.6`, but the target wants it statically linked
        "#]],
    );
    check(
        &file,
        &target("x86_64-unknown-linux-gnu"),
        expect![[r#"
        ELF 64-bit x86_64, dynamically linked, stripped
    "#]],
    );
    check(
        &file,
        &target("x86_64-unknown-linux-musl"),
        expect![[r#"
        ELF 64-bit x86_64, dynamically linked, stripped
        ! is linked against glibc (`/lib64/ld-linux-x86-64.so.2`), but the target has musl
    "#]],
    );
    let musl = Elf::of(X86_64)
        .dynamic("/lib/ld-musl-x86_64.so.1", &["libc.so"])
        .bytes();
    check(
        &musl,
        &target("x86_64-unknown-linux-gnu"),
        expect![[r#"
        ELF 64-bit x86_64, dynamically linked, stripped
        ! is linked against musl (`/lib/ld-musl-x86_64.so.1`), but the target has glibc
    "#]],
    );
}

#[test]
fn libraries_without_a_loader_are_a_mistake() {
    let mut elf = Elf::of(X86_64);
    elf.needed = vec!["libc.so.6"];
    check(
        &elf.bytes(),
        &target("x86_64-unknown-linux-gnu"),
        expect![[r#"
            ELF 64-bit x86_64, dynamically linked, stripped
            ! needs `libc.so.6`, but names no interpreter that would load it
        "#]],
    );
}

#[test]
fn pages_larger_than_the_alignment_cannot_be_borne() {
    let mut pi5 = target("aarch64-unknown-linux-gnu");
    pi5.machine.page_bytes = Some(16 << 10);
    let mut elf = Elf::of(AARCH64);
    elf.segments = vec![(BASE, 0, 5), (BASE + 0x1_0800, 0x800, 6)];
    check(
        &elf.bytes(),
        &pi5,
        expect![[r#"
        ELF 64-bit aarch64, statically linked, stripped
    "#]],
    );
    elf.segments = vec![(BASE, 0, 5), (BASE + 0x1800, 0x800, 6)];
    elf.alignment = 0x1000;
    check(
        &elf.bytes(),
        &pi5,
        expect![[r#"
        ELF 64-bit aarch64, statically linked, stripped
        ! cannot be loaded by a kernel with pages of 16 KiB: its segments are aligned to 4 KiB
    "#]],
    );
    pi5.machine.page_bytes = None;
    pi5.requirements = vec![Requirement::PageBytes(vec![4 << 10, 64 << 10])];
    check(
        &elf.bytes(),
        &pi5,
        expect![[r#"
        ELF 64-bit aarch64, statically linked, stripped
        ! cannot be loaded by a kernel with pages of 64 KiB: its segments are aligned to 4 KiB
    "#]],
    );
}

#[test]
fn arm_programs_state_their_float_abi() {
    const EABI_5: u32 = 0x0500_0000;
    let mut elf = Elf::of(ARM);
    elf.flags = EABI_5 | 0x200;
    check(
        &elf.bytes(),
        &target("armv6-unknown-linux-musleabihf"),
        expect![[r#"
            ELF 32-bit arm, statically linked, stripped
        "#]],
    );
    let mut elf = elf.dynamic("/lib/ld-linux.so.3", &["libc.so.6"]);
    check(
        &elf.bytes(),
        &target("armv6-unknown-linux-gnueabihf"),
        expect![[r#"
            ELF 32-bit arm, dynamically linked, stripped
            ! passes floating point numbers the soft-float way, but the target's libraries the hard-float way
        "#]],
    );
    elf.flags = 0x0400_0000 | 0x400;
    check(
        &elf.bytes(),
        &target("armv7-unknown-linux-gnueabi"),
        expect![[r#"
            ELF 32-bit arm, dynamically linked, stripped
            ! follows version 4 of the Arm EABI, not 5
            ! passes floating point numbers the hard-float way, but the target's libraries the soft-float way
        "#]],
    );
}

#[test]
fn what_is_no_program_is_said() {
    let mut elf = Elf::of(X86_64);
    elf.kind = 1;
    check(
        &elf.bytes(),
        &target("x86_64-unknown-linux-gnu"),
        expect![[r#"
            ELF 64-bit x86_64, object file, stripped
            ! is not linked: it is an object file, not a program
        "#]],
    );
    elf.kind = MOVABLE;
    check(
        &elf.bytes(),
        &target("x86_64-unknown-linux-gnu"),
        expect![[r#"
            ELF 64-bit x86_64, shared library, stripped
        "#]],
    );
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
fn webassembly_is_validated_and_its_imports_are_named() {
    let wasi = target("wasm32-wasip1");
    let module = |text: &str| wat::parse_str(text).unwrap();
    let command = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (memory (export "memory") 1)
        (func (export "_start")))"#;
    check(
        &module(command),
        &wasi,
        expect![[r#"
        WebAssembly module, imports wasi_snapshot_preview1, stripped
    "#]],
    );
    check(
        &module(r#"(module (import "env" "f" (func)) (import "gojs" "g" (func)))"#),
        &wasi,
        expect![[r#"
            WebAssembly module, imports env, gojs, stripped
            ! imports from `env`, but a `wasip1` host offers only `wasi_snapshot_preview1`
            ! imports from `gojs`, but a `wasip1` host offers only `wasi_snapshot_preview1`
        "#]],
    );
    check(
        &module(r#"(module (import "gojs" "g" (func)))"#),
        &target("wasm32-unknown-js"),
        expect![[r#"
            WebAssembly module, imports gojs, stripped
        "#]],
    );
    check(
        &module("(component (core module (import \"a\" \"b\" (func))))"),
        &wasi,
        expect![[r#"
            WebAssembly component, imports nothing, stripped
            ! is a component, but the target runs core modules
        "#]],
    );
    check(
        &module(command),
        &target("x86_64-unknown-linux-gnu"),
        expect![[r#"
            WebAssembly module, imports wasi_snapshot_preview1, stripped
            ! is a WebAssembly file, but Linux runs ELF files (x86_64-unknown-linux-gnu)
        "#]],
    );

    let Ok(ArtifactFacts::Wasm(facts)) = inspect(&module(command)) else {
        panic!("it is a module");
    };
    assert!(facts.is_command());
    let mut invalid = module("(module (func $f (result i32) i32.const 1))");
    let position = invalid.iter().position(|byte| *byte == 0x41).unwrap();
    invalid[position] = 0x42;
    check(
        &invalid,
        &wasi,
        expect![[r#"
        error: is not valid WebAssembly: type mismatch: expected i32, found i64 (at offset 0x1a)
    "#]],
    );
}

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
            error: is neither ELF, Mach-O, PE nor WebAssembly: it begins with `#!/bin/sh\necho`
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

#[test]
fn this_very_test_is_read_right() {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let Ok(ArtifactFacts::Elf(facts)) = inspect(&own_executable()) else {
        panic!("a test of Linux is ELF");
    };
    assert!(facts.interpreter.is_some());
    assert!(
        facts.needed.iter().any(|name| name.starts_with("libc.so")),
        "{:?}",
        facts.needed
    );
    assert!(
        facts.glibc.is_some_and(|version| version >= (2, 17, 0)),
        "{:?}",
        facts.glibc
    );
    assert!(facts.debug && facts.symbols);
    assert!(facts.page_bytes.contains(&4096));
    let facts = ArtifactFacts::Elf(facts);
    assert_eq!(compare(&facts, &target(&triple)), Vec::<String>::new());
    let old = Target {
        requirements: vec![Requirement::GlibcAtLeast("2.1".to_owned())],
        ..target(&triple)
    };
    let problems = compare(&facts, &old);
    assert!(problems[0].starts_with("needs glibc 2."), "{problems:?}");
    assert_eq!(compare(&facts, &static_target(&triple)).len(), 2);
}

/// Files to do harm to: each format, and a large real one.
fn samples() -> Vec<Vec<u8>> {
    let mut real = own_executable();
    // The front holds all headers that a loader reads; the end, the section headers.
    let end = real.split_off(real.len() - real.len().min(64 << 10));
    real.truncate(64 << 10);
    real.extend(end);
    vec![
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
        sample in 0usize..6,
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..20),
        in_front in any::<bool>(),
        cut in proptest::option::of(any::<u16>()),
    ) {
        thread_local!(static SAMPLES: Vec<Vec<u8>> = samples());
        let mut file = SAMPLES.with(|samples| samples[sample].clone());
        for (position, value) in changes {
            // Most of what matters stands at the front.
            let range = if in_front { file.len().min(256) } else { file.len() };
            let position = 4 + usize::from(position) % (range - 4);
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
