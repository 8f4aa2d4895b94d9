//! Whether a machine is what a target promises of it.

use crate::{Architecture, LibcFamily, MachineFacts};

impl MachineFacts {
    /// What a machine that was looked at lacks of what its target promises, in words. What is not
    /// known of either counts for nothing.
    pub fn broken_promises(&self, target: &Self) -> Vec<String> {
        // What it executes decides; the rest would say the same again.
        if let (Some(is), Some(promised)) = (self.architecture, target.architecture)
            && is != promised
            && !executes(is, promised)
        {
            return vec![format!("it is {is}, and not {promised}")];
        }
        let mut broken = Vec::new();
        if let (Some(is), Some(promised)) = (self.arm_version, target.arm_version)
            && is < promised
        {
            broken.push(format!("it is Armv{is}, and not Armv{promised}"));
        }
        if let (Some(is), Some(promised)) = (self.kernel, target.kernel)
            && is < promised
        {
            broken.push(format!("its kernel is {is}, and not {promised} or later"));
        }
        if let [is] = self.page_bytes[..]
            && !target.page_bytes.is_empty()
            && !target.page_bytes.contains(&is)
        {
            let promised: Vec<String> = target.page_bytes.iter().map(u32::to_string).collect();
            let promised = promised.join(" or ");
            broken.push(format!("its pages have {is} bytes, and not {promised}"));
        }
        if let (Some(is), Some(promised)) = (self.libc, target.libc) {
            if is.family != promised.family {
                let (is, promised) = (name(is.family), name(promised.family));
                broken.push(format!("its C library is {is}, and not {promised}"));
            } else if let (Some(version), Some(least)) = (is.version, promised.version)
                && version < least
            {
                let name = name(is.family);
                broken.push(format!("its {name} is {version}, and not {least} or later"));
            }
        }
        if let (Some(has), Some(promised)) = (&self.features, &target.features) {
            let lacks: Vec<&str> = promised.difference(has).map(String::as_str).collect();
            if !lacks.is_empty() {
                broken.push(format!("its CPU lacks {}", lacks.join(", ")));
            }
        }
        broken
    }
}

/// Whether a machine of one architecture may execute programs of another.
fn executes(machine: Architecture, program: Architecture) -> bool {
    (machine, program) == (Architecture::Aarch64, Architecture::Arm)
}

fn name(family: LibcFamily) -> &'static str {
    match family {
        LibcFamily::Glibc => "glibc",
        LibcFamily::Musl => "musl",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Libc, SystemVersion};

    fn facts(page_bytes: u32, kernel: u32, glibc: u32, features: &[&str]) -> MachineFacts {
        MachineFacts {
            architecture: Some(Architecture::Aarch64),
            arm_version: Some(8),
            page_bytes: vec![page_bytes],
            kernel: Some(SystemVersion(kernel, 1, 0)),
            libc: Some(Libc {
                family: LibcFamily::Glibc,
                version: Some(SystemVersion(2, glibc, 0)),
            }),
            features: Some(features.iter().map(|&name| name.to_owned()).collect()),
            ..MachineFacts::default()
        }
    }

    #[test]
    fn each_promise_that_is_broken_is_named() {
        let target = facts(4096, 6, 36, &["atomics", "sve"]);
        let good = facts(4096, 6, 41, &["atomics", "crc32", "sve"]);
        assert_eq!(good.broken_promises(&target), [""; 0]);
        let bad = facts(16_384, 5, 31, &["atomics"]);
        assert_eq!(
            bad.broken_promises(&target),
            [
                "its kernel is 5.1, and not 6.1 or later",
                "its pages have 16384 bytes, and not 4096",
                "its glibc is 2.31, and not 2.36 or later",
                "its CPU lacks sve",
            ]
        );
        let other = MachineFacts {
            architecture: Some(Architecture::X86_64),
            ..bad
        };
        assert_eq!(
            other.broken_promises(&target),
            ["it is x86_64, and not aarch64"]
        );
    }

    #[test]
    fn what_is_not_known_breaks_no_promise() {
        let target = facts(4096, 6, 36, &["atomics"]);
        let nothing = MachineFacts::default();
        assert_eq!(nothing.broken_promises(&target), [""; 0]);
        assert_eq!(target.broken_promises(&nothing), [""; 0]);
    }

    #[test]
    fn programs_of_32_bits_may_run_on_a_machine_of_64() {
        let target = MachineFacts {
            architecture: Some(Architecture::Arm),
            arm_version: Some(7),
            ..MachineFacts::default()
        };
        assert_eq!(facts(4096, 6, 36, &[]).broken_promises(&target), [""; 0]);
    }
}
