//! How GCC is told a machine's CPU and what of it may be relied on:
//! <https://gcc.gnu.org/onlinedocs/gcc/Submodel-Options.html>.
//!
//! A feature that GCC has no name for is not told: a program that does without it runs all the
//! same. What a CPU has by its maker's choice is taken away where the target does not name it.

use orch_plugin::{Error, Machine};
use semver::Version;

use super::cpu::known;

/// LLVM's names of 64-bit Arm's features, and GCC's: `aarch64-option-extensions.def`. GCC 11 to
/// 14 have none for `complxnum` and `jsconv`.
const AARCH64: [(&str, &str); 14] = [
    ("aes", "aes"),
    ("bf16", "bf16"),
    ("crc", "crc"),
    ("dotprod", "dotprod"),
    ("fp16fml", "fp16fml"),
    ("fullfp16", "fp16"),
    ("i8mm", "i8mm"),
    ("lse", "lse"),
    ("rcpc", "rcpc"),
    ("rdm", "rdma"),
    ("sha2", "sha2"),
    ("sha3", "sha3"),
    ("sve", "sve"),
    ("sve2", "sve2"),
];

/// Features of x86-64, which both call the same: `i386-options.cc`.
const X86_64: [&str; 24] = [
    "aes", "avx", "avx2", "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl", "bmi", "bmi2",
    "cx16", "f16c", "fma", "lzcnt", "movbe", "pclmul", "popcnt", "sahf", "sha", "sse3", "sse4.1",
    "sse4.2", "ssse3", "xsave",
];

/// Floating point units of 32-bit Arm: LLVM's features that make one, the better first, and
/// GCC's name.
const UNITS: [(&[&str], &str); 8] = [
    (&["neon", "vfp4"], "neon-vfpv4"),
    (&["neon"], "neon"),
    (&["vfp4"], "vfpv4"),
    (&["vfp4d16"], "vfpv4-d16"),
    (&["vfp4d16sp"], "fpv4-sp-d16"),
    (&["fp-armv8d16"], "fpv5-d16"),
    (&["fp-armv8d16sp"], "fpv5-sp-d16"),
    (&["vfp3d16"], "vfpv3-d16"),
];

/// What stands on every command line for a machine.
pub(super) fn of(target: &Machine, release: &Version) -> Result<Vec<String>, Error> {
    match target.architecture() {
        "aarch64" => aarch64(target, release),
        "riscv64gc" => riscv64(target, release),
        "x86_64" => x86_64(target, release),
        thumb if thumb.starts_with("thumb") => thumb_machine(target, release),
        _ => arm(target, release),
    }
}

fn aarch64(target: &Machine, release: &Version) -> Result<Vec<String>, Error> {
    let first = match &target.cpu {
        Some(cpu) => format!("-mcpu={}", known(cpu, "aarch64", target, release)?),
        None => "-march=armv8-a".to_owned(),
    };
    let named = AARCH64.iter().filter(|(llvm, _)| has(target, llvm));
    let features = named.map(|(_, gcc)| format!("+{gcc}"));
    Ok(vec![features.fold(first, |all, feature| all + &feature)])
}

/// `gc` is what the triple promises, with floating point in registers.
fn riscv64(target: &Machine, release: &Version) -> Result<Vec<String>, Error> {
    let mut flags = vec!["-march=rv64gc".to_owned(), "-mabi=lp64d".to_owned()];
    if let Some(cpu) = specific(target) {
        flags.push(format!("-mcpu={}", known(cpu, "riscv64", target, release)?));
    }
    Ok(flags)
}

fn x86_64(target: &Machine, release: &Version) -> Result<Vec<String>, Error> {
    let cpu = match specific(target) {
        Some(cpu) => known(cpu, "x86_64", target, release)?,
        None => "x86-64",
    };
    let named = X86_64.iter().filter(|name| has(target, name));
    let features = named.map(|name| format!("-m{name}"));
    Ok(std::iter::once(format!("-march={cpu}"))
        .chain(features)
        .collect())
}

/// Linux on 32-bit Arm. A triple with `hf` promises a floating point unit.
fn arm(target: &Machine, release: &Version) -> Result<Vec<String>, Error> {
    let mut flags = vec![match specific(target) {
        Some(cpu) => format!("-mcpu={}", known(cpu, "arm", target, release)?),
        None if target.architecture() == "armv5te" => "-march=armv5te".to_owned(),
        None => "-march=armv7-a".to_owned(),
    }];
    flags.extend(floating_point(target, Some("vfpv3-d16")));
    Ok(flags)
}

