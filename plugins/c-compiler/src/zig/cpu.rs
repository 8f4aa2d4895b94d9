//! Zig's names of CPUs, and since which release. They are LLVM's with `_` for `-` and `.`.
//!
//! From `zig targets` of 0.13.0 and 0.15.2. A name that only the later one has counts as
//! known since 0.15: whether 0.14 has it was not asked.

use orch_plugin::{Error, Machine, nearest};
use semver::Version;

/// The CPUs of one instruction set, by Zig's names with spaces between them.
struct Cpus {
    architecture: &'static str,
    /// Since 0.13.
    known: &'static str,
    /// Since 0.15.
    later: &'static str,
}

/// The first release that knows `later`.
const LATER: Version = Version::new(0, 15, 0);

const CPUS: [Cpus; 4] = [
    Cpus {
        architecture: "aarch64",
        known: "a64fx ampere1 ampere1a ampere1b apple_a10 apple_a11 apple_a12 apple_a13 \
            apple_a14 apple_a15 apple_a16 apple_a17 apple_a7 apple_a8 apple_a9 apple_m1 \
            apple_m2 apple_m3 apple_s4 apple_s5 carmel cortex_a34 cortex_a35 cortex_a510 \
            cortex_a520 cortex_a53 cortex_a55 cortex_a57 cortex_a65 cortex_a65ae cortex_a710 \
            cortex_a715 cortex_a72 cortex_a720 cortex_a73 cortex_a75 cortex_a76 cortex_a76ae \
            cortex_a77 cortex_a78 cortex_a78c cortex_r82 cortex_x1 cortex_x1c cortex_x2 \
            cortex_x3 cortex_x4 cyclone emag exynos_m1 exynos_m2 exynos_m3 exynos_m4 \
            exynos_m5 falkor generic kryo neoverse_512tvb neoverse_e1 neoverse_n1 \
            neoverse_n2 neoverse_v1 neoverse_v2 saphira thunderx thunderx2t99 thunderx3t110 \
            thunderxt81 thunderxt83 thunderxt88 tsv110 xgene1",
        later: "apple_m4 cobalt_100 cortex_a520ae cortex_a720ae cortex_a725 cortex_a78ae \
            cortex_r82ae cortex_x925 fujitsu_monaka grace neoverse_n3 neoverse_v3 \
            neoverse_v3ae oryon_1",
    },
    Cpus {
        architecture: "arm",
        known: "arm1020e arm1020t arm1022e arm10e arm10tdmi arm1136j_s arm1136jf_s arm1156t2_s \
            arm1156t2f_s arm1176jz_s arm1176jzf_s arm710t arm720t arm7tdmi arm7tdmi_s arm8 \
            arm810 arm9 arm920 arm920t arm922t arm926ej_s arm940t arm946e_s arm966e_s \
            arm968e_s arm9e arm9tdmi baseline cortex_a12 cortex_a15 cortex_a17 cortex_a32 \
            cortex_a35 cortex_a5 cortex_a53 cortex_a55 cortex_a57 cortex_a7 cortex_a710 \
            cortex_a72 cortex_a73 cortex_a75 cortex_a76 cortex_a76ae cortex_a77 cortex_a78 \
            cortex_a78c cortex_a8 cortex_a9 cortex_m0 cortex_m0plus cortex_m1 cortex_m23 \
            cortex_m3 cortex_m33 cortex_m35p cortex_m4 cortex_m52 cortex_m55 cortex_m7 \
            cortex_m85 cortex_r4 cortex_r4f cortex_r5 cortex_r52 cortex_r7 cortex_r8 \
            cortex_x1 cortex_x1c cyclone ep9312 exynos_m1 exynos_m2 exynos_m3 exynos_m4 \
            exynos_m5 generic iwmmxt krait kryo mpcore mpcorenovfp neoverse_n1 neoverse_n2 \
            neoverse_v1 sc000 sc300 strongarm strongarm110 strongarm1100 strongarm1110 swift \
            xscale",
        later: "cortex_a510 cortex_a78ae cortex_r52plus star_mc1",
    },
    Cpus {
        architecture: "riscv64",
        known: "baseline_rv32 baseline_rv64 generic generic_rv32 generic_rv64 rocket rocket_rv32 \
            rocket_rv64 sifive_7_series sifive_e20 sifive_e21 sifive_e24 sifive_e31 \
            sifive_e34 sifive_e76 sifive_p450 sifive_p670 sifive_s21 sifive_s51 sifive_s54 \
            sifive_s76 sifive_u54 sifive_u74 sifive_x280 syntacore_scr1_base \
            syntacore_scr1_max veyron_v1 xiangshan_nanhu",
        later: "mips_p8700 rp2350_hazard3 sifive_p470 sifive_p550 spacemit_x60 \
            syntacore_scr3_rv32 syntacore_scr3_rv64 syntacore_scr4_rv32 syntacore_scr4_rv64 \
            syntacore_scr5_rv32 syntacore_scr5_rv64 syntacore_scr7 tt_ascalon_d8",
    },
    Cpus {
        architecture: "x86_64",
        known: "alderlake amdfam10 arrowlake arrowlake_s athlon athlon64 athlon64_sse3 athlon_4 \
            athlon_fx athlon_mp athlon_tbird athlon_xp atom atom_sse4_2_movbe barcelona \
            bdver1 bdver2 bdver3 bdver4 bonnell broadwell btver1 btver2 c3 c3_2 cannonlake \
            cascadelake clearwaterforest cooperlake core2 corei7 emeraldrapids generic geode \
            goldmont goldmont_plus gracemont grandridge graniterapids graniterapids_d \
            haswell i386 i486 i586 i686 icelake_client icelake_server ivybridge k6 k6_2 k6_3 \
            k8 k8_sse3 knl knm lakemont lunarlake meteorlake nehalem nocona opteron \
            opteron_sse3 pantherlake penryn pentium pentium2 pentium3 pentium3m pentium4 \
            pentium_m pentium_mmx pentiumpro prescott raptorlake rocketlake sandybridge \
            sapphirerapids sierraforest silvermont skx skylake skylake_avx512 slm tigerlake \
            tremont westmere winchip2 winchip_c6 x86_64 x86_64_v2 x86_64_v3 x86_64_v4 yonah \
            znver1 znver2 znver3 znver4",
        later: "diamondrapids znver5",
    },
];

