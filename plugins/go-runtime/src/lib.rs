//! Go's garbage collector and scheduler by what the target says of itself: its memory and
//! its cores. What it does not say is not guessed, and then nothing is advised.

use orch_plugin::tuning_policy::{Advice, Request, TuningPolicy};
use orch_plugin::{Error, Facts, Machine, NoSettings, Offer, Tweak};
use semver::Version;

const MIB: u64 = 1 << 20;
/// What a 32-bit program addresses at most under Linux, in MiB.
const ADDRESSED_BY_32_BITS_MIB: u64 = 3 * 1024;
/// How much of the memory a service may take, in percent. The guide asks for 5 to 10 percent
/// of headroom; the other 10 are for the kernel and what else runs.
const LIMIT_PERCENT: u64 = 80;
/// From this much memory a core on, memory is given for less collecting, in MiB.
const AMPLE_MIB_A_CORE: u64 = 2 * 1024;
/// Up to this much memory is scarce, in MiB.
const SCARCE_MIB: u64 = 1024;

const MEMORY_LIMIT: &str = "https://go.dev/doc/gc-guide#Memory_limit";
const COLLECTOR: &str = "https://go.dev/doc/gc-guide#GOGC";
const VARIABLES: &str = "https://pkg.go.dev/runtime#hdr-Environment_Variables";

/// The policy.
pub struct GoRuntime;

impl TuningPolicy for GoRuntime {
    type Settings = NoSettings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            "go-runtime",
            "Go's memory limit, garbage collector and threads by the target's memory and cores",
        )]
    }

    fn advise(
        _: &str,
        request: &Request,
        _: NoSettings,
        _: &dyn Facts,
    ) -> Result<Vec<Advice>, Error> {
        if request.builder != "go" || request.target.triple.starts_with("wasm") {
            return Ok(Vec::new());
        }
        let version = Version::parse(&request.toolchain_version).map_err(|error| {
            Error::Failed(format!(
                "`{}` is no version of Go: {error}",
                request.toolchain_version
            ))
        })?;
        let memory = Memory::of(&request.target);
        let cores = request.target.cores.filter(|cores| *cores > 0);
        let advice = [
            memory
                .as_ref()
                .filter(|_| has_memory_limit(&version))
                .map(Memory::limit),
            memory
                .as_ref()
                .and_then(|memory| collector(&version, memory, cores)),
            cores.and_then(|cores| threads(&version, cores)),
        ];
        Ok(advice.into_iter().flatten().collect())
    }
}

/// What a program of the target may count on, in MiB.
struct Memory {
    mib: u64,
    /// Why that is what there is, as the beginning of a sum.
    said: String,
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
            },
            false => Self {
                mib: installed,
                said: format!("the installed {installed} MiB"),
            },
        };
        (memory.mib > 0).then_some(memory)
    }

    fn limit(&self) -> Advice {
        let limit = self.mib * LIMIT_PERCENT / 100;
        Tweak::runtime_variable("GOMEMLIMIT", format!("{limit}MiB"))
            .because(format!(
                "{LIMIT_PERCENT} % of {} = {limit} MiB: 10 % headroom for what the runtime does \
                 not count and 10 % for the kernel and other programs, if the service has the \
                 machine to itself",
                self.said
            ))
            .see(MEMORY_LIMIT)
    }
}

/// How much the heap may grow between two collections; the runtime's own 100 where neither
/// more nor less is clearly better.
fn collector(version: &Version, memory: &Memory, cores: Option<u32>) -> Option<Advice> {
    let Memory { mib, said } = memory;
    if !has_memory_limit(version) {
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
fn threads(version: &Version, cores: u32) -> Option<Advice> {
    (!since(version, 25)).then(|| {
        Tweak::runtime_variable("GOMAXPROCS", cores.to_string())
            .because(format!(
                "the target states {cores} cores that software may use at once; before 1.25 the \
                 runtime counts the machine's CPUs and not what its cgroup may use"
            ))
            .see(VARIABLES)
    })
}

/// The memory limit came with 1.19: <https://go.dev/doc/go1.19#runtime>
fn has_memory_limit(version: &Version) -> bool {
    since(version, 19)
}

fn since(version: &Version, minor: u64) -> bool {
    (version.major, version.minor) >= (1, minor)
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
