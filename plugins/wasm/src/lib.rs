//! WebAssembly programs with WASI preview 1, the interface that Go, Rust and C compile
//! to and that `orch` can run itself.

use orch_plugin::target_platform::{Target, TargetPlatform};
use orch_plugin::{Error, Facts, Machine, Offer};
use serde::Deserialize;

/// The platform.
pub struct Wasm;

/// What a `[target.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    host: Host,
}

#[derive(Debug, Default, Deserialize)]
enum Host {
    #[default]
    #[serde(rename = "wasip1")]
    Wasip1,
}

impl TargetPlatform for Wasm {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new("wasm", "WebAssembly with WASI preview 1")]
    }

    fn describe(_: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        let triple = match settings.host {
            Host::Wasip1 => "wasm32-wasip1",
        };
        // A WebAssembly memory grows in pages of this size and of no other; it is the
        // language's page, not a kernel's. One thread is all that preview 1 has.
        Ok(Target::of(Machine::of(triple).cores(1).page_bytes(65_536)).embedded_wasm())
    }
}

orch_plugin::export_target_platform!(Wasm);

#[cfg(test)]
mod tests {
    use orch_plugin::target_platform::Runner;
    use orch_plugin::{fake, settings};

    use super::*;

    fn describe(json: &str) -> Result<Target, Error> {
        Wasm::describe("wasm", settings(json)?, &fake::Facts::new())
    }

    #[test]
    fn it_is_run_by_the_engine_inside_the_host() {
        for json in ["{}", r#"{"host": "wasip1"}"#] {
            let target = describe(json).unwrap();
            assert_eq!(target.machine.triple, "wasm32-wasip1");
            assert_eq!(target.runner, Runner::EmbeddedWasm);
        }
    }

    #[test]
    fn another_host_is_refused_with_the_known_one() {
        match describe(r#"{"host": "wasip2"}"#) {
            Err(Error::Invalid(problems)) => {
                assert_eq!(problems[0].setting.as_deref(), Some("host"));
                assert!(problems[0].message.contains("`wasip1`"), "{problems:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}
