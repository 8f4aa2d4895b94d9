//! A real project in C: Lua, from the sources in the crate `lua-src`, by Zig for two machines
//! with musl and by GCC for one with glibc, as it would be shipped; and each runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use orch_tests::Project;
use serde_json::Value;

use crate::project_of_compilers;

/// The crate that carries Lua's sources; one exact version, fetched by cargo itself.
const CRATE: (&str, &str) = ("lua-src", "=547.0.0");

const PIPELINE: &str = "\
version = 1
name = \"lua\"

[toolchain.zig]
version = \"0.15\"
source = \"registry\"

[toolchain.gcc]
with = \"debian\"
packages = [\"gcc-aarch64-linux-gnu\", \"libc6-dev-arm64-cross\"]

[target.server]
platform = \"musl\"
[target.device]
platform = \"musl\"
arch = \"aarch64\"
[target.board]
platform = \"linux-arm64\"

[build.lua]
with = \"cc\"
toolchain = \"zig\"
sources = [\"lua/*.c\"]
define = [\"LUA_USE_POSIX\"]
libraries = [\"m\"]
targets = [\"server\", \"device\"]
tuning = [\"cc-release\"]
smoke = [\"assert(load('return 6 * 7')() == 42 and string.format('%5.2f', math.pi) == ' 3.14')\"]

[build.lua-glibc]
with = \"cc\"
toolchain = \"gcc\"
sources = [\"lua/*.c\"]
define = [\"LUA_USE_POSIX\"]
libraries = [\"m\"]
ldflags = [\"-static\"]
targets = [\"board\"]
tuning = [\"cc-release\"]
smoke = [\"assert(load('return 6 * 7')() == 42 and os.time() > 0)\"]
";

/// Runs one line of Lua; the crate leaves Lua's own program out.
const MAIN: &str = r#"
#include <stdio.h>
#include "lauxlib.h"
#include "lualib.h"

int main(int count, char **arguments)
{
    lua_State *state = luaL_newstate();
    if (state == NULL || count != 2)
        return 2;
    luaL_openlibs(state);
    int failed = luaL_dostring(state, arguments[1]);
    if (failed)
        fprintf(stderr, "%s\n", lua_tostring(state, -1));
    lua_close(state);
    return failed;
}
"#;

#[test]
fn lua_is_built_from_its_sources_and_runs_on_each_machine() {
    let project = sources();
    for (node, how) in [
        ("build.lua@server", "ran here"),
        ("build.lua@device", "ran under qemu-aarch64-static"),
        ("build.lua-glibc@board", "ran under qemu-aarch64-static"),
    ] {
        let ran = project.orch(&["run", "--only", node]).exits(0);
        assert!(
            ran.stdout.contains(how),
            "`{node}` {how}? apt-get install qemu-user-static\n{}",
            ran.stdout
        );
    }
}

/// The project with Lua's sources in its folder `lua`.
pub(crate) fn sources() -> Project {
    let crate_folder = fetched();
    let lua = std::fs::read_dir(&crate_folder)
        .expect("a crate can be read")
        .map(|entry| entry.expect("a crate can be read").path())
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            path.is_dir() && name.starts_with("lua-5.4")
        })
        .unwrap_or_else(|| panic!("{} has no Lua 5.4", crate_folder.display()));
    let mut project = project_of_compilers()
        .pipeline(PIPELINE)
        .file("lua/main.c", MAIN);
    for entry in std::fs::read_dir(lua).expect("sources can be read") {
        let path = entry.expect("sources can be read").path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| ["c", "h"].contains(&ending)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let content = std::fs::read(&path).expect("a source can be read");
            project = project.file(&format!("lua/{name}"), content);
        }
    }
    project
}

/// The folder in which cargo keeps the crate, after it was fetched for a package of ours.
fn fetched() -> PathBuf {
    let (name, version) = CRATE;
    let package = project_of_compilers()
        .file(
            "Cargo.toml",
            format!(
                "[package]\nname = \"sources\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                 [workspace]\n[dependencies]\n{name} = \"{version}\"\n"
            ),
        )
        .file("src/lib.rs", "");
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1"])
        .current_dir(package.path())
        .output()
        .expect("`cargo` is here, or these tests would not be");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata fails: {said}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == name)
        .find_map(|package| package["manifest_path"].as_str())
        .unwrap_or_else(|| panic!("cargo fetched no `{name}`"));
    let folder = Path::new(manifest).parent();
    folder.expect("a manifest lies in a folder").to_owned()
}
