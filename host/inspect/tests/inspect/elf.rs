//! ELF: programs made by hand, and this very test.

use expect_test::expect;
use orch_inspect::{ArtifactFacts, compare, inspect};
use orch_model::{Requirement, SystemVersion, Target};

use crate::{check, own_executable, static_target, target};

/// A program for Linux, just large enough to be looked into.
pub struct Elf {
    bits: u8,
    machine: u16,
    pub kind: u16,
    flags: u32,
    /// Address, file offset and rights of loaded segments.
    segments: Vec<(u64, u64, u32)>,
    alignment: u64,
    interpreter: Option<&'static str>,
    needed: Vec<&'static str>,
}

pub const X86_64: u16 = 62;
pub const AARCH64: u16 = 183;
pub const ARM: u16 = 40;
const EXECUTABLE: u16 = 2;
pub const MOVABLE: u16 = 3;

/// Where the names and the dynamic segment lie in the file, and in memory above `BASE`.
const NAMES: usize = 0x400;
const DYNAMIC: usize = 0x800;
pub const LENGTH: usize = 0x1000;
const BASE: u64 = 0x40_0000;

impl Elf {
    pub fn of(machine: u16) -> Self {
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

    pub fn dynamic(mut self, interpreter: &'static str, needed: &[&'static str]) -> Self {
        self.interpreter = Some(interpreter);
        self.needed = needed.to_vec();
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
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
            ! is linked against glibc (`/lib64/ld-linux-x86-64.so.2`), but the machine has musl; link it statically, build it against musl, or install `gcompat` there (Alpine: `apk add gcompat`)
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
            ! is linked against musl (`/lib/ld-musl-x86_64.so.1`), but the machine has glibc; link it statically, build it against glibc, or install `musl` there
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
            ! needs `libc.so.6`, but names no interpreter that would load it; link it by the compiler, not by `ld` alone
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
            ! cannot be loaded by a kernel with pages of 16 KiB: its segments are aligned to 4 KiB; link it with `-Wl,-z,max-page-size=65536`, which every page size bears; or, where the machine has one, start a kernel with smaller pages (Raspberry Pi 5: `kernel=kernel8.img` in `config.txt`)
        "#]],
    );
    pi5.machine.page_bytes = None;
    pi5.requirements = vec![Requirement::PageBytes(vec![4 << 10, 64 << 10])];
    check(
        &elf.bytes(),
        &pi5,
        expect![[r#"
            ELF 64-bit aarch64, statically linked, stripped
            ! cannot be loaded by a kernel with pages of 64 KiB: its segments are aligned to 4 KiB; link it with `-Wl,-z,max-page-size=65536`, which every page size bears; or, where the machine has one, start a kernel with smaller pages (Raspberry Pi 5: `kernel=kernel8.img` in `config.txt`)
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
            ! is not linked: it is an object file, not a program; take the file that the linker makes
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
        facts
            .glibc
            .is_some_and(|version| version >= SystemVersion(2, 17, 0)),
        "{:?}",
        facts.glibc
    );
    assert!(facts.debug && facts.symbols);
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

/// What `objcopy` leaves of this very test: it has the addresses of a program and none of it.
#[test]
fn debug_information_in_a_file_of_its_own_fits_its_machine() {
    let folder = tempfile::tempdir().unwrap();
    let debug = folder.path().join("test.debug");
    let ran = std::process::Command::new("objcopy")
        .arg("--only-keep-debug")
        .args([&std::env::current_exe().unwrap(), &debug])
        .status();
    let ran = ran.unwrap_or_else(|error| panic!("`objcopy`: {error}; apt-get install binutils"));
    assert!(ran.success());
    let debug = std::fs::read(debug).unwrap();
    check(
        &debug,
        &target("x86_64-unknown-linux-gnu"),
        expect![[r#"
            ELF 64-bit x86_64, debug information alone
        "#]],
    );
    check(
        &debug,
        &static_target("aarch64-unknown-linux-musl"),
        expect![[r#"
            ELF 64-bit x86_64, debug information alone
            ! is for x86_64, but the target is aarch64 (aarch64-unknown-linux-musl)
        "#]],
    );
}
