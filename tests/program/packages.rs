//! Toolchains of distribution packages: real ones of the machine's own apt, unpacked and run
//! in the sandbox.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use orch_tests::Project;

use crate::project;

/// A pipeline with one toolchain of packages and a task that runs a script with its tools.
fn with_packages(settings: &str) -> Project {
    project().pipeline(&format!(
        r#"version = 1
name = "cross"

[toolchain.gcc]
with = "debian"
{settings}

[task.cross]
command = ["sh", "-e", "cross.sh"]
tools = ["gcc"]
inputs = ["cross.sh", "hello.c"]
outputs = ["dist"]
"#
    ))
}

const HELLO: &str = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n";

/// Links once with the shared C library, and says which files were read for it; and once
/// statically, and runs that.
const CROSS: &str = r"
aarch64-linux-gnu-gcc -MD -MF dist/read -Wl,--trace -o dist/shared hello.c >> dist/linked
aarch64-linux-gnu-gcc -static -o dist/hello hello.c
aarch64-linux-gnu-strip dist/hello
qemu-aarch64-static dist/hello > dist/said
";

#[test]
fn a_cross_compiler_of_packages_reads_nothing_of_the_machines_own() {
    let project = with_packages(
        "packages = [\"gcc-aarch64-linux-gnu\", \"libc6-dev-arm64-cross\"]\n\
         sysroot = \"usr/aarch64-linux-gnu\"",
    )
    .file("hello.c", HELLO)
    .file("cross.sh", format!("mkdir -p dist\n{CROSS}"));
    project.orch(&["run"]).exits(0);

    let made = |name: &str| fs::read_to_string(project.path().join("dist").join(name));
    assert_eq!(made("said").expect("qemu ran it"), "hello\n");
    let lists = made("read").expect("headers are told") + &made("linked").expect("files are told");
    let files: Vec<&str> = lists
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
        .collect();
    for part in ["/include/stdio.h", "/libc.so.6", "/libgcc.a", "/Scrt1.o"] {
        assert!(
            files.iter().any(|file| file.ends_with(part)),
            "{part}: {lists}"
        );
    }
    for file in files {
        let is_ours = ["/orch/tool/gcc/", "/orch/scratch/"];
        assert!(
            is_ours.iter().any(|place| file.starts_with(place)),
            "{file}"
        );
    }

    let lock = fs::read_to_string(project.path().join("orch.lock")).expect("there is a lock");
    for package in [
        "gcc-12-aarch64-linux-gnu@",
        "libc6-arm64-cross@",
        "libisl23@",
    ] {
        assert!(
            lock.contains(&format!("pkg:deb/debian/{package}")),
            "{lock}"
        );
    }
    assert!(!lock.contains("pkg:deb/debian/libc6@"), "{lock}");

    // The next run has nothing to ask apt and nothing to do.
    project.orch(&["run", "--offline", "--locked"]).exits(0);

    // A version that the distribution has replaced meanwhile.
    let package = "pkg:deb/debian/gcc-aarch64-linux-gnu@";
    let gone = lock.replace(package, &format!("{package}0.gone"));
    // With a digest of its own, or what lies in the cache would do.
    let digest = gone
        .lines()
        .skip_while(|line| !line.contains(package))
        .find(|line| line.starts_with("digest"))
        .expect("an archive has a digest");
    let other = format!("digest = \"sha256:{}\"", "0".repeat(64));
    let project = project.file("orch.lock", gone.replace(digest, &other));
    project
        .orch(&["fetch"])
        .exits(4)
        .says("apt knows no package `gcc-aarch64-linux-gnu:")
        .says("`orch lock --update` pins what they have");
}

#[test]
fn a_compiler_for_bare_metal_runs_where_it_was_unpacked() {
    let project = with_packages("packages = [\"gcc-arm-none-eabi\"]")
        .file("hello.c", "int answer(void) { return 42; }\n")
        .file(
            "cross.sh",
            "mkdir -p dist\n\
             arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -nostdlib -Wl,-e,answer \
             -o dist/firmware hello.c\n\
             arm-none-eabi-readelf -h -A dist/firmware > dist/header\n",
        );
    project.orch(&["run"]).exits(0);
    let header = fs::read_to_string(project.path().join("dist/header")).expect("it was read");
    for part in [
        "Machine:                           ARM",
        "Tag_CPU_name: \"7E-M\"",
    ] {
        assert!(header.contains(part), "{header}");
    }
}

