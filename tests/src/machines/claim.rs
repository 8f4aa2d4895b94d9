//! The place of one test's machines: a network, a folder in memory, and names, all by one number
//! that nobody else has as long as this process lives.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run;
use crate::ssh_server::{make_client, make_key};

/// Where the folders lie.
const PLACE: &str = "/run/orch-test-machines";

/// Where the kernel shows control groups.
const GROUPS: &str = "/sys/fs/cgroup";

/// A number that is this process's own: the kernel holds the lock, and lets it go with the
/// process, however that ends.
pub(super) struct Claim {
    number: u8,
    _lock: File,
}

impl Claim {
    /// Takes the first free number, after removing what dead tests have left behind.
    pub(super) fn take() -> Self {
        std::fs::create_dir_all(PLACE).expect("root may make a folder in /run");
        let mut taken = None;
        for number in 1..=250 {
            let folder = Path::new(PLACE).join(number.to_string());
            if taken.is_some() && !folder.exists() {
                continue;
            }
            if let Some(lock) = lock(&folder.with_extension("lock")) {
                let claim = Self {
                    number,
                    _lock: lock,
                };
                claim.clear();
                // All but the first are let go here.
                taken.get_or_insert(claim);
            }
        }
        taken.expect("a number is free")
    }

    /// The first three numbers of the network's addresses.
    pub(super) fn network(&self) -> String {
        format!("10.213.{}", self.number)
    }

    /// A name of the kernel's that begins for every claim in its own way.
    pub(super) fn name(&self, end: &str) -> String {
        format!("orch{}-{end}", self.number)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn folder(&self) -> PathBuf {
        Path::new(PLACE).join(self.number.to_string())
    }

    /// Makes folder, bridge, keys and client.
    pub(super) fn prepare(&self) {
        let folder = self.folder();
        std::fs::create_dir_all(&folder).expect("root may make a folder in /run");
        run(&format!(
            "mount -t tmpfs -o mode=755 tmpfs {}",
            folder.display()
        ));
        let bridge = self.name("br");
        run(&format!("ip link add {bridge} type bridge"));
        run(&format!("ip addr add {}.1/24 dev {bridge}", self.network()));
        run(&format!("ip link set {bridge} up"));
        make_key(&self.file("user"));
        make_client(&self.file("bin"), &self.file("user"), &self.file("known"));
    }

    /// Ends and removes whatever goes by this number.
    fn clear(&self) {
        self.end_machines();
        let begin = self.name("");
        for name in names(Path::new("/run/netns"), &begin) {
            let _ = Command::new("ip").args(["netns", "del", &name]).output();
        }
        for name in names(Path::new("/sys/class/net"), &begin) {
            let _ = Command::new("ip").args(["link", "del", &name]).output();
        }
        for hierarchy in ["", "systemd", "unified"].map(|name| Path::new(GROUPS).join(name)) {
            for name in names(&hierarchy, &begin) {
                let group = hierarchy.join(name);
                let _ = Command::new("find")
                    .arg(group)
                    .args(["-depth", "-type", "d", "-exec", "rmdir", "{}", "+"])
                    .output();
            }
        }
        let folder = self.folder();
        if folder.exists() {
            // Everything below it is mounted there too.
            let _ = Command::new("umount")
                .args(["-R", "-l"])
                .arg(&folder)
                .output();
            let _ = std::fs::remove_dir(&folder);
        }
    }

    fn end_machines(&self) {
        let word = format!("--machine={}", self.name(""));
        for process in processes_with(&word) {
            let children = format!("/proc/{process}/task/{process}/children");
            let children = std::fs::read_to_string(children).unwrap_or_default();
            for victim in children.split_whitespace().chain([process.as_str()]) {
                let _ = Command::new("kill").args(["-KILL", victim]).output();
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.clear();
    }
}

fn lock(file: &Path) -> Option<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(file)
        .expect("root may write below /run");
    file.try_lock().is_ok().then_some(file)
}

/// The names in a folder that begin so.
fn names(folder: &Path, begin: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(begin))
        .collect()
}

/// The processes with an argument that begins so.
fn processes_with(begin: &str) -> Vec<String> {
    let is_meant = |process: &String| {
        let line = std::fs::read(Path::new("/proc").join(process).join("cmdline"));
        let line = line.unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|word| word.starts_with(begin.as_bytes()))
    };
    let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    names(Path::new("/proc"), "")
        .into_iter()
        .filter(is_number)
        .filter(is_meant)
        .collect()
}
