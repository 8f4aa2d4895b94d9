//! One machine: a layer over the system, a wire to the bridge, and the process that boots it.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::claim::Claim;
use super::{INSTALL, run};
use crate::ssh_server::make_key;

/// How long a machine may take until it is up, while many others boot.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command in control groups called `$0`: else all machines would share one, and systemd
/// of each would take processes of the others for its own.
const IN_GROUP: &str = r#"
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  [ ! -f "$hierarchy/cgroup.procs" ] ||
    { mkdir -p "$hierarchy/$0" && echo $$ >"$hierarchy/$0/cgroup.procs"; } || exit 1
done
exec "$@""#;

pub(super) struct Machine {
    name: String,
    ip: Ipv4Addr,
    folder: PathBuf,
    process: Mutex<Option<Child>>,
}

impl Machine {
    pub(super) fn start(claim: &Claim, index: usize, base: &str) -> Self {
        let name = claim.name(&index.to_string());
        let ip = format!("{}.{}", claim.network(), index + 10);
        let folder = claim.file(&index.to_string());
        let machine = Self {
            name,
            ip: ip.parse().expect("it is an address"),
            folder,
            process: Mutex::new(None),
        };
        machine.make_disks(claim, base);
        machine.wire(claim);
        machine.boot();
        machine
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn ip(&self) -> Ipv4Addr {
        self.ip
    }

    pub(super) fn host_key(&self) -> String {
        let file = self.folder.join("layer/etc/ssh/orch_host_key.pub");
        std::fs::read_to_string(file).expect("it was made")
    }

    fn make_disks(&self, claim: &Claim, base: &str) {
        let folder = self.folder.display();
        for name in ["root", "work", "opt", "layer/etc/ssh"] {
            std::fs::create_dir_all(self.folder.join(name)).expect("a folder can be made");
        }
        let keys = self.folder.join("layer/etc/ssh");
        make_key(&keys.join("orch_host_key"));
        std::fs::copy(claim.file("user.pub"), keys.join("orch_authorized"))
            .expect("it can be copied");
        let write = |name: &str, text: String| {
            std::fs::write(self.folder.join("layer/etc").join(name), text)
                .expect("it can be written");
        };
        write("hostname", format!("{}\n", self.name));
        write("hosts", format!("127.0.0.1 localhost {}\n", self.name));
        run(&format!(
            "mount -t overlay overlay -o \
             lowerdir={base},upperdir={folder}/layer,workdir={folder}/work {folder}/root"
        ));
        run(&format!(
            "mount -t tmpfs -o mode=755,size=256m tmpfs {folder}/opt"
        ));
    }

    pub(super) fn disk(&self) -> PathBuf {
        self.folder.join("opt")
    }

    pub(super) fn resize_disk(&self, bytes: u64) {
        run(&format!(
            "mount -o remount,size={bytes} {}",
            self.disk().display()
        ));
    }

    fn wire(&self, claim: &Claim) {
        let (name, ip, bridge) = (&self.name, self.ip, claim.name("br"));
        for line in [
            format!("ip netns add {name}"),
            format!("ip link add {name} type veth peer name host0 netns {name}"),
            format!("ip link set {name} master {bridge} up"),
            format!("ip -n {name} addr add {ip}/24 dev host0"),
            format!("ip -n {name} link set host0 up"),
            format!("ip -n {name} link set lo up"),
        ] {
            run(&line);
        }
    }

    pub(super) fn boot(&self) {
        let folder = self.folder.display();
        let log = std::fs::File::create(self.folder.join("console")).expect("it can be written");
        let errors = log.try_clone().expect("it is open");
        let process = Command::new("sh")
            .args(["-c", IN_GROUP, &self.name, "systemd-nspawn"])
            .args([
                "--register=no",
                "--keep-unit",
                "--boot",
                "--quiet",
                "--console=pipe",
            ])
            .arg(format!("--machine={}", self.name))
            .arg(format!("--directory={folder}/root"))
            .arg(format!("--bind={folder}/opt:/opt"))
            .arg(format!("--network-namespace-path=/run/netns/{}", self.name))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("systemd-nspawn: {error}; {INSTALL}"));
        *self.process() = Some(process);
    }

    pub(super) fn wait_until_booted(&self) {
        let begin = Instant::now();
        while !self.is_booted() {
            assert!(
                begin.elapsed() < PATIENCE,
                "{} does not boot: {}\n{}",
                self.name,
                self.console(),
                self.inside("systemctl --failed --no-legend; journalctl --no-pager -n 60")
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_booted(&self) -> bool {
        let place = (self.ip, 22).into();
        if TcpStream::connect_timeout(&place, Duration::from_secs(1)).is_err() {
            return false;
        }
        // Nobody but root may log in as long as the first of these is there.
        let state = self.inside("[ -e /run/nologin ] || systemctl is-system-running || :");
        matches!(state.as_str(), "running" | "degraded")
    }

    fn console(&self) -> String {
        std::fs::read_to_string(self.folder.join("console")).unwrap_or_default()
    }

    pub(super) fn inside(&self, script: &str) -> String {
        let leader = self.leader().expect("the machine runs");
        let ran = Command::new("nsenter")
            .args([
                "--all", "--root", "--wd", "--target", &leader, "sh", "-c", script,
            ])
            .output()
            .unwrap_or_else(|error| panic!("nsenter: {error}; {INSTALL}"));
        String::from_utf8_lossy(&ran.stdout).trim().to_owned()
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().expect("nobody panics with it")
    }

    /// The machine's process 1, as this machine numbers it.
    fn leader(&self) -> Option<String> {
        let process = self.process().as_ref()?.id();
        let file = format!("/proc/{process}/task/{process}/children");
        let children = std::fs::read_to_string(file).ok()?;
        children.split_whitespace().next().map(str::to_owned)
    }

    /// As if somebody pulled the plug.
    pub(super) fn stop(&self) {
        if let Some(leader) = self.leader() {
            let _ = Command::new("kill").args(["-KILL", &leader]).status();
        }
        let process = self.process().take();
        if let Some(mut process) = process {
            let _ = process.wait();
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.stop();
    }
}