#[test]
fn a_package_that_does_not_exist() {
    with_packages("packages = [\"gcc-arch64-linux-gnu\", \"libc6-dev-arm64-cross\"]")
        .orch(&["lock"])
        .exits(2)
        .as_documented("A package that does not exist");
}

#[test]
fn packages_that_conflict() {
    with_packages("packages = [\"libcurl4-openssl-dev\", \"libcurl4-gnutls-dev\"]")
        .orch(&["lock"])
        .exits(2)
        .as_documented("Packages that conflict");
}

#[test]
fn a_sysroot_without_a_c_library() {
    with_packages(
        "packages = [\"binutils-aarch64-linux-gnu\"]\nsysroot = \"usr/aarch64-linux-gnu\"",
    )
    .orch(&["lock"])
    .exits(2)
    .as_documented("A sysroot without a C library");
}

#[test]
fn a_program_that_no_package_has_says_so() {
    let project = with_packages("packages = [\"hello\"]\nprograms = [\"hello\", \"missing\"]");
    let project = project
        .file("hello.c", "")
        .file("cross.sh", "mkdir -p dist\nhello > dist/said\nmissing\n");
    project
        .orch(&["run"])
        .exits(1)
        .says("missing: no package of this toolchain has a program of this name");
}

#[test]
fn two_packages_that_have_one_file() {
    let others = "exclude = [\"perl\", \"libipc-run-perl\", \"libtime-duration-perl\", \
         \"libtimedate-perl\", \"sysstat\", \"procps\"]";
    let project = with_packages(&format!(
        "packages = [\"moreutils\", \"parallel\"]\n{others}"
    ));
    project.orch(&["lock"]).exits(0);
    project
        .orch(&["fetch"])
        .exits(4)
        .as_documented("Two packages that have one file");
}

#[test]
fn a_package_of_no_such_architecture() {
    with_packages("architecture = \"arm64\"\npackages = [\"libc6-dev\", \"libipmctl-dev\"]")
        .orch(&["lock"])
        .exits(2)
        .as_documented("A package that an architecture does not have");
}

#[test]
fn a_sysroot_of_packages_without_a_c_library() {
    with_packages("architecture = \"arm64\"\npackages = [\"libgcc-s1\"]\nexclude = [\"libc6\"]")
        .orch(&["lock"])
        .exits(2)
        .as_documented("Packages of an architecture without a C library");
}

#[test]
fn packages_of_another_distribution() {
    with_packages("distribution = \"ubuntu\"\npackages = [\"gcc-aarch64-linux-gnu\"]")
        .orch(&["lock"])
        .exits(4)
        .as_documented("Packages of another distribution than the machine's");
}

#[test]
fn a_machine_without_apt() {
    with_packages("packages = [\"gcc-aarch64-linux-gnu\"]")
        .variable("PATH", "/usr/local/bin")
        .orch(&["lock"])
        .exits(4)
        .as_documented("Packages on a machine without apt");
}

/// An apt whose lists are older than what is installed: of an installed package it tells the
/// version, and no file.
const OLD_LISTS: &str = r#"#!/bin/sh
case "$*" in
*madison*) echo "gcc-aarch64-linux-gnu | 4:12.2.0-3 | http://deb.example/debian Packages" ;;
*show*gcc-aarch64-linux-gnu*)
	echo "Package: gcc-aarch64-linux-gnu"
	echo "Version: 4:12.2.0-3"
	echo "Architecture: amd64"
	echo "Depends: libc6-dev (= 2.36-9)"
	echo "Size: 1"
	printf 'SHA256: %064d\n' 0
	;;
*show*libc6-dev*)
	echo "Package: libc6-dev"
	echo "Status: install ok installed"
	echo "Version: 2.36-9+deb12u1"
	echo "Architecture: amd64"
	;;
esac
"#;

#[test]
fn package_lists_that_are_older_than_what_is_installed() {
    let apt = tempfile::tempdir().expect("a folder can be made");
    for name in ["apt-cache", "apt-get"] {
        let program = apt.path().join(name);
        fs::write(&program, OLD_LISTS).expect("a program can be written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it may run");
    }
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", apt.path().display());
    with_packages("packages = [\"gcc-aarch64-linux-gnu\"]")
        .variable("PATH", &path)
        .orch(&["lock"])
        .exits(2)
        .as_documented("Package lists that are older than what is installed");
}
