//! The levels of x86-64 that the psABI defines: what each may rely on.
//! <https://gitlab.com/x86-psABIs/x86-64-ABI>, "Micro-Architecture Levels".

use serde::Deserialize;

/// A level; each holds all that the ones before it hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Every x86-64 CPU.
    #[default]
    V1,
    /// About 2009 and later: Nehalem, Jaguar.
    V2,
    /// About 2015 and later: Haswell, Excavator.
    V3,
    /// CPUs with AVX-512: Skylake-SP, Zen 4.
    V4,
}

impl Level {
    /// The level's name, e.g. `v3`: what `GOAMD64` is set to.
    pub fn name(self) -> &'static str {
        match self {
            Level::V1 => "v1",
            Level::V2 => "v2",
            Level::V3 => "v3",
            Level::V4 => "v4",
        }
    }

    /// LLVM's name of a CPU that has the level and no more.
    pub fn cpu(self) -> &'static str {
        match self {
            Level::V1 => "x86-64",
            Level::V2 => "x86-64-v2",
            Level::V3 => "x86-64-v3",
            Level::V4 => "x86-64-v4",
        }
    }

    /// What the level has beyond the first, by LLVM's names.
    pub fn features(self) -> Vec<&'static str> {
        const V2: &[&str] = &[
            "cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3",
        ];
        const V3: &[&str] = &[
            "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave",
        ];
        const V4: &[&str] = &["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"];
        [(Level::V2, V2), (Level::V3, V3), (Level::V4, V4)]
            .into_iter()
            .filter(|(level, _)| *level <= self)
            .flat_map(|(_, features)| features.iter().copied())
            .collect()
    }

    /// The user-mode emulator that runs programs of this level. QEMU's translator knows no
    /// AVX-512, so the last level has none.
    pub fn emulator(self) -> Option<&'static [&'static str]> {
        match self {
            Level::V1 => Some(&["qemu-x86_64-static"]),
            Level::V2 | Level::V3 => Some(&["qemu-x86_64-static", "-cpu", "max"]),
            Level::V4 => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_holds_what_the_ones_before_it_hold() {
        assert!(Level::V1.features().is_empty());
        assert!(Level::V3.features().contains(&"popcnt"));
        assert!(Level::V3.features().contains(&"avx2"));
        assert!(!Level::V3.features().contains(&"avx512f"));
    }
}
