//! The machines that both deploy to: made empty, looked at, and asked how much came to them.

use orch_tests::machines::Machines;

/// Takes away all that a deploy leaves.
const EMPTY: &str = "systemctl stop agent 2>/dev/null
rm -rf /opt/agent /etc/systemd/system/agent.service /home/deploy/.ansible
rm -f /etc/systemd/system/multi-user.target.wants/agent.service /etc/sysctl.d/60-agent.conf
systemctl daemon-reload
systemctl reset-failed
true";

/// Asks the service what it is.
const ASK: &str = "bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080
printf \"GET /healthz HTTP/1.0\\r\\n\\r\\n\" >&3
tail -n 1 <&3'";

/// Machines that run.
pub struct Fleet {
    machines: Machines,
    count: usize,
}

impl Fleet {
    /// Boots so many.
    pub fn boot(count: usize) -> Self {
        Self {
            machines: Machines::start_with_python(count),
            count,
        }
    }

    /// A `PATH` with an `ssh` that knows them.
    pub fn path(&self) -> String {
        self.machines.path()
    }

    /// Their addresses for a user who may become root.
    pub fn addresses(&self) -> Vec<String> {
        let all = 0..self.count;
        all.map(|one| self.machines.ip(one).to_string()).collect()
    }

    /// As if nothing had ever been deployed.
    pub fn empty(&self) {
        for one in 0..self.count {
            self.machines.inside(one, EMPTY);
        }
    }

    /// An error where a machine does not run this version.
    pub fn check(&self, version: &str) -> Result<(), String> {
        for one in 0..self.count {
            let said = self.machines.inside(one, ASK);
            if said != version {
                return Err(format!("machine {one} runs {said:?}, not {version:?}"));
            }
        }
        Ok(())
    }

    /// A file of the first machine.
    pub fn read(&self, file: &str) -> String {
        self.machines.inside(0, &format!("cat {file}"))
    }

    /// All bytes that ever came to them over the network.
    pub fn received_bytes(&self) -> Result<u64, String> {
        let counter = r"sed -n 's/^ *host0: *\([0-9]*\).*/\1/p' /proc/net/dev";
        let all = (0..self.count).map(|one| {
            let said = self.machines.inside(one, counter);
            said.parse::<u64>()
                .map_err(|error| format!("machine {one} says {said:?}: {error}"))
        });
        all.sum()
    }
}
