//! The bindings that `wit-bindgen` makes of the contract in `wit/`. Nothing here is
//! written by hand: what an author meets is shown by `lib.rs` under names of its own.
//!
//! The nouns and imports are made once, by `base`, and shared by all roles. A role has a
//! module of its own so that one component can play several.

#![allow(missing_docs)]

/// The nouns, and what every plugin may import.
pub mod base {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "base",
        generate_all,
        additional_derives: [PartialEq],
    });
}

macro_rules! role {
    ($module:ident, $world:literal, $export:literal, $place:literal) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "../../wit",
                world: $world,
                with: {
                    "orch:plugin/types@0.1.0": crate::contract::base::orch::plugin::types,
                    "orch:plugin/facts@0.1.0": crate::contract::base::orch::plugin::facts,
                    "orch:plugin/log@0.1.0": crate::contract::base::orch::plugin::log,
                },
                additional_derives: [PartialEq],
                export_macro_name: $export,
                pub_export_macro: true,
                default_bindings_module: $place,
            });
        }
    };
}

role!(
    toolchain_source,
    "toolchain-source-plugin",
    "export_toolchain_source_component",
    "orch_plugin::contract::toolchain_source"
);
role!(
    builder,
    "builder-plugin",
    "export_builder_component",
    "orch_plugin::contract::builder"
);
role!(
    target_platform,
    "target-platform-plugin",
    "export_target_platform_component",
    "orch_plugin::contract::target_platform"
);
role!(
    tuning_policy,
    "tuning-policy-plugin",
    "export_tuning_policy_component",
    "orch_plugin::contract::tuning_policy"
);
role!(
    benchmark_probe,
    "benchmark-probe-plugin",
    "export_benchmark_probe_component",
    "orch_plugin::contract::benchmark_probe"
);
role!(
    deployer,
    "deployer-plugin",
    "export_deployer_component",
    "orch_plugin::contract::deployer"
);
