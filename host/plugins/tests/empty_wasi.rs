//! What components find that import WASI: a world in which nothing is, and in which the
//! same call always goes the same way.

mod guest;

use guest::{host, limits, load, words};
use orch_engine::port::Plugins;
use orch_tests::component::{component_with, manifest, platform_module};

const IO: &str = "package wasi:io@0.2.0;
    interface poll { resource pollable { block: func(); } }";
const CLOCKS: &str = "package wasi:clocks@0.2.0;
    interface monotonic-clock {
        use wasi:io/poll@0.2.0.{pollable};
        now: func() -> u64;
        subscribe-duration: func(when: u64) -> pollable;
    }
    interface wall-clock {
        record datetime { seconds: u64, nanoseconds: u32 }
        now: func() -> datetime;
    }";
const RANDOM: &str = "package wasi:random@0.2.0;
    interface random { get-random-u64: func() -> u64; }";
const CLI: &str = "package wasi:cli@0.2.0;
    interface environment { get-arguments: func() -> list<string>; }
    interface exit { exit: func(status: result); }";
const WORLD: &str = "package test:plugin;
    world plugin {
        include orch:plugin/target-platform-plugin@0.1.0;
        import wasi:io/poll@0.2.0;
        import wasi:clocks/monotonic-clock@0.2.0;
        import wasi:clocks/wall-clock@0.2.0;
        import wasi:random/random@0.2.0;
        import wasi:cli/environment@0.2.0;
        import wasi:cli/exit@0.2.0;
    }";

/// Calls `offers` with this body; a list of nothing lies at 2000.
fn offers(body: &str) -> Result<usize, String> {
    let imports = r#"(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration"
    (func $subscribe (param i64) (result i32)))
  (import "wasi:clocks/wall-clock@0.2.0" "now" (func $date (param i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
  (import "wasi:cli/environment@0.2.0" "get-arguments" (func $arguments (param i32)))
  (import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))"#;
    let module = platform_module("", body, "unreachable").replacen("(module", imports, 1);
    let component = component_with(
        &[IO, CLOCKS, RANDOM, CLI, WORLD],
        &module,
        "plugin",
        &manifest("target-platform"),
    );
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(&host, component);
    let called = host.platform_offers(&plugin);
    match &called.result {
        Ok(offers) => Ok(offers.len()),
        Err(_) => Err(words(&called)),
    }
}

/// Traps unless the condition holds, then returns nothing.
fn holds(condition: &str) {
    let body = format!("(if (i32.eqz {condition}) (then unreachable)) (i32.const 2000)");
    assert_eq!(offers(&body), Ok(0), "{condition}");
}

#[test]
fn clocks_stand_still() {
    holds("(i64.eqz (call $now))");
    holds(
        "(i64.eqz (block (result i64) (call $date (i32.const 1024)) (i64.load (i32.const 1024))))",
    );
}

#[test]
fn randomness_is_the_same_every_time() {
    // Two random numbers, five bits of each byte, as letters in a log line.
    let letters = "(i64.or (i64.and (call $random) (i64.const 0x0f0f0f0f0f0f0f0f))
        (i64.const 0x4040404040404040))";
    let body = format!(
        "(i64.store (i32.const 1024) {letters}) (i64.store (i32.const 1032) {letters})
         (call $log (i32.const 1) (i32.const 1024) (i32.const 16)) unreachable"
    );
    let first = offers(&body).expect_err("it traps");
    assert_eq!(offers(&body).expect_err("it traps"), first);
}

#[test]
fn there_are_no_arguments() {
    holds(
        "(i32.eqz (block (result i32) (call $arguments (i32.const 1024)) (i32.load (i32.const 1028))))",
    );
}

#[test]
fn a_wait_is_over_at_once() {
    // An hour; the call has less than a second.
    holds(
        "(block (result i32) (call $block (call $subscribe (i64.const 3600000000000))) (i32.const 1))",
    );
}

#[test]
fn exit_is_no_result() {
    expect_test::expect!["broken: plugin `demo` 1.2.3 in `target-platform.offers` called `exit` with 1, where it should return; it wrote no log line"]
        .assert_eq(&offers("(call $exit (i32.const 1)) unreachable").expect_err("it exits"));
}

#[test]
fn handles_are_counted() {
    expect_test::expect!["broken: plugin `demo` 1.2.3 in `target-platform.offers` kept too many handles of WASI (limit: handles); it wrote no log line"].assert_eq(
        &offers("(loop $again (drop (call $subscribe (i64.const 1))) br $again) unreachable")
            .expect_err("there is an end"),
    );
}
