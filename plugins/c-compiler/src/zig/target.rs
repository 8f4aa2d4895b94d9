//! Zig's names of target machines: <https://ziglang.org/documentation/0.15.2/#Targets>. `zig
//! targets` lists those that it has a C library for under `libc`.

use orch_plugin::Machine;

/// Targets by LLVM's triple, and what Zig calls them. All have a C library inside Zig.
const TARGETS: &[(&str, &str)] = &[
    ("aarch64-apple-darwin", "aarch64-macos"),
    ("aarch64-pc-windows-gnullvm", "aarch64-windows-gnu"),
    ("aarch64-unknown-linux-gnu", "aarch64-linux-gnu"),
    ("aarch64-unknown-linux-musl", "aarch64-linux-musl"),
    ("arm-unknown-linux-gnueabihf", "arm-linux-gnueabihf"),
    ("arm-unknown-linux-musleabihf", "arm-linux-musleabihf"),
    ("armv5te-unknown-linux-gnueabi", "arm-linux-gnueabi"),
    ("armv5te-unknown-linux-musleabi", "arm-linux-musleabi"),
    ("armv7-unknown-linux-gnueabihf", "arm-linux-gnueabihf"),
    ("armv7-unknown-linux-musleabihf", "arm-linux-musleabihf"),
    ("riscv64gc-unknown-linux-gnu", "riscv64-linux-gnu"),
    ("riscv64gc-unknown-linux-musl", "riscv64-linux-musl"),
    ("wasm32-wasip1", "wasm32-wasi"),
    ("x86_64-apple-darwin", "x86_64-macos"),
    ("x86_64-pc-windows-gnu", "x86_64-windows-gnu"),
    ("x86_64-unknown-linux-gnu", "x86_64-linux-gnu"),
    ("x86_64-unknown-linux-musl", "x86_64-linux-musl"),
];

/// What Zig calls a target machine that it has a C library for.
pub(crate) fn zig(target: &Machine) -> Option<&'static str> {
    let known = TARGETS.iter().find(|(triple, _)| *triple == target.triple);
    known.map(|(_, zig)| *zig)
}

/// Why Zig can't link for a target machine as is wanted; nothing if it can.
pub(crate) fn refusal(target: &Machine, static_link: bool) -> Option<String> {
    let Some(zig) = zig(target) else {
        return Some(format!("Zig has no C library for `{}`", target.triple));
    };
    if static_link && zig.contains("-gnu") && zig.contains("-linux-") {
        return Some(format!(
            "Zig links no static program for `{zig}`, whose C library is glibc; take a target \
             with musl, such as `platform = \"musl\"`"
        ));
    }
    if static_link && zig.ends_with("-macos") {
        return Some(
            "a program for macOS always needs the system's own libraries, and the target wants \
             none"
                .to_owned(),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_a_target_stands_once() {
        assert!(TARGETS.is_sorted());
    }

    #[test]
    fn a_target_without_a_c_library_is_refused() {
        let bare = Machine::of("thumbv6m-none-eabi");
        let refused = refusal(&bare, true).unwrap();
        assert_eq!(refused, "Zig has no C library for `thumbv6m-none-eabi`");
        let linux = Machine::of("x86_64-unknown-linux-musl");
        assert_eq!(refusal(&linux, true), None);
    }
}
