//! WebAssembly artifacts in the embedded engine.

use std::path::PathBuf;
use std::time::Duration;

use expect_test::expect;
use orch_engine::Cancel;
use orch_engine::port::WasmRunner;
use orch_model::{Fault, FaultKind, Sample};
use orch_plugins::{EmbeddedSettings, EmbeddedWasm};

/// A folder with a module, and an engine whose cache lies there too.
struct Bench {
    folder: tempfile::TempDir,
    engine: EmbeddedWasm,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let engine = EmbeddedWasm::new(EmbeddedSettings {
            memory_bytes: 8 << 20,
            output_bytes: 1_000,
            ..EmbeddedSettings::new(folder.path())
        });
        Self { folder, engine }
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("module.wasm");
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    fn run(&self, bytes: &[u8]) -> Sample {
        self.start(bytes, &Cancel::new()).expect("it runs")
    }

    fn start(&self, bytes: &[u8], cancel: &Cancel) -> Result<Sample, Fault> {
        self.engine.run(
            &self.file(bytes),
            &["one".into()],
            &[("NAME".into(), "value".into())],
            Duration::from_millis(300),
            cancel,
        )
    }
}

/// A module whose `_start` has this body. `$print` writes bytes of its memory.
fn module(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  (func $print (param $file i32) (param $from i32) (param $bytes i32)
    (i32.store (i32.const 0) (local.get $from))
    (i32.store (i32.const 4) (local.get $bytes))
    (drop (call $fd_write (local.get $file) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start") {body}))"#
    );
    wat::parse_str(text).expect("the text is right")
}

#[test]
fn arguments_and_environment_arrive() {
    let sample = Bench::new().run(&module(
        "(drop (call $args_get (i32.const 16) (i32.const 1000)))
         (drop (call $environ_get (i32.const 16) (i32.const 2000)))
         (call $print (i32.const 1) (i32.const 1000) (i32.const 16))
         (call $print (i32.const 2) (i32.const 2000) (i32.const 11))",
    ));
    assert_eq!(sample.exit_code, 0);
    assert_eq!(sample.stdout, b"module.wasm\0one\0");
    assert_eq!(sample.stderr, b"NAME=value\0");
    assert!(sample.wall_ns > 0 && sample.user_ns > 0);
    assert_eq!(sample.peak_rss_bytes, 128 << 10);
}

#[test]
fn exit_codes_arrive() {
    let sample = Bench::new().run(&module("(call $proc_exit (i32.const 3))"));
    assert_eq!(
        (sample.exit_code, sample.stderr.as_slice()),
        (3, b"".as_slice())
    );
}

fn stderr(sample: &Sample) -> String {
    format!(
        "{} {}",
        sample.exit_code,
        String::from_utf8_lossy(&sample.stderr)
    )
}

#[test]
fn traps_are_aborts() {
    let bench = Bench::new();
    expect![[r#"
        134 orch: the module trapped: wasm `unreachable` instruction executed
    "#]]
    .assert_eq(&stderr(&bench.run(&module("unreachable"))));
    let grows = "(loop $again (drop (memory.grow (i32.const 16))) br $again)";
    expect![[r#"
        134 orch: the module wanted more than 8 MiB of memory (limit: memory)
    "#]]
    .assert_eq(&stderr(&bench.run(&module(grows))));
}

#[test]
fn time_runs_out() {
    let bench = Bench::new();
    expect![[r#"
        124 orch: the module ran longer than 0.3 s
    "#]]
    .assert_eq(&stderr(&bench.run(&module("(loop $again br $again)"))));
    // Waits for an hour inside the host.
    let sleeps = "(i32.store (i32.const 120) (i32.const 1))
        (i64.store (i32.const 128) (i64.const 3600000000000))
        (drop (call $poll_oneoff (i32.const 104) (i32.const 200) (i32.const 1) (i32.const 300)))";
    expect![[r#"
        124 orch: the module ran longer than 0.3 s
    "#]]
    .assert_eq(&stderr(&bench.run(&module(sleeps))));
}

#[test]
fn an_interrupt_ends_it() {
    let bench = Bench::new();
    let cancel = Cancel::new();
    cancel.cancel();
    let fault = bench
        .start(&module("(loop $again br $again)"), &cancel)
        .expect_err("it is interrupted");
    assert_eq!(fault.kind, FaultKind::Interrupted);
}

#[test]
fn output_is_cut() {
    let sample = Bench::new().run(&module(
        "(call $print (i32.const 1) (i32.const 1000) (i32.const 60000))
         (call $print (i32.const 1) (i32.const 1000) (i32.const 60000))
         (call $print (i32.const 2) (i32.const 1000) (i32.const 3))",
    ));
    assert_eq!(
        (sample.exit_code, sample.stdout.len(), sample.stderr.len()),
        (0, 1_000, 3)
    );
}

#[test]
fn there_are_no_files() {
    // `path_open` below every descriptor that could be a preopened folder: the answer is
    // `badf`, no such descriptor, whatever the path is.
    let tries: String = (3..8)
        .map(|file| {
            format!(
                "(if (i32.ne (i32.const 8) (call $path_open (i32.const {file}) (i32.const 0)
                    (i32.const 1000) (i32.const 1) (i32.const 0) (i64.const 0) (i64.const 0)
                    (i32.const 0) (i32.const 400))) (then unreachable))"
            )
        })
        .collect();
    assert_eq!(Bench::new().run(&module(&tries)).exit_code, 0);
}

#[test]
fn what_is_no_module_does_not_run() {
    let bench = Bench::new();
    expect![[r#"
        126 orch: the module cannot run: it is not WebAssembly
    "#]]
    .assert_eq(&stderr(&bench.run(b"\x7fELF")));
    expect![[r#"
        126 orch: the module cannot run: it is a component; the embedded engine runs WASI preview 1 modules
    "#]].assert_eq(&stderr(&bench.run(&wat::parse_str("(component)").expect("text"))));
    expect![[r#"
        126 orch: the module cannot run: it cannot be compiled: failed to parse WebAssembly module: unexpected end-of-file (at offset 0x9)
    "#]].assert_eq(&stderr(&bench.run(b"\0asm\x01\0\0\0\x01")));
    expect![[r#"
        126 orch: the module cannot run: it has no `_start`; is it a WASI command?
    "#]]
    .assert_eq(&stderr(
        &bench.run(&wat::parse_str("(module)").expect("text")),
    ));
    let foreign = r#"(module (import "gojs" "run" (func)))"#;
    expect![[r#"
        126 orch: the module cannot run: it has no `_start`; is it a WASI command?
    "#]]
    .assert_eq(&stderr(&bench.run(&wat::parse_str(foreign).expect("text"))));
    let missing = bench.folder.path().join("none.wasm");
    let fault = bench
        .engine
        .run(&missing, &[], &[], Duration::from_secs(1), &Cancel::new())
        .expect_err("it is not there");
    assert!(fault.message.starts_with("could not read `"), "{fault}");
}

#[test]
fn it_runs_inside_a_runtime_and_again_from_the_cache() {
    let bench = Bench::new();
    let module = module("(call $proc_exit (i32.const 7))");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(async { assert_eq!(bench.run(&module).exit_code, 7) });
    let again = EmbeddedWasm::new(EmbeddedSettings::new(bench.folder.path()));
    let bench = Bench {
        folder: bench.folder,
        engine: again,
    };
    assert_eq!(bench.run(&module).exit_code, 7);
}

#[test]
fn an_interrupt_ends_compiling() {
    let bench = Bench::new();
    let cancel = Cancel::new();
    cancel.cancel();
    let fault = bench.start(&module(""), &cancel).expect_err("interrupted");
    assert_eq!(fault.kind, FaultKind::Interrupted);
    assert!(
        !bench.folder.path().join("compiled").exists(),
        "it came to an end before there was code to keep"
    );
}

#[test]
fn code_that_cannot_be_kept_is_told() {
    let bench = Bench::new();
    let place = bench.folder.path().join("compiled");
    std::fs::write(&place, "no folder").expect("a file");
    let sample = bench.run(&module(""));
    let text = String::from_utf8_lossy(&sample.stderr).into_owned();
    assert_eq!(sample.exit_code, 0);
    let expected = format!("orch: could not keep compiled code in `{}", place.display());
    assert!(text.starts_with(&expected), "{text}");
}
