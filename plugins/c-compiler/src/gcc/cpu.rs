//! The CPUs that GCC knows, and since which release. LLVM spells them the same.
//!
//! GCC 12.2 and, for Arm and x86-64, 11.3 were asked (`-mcpu=help`, `-march=help`); a name that
//! 12.2 lacks and 11.3 has counts as known since 13. Later ones are from the release notes,
//! <https://gcc.gnu.org/gcc-13/changes.html> to `gcc-15`. Names that GCC 15 dropped are left out.

use orch_plugin::{Error, Machine, nearest};
use semver::Version;

/// The CPUs of one instruction set that came with one release.
struct Cpus {
    architecture: &'static str,
    /// The major release that they came with; the oldest that is known here, or later.
    since: u64,
    /// With spaces between them.
    names: &'static str,
}

const CPUS: [Cpus; 13] = [
    Cpus {
        architecture: "aarch64",
        since: 11,
        names: "a64fx ampere1 cortex-a34 cortex-a35 cortex-a53 cortex-a55 cortex-a57 cortex-a65 \
            cortex-a65ae cortex-a72 cortex-a73 cortex-a75 cortex-a76 cortex-a76ae cortex-a77 \
            cortex-a78 cortex-a78ae cortex-a78c cortex-r82 cortex-x1 emag exynos-m1 falkor \
            generic neoverse-512tvb neoverse-e1 neoverse-n1 neoverse-n2 neoverse-v1 octeontx \
            octeontx2 octeontx2f95 octeontx2f95mm octeontx2f95n octeontx2t93 octeontx2t96 \
            octeontx2t98 octeontx81 octeontx83 phecda qdf24xx saphira thunderx thunderx2t99 \
            thunderx3t110 thunderxt81 thunderxt83 thunderxt88 tsv110 vulcan xgene1",
    },
    Cpus {
        architecture: "aarch64",
        since: 12,
        names: "cortex-a510 cortex-a710 cortex-x2",
    },
    Cpus {
        architecture: "aarch64",
        since: 13,
        names: "ampere1a cortex-a715 cortex-x1c cortex-x3 neoverse-v2",
    },
    Cpus {
        architecture: "aarch64",
        since: 14,
        names: "ampere1b cobalt-100 cortex-a520 cortex-a720 cortex-x4",
    },
    Cpus {
        architecture: "aarch64",
        since: 15,
        names: "apple-m1 apple-m2 apple-m3 cortex-a520ae cortex-a720ae cortex-a725 cortex-r82ae \
            cortex-x925 fujitsu-monaka grace neoverse-n3 neoverse-v3 neoverse-v3ae oryon-1",
    },
    Cpus {
        architecture: "arm",
        since: 11,
        names: "arm10e arm10tdmi arm1020e arm1020t arm1022e arm1026ej-s arm1136j-s arm1136jf-s \
            arm1156t2-s arm1156t2f-s arm1176jz-s arm1176jzf-s arm710t arm720t arm740t arm7tdmi \
            arm7tdmi-s arm8 arm810 arm9 arm920 arm920t arm922t arm926ej-s arm940t arm946e-s \
            arm966e-s arm968e-s arm9e arm9tdmi cortex-a12 cortex-a15 cortex-a17 cortex-a32 \
            cortex-a35 cortex-a5 cortex-a53 cortex-a55 cortex-a57 cortex-a7 cortex-a72 cortex-a73 \
            cortex-a75 cortex-a76 cortex-a76ae cortex-a77 cortex-a78 cortex-a78ae cortex-a78c \
            cortex-a8 cortex-a9 cortex-m0 cortex-m0plus cortex-m1 cortex-m23 cortex-m3 cortex-m33 \
            cortex-m35p cortex-m4 cortex-m55 cortex-m7 cortex-r4 cortex-r4f cortex-r5 cortex-r52 \
            cortex-r7 cortex-r8 cortex-x1 ep9312 exynos-m1 fa526 fa606te fa626 fa626te fa726te \
            fmp626 generic-armv7-a iwmmxt iwmmxt2 marvell-pj4 mpcore mpcorenovfp neoverse-n1 \
            neoverse-n2 neoverse-v1 strongarm xgene1 xscale",
    },
    Cpus {
        architecture: "arm",
        since: 12,
        names: "cortex-a710 cortex-r52plus",
    },
    Cpus {
        architecture: "arm",
        since: 13,
        names: "cortex-m85 cortex-x1c star-mc1",
    },
    Cpus {
        architecture: "arm",
        since: 14,
        names: "cortex-m52",
    },
    Cpus {
        architecture: "riscv64",
        since: 12,
        names: "sifive-e20 sifive-e21 sifive-e24 sifive-e31 sifive-e34 sifive-e76 sifive-s21 \
            sifive-s51 sifive-s54 sifive-s76 sifive-u54 sifive-u74",
    },
    Cpus {
        architecture: "x86_64",
        since: 11,
        names: "alderlake amdfam10 athlon-fx athlon64 athlon64-sse3 atom barcelona bdver1 bdver2 \
            bdver3 bdver4 bonnell broadwell btver1 btver2 cannonlake cascadelake cooperlake \
            core-avx-i core-avx2 core2 corei7 corei7-avx goldmont goldmont-plus haswell \
            icelake-client icelake-server ivybridge k8 k8-sse3 nehalem nocona opteron opteron-sse3 \
            rocketlake sandybridge sapphirerapids silvermont skylake skylake-avx512 slm tigerlake \
            tremont westmere x86-64 x86-64-v2 x86-64-v3 x86-64-v4 znver1 znver2 znver3",
    },
    Cpus {
        architecture: "x86_64",
        since: 13,
        names: "emeraldrapids grandridge graniterapids meteorlake raptorlake sierraforest znver4",
    },
    Cpus {
        architecture: "x86_64",
        since: 14,
        names: "arrowlake arrowlake-s clearwaterforest gracemont graniterapids-d lunarlake \
            pantherlake znver5",
    },
];

