//! Static programs with musl by compilers that were made for glibc: a sysroot is lent beside
//! them, and nothing of glibc is in what they leave.

use std::fs;

use orch_tests::Project;

use crate::{cgo, lua};

const TOOLCHAINS: &str = "
[toolchain.host]
with = \"system\"
programs = [\"gcc\"]

[toolchain.gcc]
with = \"debian\"
packages = [\"gcc-aarch64-linux-gnu\", \"libc6-dev-arm64-cross\"]

[toolchain.musl-amd64]
with = \"debian\"
architecture = \"amd64\"
packages = [\"musl-dev\"]

[toolchain.musl-arm64]
with = \"debian\"
architecture = \"arm64\"
packages = [\"musl-dev\"]
";

const LUA: &str = "
version = 1
name = \"lua\"

[target.server]
platform = \"musl\"
[target.device]
platform = \"musl\"
arch = \"aarch64\"
[target.board]
platform = \"linux-arm64\"

[build.lua]
with = \"cc\"
toolchain = \"host\"
tools = [\"gcc\", \"musl-amd64\", \"musl-arm64\"]
sources = [\"lua/*.c\"]
define = [\"LUA_USE_POSIX\"]
libraries = [\"m\"]
ldflags = [\"-static\"]
targets = [\"server\", \"device\", \"board\"]
tuning = [\"cc-release\"]
smoke = [\"assert(load('return 6 * 7')() == 42 and os.time() > 0)\"]
";

#[test]
fn a_gcc_for_glibc_builds_lua_with_musl() {
    let project = lua::sources().pipeline(&format!("{LUA}{TOOLCHAINS}"));
    project.orch(&["fetch"]).exits(0);
    project
        .orch(&["run"])
        .exits(0)
        .shows("ELF 64-bit x86_64, statically linked")
        .shows("ELF 64-bit aarch64, statically linked")
        .shows("ran here")
        .shows("ran under qemu-aarch64-static");
    assert!(!has_glibc(&project, "lua/server/lua"));
    assert!(!has_glibc(&project, "lua/device/lua"));
    // Where it is linked statically, it says so.
    assert!(has_glibc(&project, "lua/board/lua"));
}

#[test]
fn a_gcc_for_glibc_builds_go_with_c_and_musl() {
    let build = "\
tools = [\"host\", \"gcc\", \"musl-amd64\", \"musl-arm64\"]
targets = [\"static\", \"device\"]
smoke = []
";
    let project = cgo::unpack(TOOLCHAINS, build);
    project.orch(&["fetch"]).exits(0);
    project
        .orch(&["run"])
        .exits(0)
        .says("Zstandard was built by orch.")
        .shows("ELF 64-bit x86_64, statically linked")
        .shows("ELF 64-bit aarch64, statically linked")
        .shows("ran here")
        .shows("ran under qemu-aarch64-static");
    assert!(!has_glibc(&project, "unpack/static/unpack"));
    assert!(!has_glibc(&project, "unpack/device/unpack"));
}

/// Whether a program has something of glibc inside, such as the name of the variable that tunes
/// it.
fn has_glibc(project: &Project, program: &str) -> bool {
    let program = fs::read(project.path().join("out").join(program)).expect("it was built");
    program
        .windows(b"GLIBC".len())
        .any(|window| window == b"GLIBC")
}
