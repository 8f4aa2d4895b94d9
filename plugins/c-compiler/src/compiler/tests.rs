//! Which compiler is found, how it is called, and what is said where none fits.

use expect_test::expect;
use orch_plugin::{cache, scratch, word};

use super::*;

fn zig(version: &str) -> InstalledToolchain {
    InstalledToolchain {
        environment: vec![
            Variable::new("ZIG_GLOBAL_CACHE_DIR", cache("zig")),
            Variable::new("ZIG_LOCAL_CACHE_DIR", scratch("zig")),
        ],
        ..toolchain("zig", version, &["zig"])
    }
}

/// Debian's, without the compiler for C++.
fn gcc() -> InstalledToolchain {
    let tools = ["aarch64-linux-gnu-ar", "aarch64-linux-gnu-gcc"];
    toolchain("gcc", "12.2.0+4-12.2.0-3", &tools)
}

fn toolchain(name: &str, version: &str, tools: &[&str]) -> InstalledToolchain {
    let bare = InstalledToolchain::of(name, version);
    tools.iter().fold(bare, |toolchain, &tool| {
        toolchain.tool(tool, format!("bin/{tool}"))
    })
}

fn pi() -> Machine {
    Machine::of("aarch64-unknown-linux-gnu")
        .cpu("cortex-a76")
        .features(&["crc", "lse"])
}

fn shown(compiler: &Compiler, language: Language) -> String {
    let call = compiler.driver(language).unwrap();
    let words: Vec<_> = call.arguments.iter().map(word).collect();
    format!("{} {}\n", call.program.text(), words.join(" "))
}

