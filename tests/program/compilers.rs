//! What the compilers and emulators on this machine know of CPUs. LLVM is asked through
//! `rustc`, which is here anyway and prints its tables; of GCC the preprocessor is enough,
//! since it is the compiler itself and refuses the same flags.

use std::collections::BTreeSet;
use std::process::{Command, Output};

/// Go's port for JavaScript engines, which LLVM has no name for.
pub const NO_TRIPLE_OF_LLVM: &str = "wasm32-unknown-js";

/// What LLVM knows for one target.
pub struct Known {
    pub cpus: BTreeSet<String>,
    /// By LLVM's names.
    pub features: BTreeSet<String>,
}

/// Features whose name in Rust is not LLVM's: `llvm_util.rs` of rustc has the table.
const RENAMED: [(&str, &str); 6] = [
    ("bmi1", "bmi"),
    ("cmpxchg16b", "cx16"),
    ("lahfsahf", "sahf"),
    ("fcma", "complxnum"),
    ("fhm", "fp16fml"),
    ("fp16", "fullfp16"),
];

/// The CPUs and features that LLVM lists for a target.
pub fn llvm(triple: &str) -> Known {
    let list = |what: &str| {
        let output = rustc(&["--print", what, "--target", triple]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines()
            .filter(|line| line.starts_with(' '))
            .filter_map(|line| line.split_whitespace().next())
            .map(by_llvms_name)
            .collect()
    };
    Known {
        cpus: list("target-cpus"),
        features: list("target-features"),
    }
}

/// The features that LLVM gives a CPU, where `rustc` says so: of 32-bit Arm it names none, of
/// x86-64 not all.
pub fn llvm_has(triple: &str, cpu: &str) -> Option<BTreeSet<String>> {
    if cpu.is_empty() || !triple.starts_with("aarch64") {
        return None;
    }
    let cpu = format!("target-cpu={cpu}");
    let output = rustc(&["--print", "cfg", "--target", triple, "-C", &cpu]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let features = text
        .lines()
        .filter_map(|line| line.strip_prefix("target_feature=\"")?.strip_suffix('"'));
    Some(features.map(by_llvms_name).collect())
}

/// Whether a feature is one that a CPU may be made without, so that LLVM does not count on
/// it, while all machines of the platform have it.
pub fn is_makers_choice(cpu: &str, feature: &str) -> bool {
    cpu == "neoverse-v2" && ["aes", "sha2", "sha3"].contains(&feature)
}

/// Fails unless GCC takes the CPU, with the floating point unit that the features name.
pub fn assert_known_to_gcc(triple: &str, cpu: &str, features: &[String]) {
    let has = |name: &str| features.iter().any(|feature| feature == name);
    let (program, mut flags) = match triple.split('-').next().unwrap_or_default() {
        "x86_64" => ("cpp", vec![format!("-march={cpu}")]),
        "aarch64" => ("aarch64-linux-gnu-cpp", vec![format!("-mcpu={cpu}")]),
        arm if arm.starts_with("arm") => ("arm-linux-gnueabihf-cpp", vec![format!("-mcpu={cpu}")]),
        thumb if thumb.starts_with("thumb") => (
            "arm-linux-gnueabihf-cpp",
            vec!["-mthumb".to_owned(), format!("-mcpu={cpu}")],
        ),
        other => panic!("which GCC is for `{other}`?"),
    };
    if program.starts_with("arm") {
        let unit = [
            ("neon", "neon-vfpv4"),
            ("vfp4d16sp", "fpv4-sp-d16"),
            ("fp-armv8d16sp", "fpv5-sp-d16"),
            ("fp-armv8d16", "fpv5-d16"),
        ];
        match unit.iter().find(|(feature, _)| has(feature)) {
            Some((_, unit)) => flags.extend([format!("-mfpu={unit}"), "-mfloat-abi=hard".into()]),
            None => flags.push("-mfloat-abi=soft".to_owned()),
        }
    }
    let takes = gcc(program, &flags).status.success();
    // The first GCC that knows Neoverse V2 is 13, and Debian 12 has 12.
    let is_too_new = cpu == "neoverse-v2" && gcc_version(program) < 13;
    assert_eq!(takes, !is_too_new, "`{program} {}`", flags.join(" "));
}

/// The CPUs that an emulator has.
pub fn qemu(program: &str) -> BTreeSet<String> {
    let output = Command::new(program)
        .args(["-cpu", "help"])
        .output()
        .unwrap_or_else(|error| panic!("`{program}`: {error}; apt-get install qemu-user-static"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().map(str::to_owned).collect()
}

fn by_llvms_name(name: &str) -> String {
    let renamed = RENAMED.iter().find(|(rust, _)| *rust == name);
    renamed.map_or(name, |(_, llvm)| llvm).to_owned()
}

fn rustc(arguments: &[&str]) -> Output {
    let output = Command::new("rustc")
        .args(arguments)
        .output()
        .expect("`rustc` is here, or these tests would not be");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "rustc {arguments:?}: {said}");
    output
}

fn gcc(program: &str, flags: &[String]) -> Output {
    Command::new(program)
        .args(flags)
        .arg("/dev/null")
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "`{program}`: {error}; apt-get install --no-install-recommends cpp \
                 cpp-aarch64-linux-gnu cpp-arm-linux-gnueabihf"
            )
        })
}

fn gcc_version(program: &str) -> u32 {
    let output = gcc(program, &["-dumpversion".to_owned()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let first = text.trim().split('.').next().unwrap_or_default();
    first.parse().expect("GCC's version is a number")
}
