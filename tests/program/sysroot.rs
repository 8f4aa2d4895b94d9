//! Sysroots: libraries of another architecture, of packages, that a Go program links through
//! cgo and `pkg-config`.

use orch_tests::Project;

use crate::project_of_compilers;

/// A Go program that asks zlib and OpenSSL who they are.
const MAIN: &str = r#"package main

// #cgo pkg-config: zlib openssl
// #include <zlib.h>
// #include <openssl/evp.h>
// static unsigned char first_of_digest(void) {
//     unsigned char digest[EVP_MAX_MD_SIZE];
//     unsigned bytes;
//     return EVP_Digest("orch", 4, digest, &bytes, EVP_sha256(), NULL) ? digest[0] : 0;
// }
import "C"

import (
	"fmt"
	"os"
)

func main() {
	fmt.Printf("zlib %s\n", C.GoString(C.zlibVersion()))
	// The first byte of the SHA-256 of `orch`.
	if byte := C.first_of_digest(); byte != 0x0c {
		fmt.Printf("%02x\n", byte)
		os.Exit(1)
	}
}
"#;

const TABLES: &str = "\
version = 1
name = \"linked\"

[toolchain.go]
version = \"1.22.10\"
source = \"registry\"

[toolchain.arm64]
with = \"debian\"
architecture = \"arm64\"
packages = [\"libc6-dev\", \"zlib1g-dev\", \"libssl-dev\"]

[toolchain.pkgconf]
with = \"debian\"
packages = [\"pkgconf-bin\"]

[target.device]
platform = \"linux-arm64\"

[build.linked]
with = \"go\"
cgo = true
targets = [\"device\"]
smoke = []
";

fn linked(compiler: &str) -> Project {
    project_of_compilers()
        .pipeline(&format!("{TABLES}{compiler}"))
        .file("go.mod", "module linked.example\n\ngo 1.22\n")
        .file("main.go", MAIN)
}

#[track_caller]
fn runs(project: &Project) {
    project.orch(&["fetch"]).exits(0);
    project
        .orch(&["run"])
        .exits(0)
        .says("zlib 1.")
        .shows("ELF 64-bit aarch64, dynamically linked, glibc 2.")
        .shows("ran under qemu-aarch64-static");
}

#[test]
fn gcc_links_libraries_of_a_sysroot() {
    let project = linked(
        "\
tools = [\"gcc\", \"arm64\", \"pkgconf\"]

[toolchain.gcc]
with = \"debian\"
packages = [\"gcc-aarch64-linux-gnu\"]

[bench.startup]
probe = \"startup\"
of = \"build.linked\"
samples = 2
gate = { metric = \"wall\", worse-than = \"5%\" }
",
    );
    runs(&project);
    // The emulator finds the libraries where it measures too, and what it takes is held to nothing.
    project
        .orch(&["bench"])
        .exits(0)
        .shows("bench.startup@device on ")
        .shows(", by an emulator: times mean nothing");
}

#[test]
fn zig_links_libraries_of_a_sysroot() {
    runs(&linked(
        "\
tools = [\"zig\", \"arm64\", \"pkgconf\"]

[toolchain.zig]
version = \"0.15\"
source = \"registry\"
",
    ));
}
