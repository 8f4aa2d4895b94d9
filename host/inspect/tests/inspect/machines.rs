//! Programs of real compilers on machines that were asked: each trap is made by the flags
//! that people meet it with, and where an emulator can, it shows that the trap is one.

use std::path::Path;

use expect_test::{Expect, expect};
use orch_inspect::{Certainty, inspect, obstacles, unchecked};
use orch_model::{MachineFacts, Observation};
use tempfile::TempDir;

use crate::compilers::{AARCH64, ARM, MUSL, NATIVE, SIGILL, emulated};

/// Counts with atomic instructions, says so, and has data to write to.
pub const COUNTER: &str = r#"
#include <stdatomic.h>
#include <stdio.h>
static atomic_int count;
static int data[20000] = {1};
int main(void) {
    atomic_fetch_add(&count, 1);
    atomic_exchange(&count, 3);
    data[1] = count;
    printf("counted %d\n", data[1]);
    return 0;
}
"#;

/// A loop that compilers make vector instructions of.
const LOOP: &str = r#"
static float a[1000], b[1000];
void add(float *restrict to, const float *restrict from, int count) {
    for (int i = 0; i < count; i++) to[i] += from[i] * 3;
}
int main(int count, char **words) { add(a, b, count * 900); return (int)a[3]; }
"#;

/// A machine whose facts are kept in `tests/machines`.
pub fn machine(name: &str) -> MachineFacts {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/machines")
        .join(format!("{name}.json"));
    let text = std::fs::read_to_string(file).unwrap();
    let document = serde_json::from_str(&text).unwrap();
    MachineFacts::of_observation(&Observation::of_document(&document).unwrap())
}

/// What is said of a program on a machine; nothing if it would run.
fn check(program: &[u8], on: &str, expected: Expect) {
    expected.assert_eq(&said(program, &machine(on)));
}

fn said(program: &[u8], machine: &MachineFacts) -> String {
    let facts = inspect(program).unwrap();
    let mut text = String::new();
    for obstacle in obstacles(&facts, machine) {
        let mark = match obstacle.certainty {
            Certainty::Certain => '!',
            Certainty::Possible => '?',
        };
        text += &format!(
            "{mark} {}\n  {}\n  {}\n",
            obstacle.what, obstacle.why, obstacle.remedy
        );
    }
    for unknown in unchecked(&facts, machine) {
        text += &format!("unchecked: {unknown}\n");
    }
    text
}

