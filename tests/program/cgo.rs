//! C in Go, end to end: Zstandard's decompressor, from the sources that cargo has fetched for
//! the house itself, in a Go package, by real C compilers for glibc and musl.

use std::fs;
use std::process::Command;

use orch_tests::Project;

use crate::c::{crate_folder, files};
use crate::project_of_compilers;

const TABLES: &str = "\
version = 1
name = \"unpack\"

[toolchain.go]
version = \"1.22.10\"
source = \"registry\"

[target.server]
platform = \"linux-amd64\"
[target.static]
platform = \"musl\"
[target.device]
platform = \"musl\"
arch = \"aarch64\"
[target.board]
platform = \"pi5\"
[target.web]
platform = \"wasm\"
[target.mac]
platform = \"darwin-arm64\"
";

const ZIG: &str = "\
[toolchain.zig]
version = \"0.15\"
source = \"registry\"
";

const GCC: &str = "\
[toolchain.gcc]
with = \"debian\"
packages = [\"gcc-aarch64-linux-gnu\", \"libc6-dev-arm64-cross\"]
";

const BUILD: &str = "\
[build.unpack]
with = \"go\"
cgo = true
";

/// One file that holds the whole decompressor: Go compiles no folder below a package's own.
const LIBRARY: &str = r#"
#define ZSTD_DISABLE_ASM 1
#include "lib/common/debug.c"
#include "lib/common/entropy_common.c"
#include "lib/common/error_private.c"
#include "lib/common/fse_decompress.c"
#include "lib/common/xxhash.c"
#include "lib/common/zstd_common.c"
#include "lib/decompress/huf_decompress.c"
#include "lib/decompress/zstd_ddict.c"
#include "lib/decompress/zstd_decompress_block.c"
#include "lib/decompress/zstd_decompress.c"
"#;

const PACKAGE: &str = r#"package zstd

// #include "lib/zstd.h"
import "C"

import (
	"errors"
	"unsafe"
)

// Unpack gives at most so many bytes.
func Unpack(frame []byte, most int) ([]byte, error) {
	text := make([]byte, most)
	bytes := C.ZSTD_decompress(unsafe.Pointer(&text[0]), C.size_t(most),
		unsafe.Pointer(&frame[0]), C.size_t(len(frame)))
	if C.ZSTD_isError(bytes) != 0 {
		return nil, errors.New(C.GoString(C.ZSTD_getErrorName(bytes)))
	}
	return text[:bytes], nil
}
"#;

/// Unpacks what `zstd -19` made of one line, said four times. `net` and `os/user` ask the C
/// library where Go may call it.
const MAIN: &str = r#"package main

import (
	"fmt"
	"net"
	"os"
	"os/user"

	"unpack.example/zstd"
)

var frame = []byte{
	0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x25, 0x01, 0x00, 0xe8, 0x5a, 0x73, 0x74,
	0x61, 0x6e, 0x64, 0x61, 0x72, 0x64, 0x20, 0x77, 0x61, 0x73, 0x20, 0x62, 0x75,
	0x69, 0x6c, 0x74, 0x20, 0x62, 0x79, 0x20, 0x6f, 0x72, 0x63, 0x68, 0x2e, 0x0a,
	0x01, 0x00, 0x11, 0x98, 0x94, 0x13, 0x22, 0xbf, 0x2d, 0xa3,
}

func main() {
	text, err := zstd.Unpack(frame, 256)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	net.LookupPort("tcp", "http")
	user.LookupId("0")
	fmt.Print(string(text))
}
"#;

#[test]
fn a_c_library_in_a_go_package_runs_on_each_machine() {
    let project = unpack(
        ZIG,
        "tools = [\"zig\"]\ntargets = [\"server\", \"static\", \"device\"]\nsmoke = []",
    );
    project.orch(&["fetch"]).exits(0);
    // One after the other: each compiles its own C library first.
    for (target, linked, how) in [
        ("server", "dynamically linked, glibc 2.", "ran here"),
        ("static", "statically linked", "ran here"),
        (
            "device",
            "statically linked",
            "ran under qemu-aarch64-static",
        ),
    ] {
        let node = format!("build.unpack@{target}");
        let ran = project.orch(&["run", "--only", &node]).exits(0);
        ran.says("Zstandard was built by orch.")
            .shows(linked)
            .shows(how);
        names_no_folder(&project, &format!("out/unpack/{target}/unpack"));
    }
}

#[test]
fn a_gcc_of_packages_compiles_c_for_a_board_with_glibc() {
    let project = unpack(GCC, "tools = [\"gcc\"]\ntargets = [\"board\"]");
    project
        .orch(&["run"])
        .exits(0)
        .shows("ELF 64-bit aarch64, dynamically linked, glibc 2.");
    names_no_folder(&project, "out/unpack/board/unpack");
    let said = Command::new("qemu-aarch64-static")
        .args(["-L", "/usr/aarch64-linux-gnu", "out/unpack/board/unpack"])
        .current_dir(project.path())
        .output()
        .expect("apt-get install qemu-user-static");
    let text = String::from_utf8_lossy(&said.stdout);
    assert_eq!(
        text.lines().next(),
        Some("Zstandard was built by orch."),
        "apt-get install libc6-arm64-cross: {}",
        String::from_utf8_lossy(&said.stderr)
    );
}

#[test]
fn a_target_on_which_go_calls_no_c_is_left_out() {
    let build = "\
tools = [\"zig\"]
toolchains = [\"go\"]
targets = [\"server\", \"web\", \"mac\"]
";
    unpack(ZIG, build)
        .orch(&["plan"])
        .exits(0)
        .shows("build.unpack@server+go  (builder go")
        .shows("build.unpack@web+go  left out: plugin `go`: Go calls no C on wasip1/wasm")
        .shows("build.unpack@mac+go  left out: plugin `go`: C in Go needs the frameworks of Apple");
}

#[test]
fn c_without_a_compiler() {
    unpack("", "targets = [\"board\"]")
        .orch(&["plan"])
        .exits(2)
        .as_documented("C in Go without a C compiler");
}

/// A program with what of Zstandard unpacks, these toolchains beside Go, and these lines of its
/// build.
pub(crate) fn unpack(toolchains: &str, build: &str) -> Project {
    let library = crate_folder("zstd-sys").join("zstd/lib");
    let mut project = project_of_compilers()
        .pipeline(&format!("{TABLES}{toolchains}{BUILD}{build}\n"))
        .file("go.mod", "module unpack.example\n\ngo 1.22\n")
        .file("main.go", MAIN)
        .file("zstd/zstd.go", PACKAGE)
        .file("zstd/all.c", LIBRARY);
    for folder in ["", "common", "decompress"] {
        for (name, content) in files(&library.join(folder)) {
            project = project.file(&format!("zstd/lib/{folder}/{name}"), content);
        }
    }
    project
}

/// Sees that a program does not say where it was built.
fn names_no_folder(project: &Project, program: &str) {
    let bytes = fs::read(project.path().join(program)).expect("the program is there");
    for folder in [project.path(), project.cache()] {
        let folder = folder.display().to_string();
        let found = bytes
            .windows(folder.len())
            .any(|window| window == folder.as_bytes());
        assert!(!found, "`{program}` names `{folder}`");
    }
}
