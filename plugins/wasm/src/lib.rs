//! WebAssembly programs: with WASI preview 1, the interface that Go, Rust and C compile to
//! and that `orch` can run itself, or for a JavaScript engine, as Go alone builds them.

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
    /// Go's `GOOS=js`, a browser or Node.js.
    #[serde(rename = "js")]
    Js,
}

/// A WebAssembly memory grows in pages of this size and of no other; it is the language's
/// page, not a kernel's.
const PAGE_BYTES: u32 = 65_536;

/// Runs a program in Node.js by Go's own script, which the builder ships. It expects to have
/// been started by its name, and so the program behind that.
const NODE: &[&str] = &[
    "node",
    "-e",
    "require(process.env.ORCH_ARTIFACT_WASM_EXEC_NODE_JS)",
    "wasm_exec_node.js",
];

impl TargetPlatform for Wasm {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            "wasm",
            "WebAssembly with WASI preview 1, or for a JavaScript engine",
        )]
    }

    fn describe(_: &str, settings: Settings, _: &dyn Facts) -> Result<Target, Error> {
        // One thread is all that either has.
        let of = |triple| Target::of(Machine::of(triple).cores(1).page_bytes(PAGE_BYTES));
        Ok(match settings.host {
            Host::Wasip1 => of("wasm32-wasip1").embedded_wasm(),
            // LLVM has no name for it; Go's is all that there is.
            Host::Js => of("wasm32-unknown-js").emulator(NODE),
        })
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
    fn for_a_javascript_engine_it_is_run_by_node() {
        let target = describe(r#"{"host": "js"}"#).unwrap();
        assert_eq!(target.machine.triple, "wasm32-unknown-js");
        let Runner::Emulator(command) = target.runner else {
            panic!("{:?}", target.runner)
        };
        assert_eq!(command[..2], ["node", "-e"]);
        assert!(command[2].contains("ORCH_ARTIFACT_WASM_EXEC_NODE_JS"));
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