/// The CPU by GCC's name, if the release has it.
pub(super) fn known<'a>(
    cpu: &'a str,
    architecture: &str,
    target: &Machine,
    release: &Version,
) -> Result<&'a str, Error> {
    let of_architecture = || {
        let cpus = CPUS.iter();
        cpus.filter(|cpus| cpus.architecture == architecture)
    };
    let found = of_architecture().find(|cpus| cpus.names.split(' ').any(|name| name == cpu));
    let Version { major, minor, .. } = release;
    let named = format!(
        "GCC {major}.{minor} has no CPU `{cpu}` for `{}`",
        target.triple
    );
    let known = of_architecture().filter(|cpus| cpus.since <= *major);
    let names = known.flat_map(|cpus| cpus.names.split(' ').map(str::to_owned));
    let nearest = nearest(cpu, names).map(|name| format!("the nearest that it knows is `{name}`"));
    let remedy = match (found, nearest) {
        (Some(cpus), _) if cpus.since <= *major => return Ok(cpu),
        (Some(cpus), Some(nearest)) => format!("it came with GCC {}; {nearest}", cpus.since),
        (Some(cpus), None) => format!("it came with GCC {}", cpus.since),
        (None, Some(nearest)) => nearest,
        (None, None) => "name one of its own in the target".to_owned(),
    };
    Err(Error::Unsupported(format!("{named}; {remedy}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(cpu: &str, major: u64) -> String {
        let target = Machine::of("aarch64-unknown-linux-gnu");
        match known(cpu, "aarch64", &target, &Version::new(major, 2, 0)) {
            Err(Error::Unsupported(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_cpu_that_a_release_does_not_know_is_refused_with_the_nearest() {
        assert_eq!(
            refused("neoverse-v2", 12),
            "GCC 12.2 has no CPU `neoverse-v2` for `aarch64-unknown-linux-gnu`; it came with \
             GCC 13; the nearest that it knows is `neoverse-n2`"
        );
        assert_eq!(
            refused("cortex-a67", 12),
            "GCC 12.2 has no CPU `cortex-a67` for `aarch64-unknown-linux-gnu`; the nearest that \
             it knows is `cortex-a57`"
        );
        assert_eq!(
            refused("pentium", 12),
            "GCC 12.2 has no CPU `pentium` for `aarch64-unknown-linux-gnu`; name one of its own \
             in the target"
        );
    }

    #[test]
    fn a_cpu_stands_once() {
        let mut names: Vec<_> = CPUS
            .iter()
            .flat_map(|cpus| cpus.names.split(' ').map(|name| (cpus.architecture, name)))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