/// What stands behind `-mcpu=`: the CPU, and each feature that the target relies on.
pub(crate) fn zig(target: &Machine, release: &Version) -> Result<String, Error> {
    let name = match &target.cpu {
        Some(cpu) => known(cpu, target, release)?,
        None => oldest(target.architecture()).to_owned(),
    };
    let features = target.features.iter().map(|feature| spelt(feature));
    Ok(std::iter::once(name)
        .chain(features)
        .collect::<Vec<_>>()
        .join("+"))
}

/// The oldest CPU of an instruction set whose triple promises one: Arm's v5 and v6.
fn oldest(architecture: &str) -> &'static str {
    match architecture {
        "armv5te" => "arm926ej_s",
        "arm" => "arm1176jzf_s",
        _ => "baseline",
    }
}

/// Zig's name of a CPU, if the release has it.
fn known(cpu: &str, target: &Machine, release: &Version) -> Result<String, Error> {
    let name = spelt(cpu);
    let architecture = match target.architecture() {
        arm if arm.starts_with("arm") => "arm",
        "riscv64gc" => "riscv64",
        other => other,
    };
    let has = |names: &str| names.split(' ').any(|known| known == name);
    let cpus = CPUS.iter().find(|cpus| cpus.architecture == architecture);
    match cpus {
        Some(cpus) if has(cpus.known) => Ok(name),
        Some(cpus) if has(cpus.later) && *release >= LATER => Ok(name),
        Some(cpus) if has(cpus.later) => Err(Error::Unsupported(format!(
            "Zig {release} does not know the CPU `{cpu}`, which came with Zig {}.{}; ask for \
             `version = \">={}.{}\"` in the toolchain's table",
            LATER.major, LATER.minor, LATER.major, LATER.minor
        ))),
        _ => Err(Error::Unsupported(unknown(cpu, target, cpus))),
    }
}

fn unknown(cpu: &str, target: &Machine, cpus: Option<&Cpus>) -> String {
    let names = cpus.into_iter().flat_map(|cpus| cpus.known.split(' '));
    let nearest = match nearest(&spelt(cpu), names.map(str::to_owned)) {
        Some(name) => format!("the nearest that it knows is `{}`", name.replace('_', "-")),
        None => "name one of LLVM's in the target, or `generic`".to_owned(),
    };
    format!("Zig has no CPU `{cpu}` for `{}`; {nearest}", target.triple)
}

fn spelt(name: &str) -> String {
    name.replace(['-', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(target: Machine, release: &str) -> Result<String, String> {
        zig(&target, &Version::parse(release).unwrap()).map_err(|error| match error {
            Error::Unsupported(text) => text,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn llvms_names_become_zigs() {
        let level = Machine::of("x86_64-unknown-linux-musl")
            .cpu("x86-64-v2")
            .features(&["cx16", "sse4.1"]);
        assert_eq!(asked(level, "0.13.0").unwrap(), "x86_64_v2+cx16+sse4_1");
        let none = Machine::of("x86_64-unknown-linux-gnu");
        assert_eq!(asked(none, "0.13.0").unwrap(), "baseline");
        let old = Machine::of("armv5te-unknown-linux-gnueabi");
        assert_eq!(asked(old, "0.13.0").unwrap(), "arm926ej_s");
    }

    #[test]
    fn a_cpu_that_a_release_does_not_know_is_refused() {
        let newer = || Machine::of("aarch64-unknown-linux-gnu").cpu("neoverse-v3");
        assert_eq!(asked(newer(), "0.15.2").unwrap(), "neoverse_v3");
        assert_eq!(
            asked(newer(), "0.13.0").unwrap_err(),
            "Zig 0.13.0 does not know the CPU `neoverse-v3`, which came with Zig 0.15; ask for \
             `version = \">=0.15\"` in the toolchain's table"
        );
        let wrong = Machine::of("aarch64-unknown-linux-gnu").cpu("cortex-m4");
        assert_eq!(
            asked(wrong, "0.15.2").unwrap_err(),
            "Zig has no CPU `cortex-m4` for `aarch64-unknown-linux-gnu`; the nearest \
             that it knows is `cortex-x4`"
        );
    }
}
