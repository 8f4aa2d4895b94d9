//! Microcontrollers with Arm's Cortex-M cores. `cortex` knows what each has, `memory` what a
//! pipeline may say of a chip's memories, `image` makes what is written to one.

mod cortex;
mod image;
mod memory;

use orch_plugin::target_platform::{FinishRequest, Target, TargetPlatform};
use orch_plugin::{Build, Error, Facts, Machine, Offer, Problem};
use serde::Deserialize;

use crate::cortex::{CORES, Core, Fpu, Units};
use crate::memory::Memory;

/// The platforms.
pub struct CortexM;

/// What a `[target.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    fpu: Option<Fpu>,
    flash: Option<Memory>,
    ram: Option<Memory>,
}

impl TargetPlatform for CortexM {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        CORES
            .iter()
            .map(|core| Offer::new(core.name, core.summary))
            .collect()
    }

    fn describe(offer: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        let Some(core) = Core::named(offer) else {
            return Err(Error::Unsupported(format!("there is no core `{offer}`")));
        };
        let mut problems = memory::problems(settings.flash, settings.ram);
        let fpu = core.fpu(settings.fpu).unwrap_or_else(|problem| {
            problems.push(problem);
            Fpu::None
        });
        Error::if_any(problems)?;
        let mut machine = Machine::of(core.triple(fpu))
            .cpu(core.cpu)
            .features(&core.features(fpu))
            .cores(1);
        if let Some(ram) = settings.ram {
            machine = machine.memory_bytes(ram.bytes());
        }
        for (name, memory) in [("flash", settings.flash), ("ram", settings.ram)] {
            if let Some(memory) = memory {
                machine = machine.memory(name, memory.origin(), memory.bytes());
            }
        }
        // Nothing on a host runs a program that expects a chip's own registers.
        Ok(Target::of(machine).static_link())
    }

    fn finish(request: &FinishRequest, _: Settings) -> Result<Build, Error> {
        let triple = Core::named(&request.name).map_or("", |core| core.triple);
        image::of(request, &Machine::of(triple))
    }
}

impl Core {
    /// The unit that a chip with this core has. Where the choice is its maker's and nothing
    /// is said, it is the one of single precision, with which most are made.
    fn fpu(&self, wanted: Option<Fpu>) -> Result<Fpu, Problem> {
        match (self.units, wanted) {
            (Units::Only(only), None) => Ok(only),
            (Units::Only(_), Some(_)) => Err(Problem::new(format!(
                "`{}` leaves no choice of a floating point unit",
                self.name
            ))
            .at("fpu")
            .hint("take it away; `cortex-m4f` is the Cortex-M4 with one")),
            (Units::Choice(_), None) => Ok(Fpu::Single),
            (Units::Choice(made), Some(wanted)) if made.contains(&wanted) => Ok(wanted),
            (Units::Choice(made), Some(wanted)) => {
                let made: Vec<_> = made.iter().map(|fpu| format!("`{}`", fpu.name())).collect();
                Err(Problem::new(format!(
                    "no `{}` has a floating point unit of {} precision",
                    self.name,
                    wanted.name()
                ))
                .at("fpu")
                .hint(format!("set {}", made.join(" or "))))
            }
        }
    }
}

orch_plugin::export_target_platform!(CortexM);

#[cfg(test)]
mod tests {
    use orch_plugin::target_platform::Runner;
    use orch_plugin::{fake, settings};

    use super::*;

    fn describe(offer: &str, json: &str) -> Result<Target, Error> {
        CortexM::describe(offer, settings(json)?, &fake::Facts::new())
    }

    fn refused(offer: &str, json: &str) -> Vec<String> {
        match describe(offer, json) {
            Err(Error::Invalid(problems)) => problems
                .into_iter()
                .map(|problem| problem.setting.unwrap_or_default())
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_core_has_its_triple_and_is_run_nowhere_here() {
        for (offer, triple, cpu) in [
            ("cortex-m0plus", "thumbv6m-none-eabi", "cortex-m0plus"),
            ("cortex-m3", "thumbv7m-none-eabi", "cortex-m3"),
            ("cortex-m4", "thumbv7em-none-eabi", "cortex-m4"),
            ("cortex-m4f", "thumbv7em-none-eabihf", "cortex-m4"),
            ("cortex-m7", "thumbv7em-none-eabihf", "cortex-m7"),
            ("cortex-m23", "thumbv8m.base-none-eabi", "cortex-m23"),
            ("cortex-m33", "thumbv8m.main-none-eabihf", "cortex-m33"),
        ] {
            let target = describe(offer, "{}").unwrap();
            assert_eq!(target.machine.triple, triple);
            assert_eq!(target.machine.cpu.as_deref(), Some(cpu));
            assert_eq!(target.runner, Runner::None);
            assert!(target.environment.is_empty() && target.static_link);
        }
        assert_eq!(CortexM::offers().len(), 7);
    }

    #[test]
    fn the_unit_decides_on_triple_and_features() {
        for (offer, fpu, triple, feature) in [
            (
                "cortex-m7",
                "double",
                "thumbv7em-none-eabihf",
                "fp-armv8d16",
            ),
            (
                "cortex-m7",
                "single",
                "thumbv7em-none-eabihf",
                "fp-armv8d16sp",
            ),
            ("cortex-m7", "none", "thumbv7em-none-eabi", "dsp"),
            ("cortex-m33", "none", "thumbv8m.main-none-eabi", "hwdiv"),
        ] {
            let target = describe(offer, &format!(r#"{{"fpu": "{fpu}"}}"#)).unwrap();
            assert_eq!(target.machine.triple, triple);
            assert!(target.machine.features.contains(&feature.to_owned()));
        }
        assert_eq!(refused("cortex-m33", r#"{"fpu": "double"}"#), ["fpu"]);
        assert_eq!(refused("cortex-m4", r#"{"fpu": "single"}"#), ["fpu"]);
    }

    #[test]
    fn the_chips_memories_are_told() {
        let target = describe(
            "cortex-m4f",
            r#"{"flash": {"origin": 134217728, "kib": 512}, "ram": {"origin": 536870912, "kib": 96}}"#,
        )
        .unwrap();
        let told = target.machine.memories.iter();
        let told: Vec<_> = told
            .map(|memory| (memory.name.as_str(), memory.origin, memory.bytes))
            .collect();
        assert_eq!(
            told,
            [
                ("flash", 0x0800_0000, 512 << 10),
                ("ram", 0x2000_0000, 96 << 10)
            ]
        );
        assert_eq!(target.machine.memory_bytes, Some(96 << 10));
    }

    #[test]
    fn memories_that_no_chip_has_are_refused_all_at_once() {
        let json =
            r#"{"flash": {"origin": 0, "kib": 512}, "ram": {"origin": 524287, "kib": 4194304}}"#;
        assert_eq!(refused("cortex-m3", json), ["ram", "ram"]);
        let beside = r#"{"flash": {"origin": 0, "kib": 512}, "ram": {"origin": 524288, "kib": 1}}"#;
        assert!(describe("cortex-m3", beside).is_ok());
    }
}
