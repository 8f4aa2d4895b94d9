//! Raspberry Pi boards with 64-bit cores. `board` knows what each has, `settings` what a
//! pipeline may say of one.

mod board;
mod settings;

use orch_plugin::target_platform::{Observation, Requirement, Target, TargetPlatform};
use orch_plugin::{Error, Facts, Machine, Offer};

use crate::board::{BOARDS, Board};
pub use crate::settings::Settings;
use crate::settings::System;

/// The platforms.
pub struct Pi;

/// What every one of these cores has when it runs 32-bit programs for ARMv7, by LLVM's
/// names. Debian's `armhf`, which they run, asks for less: `vfp3d16`.
const FEATURES_OF_32_BITS: &[&str] = &["hwdiv", "neon", "vfp4"];

impl TargetPlatform for Pi {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        BOARDS
            .iter()
            .map(|board| Offer::new(board.name, board.summary))
            .collect()
    }

    fn describe(offer: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        let Some(board) = Board::named(offer) else {
            return Err(Error::Unsupported(format!("there is no board `{offer}`")));
        };
        Error::if_any(settings.problems(board))?;
        let mut target = match settings.system {
            System::Bits64 => board.of_64_bits(),
            System::Bits32 => of_32_bits(),
        };
        target.machine = target.machine.cores(4);
        if let Some(memory) = settings.memory {
            target.machine = target.machine.memory_bytes(memory.bytes());
        }
        if let Some(kernel) = board.kernel {
            target = target.requires(Requirement::KernelAtLeast(kernel.to_owned()));
        }
        Ok(target.pages(settings.pages, settings.pages_met(board)))
    }

    fn recognise(observation: &Observation) -> Vec<String> {
        let model = observation.fact("device-tree-model");
        let compatible = observation.fact("device-tree-compatible");
        Board::recognised(model, compatible)
            .map(|board| board.name.to_owned())
            .into_iter()
            .collect()
    }
}

impl Board {
    /// The systems for the boards are glibc systems; a program without C needs none.
    fn of_64_bits(&self) -> Target {
        let machine = Machine::of("aarch64-unknown-linux-gnu")
            .cpu(self.cpu)
            .features(self.features);
        Target::of(machine)
            .environment("GOARM64", self.goarm64)
            .emulator(&["qemu-aarch64-static", "-cpu", self.cpu])
            .requires(Requirement::cpu_features(self.features))
    }
}

/// A 32-bit system is one for ARMv7, and what is built for a core of ARMv8 is no program of
/// such a system. So the core named is the ARMv7 one whose instructions all of them have.
fn of_32_bits() -> Target {
    let machine = Machine::of("armv7-unknown-linux-gnueabihf")
        .cpu("cortex-a7")
        .features(FEATURES_OF_32_BITS);
    Target::of(machine)
        .environment("GOARM", "7")
        .emulator(&["qemu-arm-static", "-cpu", "cortex-a7"])
        .requires(Requirement::cpu_features(FEATURES_OF_32_BITS))
}

orch_plugin::export_target_platform!(Pi);

#[cfg(test)]
mod tests;
