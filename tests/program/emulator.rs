//! A smoke run under an emulator rests on the emulator: another one in its place is found out,
//! also by a run that would have nothing to do.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use orch_tests::Project;

use crate::pinned::lock_of;
use crate::project;

/// A program for processors that need not be like this one, so that it runs under an emulator.
const PIPELINE: &str = r#"version = 1
name = "emulated"

[toolchain.go]
version = "1.22"

[target.v2]
platform = "musl"
amd64 = "v2"

[build.agent]
with = "go"
targets = ["v2"]
smoke = []
"#;

/// Stands for a compiler: an ELF header, a program header, and `exit(0)`.
const COMPILER: &[u8] = br#"#!/bin/sh
while [ "$1" != "-o" ]; do shift; done
{
    printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\076\000'
    printf '\001\000\000\000\170\000\100\000\000\000\000\000\100\000\000\000\000\000\000\000'
    printf '\000\000\000\000\000\000\000\000\000\000\000\000\100\000\070\000\001\000\100\000'
    printf '\000\000\000\000\001\000\000\000\005\000\000\000\000\000\000\000\000\000\000\000'
    printf '\000\000\100\000\000\000\000\000\000\000\100\000\000\000\000\000\201\000\000\000'
    printf '\000\000\000\000\201\000\000\000\000\000\000\000\000\020\000\000\000\000\000\000'
    printf '\270\074\000\000\000\061\377\017\005'
} > "$2"
"#;

const EMULATOR: &str = "qemu-x86_64-static";

/// A project with two folders of programs of its own, the first of which is empty.
struct Emulated {
    project: Project,
    first: PathBuf,
    second: PathBuf,
}

impl Emulated {
    fn new() -> Self {
        let project = project().file("go", COMPILER);
        let url = format!("file://{}", project.path().join("go").display());
        let beside = project.cache();
        let (first, second) = (beside.join("first"), beside.join("second"));
        fs::create_dir(&first).unwrap();
        fs::create_dir(&second).unwrap();
        let path = format!("{}:{}:/usr/bin:/bin", first.display(), second.display());
        let project = project
            .file("orch.lock", lock_of(&url, COMPILER, "raw", "go"))
            .file("go.mod", "module example.org/agent\n\ngo 1.22\n")
            .file("main.go", "package main\n")
            .pipeline(PIPELINE)
            .variable("PATH", &path);
        Self {
            project,
            first,
            second,
        }
    }

    /// What lies beside a project is in no sandbox.
    fn run(&self) -> orch_tests::Ran {
        self.project.orch(&["run", "--sandbox=off"])
    }

    fn settles(&self) {
        self.run().exits(0).says("build.agent@v2/smoke");
        self.run().exits(0).says("nothing to do: all 5 nodes");
        self.run().exits(0).says("nothing to do: all 5 nodes");
    }

    fn is_found_out(&self) {
        self.run()
            .exits(1)
            .says("failed       build.agent@v2/smoke");
    }
}

fn write(file: &Path, code: u8) {
    fs::write(file, format!("#!/bin/sh\nexit {code}\n")).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn another_emulator_at_the_same_place_is_found_out() {
    let emulated = Emulated::new();
    write(&emulated.second.join(EMULATOR), 0);
    emulated.settles();
    write(&emulated.second.join(EMULATOR), 1);
    emulated.is_found_out();
}

#[test]
fn an_emulator_in_an_earlier_folder_of_the_path_is_found_out() {
    let emulated = Emulated::new();
    write(&emulated.second.join(EMULATOR), 0);
    emulated.settles();
    write(&emulated.first.join(EMULATOR), 1);
    emulated.is_found_out();
}

#[test]
fn a_link_that_leads_elsewhere_is_found_out() {
    let emulated = Emulated::new();
    let (good, bad) = (emulated.first.join("good"), emulated.first.join("bad"));
    write(&good, 0);
    write(&bad, 1);
    let link = emulated.first.join("link");
    symlink(&good, &link).unwrap();
    symlink(&link, emulated.second.join(EMULATOR)).unwrap();
    emulated.settles();
    fs::remove_file(&link).unwrap();
    symlink(&bad, &link).unwrap();
    emulated.is_found_out();
}
