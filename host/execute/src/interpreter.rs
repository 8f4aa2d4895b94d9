//! A program for another machine that asks for an interpreter of its C library, which the emulator
//! did not find: said in words of ours, with what to do.

use orch_model::{Action, Runner, Sample};

use crate::ended::Ended;

/// What QEMU prints around the interpreter's path when it cannot open it: `load_elf_interp` of its
/// `linux-user/elfload.c`.
const BEFORE: &str = ": Could not open '";
const BEHIND: &str = "': No such file or directory";

/// Interpreters by the beginning of their names, and Debian's names of the architectures that they
/// are for: <https://www.debian.org/ports/>. Debian has no shared
/// musl for other machines.
const ARCHITECTURES: [(&str, &str); 5] = [
    ("ld-linux-aarch64.", "arm64"),
    ("ld-linux-armhf.", "armhf"),
    ("ld-linux-riscv64", "riscv64"),
    ("ld-linux-x86-64.", "amd64"),
    ("ld-linux.so.3", "armel"),
];

/// The end of an action, told of the interpreter if that was missing.
pub(crate) fn explained(ended: Ended, action: &Action, sample: &Sample) -> Ended {
    if !matches!(
        (&ended, &action.runner),
        (Ended::Failed { .. }, Runner::Emulator(_))
    ) {
        return ended;
    }
    let printed = String::from_utf8_lossy(&sample.stderr);
    let Some(interpreter) = printed.lines().find_map(missing) else {
        return ended;
    };
    Ended::failed_with_hint(
        format!("asks for the interpreter `{interpreter}` of a C library that is not here"),
        remedy(interpreter),
    )
}

/// The interpreter that a line says is missing.
fn missing(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(BEFORE)?;
    rest.strip_suffix(BEHIND)
}

fn remedy(interpreter: &str) -> String {
    let file = interpreter.rsplit('/').next().unwrap_or_default();
    let known = ARCHITECTURES
        .iter()
        .find(|(beginning, _)| file.starts_with(beginning));
    let sysroot = match known {
        Some((_, architecture)) => format!(
            ": a toolchain `with = \"debian\"`, `architecture = \"{architecture}\"` and `packages = \
             [\"libc6-dev\"]`"
        ),
        None => String::new(),
    };
    format!(
        "name a sysroot for the target in the build's `tools`{sysroot}; or link the program \
         statically"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_is_read_off_what_qemu_says() {
        let said = "qemu-aarch64-static: Could not open '/lib/ld-linux-aarch64.so.1': No such \
                    file or directory";
        assert_eq!(missing(said), Some("/lib/ld-linux-aarch64.so.1"));
        assert_eq!(missing("agent: Could not open 'a': Is a directory"), None);
        assert!(remedy("/lib/ld-linux-armhf.so.3").contains("\"armhf\""));
        assert!(!remedy("/lib/ld-musl-aarch64.so.1").contains("libc6-dev"));
    }
}
