//! Go's garbage collector and scheduler by what the target says of itself: its memory and
//! its cores. What it does not say is not guessed, and then nothing is advised.

mod settings;

use orch_plugin::tuning_policy::{Advice, FixedPolicy, Request};
use orch_plugin::{Error, Machine, Problem, Release, Tweak};

use crate::settings::Mebibytes;
pub use crate::settings::PolicySettings;

const MIB: u64 = 1 << 20;
/// What a 32-bit program addresses at most under Linux, in MiB.
const ADDRESSED_BY_32_BITS_MIB: u64 = 3 * 1024;
/// How much of a machine's memory a service may take, in percent, and why. The guide asks for 5
/// to 10 percent of headroom.
const OF_A_MACHINE: (u64, &str) = (
    80,
    "10 % headroom for what the runtime does not count and 10 % for the kernel and other \
     programs, if the service has the machine to itself",
);
/// The same of what a service is allowed.
const OF_AN_ALLOWANCE: (u64, &str) = (90, "10 % headroom for what the runtime does not count");
/// From this much memory a core on, memory is given for less collecting, in MiB.
const AMPLE_MIB_A_CORE: u64 = 2 * 1024;
/// Up to this much memory is scarce, in MiB.
const SCARCE_MIB: u64 = 1024;

const MEMORY_LIMIT: &str = "https://go.dev/doc/gc-guide#Memory_limit";
const COLLECTOR: &str = "https://go.dev/doc/gc-guide#GOGC";
const VARIABLES: &str = "https://pkg.go.dev/runtime#hdr-Environment_Variables";

/// The policy.
pub struct GoRuntime;

impl FixedPolicy for GoRuntime {
    type Settings = PolicySettings;

    const NAME: &'static str = "go-runtime";
    const SUMMARY: &'static str =
        "Go's memory limit, garbage collector and threads by the target's memory and cores";
    const BUILDER: &'static str = "go";

    fn advice(
        request: &Request,
        release: Release,
        settings: PolicySettings,
    ) -> Result<Vec<Advice>, Error> {
        if request.target.triple.starts_with("wasm") {
            return Ok(Vec::new());
        }
        let memory = match settings.memory {
            Some(allowed) => Some(Memory::allowed(&request.target, allowed)?),
            None => Memory::of(&request.target),
        };
        let cores = request.target.cores.filter(|cores| *cores > 0);
        let limit = memory.as_ref().filter(|_| has_memory_limit(release));
        let advice = [
            limit.map(Memory::limit),
            memory
                .as_ref()
                .and_then(|memory| collector(release, memory, cores)),
            cores.and_then(|cores| threads(release, cores)),
        ];
        Ok(advice.into_iter().flatten().collect())
    }
}

/// What a program of the target may count on, in MiB.
struct Memory {
    mib: u64,
    /// Why that is what there is, as the beginning of a sum.
    said: String,
    /// How much of it a service may take, in percent, and what the rest is for.
    share: (u64, &'static str),
}

impl Memory {
    /// The memory that a target states, if it states any that Go can run in.
    fn of(target: &Machine) -> Option<Self> {
        let installed = target.memory_bytes? / MIB;
        let memory = match is_of_32_bits(&target.triple) && installed > ADDRESSED_BY_32_BITS_MIB {
            true => Self {
                mib: ADDRESSED_BY_32_BITS_MIB,
                said: format!(
                    "{ADDRESSED_BY_32_BITS_MIB} MiB (a 32-bit program addresses no more of the \
                     installed {installed} MiB)"
                ),
                share: OF_A_MACHINE,
            },
            false => Self {
                mib: installed,
                said: format!("the installed {installed} MiB"),
                share: OF_A_MACHINE,
            },
        };
        (memory.mib > 0).then_some(memory)
    }

    /// The memory that the pipeline allows, which is no more than the target has.
    fn allowed(target: &Machine, allowed: Mebibytes) -> Result<Self, Error> {
        let Mebibytes(mib) = allowed;
        if let Some(whole) = Self::of(target).filter(|whole| whole.mib < mib) {
            let problem = Problem::new(format!("{mib} MiB is more than {}", whole.said));
            return Err(problem.at("memory").hint("allow less").into());
        }
        Ok(Self {
            mib,
            said: format!("the allowed {mib} MiB"),
            share: OF_AN_ALLOWANCE,
        })
    }

    fn limit(&self) -> Advice {
        let (percent, why) = self.share;
        let limit = self.mib * percent / 100;
        Tweak::runtime_variable("GOMEMLIMIT", format!("{limit}MiB"))
            .because(format!("{percent} % of {} = {limit} MiB: {why}", self.said))
            .see(MEMORY_LIMIT)
    }
}

/// How much the heap may grow between two collections; the runtime's own 100 where neither
/// more nor less is clearly better.
fn collector(release: Release, memory: &Memory, cores: Option<u32>) -> Option<Advice> {
    let Memory { mib, said, .. } = memory;
    if !has_memory_limit(release) {
        return (*mib <= SCARCE_MIB).then(|| {
            Tweak::runtime_variable("GOGC", "50")
                .because(format!(
                    "{said} ≤ {SCARCE_MIB} MiB, and Go has no memory limit before 1.19: the heap \
                     grows to 1 + 50/100 = 1.5 times what lives, in place of twice"
                ))
                .see(COLLECTOR)
        });
    }
    let cores = u64::from(cores?);
    let each = mib / cores;
    (each >= AMPLE_MIB_A_CORE).then(|| {
        Tweak::runtime_variable("GOGC", "200")
            .because(format!(
                "{said} / {cores} cores = {each} MiB a core ≥ {AMPLE_MIB_A_CORE} MiB: twice the \
                 default of 100 about halves the collector's work, and `GOMEMLIMIT` bounds the \
                 memory that it costs"
            ))
            .see(COLLECTOR)
    })
}

/// How many threads run Go code at once. Since 1.25 the runtime follows the cgroup's CPU limit
/// by itself, unless it is told a number: <https://go.dev/doc/go1.25#runtime>
fn threads(release: Release, cores: u32) -> Option<Advice> {
    (!release.since(1, 25)).then(|| {
        Tweak::runtime_variable("GOMAXPROCS", cores.to_string())
            .because(format!(
                "the target states {cores} cores that software may use at once; before 1.25 the \
                 runtime counts the machine's CPUs and not what its cgroup may use"
            ))
            .see(VARIABLES)
    })
}

/// The memory limit came with 1.19: <https://go.dev/doc/go1.19#runtime>
fn has_memory_limit(release: Release) -> bool {
    release.since(1, 19)
}

fn is_of_32_bits(triple: &str) -> bool {
    let architecture = triple.split('-').next().unwrap_or_default();
    let is_32_bit_mips = architecture.starts_with("mips") && !architecture.contains("64");
    architecture.starts_with("arm") && !architecture.starts_with("arm64")
        || matches!(architecture, "i386" | "i486" | "i586" | "i686")
        || is_32_bit_mips
}

orch_plugin::export_tuning_policy!(GoRuntime);

#[cfg(test)]
mod tests;
