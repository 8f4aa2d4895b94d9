//! What a `[target.*]` table may set, and what of that no board is.

use orch_plugin::{PageSize, Problem};
use serde::Deserialize;

use crate::board::Board;

/// What a `[target.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub(crate) memory: Option<Memory>,
    pub(crate) pages: Option<PageSize>,
    pub(crate) system: System,
}

/// The memories that boards are sold with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Memory {
    #[serde(rename = "512MB")]
    M512,
    #[serde(rename = "1GB")]
    M1024,
    #[serde(rename = "2GB")]
    M2048,
    #[serde(rename = "4GB")]
    M4096,
    #[serde(rename = "8GB")]
    M8192,
    #[serde(rename = "16GB")]
    M16384,
}

/// Whose programs a board's system runs. All of these cores run both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum System {
    #[default]
    #[serde(rename = "64-bit")]
    Bits64,
    #[serde(rename = "32-bit")]
    Bits32,
}

impl Memory {
    /// The size, and how a setting names it.
    fn known(self) -> (u64, &'static str) {
        match self {
            Memory::M512 => (512, "512MB"),
            Memory::M1024 => (1024, "1GB"),
            Memory::M2048 => (2048, "2GB"),
            Memory::M4096 => (4096, "4GB"),
            Memory::M8192 => (8192, "8GB"),
            Memory::M16384 => (16_384, "16GB"),
        }
    }

    pub(crate) fn bytes(self) -> u64 {
        self.known().0 << 20
    }
}

impl Settings {
    /// The sizes of page that the kernels of a board's system have. Linux runs 32-bit Arm
    /// programs on kernels with 4 KiB pages: `COMPAT` in `arch/arm64/Kconfig`.
    pub(crate) fn pages_met(&self, board: &Board) -> &'static [PageSize] {
        match self.system {
            System::Bits64 => board.pages,
            System::Bits32 => &[PageSize::K4],
        }
    }

    /// What is set here that the board never is.
    pub(crate) fn problems(&self, board: &Board) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(memory) = self.memory
            && !board.memories.contains(&memory)
        {
            let sold = listed(board.memories.iter().map(|sold| sold.known().1));
            problems.push(
                Problem::new(format!("no `{}` has {}", board.name, memory.known().1))
                    .at("memory")
                    .hint(format!("it is sold with {sold}")),
            );
        }
        let met = self.pages_met(board);
        if let Some(pages) = self.pages
            && !met.contains(&pages)
        {
            let sizes = listed(met.iter().map(|size| size.name()));
            problems.push(
                Problem::new(format!(
                    "no kernel of `{}` with this system has pages of {}",
                    board.name,
                    pages.name()
                ))
                .at("pages")
                .hint(format!("set {sizes}, or take `pages` away")),
            );
        }
        problems
    }
}

fn listed(names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.join(" or ")
}
