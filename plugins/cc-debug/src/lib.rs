//! C and C++ programs that a debugger reads well: compiled as they are written, with debug
//! information, which ships in a file of its own.

use orch_plugin::tuning_policy::{Advice, FixedPolicy, Request};
use orch_plugin::{Error, Machine, NoSettings, Release, Tweak};
use orch_plugin_c_compiler::{Compiler, Family};

const DEBUGGING: &str = "https://gcc.gnu.org/onlinedocs/gcc/Debugging-Options.html";
const OPTIMISING: &str = "https://gcc.gnu.org/onlinedocs/gcc/Optimize-Options.html";
const CLANG: &str = "https://clang.llvm.org/docs/CommandGuide/clang.html";
const SEPARATE: &str =
    "https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html";

/// The policy.
pub struct CcDebug;

impl FixedPolicy for CcDebug {
    type Settings = NoSettings;

    const NAME: &'static str = "cc-debug";
    const SUMMARY: &'static str = "C and C++ programs that a debugger reads line by line, with debug information in a file of its own";
    const BUILDER: &'static str = "cc";

    fn advice(request: &Request, _: Release, _: NoSettings) -> Result<Vec<Advice>, Error> {
        let Some(compiler) = Compiler::of_advised(request) else {
            return Ok(Vec::new());
        };
        Ok(vec![
            as_written(&compiler.family()),
            Tweak::flag("cc", "lto=false")
                .because("keeps every function where its source has it")
                .see(OPTIMISING),
            Tweak::flag("cc.cflags", "-g")
                .because(
                    "records lines, types and variables, with files named from the pipeline's \
                     folder F: tell gdb `set substitute-path . F`",
                )
                .see(DEBUGGING),
            Tweak::flag("cc.cflags", "-fno-omit-frame-pointer")
                .because(
                    "lets profilers and crash handlers walk the stack without debug information",
                )
                .see(OPTIMISING),
            symbols(&request.target),
        ])
    }
}

fn as_written(family: &Family) -> Advice {
    match family {
        Family::Gcc(_) => Tweak::flag("cc", "optimise=g")
            .because("optimises only what does not move lines or lose variables")
            .see(OPTIMISING),
        // Clang's `-Og` is `-O1`, which does lose variables.
        Family::Zig(_) => Tweak::flag("cc", "optimise=0")
            .because("compiles without optimisation, so that every line and variable is there")
            .see(CLANG),
    }
}

/// The debuggers of other systems have files of their own for it, which linkers write.
fn symbols(target: &Machine) -> Advice {
    let is_elf = target.names("linux") || target.names("none");
    match is_elf {
        true => Tweak::flag("cc", "symbols=split").because(
            "ships debug information in a file of its own, which gdb finds beside the program: \
             the device needs the small one only",
        ),
        false => Tweak::flag("cc", "symbols=keep")
            .because("keeps symbols and debug information, also behind a policy that strips"),
    }
    .see(SEPARATE)
}

orch_plugin::export_tuning_policy!(CcDebug);

#[cfg(test)]
mod tests {
    use orch_plugin::tuning_policy::TuningPolicy;
    use orch_plugin::{InstalledToolchain, fake};

    use super::*;

    fn advised(builder: &str, toolchain: InstalledToolchain, triple: &str) -> Vec<String> {
        let request = Request::of(builder, toolchain, Machine::of(triple));
        let advice = CcDebug::advise("cc-debug", &request, NoSettings {}, &fake::Facts::new());
        let advice = advice.unwrap();
        assert!(advice.iter().all(|advice| advice.reference.is_some()));
        advice.iter().map(|advice| advice.tweak.text()).collect()
    }

    #[test]
    fn each_compiler_is_told_how_to_keep_what_is_written() {
        let zig = || InstalledToolchain::of("zig", "0.15.2").tools(&["zig"]);
        let gcc = InstalledToolchain::of("gcc", "12.2.0").tools(&["aarch64-linux-gnu-gcc"]);
        assert_eq!(
            advised("cc", gcc, "aarch64-unknown-linux-gnu"),
            [
                "cc optimise=g",
                "cc lto=false",
                "cc.cflags -g",
                "cc.cflags -fno-omit-frame-pointer",
                "cc symbols=split"
            ]
        );
        let windows = advised("cc", zig(), "x86_64-pc-windows-gnu");
        assert_eq!(windows[0], "cc optimise=0");
        assert_eq!(windows[4], "cc symbols=keep");
        assert!(advised("go", zig(), "x86_64-unknown-linux-musl").is_empty());
    }
}
