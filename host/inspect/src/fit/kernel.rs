//! How new a kernel a program wants.

use orch_model::{MachineFacts, SystemVersion};

use super::Obstacle;
use crate::ElfFacts;

/// The program wants a newer kernel than the machine's.
pub(super) fn obstacle(elf: &ElfFacts, machine: &MachineFacts) -> Option<Obstacle> {
    let kernel = machine.kernel?;
    if let Some((needed, release)) = needed_by_go(elf)
        && needed > kernel
    {
        return Some(Obstacle::certain(
            format!(
                "is built by Go {release}, which needs Linux {needed}, but the machine has {kernel}"
            ),
            "its runtime relies on calls of the system that this kernel does not have".to_owned(),
            "build it with Go 1.23, the last release for Linux 2.6.32".to_owned(),
        ));
    }
    let needed = elf.oldest_kernel?;
    (needed > kernel).then(|| {
        Obstacle::certain(
            format!("needs Linux {needed}, but the machine has {kernel}"),
            "glibc ends it at its start: `FATAL: kernel too old`".to_owned(),
            "link it against a glibc that was configured for this kernel \
             (`--enable-kernel`), or statically against musl"
                .to_owned(),
        )
    })
}

/// <https://go.dev/wiki/MinimumRequirements>: 3.2 since Go 1.24, 2.6.32 before.
fn needed_by_go(elf: &ElfFacts) -> Option<(SystemVersion, SystemVersion)> {
    let release = SystemVersion::leading(&elf.go.as_ref()?.version)?;
    let needed = match release >= SystemVersion(1, 24, 0) {
        true => SystemVersion(3, 2, 0),
        false => SystemVersion(2, 6, 32),
    };
    Some((needed, release))
}
