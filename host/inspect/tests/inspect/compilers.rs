//! Compilers and emulators of this machine, which make the programs and show how they end.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

pub const AARCH64: Compiler = Compiler {
    program: "aarch64-linux-gnu-gcc",
    packages: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
};
pub const ARM: Compiler = Compiler {
    program: "arm-linux-gnueabihf-gcc",
    packages: "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross",
};
pub const MUSL: Compiler = Compiler {
    program: "musl-gcc",
    packages: "musl-tools",
};
pub const NATIVE: Compiler = Compiler {
    program: "gcc",
    packages: "gcc libc6-dev",
};

/// A C compiler, and the packages of Debian that bring it.
pub struct Compiler {
    program: &'static str,
    packages: &'static str,
}

impl Compiler {
    /// The program that it makes.
    pub fn compile(&self, source: &str, flags: &[&str]) -> Vec<u8> {
        let folder = TempDir::new().unwrap();
        self.compile_in(folder.path(), source, flags);
        std::fs::read(folder.path().join("program")).unwrap()
    }

    /// The same, left in a folder as `program`.
    pub fn compile_in(&self, folder: &Path, source: &str, flags: &[&str]) {
        std::fs::write(folder.join("program.c"), source).unwrap();
        let made = Command::new(self.program)
            .args(["-O2", "-o", "program", "program.c"])
            .args(flags)
            .current_dir(folder)
            .output()
            .unwrap_or_else(|error| {
                panic!(
                    "{}: {error}; apt-get install --no-install-recommends {}",
                    self.program, self.packages
                )
            });
        assert!(
            made.status.success(),
            "{}: {}",
            self.program,
            String::from_utf8_lossy(&made.stderr)
        );
    }
}

/// How a program ends under an emulator of one CPU: its exit code, or the signal below 0.
pub fn emulated(emulator: &str, cpu: &str, program: &[u8]) -> i32 {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::ExitStatusExt as _;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("program");
    std::fs::write(&file, program).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ended = Command::new(emulator)
        .args(["-cpu", cpu])
        .arg(&file)
        .current_dir(folder.path())
        .output()
        .unwrap_or_else(|error| {
            panic!("{emulator}: {error}; apt-get install --no-install-recommends qemu-user-static")
        });
    let signal = ended.status.signal().map(|signal| -signal);
    ended.status.code().or(signal).unwrap()
}

pub const SIGILL: i32 = -4;
