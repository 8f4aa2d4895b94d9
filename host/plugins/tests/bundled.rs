//! The plugins inside the `orch` binary: real components, built from source.

mod guest;

use guest::{host, limits};
use orch_engine::port::Plugins;
use orch_model::{Observation, PluginId, PluginOrigin, Role};
use orch_plugins::{Limits, PluginHost};

/// A host with every bundled plugin.
fn bundled(folder: &std::path::Path, limits: Limits) -> PluginHost {
    let host = host(folder, limits);
    for plugin in orch_bundled::PLUGINS {
        let id = host
            .load_bytes(plugin.component, PluginOrigin::Bundled)
            .unwrap_or_else(|failure| panic!("`{}` can be loaded: {failure}", plugin.id));
        assert_eq!(id.as_str(), plugin.id);
    }
    host
}

fn id(name: &str) -> PluginId {
    name.parse().expect("a name")
}

#[test]
fn all_fit_the_contract_and_import_nothing_beside_it() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = bundled(folder.path(), Limits::default());
    let summaries = host.summaries();
    assert_eq!(summaries.len(), orch_bundled::PLUGINS.len());
    let ids: Vec<_> = summaries
        .iter()
        .map(|one| one.manifest.id.clone())
        .collect();
    host.prepare(&ids);
    for summary in summaries {
        let id = &summary.manifest.id;
        assert_eq!(host.check(id), Ok(()), "{id}");
        for import in &summary.imports {
            assert!(
                [
                    "orch:plugin/facts@0.1.0",
                    "orch:plugin/log@0.1.0",
                    "orch:plugin/types@0.1.0"
                ]
                .contains(&import.as_str()),
                "{id} imports {import}"
            );
        }
    }
}

#[test]
fn a_board_is_recognised_by_its_device_tree() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = bundled(folder.path(), limits());
    let recognised = |model: &str| {
        let mut seen = Observation::default();
        seen.set("device-tree-model", model);
        host.recognise(&id("pi"), &seen).result.expect("an answer")
    };
    assert_eq!(recognised("Raspberry Pi 5 Model B Rev 1.0"), ["pi5"]);
    assert!(recognised("Orange Pi 5").is_empty());
}

#[test]
fn every_platform_describes_what_it_offers() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = bundled(folder.path(), limits());
    let mut described = 0;
    for summary in host.summaries() {
        if !summary.manifest.roles.contains(&Role::TargetPlatform) {
            continue;
        }
        let plugin = &summary.manifest.id;
        let offers = host.platform_offers(plugin).result.expect("it offers");
        assert!(!offers.is_empty(), "{plugin}");
        for offer in offers {
            let target = host.describe_target(plugin, &offer.name, "{}").result;
            assert!(target.is_ok(), "{plugin} {}: {target:?}", offer.name);
            described += 1;
        }
    }
    assert!(described > 0);
}

#[test]
fn the_raspberry_pi_5_is_described() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = bundled(folder.path(), limits());
    let called = host.describe_target(&id("pi"), "pi5", "{}");
    let target = called.result.expect("it is described");
    assert!(target.machine.triple.starts_with("aarch64-"), "{target:?}");
    assert_eq!(target.machine.cpu.as_deref(), Some("cortex-a76"));
}

#[test]
fn a_wrong_setting_is_the_users() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = bundled(folder.path(), limits());
    let settings = r#"{"memory":"3GB"}"#;
    let failure = host.describe_target(&id("pi"), "pi5", settings).result;
    assert!(
        matches!(failure, Err(orch_model::PluginFailure::Invalid(_))),
        "{failure:?}"
    );
}
