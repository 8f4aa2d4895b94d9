//! Real Debian machines with systemd and sshd, each in a network namespace of its own, that boot
//! in seconds and whose network can be cut.
//!
//! Over one system, which `cargo xtask setup` makes once, each machine has a layer of its own in
//! memory. All is gone when the test ends; what a killed test leaves, the next one removes.

mod claim;
mod machine;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use claim::Claim;
use machine::Machine;

/// What is missing where a program cannot be started.
const INSTALL: &str = "apt-get install --no-install-recommends systemd-container debootstrap iproute2, \
     openssh-client and `cargo xtask setup` as root";

/// The system that machines boot, by `tests/machines/make-base.sh`.
const BASE: &str = "/var/cache/orch-test-machines/base-2";

/// Machines on one bridge. Ended when dropped.
pub struct Machines {
    // In this order: machines end before what they lie in is removed.
    machines: Vec<Machine>,
    claim: Claim,
}

impl Machines {
    /// Boots so many machines, at most 200, and waits until each runs.
    pub fn start(count: usize) -> Self {
        Self::boot(BASE, count)
    }

    /// The same with Python on each, which `tests/machines/make-base.sh --python` makes.
    pub fn start_with_python(count: usize) -> Self {
        Self::boot(&format!("{BASE}-python"), count)
    }

    fn boot(base: &str, count: usize) -> Self {
        let mark = Path::new(base).join("etc/orch-test-machine");
        assert!(
            mark.exists(),
            "there is no {base}; `cargo xtask setup` makes it; {INSTALL}"
        );
        allow_many();
        let claim = Claim::take();
        claim.prepare();
        let machines: Vec<Machine> = (0..count)
            .map(|index| Machine::start(&claim, index, base))
            .collect();
        let machines = Self { machines, claim };
        machines.know(&machines.host_keys());
        machines
            .machines
            .iter()
            .for_each(Machine::wait_until_booted);
        machines
    }

    /// Where a machine is, for a user: `root`, `deploy`, who may become root without a password,
    /// or `clerk`, who may not.
    pub fn address(&self, index: usize, user: &str) -> String {
        format!("ssh://{user}@{}", self.ip(index))
    }

    /// A machine's address on the bridge.
    pub fn ip(&self, index: usize) -> Ipv4Addr {
        self.machines[index].ip()
    }

    /// A `PATH` whose `ssh` has the test's key, and knows the machines.
    pub fn path(&self) -> String {
        let folder = self.client();
        let folder = folder.parent().expect("it lies in a folder");
        format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display())
    }

    /// That `ssh` itself.
    pub fn client(&self) -> PathBuf {
        self.claim.file("bin/ssh")
    }

    /// A machine's public key.
    pub fn host_key(&self, index: usize) -> String {
        self.machines[index].host_key()
    }

    /// Makes the client know other keys of the machines, in their order, than theirs.
    pub fn know(&self, keys: &[String]) {
        let lines: Vec<String> = keys
            .iter()
            .zip(&self.machines)
            .map(|(key, machine)| format!("{} {key}", machine.ip()))
            .collect();
        std::fs::write(self.claim.file("known"), lines.concat()).expect("it can be written");
    }

    /// Pulls a machine's network plug: what is sent to it is lost.
    pub fn cut(&self, index: usize) {
        run(&format!("ip link set {} down", self.machines[index].name()));
    }

    /// Puts the plug back.
    pub fn mend(&self, index: usize) {
        run(&format!("ip link set {} up", self.machines[index].name()));
    }

    /// What is sent to a machine from now on comes slowly: half a megabit a second.
    pub fn slow(&self, index: usize) {
        let name = self.machines[index].name();
        run(&format!(
            "tc qdisc add dev {name} root tbf rate 512kbit burst 16kb latency 500ms"
        ));
    }

    /// Cuts a machine's power, and boots it anew; its disk stays as it was.
    pub fn reboot(&self, index: usize) {
        let machine = &self.machines[index];
        machine.stop();
        machine.boot();
        machine.wait_until_booted();
    }

    /// Where this machine sees what lies at `/opt` there.
    pub fn disk(&self, index: usize) -> PathBuf {
        self.machines[index].disk()
    }

    /// Sets how large the disk at `/opt` is, which has 256 MiB at first.
    pub fn resize_disk(&self, index: usize, bytes: u64) {
        self.machines[index].resize_disk(bytes);
    }

    /// Runs a script as root, past network and sshd, and returns what it prints, without white
    /// space around it.
    pub fn inside(&self, index: usize, script: &str) -> String {
        self.machines[index].inside(script)
    }

    fn host_keys(&self) -> Vec<String> {
        self.machines.iter().map(Machine::host_key).collect()
    }
}

/// Raises what the kernel allows one user of inotify: each machine's systemd wants half a dozen,
/// and root's 128 are shared by all machines.
fn allow_many() {
    const WANTED: u32 = 4096;
    const FILE: &str = "/proc/sys/fs/inotify/max_user_instances";
    let allowed = std::fs::read_to_string(FILE).expect("the kernel has inotify");
    if allowed
        .trim()
        .parse::<u32>()
        .is_ok_and(|allowed| allowed < WANTED)
    {
        std::fs::write(FILE, WANTED.to_string()).expect("root may set it");
    }
}

/// Runs a line of plain words.
#[track_caller]
fn run(line: &str) {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().expect("a line has a program"));
    let ran = command
        .args(words)
        .output()
        .unwrap_or_else(|error| panic!("`{line}`: {error}; {INSTALL}"));
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "`{line}`: {}", errors.trim());
}
