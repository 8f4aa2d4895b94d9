//! WebAssembly: modules and components.

use expect_test::expect;
use orch_inspect::{ArtifactFacts, inspect};

use crate::{check, target};

#[test]
fn webassembly_is_validated_and_its_imports_are_named() {
    let wasi = target("wasm32-wasip1");
    let module = |text: &str| wat::parse_str(text).unwrap();
    let command = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (memory (export "memory") 1)
        (func (export "_start")))"#;
    check(
        &module(command),
        &wasi,
        expect![[r#"
        WebAssembly module, imports wasi_snapshot_preview1, stripped
    "#]],
    );
    check(
        &module(r#"(module (import "env" "f" (func)) (import "gojs" "g" (func)))"#),
        &wasi,
        expect![[r#"
            WebAssembly module, imports env, gojs, stripped
            ! imports from `env`, but a `wasip1` host offers only `wasi_snapshot_preview1`
            ! imports from `gojs`, but a `wasip1` host offers only `wasi_snapshot_preview1`
        "#]],
    );
    check(
        &module(r#"(module (import "gojs" "g" (func)))"#),
        &target("wasm32-unknown-js"),
        expect![[r#"
            WebAssembly module, imports gojs, stripped
        "#]],
    );
    check(
        &module("(component (core module (import \"a\" \"b\" (func))))"),
        &wasi,
        expect![[r#"
            WebAssembly component, imports nothing, stripped
            ! is a component, but the target runs core modules
        "#]],
    );
    check(
        &module(command),
        &target("x86_64-unknown-linux-gnu"),
        expect![[r#"
            WebAssembly module, imports wasi_snapshot_preview1, stripped
            ! is a WebAssembly file, but Linux runs ELF files (x86_64-unknown-linux-gnu)
        "#]],
    );

    let Ok(ArtifactFacts::Wasm(facts)) = inspect(&module(command)) else {
        panic!("it is a module");
    };
    assert!(facts.is_command());
    let mut invalid = module("(module (func $f (result i32) i32.const 1))");
    let position = invalid.iter().position(|byte| *byte == 0x41).unwrap();
    invalid[position] = 0x42;
    check(
        &invalid,
        &wasi,
        expect![[r#"
        error: is not valid WebAssembly: type mismatch: expected i32, found i64 (at offset 0x1a)
    "#]],
    );
}