#[test]
fn segments_aligned_to_4_kib_on_larger_pages() {
    let small = AARCH64.compile(COUNTER, &["-static", "-Wl,-z,max-page-size=4096"]);
    check(&small, "pi4", expect![""]);
    check(
        &small,
        "pi5-16k",
        expect![[r#"
            ! cannot be loaded by a kernel with pages of 16 KiB: its segments are aligned to 4 KiB
              the kernel cannot map segment 2 (address 0x47e810, file offset 0x7d810) and ends the program with SIGSEGV before its first instruction: `Segmentation fault`
              link it with `-Wl,-z,max-page-size=65536`, which every page size bears; or, where the machine has one, start a kernel with smaller pages (Raspberry Pi 5: `kernel=kernel8.img` in `config.txt`)
        "#]],
    );
    check(
        &small,
        "kunpeng-64k",
        expect![[r#"
            ! cannot be loaded by a kernel with pages of 64 KiB: its segments are aligned to 4 KiB
              the kernel cannot map segment 2 (address 0x47e810, file offset 0x7d810) and ends the program with SIGSEGV before its first instruction: `Segmentation fault`
              link it with `-Wl,-z,max-page-size=65536`, which every page size bears; or, where the machine has one, start a kernel with smaller pages (Raspberry Pi 5: `kernel=kernel8.img` in `config.txt`)
        "#]],
    );
    let library = AARCH64.compile(
        COUNTER,
        &[
            "-shared",
            "-fPIC",
            "-Wl,-z,max-page-size=4096,-z,noseparate-code",
        ],
    );
    check(
        &library,
        "pi5-16k",
        expect![[r#"
        ! cannot be loaded by a kernel with pages of 16 KiB: its segments are aligned to 4 KiB
          glibc's loader refuses the library: `ELF load command alignment not page-aligned`
          link it with `-Wl,-z,max-page-size=65536`, which every page size bears; or, where the machine has one, start a kernel with smaller pages (Raspberry Pi 5: `kernel=kernel8.img` in `config.txt`)
    "#]],
    );
}

#[test]
fn the_linker_s_own_alignment_bears_every_page() {
    let program = AARCH64.compile(COUNTER, &["-static"]);
    for on in ["pi4", "pi5-16k", "kunpeng-64k"] {
        assert_eq!(said(&program, &machine(on)), "");
    }
}

#[test]
fn atomics_of_armv8_1_on_a_cortex_a72() {
    let program = AARCH64.compile(COUNTER, &["-march=armv8.1-a"]);
    check(&program, "pi5-16k", expect![""]);
    // A dynamic program names what it asks for; this one never asks what the CPU has.
    let mut pi4 = machine("pi4");
    pi4.libc = machine("pi5-16k").libc;
    expect![[r#"
        ! has atomic instructions of ARMv8.1 (LSE) in 2 places, but the machine's CPU knows none
          it dies at the first of them: `Illegal instruction` (SIGILL)
          build it for the machine's CPU or the first version of the architecture: `-march=armv8-a`, in Go `GOARM64=v8.0`
    "#]].assert_eq(&said(&program, &pi4));
    let fixed = AARCH64.compile(COUNTER, &["-march=armv8.1-a", "-static"]);
    check(
        &fixed,
        "pi4",
        expect![[r#"
            ? has atomic instructions of ARMv8.1 (LSE) in 2 places, but the machine's CPU knows none
              if it looks what the CPU has before, as glibc's own functions do, it runs; otherwise it dies at the first of them: `Illegal instruction` (SIGILL)
              build it for the machine's CPU or the first version of the architecture: `-march=armv8-a`, in Go `GOARM64=v8.0`
        "#]],
    );
    assert_eq!(
        emulated("qemu-aarch64-static", "cortex-a72", &fixed),
        SIGILL
    );
    assert_eq!(emulated("qemu-aarch64-static", "cortex-a76", &fixed), 0);
}

#[test]
fn atomics_behind_a_check_are_no_need() {
    let program = AARCH64.compile(COUNTER, &["-moutline-atomics", "-static"]);
    check(&program, "pi4", expect![""]);
    assert_eq!(emulated("qemu-aarch64-static", "cortex-a72", &program), 0);
    let stripped = AARCH64.compile(COUNTER, &["-moutline-atomics", "-static", "-s"]);
    check(
        &stripped,
        "pi4",
        expect![[r#"
            ? has instructions of the vector extension SVE in 17 places, but the machine's CPU knows none
              if it looks what the CPU has before, as glibc's own functions do, it runs; otherwise it dies at the first of them: `Illegal instruction` (SIGILL)
              build it for the machine's CPU or the first version of the architecture: `-march=armv8-a`, in Go `GOARM64=v8.0`
        "#]],
    );
}

#[test]
fn scalable_vectors_on_a_cpu_without() {
    let program = AARCH64.compile(LOOP, &["-O3", "-march=armv8.2-a+sve"]);
    check(
        &program,
        "pi5-16k",
        expect![[r#"
            ! has instructions of the vector extension SVE in 6 places, but the machine's CPU knows none
              it dies at the first of them: `Illegal instruction` (SIGILL)
              build it for the machine's CPU or the first version of the architecture: `-march=armv8-a`, in Go `GOARM64=v8.0`
        "#]],
    );
    let stripped = AARCH64.compile(LOOP, &["-O3", "-march=armv8.2-a+sve", "-static", "-s"]);
    check(
        &stripped,
        "pi5-16k",
        expect![[r#"
            ? has instructions of the vector extension SVE in 23 places, but the machine's CPU knows none
              if it looks what the CPU has before, as glibc's own functions do, it runs; otherwise it dies at the first of them: `Illegal instruction` (SIGILL)
              build it for the machine's CPU or the first version of the architecture: `-march=armv8-a`, in Go `GOARM64=v8.0`
        "#]],
    );
    assert_eq!(
        emulated("qemu-aarch64-static", "cortex-a76", &stripped),
        SIGILL
    );
}

#[test]
fn a_glibc_newer_than_the_machine_s() {
    // Since glibc 2.34 `__libc_start_main` has a new version, so every program asks for it.
    let program = AARCH64.compile(COUNTER, &[]);
    check(
        &program,
        "pi4",
        expect![[r#"
        ! needs glibc 2.34, but the machine has 2.31
          the loader ends it: `version `GLIBC_2.34' not found`
          build it where glibc is 2.31 or older (`zig cc -target …-gnu.2.31` links against any), or link it statically
    "#]],
    );
    check(&program, "pi5-16k", expect![""]);
    let fixed = AARCH64.compile(COUNTER, &["-static"]);
    check(&fixed, "kunpeng-64k", expect![""]);
}

#[test]
fn a_dynamic_program_on_a_machine_with_musl() {
    check(
        &NATIVE.compile(COUNTER, &[]),
        "alpine",
        expect![[r#"
        ! is linked against glibc (`/lib64/ld-linux-x86-64.so.2`), but the machine has musl
          the kernel does not find the loader and says that of the program: `No such file or directory`, in a shell `not found`, though the file is there
          link it statically, build it against musl, or install `gcompat` there (Alpine: `apk add gcompat`)
    "#]],
    );
    check(
        &NATIVE.compile(COUNTER, &["-static"]),
        "alpine",
        expect![""],
    );
    check(&MUSL.compile(COUNTER, &[]), "alpine", expect![""]);
    check(&MUSL.compile(COUNTER, &["-static"]), "alpine", expect![""]);
}

#[test]
fn a_program_of_musl_on_a_machine_with_glibc() {
    let mut there = machine("alpine");
    there.libc = machine("pi5-16k").libc;
    there.loaders = Some(vec!["/lib64/ld-linux-x86-64.so.2".to_owned()]);
    let program = MUSL.compile(COUNTER, &[]);
    expect![[r#"
        ! is linked against musl (`/lib/ld-musl-x86_64.so.1`), but the machine has glibc
          the kernel does not find the loader and says that of the program: `No such file or directory`, in a shell `not found`, though the file is there
          link it statically, build it against glibc, or install `musl` there
    "#]].assert_eq(&said(&program, &there));
    // With both loaders both kinds of programs run.
    there.loaders = Some(vec!["/lib/ld-musl-x86_64.so.1".to_owned()]);
    expect![""].assert_eq(&said(&program, &there));
}

#[test]
fn code_for_armv7_on_armv6() {
    let program = ARM.compile(COUNTER, &["-static", "-march=armv7-a", "-mfpu=vfpv3-d16"]);
    check(
        &program,
        "pi-zero",
        expect![[r#"
        ! is for Armv7, but the machine is Armv6
          it dies at the first instruction that the CPU does not know: `Illegal instruction` (SIGILL)
          build it with `-march=armv6` and libraries of that version (Debian's `armhf` is Armv7), in Go with `GOARM=6`
    "#]],
    );
    assert_eq!(emulated("qemu-arm-static", "arm1176", &program), SIGILL);
    assert_eq!(emulated("qemu-arm-static", "cortex-a7", &program), 0);
}

#[test]
fn another_architecture() {
    let arm = ARM.compile(COUNTER, &["-static"]);
    check(
        &arm,
        "alpine",
        expect![[r#"
        ! is for arm, but the machine is x86_64
          the kernel refuses it: `Exec format error`
          build it for x86_64: `orch target list` shows platforms
    "#]],
    );
    check(
        &arm,
        "pi4",
        expect![[r#"
        ? is for arm, but the machine is aarch64
          it runs only if the kernel was built for 32-bit programs too, and the CPU executes them; newer 64-bit cores for servers do not: `Exec format error`
          build it for the 64-bit architecture
    "#]],
    );
    let native = NATIVE.compile(COUNTER, &["-static"]);
    check(
        &native,
        "pi4",
        expect![[r#"
        ! is for x86_64, but the machine is aarch64
          the kernel refuses it: `Exec format error`
          build it for aarch64: `orch target list` shows platforms
    "#]],
    );
}

#[test]
fn a_level_of_x86_64_that_the_linker_noted() {
    let program = MUSL.compile(COUNTER, &["-static", "-Wl,-z,x86-64-v3"]);
    check(
        &program,
        "alpine",
        expect![[r#"
            ! is for x86-64-v3, but the machine's CPU lacks avx2, bmi2, fma
              it dies at the first instruction that the CPU does not know: `Illegal instruction` (SIGILL)
              build it with `-march=x86-64`, in Go with `GOAMD64=v1`
        "#]],
    );
    check(
        &MUSL.compile(COUNTER, &["-static", "-Wl,-z,x86-64-v2"]),
        "alpine",
        expect![""],
    );
}

#[test]
fn a_library_that_is_not_there() {
    let folder = TempDir::new().unwrap();
    AARCH64.compile_in(
        folder.path(),
        "int measured(void) { return 1; }",
        &["-shared", "-fPIC", "-Wl,-soname,libsensor.so.1"],
    );
    std::fs::rename(
        folder.path().join("program"),
        folder.path().join("libsensor.so"),
    )
    .unwrap();
    let source = "int measured(void); int main(void) { return measured(); }";
    let search = format!("-L{}", folder.path().display());
    let program = AARCH64.compile(source, &[&search, "-lsensor"]);
    check(
        &program,
        "pi5-16k",
        expect![[r#"
        ! needs `libsensor.so.1`, which the machine's loader does not find
          the loader ends it: `libsensor.so.1: cannot open shared object file: No such file or directory`
          install the package that has it there, ship it beside the program with `-Wl,-rpath,$ORIGIN`, or link it statically
    "#]],
    );
    let beside = AARCH64.compile(source, &[&search, "-lsensor", "-Wl,-rpath,$ORIGIN"]);
    check(
        &beside,
        "pi5-16k",
        expect![[r#"
        ? needs `libsensor.so.1`, which the machine's loader does not find
          the loader ends it: `libsensor.so.1: cannot open shared object file: No such file or directory`
          install the package that has it there, ship it beside the program with `-Wl,-rpath,$ORIGIN`, or link it statically
    "#]],
    );
}

#[test]
fn a_kernel_older_than_glibc_s_oldest() {
    let mut old = machine("pi4");
    old.kernel = orch_model::SystemVersion::leading("3.2.0");
    let program = AARCH64.compile(COUNTER, &["-static"]);
    expect![[r#"
        ! needs Linux 3.7, but the machine has 3.2
          glibc ends it at its start: `FATAL: kernel too old`
          link it against a glibc that was configured for this kernel (`--enable-kernel`), or statically against musl
    "#]].assert_eq(&said(&program, &old));
}

#[test]
fn of_an_unknown_machine_nothing_is_concluded() {
    let program = AARCH64.compile(COUNTER, &[]);
    expect![[r#"
        unchecked: its architecture
        unchecked: the size of its pages
        unchecked: the version of its kernel
        unchecked: the extensions of its CPU
        unchecked: its dynamic loaders
        unchecked: its shared libraries
        unchecked: the version of its C library
    "#]]
    .assert_eq(&said(&program, &MachineFacts::default()));
}
