//! Projects whose lock pins the toolchain `go` to an archive of a test's own, so that
//! fetching it needs a file or a server on loopback, and no compiler.

use std::path::Path;
use std::process::Command;

use orch_tests::Project;

use crate::project;

/// The toolchain's only program: prints its arguments.
pub const PROGRAM: &[u8] = b"#!/bin/sh\necho \"$@\"\n";

/// What a task needs that uses it.
const PIPELINE: &str = "\
version = 1
name = \"agent\"

[toolchain.go]
version = \"1.22\"

[task.version]
command = [\"go\", \"version\"]
tools = [\"go\"]
";

/// A project whose toolchain is [`PROGRAM`], at this address.
pub fn pinned(url: &str) -> Project {
    project().pipeline(PIPELINE).file("orch.lock", lock(url))
}

/// The lock of such a project.
pub fn lock(url: &str) -> String {
    let name = url.rsplit('/').next().unwrap_or_default();
    lock_of(url, PROGRAM, "raw", name)
}

/// A lock that pins the toolchain to an archive: its address, what it holds, its format, and
/// where in it the program `go` is.
pub fn lock_of(url: &str, archive: &[u8], format: &str, program: &str) -> String {
    let architecture = std::env::consts::ARCH;
    let (digest, bytes) = (sha_256(archive), archive.len());
    format!(
        "\
version = 1

[[toolchain]]
name = \"go\"
with = \"go\"
requirement = \"~1.22\"
release = \"1.22.10\"

[[toolchain.host]]
host = \"{architecture}-linux\"
tools = [{{ name = \"go\", program = \"{program}\" }}]

[[toolchain.host.archive]]
urls = [\"{url}\"]
digest = \"sha256:{digest}\"
bytes = {bytes}
format = \"{format}\"
"
    )
}

fn sha_256(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("archive"), bytes).expect("a file can be written");
    let line = printed("sha256sum", &["archive"], folder.path());
    line.split(' ').next().unwrap_or_default().to_owned()
}

/// What a program of the base system prints when it is run in a folder.
pub fn printed(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("`{program}`: {error}; apt-get install coreutils tar gzip"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{program}`: {said}");
    String::from_utf8(output.stdout).expect("it prints text")
}
