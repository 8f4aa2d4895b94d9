//! What each compiler is told for each kind of machine.

use expect_test::{Expect, expect};
use orch_plugin::tuning_policy::TuningPolicy;
use orch_plugin::{InstalledToolchain, fake};

use super::*;

fn zig() -> InstalledToolchain {
    InstalledToolchain::of("zig", "0.15.2", &["zig"])
}

fn gcc(prefix: &str) -> InstalledToolchain {
    InstalledToolchain::of("gcc", "12.2.0+4-12.2.0-3", &[&format!("{prefix}-gcc")])
}

fn advised(builder: &str, toolchain: InstalledToolchain, target: Machine) -> Vec<Advice> {
    let request = Request::of(builder, toolchain, target);
    CcRelease::advise("cc-release", &request, NoSettings {}, &fake::Facts::new()).unwrap()
}

fn check(toolchain: InstalledToolchain, triple: &str, expected: Expect) {
    let advice = advised("cc", toolchain, Machine::of(triple));
    assert!(advice.iter().all(|advice| advice.reference.is_some()));
    let shown: Vec<_> = advice.iter().map(|advice| advice.tweak.text()).collect();
    expected.assert_eq(&format!("{}\n", shown.join("\n")));
}

#[test]
fn gcc_for_linux_is_told_of_all() {
    check(
        gcc("aarch64-linux-gnu"),
        "aarch64-unknown-linux-gnu",
        expect![[r#"
            cc optimise=2
            cc symbols=strip
            cc lto=true
            cc.cflags -ffunction-sections
            cc.cflags -fdata-sections
            cc.ldflags -Wl,--gc-sections
            cc.ldflags -static-libgcc
            cc.ldflags -static-libstdc++
            cc.cflags -Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=2
            cc.cflags -mbranch-protection=standard
            cc.ldflags -Wl,-z,relro
            cc.ldflags -Wl,-z,now
            cc.ldflags -Wl,-z,noexecstack
        "#]],
    );
}

#[test]
fn a_microcontroller_is_told_to_be_small() {
    check(
        gcc("arm-none-eabi"),
        "thumbv7em-none-eabihf",
        expect![[r#"
            cc optimise=s
            cc symbols=strip
            cc lto=true
            cc.cflags -ffunction-sections
            cc.cflags -fdata-sections
            cc.ldflags -Wl,--gc-sections
        "#]],
    );
}

#[test]
fn zig_is_told_what_its_linker_for_a_system_does() {
    check(
        zig(),
        "x86_64-unknown-linux-musl",
        expect![[r#"
            cc optimise=2
            cc symbols=strip
            cc lto=true
            cc.cflags -ffunction-sections
            cc.cflags -fdata-sections
            cc.ldflags -Wl,--gc-sections
            cc.ldflags -Wl,-z,relro
            cc.ldflags -Wl,-z,now
            cc.ldflags -Wl,-z,noexecstack
        "#]],
    );
    check(
        zig(),
        "aarch64-apple-darwin",
        expect![[r#"
            cc optimise=2
            cc symbols=strip
            cc.cflags -ffunction-sections
            cc.cflags -fdata-sections
            cc.ldflags -Wl,-dead_strip
        "#]],
    );
}

#[test]
fn other_builders_and_toolchains_without_a_compiler_are_told_nothing() {
    let linux = || Machine::of("x86_64-unknown-linux-musl");
    assert!(advised("go", zig(), linux()).is_empty());
    assert!(advised("cc", gcc("aarch64-linux-gnu"), linux()).is_empty());
}
