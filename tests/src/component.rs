//! Makes small plugins for tests out of core WebAssembly text, the contract in `wit/` and a
//! manifest: mostly such as no author would write.

use wasm_encoder::{CustomSection, Encode};
use wat::parse_str;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{PackageId, Resolve};

use crate::tree;

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
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.const 2048))
)"#
    )
}

/// A component of a core module's text for a world of the contract, with a manifest.
pub fn component(module: &str, world: &str, manifest: &str) -> Vec<u8> {
    let (resolve, package) = contract();
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
    package: PackageId,
    world: &str,
    manifest: &str,
) -> Vec<u8> {
    let world = resolve
        .select_world(&[package], Some(world))
        .expect("the contract has the world");
    let mut module = parse_str(module).expect("the module's text is right");
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
    let (mut resolve, mut package) = contract();
    for text in wit {
        package = resolve.push_str("test.wit", text).expect("the text is WIT");
    }
    encode(module, &resolve, package, world, manifest)
}

/// A component with a manifest behind it.
pub fn with_manifest(mut component: Vec<u8>, manifest: &str) -> Vec<u8> {
    let section = CustomSection {
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

/// The contract of this repository.
fn contract() -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let folder = tree::root().join("wit");
    let (package, _) = resolve.push_dir(folder).expect("wit/ can be parsed");
    (resolve, package)
}
