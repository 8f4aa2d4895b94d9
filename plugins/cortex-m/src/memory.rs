//! A chip's memories, as a pipeline states them: where each begins and how large it is.

use orch_plugin::Problem;
use serde::Deserialize;

/// One memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Memory {
    /// Its first address.
    origin: u64,
    /// Its size in KiB.
    kib: u64,
}

impl Memory {
    /// Its first address.
    pub(crate) fn origin(self) -> u64 {
        self.origin
    }

    /// Its size in bytes.
    pub(crate) fn bytes(self) -> u64 {
        self.kib << 10
    }

    /// The first address behind it.
    fn end(self) -> u64 {
        self.origin + self.bytes()
    }
}

/// What is wrong with a chip's memories.
pub(crate) fn problems(flash: Option<Memory>, ram: Option<Memory>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, memory) in [("flash", flash), ("ram", ram)] {
        if memory.is_some_and(|memory| memory.end() > 1 << 32) {
            problems.push(
                Problem::new(format!(
                    "`{name}` ends behind the 4 GiB that a Cortex-M can address"
                ))
                .at(name)
                .hint("correct `origin` or `kib`"),
            );
        }
    }
    if let (Some(flash), Some(ram)) = (flash, ram)
        && flash.origin < ram.end()
        && ram.origin < flash.end()
    {
        problems.push(
            Problem::new("`ram` lies where `flash` does")
                .at("ram")
                .hint(
                    "the chip's data sheet has a table of its memories: correct `origin` or `kib`",
                ),
        );
    }
    problems
}
