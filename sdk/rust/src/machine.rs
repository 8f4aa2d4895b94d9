//! Describing a machine in one expression.

use crate::{Machine, Memory};

impl Machine {
    /// A machine of which only the LLVM target triple is known.
    pub fn of(triple: impl Into<String>) -> Self {
        Self {
            triple: triple.into(),
            cpu: None,
            features: Vec::new(),
            cores: None,
            memory_bytes: None,
            page_bytes: None,
            numa_nodes: None,
            memories: Vec::new(),
        }
    }

    /// With an LLVM CPU name, e.g. `cortex-a76`.
    pub fn cpu(mut self, name: impl Into<String>) -> Self {
        self.cpu = Some(name.into());
        self
    }

    /// With ISA features that may be relied on, e.g. `lse`.
    pub fn features(mut self, names: &[&str]) -> Self {
        self.features
            .extend(names.iter().map(|&name| name.to_owned()));
        self
    }

    /// With so many cores.
    pub fn cores(mut self, count: u32) -> Self {
        self.cores = Some(count);
        self
    }

    /// With so much memory.
    pub fn memory_bytes(mut self, bytes: u64) -> Self {
        self.memory_bytes = Some(bytes);
        self
    }

    /// With one size of the kernel's pages; left out where several are met.
    pub fn page_bytes(mut self, bytes: u32) -> Self {
        self.page_bytes = Some(bytes);
        self
    }

    /// With so many NUMA nodes.
    pub fn numa_nodes(mut self, count: u32) -> Self {
        self.numa_nodes = Some(count);
        self
    }

    /// With one more memory that a program without an operating system is linked into.
    pub fn memory(mut self, name: impl Into<String>, origin: u64, bytes: u64) -> Self {
        self.memories.push(Memory {
            name: name.into(),
            origin,
            bytes,
        });
        self
    }

    /// The memory of this name.
    pub fn memory_named(&self, name: &str) -> Option<&Memory> {
        self.memories.iter().find(|memory| memory.name == name)
    }

    /// The instruction set, the triple's first part, e.g. `aarch64`.
    pub fn architecture(&self) -> &str {
        self.triple.split('-').next().unwrap_or_default()
    }

    /// Whether the triple names this system or environment, e.g. `linux` or `musl`. A
    /// part such as `musleabihf` is asked for whole.
    pub fn names(&self, part: &str) -> bool {
        self.triple.split('-').skip(1).any(|named| named == part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triple_is_read_by_its_parts() {
        let machine = Machine::of("aarch64-unknown-linux-musl");
        assert_eq!(machine.architecture(), "aarch64");
        assert!(machine.names("linux") && machine.names("musl"));
        assert!(!machine.names("aarch64") && !machine.names("gnu"));
    }
}
