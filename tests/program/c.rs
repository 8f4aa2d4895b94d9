//! C, end to end: the decompressor of Zstandard, from the sources that cargo has fetched for
//! the house itself, by a real Zig for three kinds of machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use orch_tests::{Project, tree};
use serde_json::Value;

use crate::{platforms, project_of_compilers};

const PIPELINE: &str = "\
version = 1
name = \"unpack\"

[toolchain.zig]
version = \"0.15\"
source = \"registry\"

[target.server]
platform = \"musl\"
[target.device]
platform = \"musl\"
arch = \"aarch64\"
[target.web]
platform = \"wasm\"

[build.unpack]
with = \"cc\"
toolchain = \"zig\"
sources = [\"main.c\", \"zstd/**/*.c\", \"zstd/**/*.S\"]
include = [\"zstd\"]
ldflags = [\"-s\"]
targets = [\"server\", \"device\", \"web\"]
smoke = []
";

/// Unpacks what `zstd -19` made of one line, said four times, and compares.
const MAIN: &str = r#"
#include <string.h>
#include "zstd.h"

static const unsigned char frame[] = {
    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x25, 0x01, 0x00, 0xe8, 0x5a, 0x73, 0x74,
    0x61, 0x6e, 0x64, 0x61, 0x72, 0x64, 0x20, 0x77, 0x61, 0x73, 0x20, 0x62, 0x75,
    0x69, 0x6c, 0x74, 0x20, 0x62, 0x79, 0x20, 0x6f, 0x72, 0x63, 0x68, 0x2e, 0x0a,
    0x01, 0x00, 0x11, 0x98, 0x94, 0x13, 0x22, 0xbf, 0x2d, 0xa3
};

int main(void)
{
    static const char line[] = "Zstandard was built by orch.\n";
    char text[256];
    size_t bytes = ZSTD_decompress(text, sizeof text, frame, sizeof frame);
    if (ZSTD_isError(bytes) || bytes != 4 * strlen(line))
        return 1;
    for (size_t at = 0; at < bytes; at += strlen(line))
        if (memcmp(text + at, line, strlen(line)) != 0)
            return 2;
    return 0;
}
"#;

#[test]
fn a_c_library_is_built_by_zig_and_runs_on_each_machine() {
    let project = sources();
    // One after the other: each compiles its own C library first.
    for (target, how) in [
        ("server", "ran here"),
        ("device", "ran under qemu-aarch64-static"),
        ("web", "ran in the embedded engine"),
    ] {
        let ran = project.orch(&["run", "--target", target]).exits(0);
        assert!(
            ran.stdout.contains(how),
            "`{target}` {how}? apt-get install qemu-user-static\n{}",
            ran.stdout
        );
    }

    // Of a changed source only its own action runs; the same object links to the same program.
    let project = project.file("main.c", format!("{MAIN}/* One more line. */\n"));
    let again = ["run", "--offline", "--target", "server"];
    let ran = project.orch(&again).exits(0);
    let done: Vec<_> = ran
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("done")?.split_whitespace().next())
        .collect();
    assert_eq!(done, ["build.unpack@server/compile-main.c"]);
}

/// A real Zig knows each target and CPU that the plan names for a bundled platform, and none
/// that it does not know.
#[test]
fn zig_takes_every_target_of_the_bundled_platforms() {
    let project = everywhere();
    project.orch(&["fetch"]).exits(0);
    let which = project.orch(&["toolchain", "which", "zig"]).exits(0);
    let cache = project.cache().display().to_string();
    let zig = which.stdout.trim().replace("[CACHE]", &cache);
    let takes = |target: &str, cpu: &str| {
        let ran = Command::new(&zig)
            .args(["cc", "-target", target, cpu, "-E", "-x", "c", "/dev/null"])
            .env("ZIG_GLOBAL_CACHE_DIR", project.path().join("zig"))
            .output()
            .unwrap_or_else(|error| panic!("{zig}: {error}"));
        ran.status.success()
    };
    assert!(!takes("aarch64-linux-gnu", "-mcpu=cortex_a0"));

    let plan = platforms::plan(&project);
    let builds = plan["builds"].as_array().expect("a plan has builds");
    assert!(builds.len() > 20, "{} builds", builds.len());
    for build in builds {
        let command = build["actions"][0]["command"].as_array();
        let words: Vec<_> = command
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let [_, "cc", "-target", target, cpu, ..] = words[..] else {
            panic!("{words:?}")
        };
        assert!(takes(target, cpu), "{} {target} {cpu}", build["node"]);
    }
}

/// One program for every bundled platform that has a C library.
fn everywhere() -> Project {
    let (tables, names) = platforms::with_a_c_library();
    project_of_compilers()
        .file("main.c", MAIN)
        .pipeline(&format!(
            "\
version = 1
name = \"everywhere\"

[toolchain.zig]
version = \"0.15\"
source = \"registry\"
{tables}
[build.everywhere]
with = \"cc\"
toolchain = \"zig\"
sources = [\"main.c\"]
targets = [{names}]
"
        ))
}

/// The pipeline, its program, and what of Zstandard unpacks.
fn sources() -> Project {
    let library = crate_folder("zstd-sys").join("zstd/lib");
    let mut project = project_of_compilers()
        .pipeline(PIPELINE)
        .file("main.c", MAIN);
    for folder in ["", "common", "decompress"] {
        for (name, content) in files(&library.join(folder)) {
            project = project.file(&format!("zstd/{folder}/{name}"), content);
        }
    }
    project
}

/// The names and contents of a folder's own files that are C or assembly.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("a folder can be read").path())
        .filter(|path| {
            let ending = path.extension().and_then(|ending| ending.to_str());
            ending.is_some_and(|ending| ["c", "h", "S"].contains(&ending))
        })
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let content = std::fs::read(&path).expect("a source can be read");
            (name.into_owned(), content)
        })
        .collect()
}

/// Where cargo keeps the sources of a crate that the house is built of.
pub(crate) fn crate_folder(name: &str) -> PathBuf {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(tree::root())
        .output()
        .expect("`cargo` is here, or these tests would not be");
    assert!(output.status.success(), "cargo metadata fails");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == name)
        .find_map(|package| package["manifest_path"].as_str())
        .unwrap_or_else(|| panic!("the house is built without `{name}`"));
    let folder = Path::new(manifest).parent();
    folder.expect("a manifest lies in a folder").to_owned()
}
