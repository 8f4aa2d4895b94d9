//! Go's names for systems and architectures.
//! <https://go.dev/doc/install/source#environment>

use orch_plugin::Machine;

/// GOOS and GOARCH of a machine; nothing where Go does not know it.
pub fn go_names(machine: &Machine) -> Option<(&'static str, &'static str)> {
    let triple = machine.triple.as_str();
    let mut parts = triple.split('-');
    let architecture = match parts.next()? {
        "x86_64" => "amd64",
        "aarch64" | "arm64" => "arm64",
        "riscv64" | "riscv64gc" => "riscv64",
        "wasm32" => "wasm",
        arm if arm.starts_with("arm") => "arm",
        _ => return None,
    };
    let system = parts.find_map(|part| {
        Some(match part {
            "linux" => "linux",
            "darwin" | "macos" => "darwin",
            "windows" => "windows",
            "wasi" | "wasip1" => "wasip1",
            "js" => "js",
            _ => return None,
        })
    })?;
    let known = match system {
        "linux" => architecture != "wasm",
        "darwin" => matches!(architecture, "amd64" | "arm64"),
        "windows" => matches!(architecture, "amd64" | "arm64"),
        _ => architecture == "wasm",
    };
    known.then_some((system, architecture))
}

/// The minor version of Go 1 since which a target's variable is known: an older release
/// would not read it. `GOAMD64`: <https://go.dev/doc/go1.18#amd64>; `GOARM64`:
/// <https://go.dev/doc/go1.23#arm64>; `GORISCV64`: <https://go.dev/doc/go1.23#riscv>.
pub fn known_since(variable: &str) -> Option<u64> {
    Some(match variable {
        "GOARM" => 0,
        "GOAMD64" => 18,
        "GOARM64" | "GORISCV64" => 23,
        _ => return None,
    })
}

/// What a program's name ends with.
pub fn suffix(system: &str) -> &'static str {
    match system {
        "windows" => ".exe",
        "wasip1" | "js" => ".wasm",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_have_gos_names() {
        for (triple, names) in [
            ("x86_64-unknown-linux-musl", Some(("linux", "amd64"))),
            ("aarch64-apple-darwin", Some(("darwin", "arm64"))),
            ("armv7-unknown-linux-gnueabihf", Some(("linux", "arm"))),
            ("x86_64-pc-windows-msvc", Some(("windows", "amd64"))),
            ("wasm32-wasip1", Some(("wasip1", "wasm"))),
            ("thumbv7em-none-eabihf", None),
            ("riscv64-pc-windows-msvc", None),
        ] {
            assert_eq!(go_names(&Machine::of(triple)), names, "{triple}");
        }
    }
}
