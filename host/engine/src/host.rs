//! The hosts that a lock covers.

use orch_model::{Architecture, Machine, OperatingSystem};

/// Every host that `orch.lock` has entries for: its name there and its triple.
pub const LOCKED_HOSTS: [(&str, &str); 6] = [
    ("aarch64-darwin", "aarch64-apple-darwin"),
    ("aarch64-linux", "aarch64-unknown-linux-gnu"),
    ("aarch64-windows", "aarch64-pc-windows-msvc"),
    ("x86_64-darwin", "x86_64-apple-darwin"),
    ("x86_64-linux", "x86_64-unknown-linux-gnu"),
    ("x86_64-windows", "x86_64-pc-windows-msvc"),
];

/// The name that a lock has for a machine, if it covers machines of its kind.
pub fn locked_host(machine: &Machine) -> Option<&'static str> {
    Some(
        match (machine.architecture()?, machine.operating_system()?) {
            (Architecture::Aarch64, OperatingSystem::Darwin) => "aarch64-darwin",
            (Architecture::Aarch64, OperatingSystem::Linux) => "aarch64-linux",
            (Architecture::Aarch64, OperatingSystem::Windows) => "aarch64-windows",
            (Architecture::X86_64, OperatingSystem::Darwin) => "x86_64-darwin",
            (Architecture::X86_64, OperatingSystem::Linux) => "x86_64-linux",
            (Architecture::X86_64, OperatingSystem::Windows) => "x86_64-windows",
            _ => return None,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locked_host_is_recognised_by_its_own_triple() {
        for (name, triple) in LOCKED_HOSTS {
            assert_eq!(locked_host(&Machine::of_triple(triple)), Some(name));
        }
    }
}