fn refusal(toolchains: &[InstalledToolchain], triple: &str, static_link: bool) -> String {
    match Compiler::find(toolchains, &Machine::of(triple), static_link) {
        Err(Error::Unsupported(text)) => format!("{text}\n"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_toolchain_with_a_compiler_for_the_target_is_called() {
    let go = toolchain("go", "1.22.10", &["go"]);
    let first = Compiler::find(&[go, zig("0.15.2"), gcc()], &pi(), false).unwrap();
    let own = Compiler::find(&[gcc(), zig("0.15.2")], &pi(), false).unwrap();
    let musl = Machine::of("aarch64-unknown-linux-musl");
    let lent = Compiler::find(&[gcc(), zig("0.15.2")], &musl, true).unwrap();
    expect![[r#"
        tool/zig/bin/zig cc -target aarch64-linux-gnu -mcpu=cortex_a76+crc+lse -fno-sanitize=undefined
        tool/zig/bin/zig c++ -target aarch64-linux-gnu -mcpu=cortex_a76+crc+lse -fno-sanitize=undefined
        tool/gcc/bin/aarch64-linux-gnu-gcc -mcpu=cortex-a76+crc+lse
        tool/zig/bin/zig cc -target aarch64-linux-musl -mcpu=baseline -fno-sanitize=undefined
    "#]]
    .assert_eq(
        &[
            shown(&first, Language::C),
            shown(&first, Language::Cxx),
            shown(&own, Language::C),
            shown(&lent, Language::C),
        ]
        .concat(),
    );
    assert_eq!(first.caches(), ["zig"]);
    assert_eq!((own.toolchain(), lent.toolchain()), ("gcc", "zig"));
}

#[test]
fn a_gcc_for_c_alone_says_which_package_compiles_cxx() {
    let compiler = Compiler::find(&[gcc()], &pi(), false).unwrap();
    let Err(Error::Unsupported(text)) = compiler.driver(Language::Cxx) else {
        panic!("there is no `g++`")
    };
    assert_eq!(
        text,
        "toolchain `gcc` has no `aarch64-linux-gnu-g++`; add its package to the toolchain's, \
         such as `packages = [\"g++-aarch64-linux-gnu\"]`, or `g++` to its `programs` if they are \
         the machine's own"
    );
}

#[test]
fn what_cannot_be_compiled_is_said_with_the_remedy() {
    let go = || toolchain("go", "1.22.10", &["go"]);
    let library_first = toolchain("gcc", "2.36.0", &["aarch64-linux-gnu-gcc"]);
    let shown = [
        refusal(&[go()], "x86_64-unknown-linux-gnu", false),
        refusal(&[zig("0.11.0")], "x86_64-unknown-linux-gnu", false),
        refusal(&[zig("0.15.2")], "x86_64-unknown-linux-gnu", true),
        refusal(&[zig("0.15.2"), gcc()], "thumbv6m-none-eabi", true),
        refusal(&[gcc()], "wasm32-unknown-js", false),
        refusal(&[library_first], "aarch64-unknown-linux-gnu", false),
    ];
    expect![[r#"
        toolchain `go` has no C compiler; for `x86_64-unknown-linux-gnu` add `[toolchain.zig]`, or `[toolchain.host]` with `with = "system"` and `programs = ["gcc"]` on a machine with x86_64 and name it in the build's `toolchain` or `tools`
        Zig 0.11.0 is older than 0.13.0, the first whose targets are known; ask for `version = ">=0.13"` in the toolchain's table
        Zig links no static program for `x86_64-linux-gnu`, whose C library is glibc; take a target with musl, such as `platform = "musl"`; for `x86_64-unknown-linux-gnu` add `[toolchain.host]` with `with = "system"` and `programs = ["gcc"]` on a machine with x86_64 and name it in the build's `toolchain` or `tools`
        Zig has no C library for `thumbv6m-none-eabi`, `aarch64-linux-gnu-gcc` builds for `aarch64-linux-gnu`; for `thumbv6m-none-eabi` add `[toolchain.gcc]` with `with = "debian"` and `packages = ["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"]` and name it in the build's `toolchain` or `tools`
        `aarch64-linux-gnu-gcc` builds for `aarch64-linux-gnu`; no known compiler builds for `wasm32-unknown-js`
        toolchain `gcc` is version 2.36.0, and the oldest GCC whose CPUs are known is 11; where it is a set of packages or programs, name the compiler's first
    "#]].assert_eq(&shown.concat());
}

#[test]
fn a_gcc_for_glibc_takes_musl_that_is_lent_and_compiles_c_alone() {
    let musl = || InstalledToolchain {
        sysroot: Some("aarch64-linux-musl".to_owned()),
        ..toolchain("musl", "1.2.3", &[])
    };
    let both = || {
        let tools = ["aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++"];
        toolchain("gcc", "12.2.0", &tools)
    };
    let target = Machine::of("aarch64-unknown-linux-musl");
    let compiler = Compiler::find(&[both(), musl()], &target, true).unwrap();
    assert_eq!(compiler.toolchains(), ["gcc", "musl"]);
    let Err(Error::Unsupported(cxx)) = compiler.driver(Language::Cxx) else {
        panic!("its C++ library is glibc's")
    };
    let shown = [
        shown(&compiler, Language::C),
        format!("{cxx}\n"),
        refusal(&[both()], "aarch64-unknown-linux-musl", true),
        refusal(&[both(), musl()], "x86_64-unknown-linux-musl", true),
    ];
    expect![[r#"
        tool/gcc/bin/aarch64-linux-gnu-gcc -march=armv8-a --sysroot={tool/musl/aarch64-linux-musl} -isystem {tool/musl/aarch64-linux-musl/usr/include/aarch64-linux-musl} -B{tool/musl/aarch64-linux-musl/usr/lib/aarch64-linux-musl}/ -static
        the C++ library of toolchain `gcc` is made for glibc, so it builds C alone for a target with musl; add `[toolchain.zig]` and name it before `gcc`
        `aarch64-linux-gnu-gcc` builds for `aarch64-linux-gnu`, and no toolchain of the build has musl for it; for `aarch64-unknown-linux-musl` add `[toolchain.zig]`, or `[toolchain.musl]` with `with = "debian"`, `architecture = "arm64"` and `packages = ["musl-dev"]` beside a GCC for `aarch64-linux-gnu` and name it in the build's `toolchain` or `tools`
        `aarch64-linux-gnu-gcc` builds for `aarch64-linux-gnu`; for `x86_64-unknown-linux-musl` add `[toolchain.zig]`, or `[toolchain.musl]` with `with = "debian"`, `architecture = "amd64"` and `packages = ["musl-dev"]` beside a GCC for `x86_64-linux-gnu` and name it in the build's `toolchain` or `tools`
    "#]].assert_eq(&shown.concat());
}

/// Debian's packages for arm64.
fn arm64() -> InstalledToolchain {
    InstalledToolchain {
        sysroot: Some("aarch64-linux-gnu".to_owned()),
        ..toolchain("arm64", "2.36.0", &[])
    }
}

#[test]
fn a_sysroot_is_lent_to_the_compiler_and_to_pkg_config() {
    let find = |tools: &[InstalledToolchain], triple| {
        Compiler::find(tools, &Machine::of(triple), false).unwrap()
    };
    let pkgconf = || toolchain("pkgconf", "1.8.1", &["pkgconf"]);
    let target = "aarch64-unknown-linux-gnu";
    let of_zig = find(&[zig("0.15.2"), arm64(), pkgconf()], target);
    let of_gcc = find(&[gcc(), arm64()], target);
    let variables = |compiler: &Compiler| -> String {
        let line = |variable: &Variable| format!("{}={}\n", variable.name, word(&variable.value));
        compiler.pkg_config().iter().map(line).collect()
    };
    expect![[r#"
        tool/zig/bin/zig cc -target aarch64-linux-gnu -mcpu=baseline -fno-sanitize=undefined -idirafter {tool/arm64/aarch64-linux-gnu/usr/include/aarch64-linux-gnu} -idirafter {tool/arm64/aarch64-linux-gnu/usr/include} -L{tool/arm64/aarch64-linux-gnu/usr/lib/aarch64-linux-gnu} -L{tool/arm64/aarch64-linux-gnu/lib/aarch64-linux-gnu} -Wl,--allow-shlib-undefined
        tool/gcc/bin/aarch64-linux-gnu-gcc -march=armv8-a --sysroot={tool/arm64/aarch64-linux-gnu}
        PKG_CONFIG={tool/pkgconf/bin/pkgconf}
        PKG_CONFIG_SYSROOT_DIR={tool/arm64/aarch64-linux-gnu}
        PKG_CONFIG_LIBDIR={tool/arm64/aarch64-linux-gnu/usr/lib/aarch64-linux-gnu/pkgconfig}:{tool/arm64/aarch64-linux-gnu/usr/lib/pkgconfig}:{tool/arm64/aarch64-linux-gnu/usr/share/pkgconfig}
        PKG_CONFIG_SYSTEM_INCLUDE_PATH={tool/arm64/aarch64-linux-gnu/usr/include}:{tool/arm64/aarch64-linux-gnu/usr/include/aarch64-linux-gnu}
        PKG_CONFIG_SYSTEM_LIBRARY_PATH={tool/arm64/aarch64-linux-gnu/usr/lib/aarch64-linux-gnu}:{tool/arm64/aarch64-linux-gnu/lib/aarch64-linux-gnu}
    "#]].assert_eq(
        &[
            shown(&of_zig, Language::C),
            shown(&of_gcc, Language::C),
            variables(&of_zig),
        ]
        .concat(),
    );
    assert_eq!(variables(&of_gcc), "");

    // One of another machine is none, and then `pkg-config` finds nothing.
    let other = find(
        &[zig("0.15.2"), arm64(), pkgconf()],
        "x86_64-unknown-linux-gnu",
    );
    assert!(!shown(&other, Language::C).contains("arm64"));
    assert_eq!(
        variables(&other),
        "PKG_CONFIG={tool/pkgconf/bin/pkgconf}\nPKG_CONFIG_LIBDIR={scratch/none}\n"
    );
}
