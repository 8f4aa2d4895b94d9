//! C and C++ programs as they are shipped: optimised as a whole, without what is never called
//! and what only debuggers read, and hardened where that costs nothing.

use orch_plugin::tuning_policy::{Advice, FixedPolicy, Request};
use orch_plugin::{Error, Machine, NoSettings, Release, Tweak};
use orch_plugin_c_compiler::{Compiler, Family};

const OPTIMISING: &str = "https://gcc.gnu.org/onlinedocs/gcc/Optimize-Options.html";
const LINKING: &str = "https://gcc.gnu.org/onlinedocs/gcc/Link-Options.html";
const HARDENING: &str = "https://best.openssf.org/Compiler-Hardening-Guides/Compiler-Options-Hardening-Guide-for-C-and-C++.html";
const CLANG_LTO: &str = "https://llvm.org/docs/LinkTimeOptimization.html";
const LLD_MACHO: &str = "https://lld.llvm.org/MachO/index.html";
const ARM_BRANCHES: &str = "https://gcc.gnu.org/onlinedocs/gcc/AArch64-Options.html";

/// The policy.
pub struct CcRelease;

impl FixedPolicy for CcRelease {
    type Settings = NoSettings;

    const NAME: &'static str = "cc-release";
    const SUMMARY: &'static str =
        "C and C++ programs as they are shipped: small, fast, and hardened where it costs nothing";
    const BUILDER: &'static str = "cc";

    fn advice(request: &Request, _: Release, _: NoSettings) -> Result<Vec<Advice>, Error> {
        let Some(compiler) = Compiler::of_advised(request) else {
            return Ok(Vec::new());
        };
        let target = &request.target;
        let mut advice = vec![optimisation(target), symbols()];
        advice.extend(whole_program(&compiler.family(), target));
        advice.extend(sections(target));
        advice.extend(compiler_libraries(&compiler.family(), request));
        advice.extend(hardening(&compiler.family(), request));
        Ok(advice)
    }
}

fn optimisation(target: &Machine) -> Advice {
    match is_bare(target) {
        true => Tweak::flag("cc", "optimise=s")
            .because("makes code small: a microcontroller's flash is what it has least of"),
        false => Tweak::flag("cc", "optimise=2")
            .because("makes code fast without making it larger for little, as `-O3` does"),
    }
    .see(OPTIMISING)
}

fn symbols() -> Advice {
    Tweak::flag("cc", "symbols=strip")
        .because("leaves out symbols and debug information, which only debuggers read")
        .see(LINKING)
}

/// Zig's linkers for macOS and WebAssembly are left to do what they do by themselves.
fn whole_program(family: &Family, target: &Machine) -> Option<Advice> {
    let why = "optimises all sources together: what is called once is inlined, what is never \
               called is left out";
    let lto = Tweak::flag("cc", "lto=true").because(why);
    match family {
        Family::Gcc(_) => Some(lto.see(OPTIMISING)),
        Family::Zig(_) if target.names("linux") => Some(lto.see(CLANG_LTO)),
        Family::Zig(_) => None,
    }
}

fn sections(target: &Machine) -> Vec<Advice> {
    let why = "gives each function and variable a section of its own, so that the linker can \
               leave out those that nobody uses";
    let separate = |flag| Tweak::flag("cc.cflags", flag).because(why).see(OPTIMISING);
    let collect = match target.names("darwin") {
        true => Tweak::flag("cc.ldflags", "-Wl,-dead_strip")
            .because("leaves out what nobody uses")
            .see(LLD_MACHO),
        false => Tweak::flag("cc.ldflags", "-Wl,--gc-sections")
            .because("leaves out sections that nobody uses")
            .see(LINKING),
    };
    vec![
        separate("-ffunction-sections"),
        separate("-fdata-sections"),
        collect,
    ]
}

/// Zig links its own libraries statically in any case.
fn compiler_libraries(family: &Family, request: &Request) -> Vec<Advice> {
    let is_shared = request.target.names("linux") && !request.static_link;
    match family {
        Family::Gcc(_) if is_shared => {
            let why = "needs no library of the compiler on the device, whose release may be older \
                       than what built the program";
            ["-static-libgcc", "-static-libstdc++"]
                .map(|flag| Tweak::flag("cc.ldflags", flag).because(why).see(LINKING))
                .into()
        }
        Family::Gcc(_) | Family::Zig(_) => Vec::new(),
    }
}

/// What the loader, the C library and the CPU do without a cost while the program runs. Stack
/// protectors and array checks cost something, so they are the program's own to choose.
fn hardening(family: &Family, request: &Request) -> Vec<Advice> {
    let target = &request.target;
    let mut advice = Vec::new();
    if !target.names("linux") {
        return advice;
    }
    if matches!(family, Family::Gcc(_)) && has_glibc(target) {
        advice.push(
            Tweak::flag("cc.cflags", "-Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=2")
                .because(
                    "lets glibc check copies whose destination's size is known when compiling, \
                     and end the program in place of an overflow",
                )
                .see(HARDENING),
        );
    }
    if target.architecture() == "aarch64" {
        advice.push(
            Tweak::flag("cc.cflags", "-mbranch-protection=standard")
                .because(
                    "signs return addresses and marks where calls may land: instructions that do \
                     nothing on a CPU without ARMv8.3 and 8.5",
                )
                .see(ARM_BRANCHES),
        );
    }
    if !request.static_link || matches!(family, Family::Zig(_)) {
        let why = "resolves all symbols when the program starts and makes their table read-only";
        let flags = ["-Wl,-z,relro", "-Wl,-z,now"];
        advice
            .extend(flags.map(|flag| Tweak::flag("cc.ldflags", flag).because(why).see(HARDENING)));
    }
    advice.push(
        Tweak::flag("cc.ldflags", "-Wl,-z,noexecstack")
            .because("keeps data on the stack from being executed, also where a part in assembly says nothing of it")
            .see(HARDENING),
    );
    advice
}

fn has_glibc(target: &Machine) -> bool {
    ["gnu", "gnueabi", "gnueabihf"]
        .iter()
        .any(|system| target.names(system))
}

fn is_bare(target: &Machine) -> bool {
    target.names("none")
}

orch_plugin::export_tuning_policy!(CcRelease);

#[cfg(test)]
mod tests;
