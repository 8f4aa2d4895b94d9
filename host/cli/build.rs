//! How the `orch` program is linked.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells build scripts by variables"
)]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| {
        println!("cargo::rerun-if-env-changed={name}");
        std::env::var(name).unwrap_or_default()
    };
    // A program at a fixed address needs no relocation when it starts. There are some
    // 40,000 of them in this one, most of them in the compiler of WebAssembly, and working
    // them off takes longer than a run that finds nothing to do. What is given up is that
    // the program's own code lies at another address each time; libraries, heap and stacks
    // still do, and what plugins are compiled to never knows an address of the host's.
    if variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
