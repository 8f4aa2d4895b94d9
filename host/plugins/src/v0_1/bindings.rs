//! What `bindgen!` makes of `wit/`: one module for what every plugin imports, and one for
//! each role. Nothing here is written by hand.

#![allow(missing_docs, dead_code, unreachable_pub)]

/// Imports: `types`, `facts`, `log`.
pub(crate) mod base {
    wasmtime::component::bindgen!({
        world: "base",
        path: "../../wit",
        imports: { default: trappable },
    });
}

macro_rules! role {
    ($module:ident, $world:literal) => {
        pub(crate) mod $module {
            wasmtime::component::bindgen!({
                world: $world,
                path: "../../wit",
                with: {
                    "orch:plugin/types": super::base::orch::plugin::types,
                    "orch:plugin/facts": super::base::orch::plugin::facts,
                    "orch:plugin/log": super::base::orch::plugin::log,
                },
            });
        }
    };
}

role!(toolchain_source, "toolchain-source-plugin");
role!(builder, "builder-plugin");
role!(target_platform, "target-platform-plugin");
role!(tuning_policy, "tuning-policy-plugin");
role!(benchmark_probe, "benchmark-probe-plugin");
role!(deployer, "deployer-plugin");

pub(crate) use base::orch::plugin::{facts, log, types};
