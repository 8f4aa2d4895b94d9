//! Makes small components for tests out of core WebAssembly text, the contract in `wit/`
//! and a manifest, and a host to load them into.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use expect_test::Expect;
use orch_engine::port::{Called, FactSource, Plugins};
use orch_model::{Answer, Machine, PluginId, PluginOrigin, Question, Refusal};
use orch_plugins::{Grants, Limits, PluginHost, PluginHostSettings, inspect};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A manifest with one role that asks for a variable.
pub fn manifest(role: &str) -> String {
    format!(
        r#"{{"id":"demo","version":"1.2.3","api":"^0.1","roles":["{role}"],"summary":"a test",
            "asks":{{"variables":["ASKED"],"files":["src/*"]}}}}"#
    )
}

/// A core module that plays `target-platform`: `offers` and `describe` have the given
/// bodies, `items` stand beside them. `$text` copies nothing: strings lie where the data
/// segments put them, and what the host hands over is never freed.
pub fn platform_module(items: &str, offers: &str, describe: &str) -> String {
    format!(
        r#"(module
  (import "orch:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "orch:plugin/facts@0.1.0" "variable" (func $variable (param i32 i32 i32)))
  (import "orch:plugin/facts@0.1.0" "glob" (func $glob (param i32 i32 i32)))
  (import "orch:plugin/facts@0.1.0" "read" (func $read (param i32 i32 i32 i32 i32 i32)))
  (memory $memory (export "memory") 2)
  (global $next (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get 3))))
  {items}
  (func (export "orch:plugin/target-platform@0.1.0#offers") (result i32) {offers})
  (func $describe (export "orch:plugin/target-platform@0.1.0#describe")
    (param i32 i32 i32 i32) (result i32) {describe})
  (func (export "orch:plugin/target-platform@0.1.0#recognise") (param i32 i32) (result i32)
    unreachable)
  (func (export "orch:plugin/target-platform@0.1.0#finish")
    (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 2048))
)"#
    )
}

/// A component of a core module's text for a world of the contract, with a manifest.
pub fn component(module: &str, world: &str, manifest: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit"));
    let (package, _) = resolve.push_dir(folder).expect("wit/ can be parsed");
    encode(module, &resolve, package, world, manifest)
}

/// The same for a contract given as text.
pub fn component_of(wit: &str, module: &str, world: &str, manifest: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("test.wit", wit).expect("the text is WIT");
    encode(module, &resolve, package, world, manifest)
}

fn encode(
    module: &str,
    resolve: &Resolve,
    package: wit_parser::PackageId,
    world: &str,
    manifest: &str,
) -> Vec<u8> {
    let world = resolve
        .select_world(&[package], Some(world))
        .expect("the contract has the world");
    let mut module = wat::parse_str(module).expect("the module's text is right");
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8)
        .expect("a module takes metadata");
    let component = ComponentEncoder::default()
        .module(&module)
        .expect("the module fits the world")
        .encode()
        .expect("the module can be wrapped");
    with_manifest(component, manifest)
}

/// A component for a world that takes several packages beside the contract's.
pub fn component_with(wit: &[&str], module: &str, world: &str, manifest: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit"));
    let (mut package, _) = resolve.push_dir(folder).expect("wit/ can be parsed");
    for text in wit {
        package = resolve.push_str("test.wit", text).expect("the text is WIT");
    }
    encode(module, &resolve, package, world, manifest)
}

/// A component with a manifest behind it.
pub fn with_manifest(mut component: Vec<u8>, manifest: &str) -> Vec<u8> {
    use wasm_encoder::Encode;
    let section = wasm_encoder::CustomSection {
        name: "orch:manifest".into(),
        data: manifest.as_bytes().into(),
    };
    component.push(0);
    section.encode(&mut component);
    component
}

/// A platform whose functions have these bodies.
pub fn platform(items: &str, offers: &str, describe: &str) -> Vec<u8> {
    component(
        &platform_module(items, offers, describe),
        "target-platform-plugin",
        &manifest("target-platform"),
    )
}

/// Answers every variable with its name, and finds two files.
pub struct Echo;

impl FactSource for Echo {
    fn answer(&self, question: &Question) -> Result<Answer, Refusal> {
        Ok(match question {
            Question::HostMachine => Answer::Machine(Machine::of_triple("test")),
            Question::Variable(name) => Answer::Text(name.clone()),
            Question::Glob(_) => Answer::List(vec!["src/a".into(), "secret/b".into()]),
            _ => return Err(Refusal::Absent),
        })
    }
}

/// Limits that a test can wait for.
pub fn limits() -> Limits {
    Limits {
        call_time: Duration::from_millis(300),
        ..Limits::default()
    }
}

/// A host with its cache in `folder`.
pub fn host(folder: &Path, limits: Limits) -> PluginHost {
    let settings = PluginHostSettings {
        cache: folder.to_owned(),
        limits,
    };
    PluginHost::new(settings, Arc::new(Echo), Grants::default())
}

/// Loads a component as if it were bundled, so that all its asks are granted.
pub fn load(host: &PluginHost, component: Vec<u8>) -> PluginId {
    host.load_bytes(component, PluginOrigin::Bundled)
        .unwrap_or_else(|failure| panic!("it can be loaded: {failure}"))
}

/// The failure's text behind its kind.
pub fn words<T: std::fmt::Debug>(called: &Called<T>) -> String {
    let failure = called.result.as_ref().expect_err("it fails");
    format!("{}: {failure}", kind(failure))
}

/// The kind of a failure.
pub fn kind(failure: &orch_model::PluginFailure) -> &'static str {
    use orch_model::PluginFailure as F;
    match failure {
        F::Invalid(_) => "invalid",
        F::Unsupported(_) => "unsupported",
        F::Failed(_) => "failed",
        F::Denied(_) => "denied",
        F::Broken(_) => "broken",
        F::Unusable(_) => "unusable",
        F::Host(_) => "host",
    }
}

/// Where a component comes from that a test inspects.
pub fn origin() -> PluginOrigin {
    PluginOrigin::Path("plugins/demo.wasm".into())
}

/// What is said about these bytes before anything is compiled.
pub fn refused(bytes: &[u8], expected: Expect) {
    let failure = inspect(bytes, origin()).expect_err("it is refused");
    expected.assert_eq(&format!("{}: {failure}", kind(&failure)));
}

/// A component of this text with a manifest.
pub fn text(component: &str, manifest: &str) -> Vec<u8> {
    with_manifest(
        wat::parse_str(component).expect("the text is right"),
        manifest,
    )
}

/// A component with which nothing is wrong.
pub fn good() -> Vec<u8> {
    platform("", "(i32.const 1024)", "unreachable")
}

/// Calls `describe` of a platform with this body.
pub fn describe(items: &str, body: &str, expected: Expect) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(&host, platform(items, "unreachable", body));
    expected.assert_eq(&words(&host.describe_target(&plugin, "x", "{}")));
}