fn thumb_machine(target: &Machine, release: &Version) -> Result<Vec<String>, Error> {
    let core = match specific(target) {
        Some(cpu) => format!("-mcpu={}", known(cpu, "arm", target, release)?),
        None => format!("-march={}", profile(target.architecture())),
    };
    // GCC counts on the DSP instructions of a Cortex-M33, which are its maker's choice.
    let without = match target.cpu.as_deref() {
        Some("cortex-m33") if !has(target, "dsp") => "+nodsp",
        _ => "",
    };
    let mut flags = vec!["-mthumb".to_owned(), core + without];
    flags.extend(floating_point(target, None));
    Ok(flags)
}

/// GCC's name of the profile that a triple of LLVM's promises.
fn profile(architecture: &str) -> &'static str {
    match architecture {
        "thumbv6m" => "armv6s-m",
        "thumbv7m" => "armv7-m",
        "thumbv7em" => "armv7e-m",
        "thumbv8m.base" => "armv8-m.base",
        _ => "armv8-m.main",
    }
}

/// The unit that the features name, or `promised` where they name none; none at all without
/// `hf` at the triple's end.
fn floating_point(target: &Machine, promised: Option<&'static str>) -> Vec<String> {
    if !target.triple.ends_with("hf") {
        return vec!["-mfloat-abi=soft".to_owned()];
    }
    let named = UNITS
        .iter()
        .find(|(features, _)| features.iter().all(|name| has(target, name)));
    let unit = named.map(|(_, unit)| *unit).or(promised);
    let unit = unit.map(|unit| format!("-mfpu={unit}"));
    std::iter::once("-mfloat-abi=hard".to_owned())
        .chain(unit)
        .collect()
}

/// The CPU that a target names; `generic` names none.
fn specific(target: &Machine) -> Option<&str> {
    target.cpu.as_deref().filter(|cpu| *cpu != "generic")
}

fn has(target: &Machine, feature: &str) -> bool {
    target.features.iter().any(|known| known == feature)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    /// The flags that GCC 12.2 is told.
    fn told(machine: Machine) -> String {
        let flags = of(&machine, &Version::new(12, 2, 0)).unwrap();
        format!("{}\n", flags.join(" "))
    }

    #[test]
    fn each_machine_is_spelt_as_gcc_does() {
        let linux = |architecture: &str, system: &str| {
            Machine::of(format!("{architecture}-unknown-linux-{system}"))
        };
        let shown = [
            told(linux("aarch64", "gnu")),
            told(
                linux("aarch64", "gnu")
                    .cpu("tsv110")
                    .features(&["complxnum", "rdm"]),
            ),
            told(linux("aarch64", "musl").cpu("generic")),
            told(linux("armv5te", "gnueabi")),
            told(linux("armv7", "gnueabihf")),
            told(
                linux("armv7", "gnueabihf")
                    .cpu("cortex-a7")
                    .features(&["neon", "vfp4"]),
            ),
            told(linux("riscv64gc", "gnu")),
            told(linux("riscv64gc", "gnu").cpu("sifive-u74")),
            told(linux("x86_64", "gnu")),
            told(
                linux("x86_64", "gnu")
                    .cpu("x86-64-v2")
                    .features(&["cx16", "sse4.1"]),
            ),
            told(Machine::of("thumbv6m-none-eabi")),
            told(
                Machine::of("thumbv7em-none-eabihf")
                    .cpu("cortex-m7")
                    .features(&["dsp", "fp-armv8d16", "hwdiv"]),
            ),
            told(
                Machine::of("thumbv8m.main-none-eabihf")
                    .cpu("cortex-m33")
                    .features(&["fp-armv8d16sp", "hwdiv"]),
            ),
        ];
        expect![[r#"
            -march=armv8-a
            -mcpu=tsv110+rdma
            -mcpu=generic
            -march=armv5te -mfloat-abi=soft
            -march=armv7-a -mfloat-abi=hard -mfpu=vfpv3-d16
            -mcpu=cortex-a7 -mfloat-abi=hard -mfpu=neon-vfpv4
            -march=rv64gc -mabi=lp64d
            -march=rv64gc -mabi=lp64d -mcpu=sifive-u74
            -march=x86-64
            -march=x86-64-v2 -mcx16 -msse4.1
            -mthumb -march=armv6s-m -mfloat-abi=soft
            -mthumb -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16
            -mthumb -mcpu=cortex-m33+nodsp -mfloat-abi=hard -mfpu=fpv5-sp-d16
        "#]]
        .assert_eq(&shown.concat());
    }
}
