//! The log of a service on its machines: its end is read, it is followed, and its end is kept where
//! a release does not hold. Secrets are taken out of each line.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use orch_engine::{PlannedDeploy, PlannedRelease};
use orch_model::{Fault, FleetHost, LINES, NodeId, Proposal, Release};
use orch_transport::{Command, Ran, Stop};

use crate::connections::Connections;
use crate::deployer::FleetDeployer;
use crate::each::each;
use crate::filling::Filling;
use crate::fleet::machines;
use crate::health::Unhealthy;
use crate::secrets::Secrets;
use crate::site::Site;
use crate::trouble::Trouble;

/// How many machines are asked at once.
const AT_ONCE: usize = 32;
/// How many lines tell why a release did not hold.
const TELLING: u32 = 10;
/// For those; the release goes back only then.
const PATIENCE: Duration = Duration::from_secs(10);

/// The logs of one deploy.
pub struct ServiceLogs {
    /// One for each machine, in the order of the fleet; none where the deployer states no command
    /// that prints one.
    pub hosts: Vec<HostLog>,
    /// Why secrets cannot be read, which then cannot be taken out of what is shown.
    pub unread_secrets: Vec<String>,
}

/// The log of a service on one machine.
#[derive(Clone)]
pub struct HostLog {
    deploy: NodeId,
    host: FleetHost,
    root: bool,
    last: Vec<String>,
    follow: Vec<String>,
    secrets: Arc<Secrets>,
    connections: Connections,
}

/// Why a log is not followed any longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEnd {
    /// The flag was raised.
    Stopped,
    /// The command ended by itself, and these were its last words.
    Ended(String),
    /// The machine cannot be reached.
    Broken(Fault),
}

impl FleetDeployer {
    /// The logs of a deploy's service.
    pub fn logs(&self, deploy: &PlannedDeploy) -> Result<ServiceLogs, Fault> {
        let deploying = &self.0;
        let (folder, variable) = (&deploying.folder, &*deploying.variable);
        let (secrets, unread_secrets) = Secrets::read_some(&deploy.secrets, folder, variable);
        let secrets = Arc::new(secrets);
        let log = |host: FleetHost| {
            let mut releases = deploy.releases.iter();
            let planned = releases.find(|planned| planned.target == host.target)?;
            let release = release(planned).filter(|release| has_log(release))?;
            Some(HostLog {
                deploy: deploy.node.clone(),
                host,
                root: release.root,
                last: release.log.clone(),
                follow: release.follow.clone(),
                secrets: secrets.clone(),
                connections: deploying.connections.clone(),
            })
        };
        Ok(ServiceLogs {
            hosts: machines(deploy, &deploying.hosts)?
                .into_iter()
                .filter_map(log)
                .collect(),
            unread_secrets,
        })
    }
}

impl HostLog {
    /// Whose it is.
    pub fn deploy(&self) -> &NodeId {
        &self.deploy
    }

    /// The machine's name.
    pub fn host(&self) -> &str {
        &self.host.name
    }

    /// Whether the machine keeps it: if not, there is only what is printed while it is followed.
    pub fn is_kept(&self) -> bool {
        !self.last.is_empty()
    }

    /// Whether it can be followed.
    pub fn can_be_followed(&self) -> bool {
        !self.follow.is_empty()
    }

    /// Whether both are read in the same way, from the same place.
    pub fn is_same(&self, other: &Self) -> bool {
        self.deploy == other.deploy
            && self.host == other.host
            && (self.root, &self.follow) == (other.root, &other.follow)
    }

    /// Its last lines.
    fn last(&self, lines: u32) -> Result<Vec<String>, Fault> {
        let mut read = Vec::new();
        let stop = self.connections.stop();
        let ran = self.read(&self.last, lines, stop, &mut |line| {
            read.push(line.to_owned())
        });
        match ran.map_err(Trouble::into_fault)? {
            Ran { code: 0, .. } => Ok(read),
            ran => Err(Fault::usage(format!(
                "the log of `{}` cannot be read: exit code {}: {}",
                self.host.name,
                ran.code,
                self.secrets.hide(&ran.last_words())
            ))),
        }
    }

    /// Hands on its last lines, and then each line as it comes, until `stop` is raised.
    pub fn follow(
        &self,
        lines: u32,
        stop: &Stop,
        line: &mut dyn FnMut(&str),
    ) -> Result<LogEnd, Fault> {
        match self.read(&self.follow, lines, stop, line) {
            Ok(ran) => Ok(LogEnd::Ended(self.secrets.hide(&ran.last_words()))),
            Err(Trouble::Stopped) => Ok(LogEnd::Stopped),
            Err(Trouble::Offline(fault)) => Ok(LogEnd::Broken(fault)),
            Err(trouble) => Err(trouble.into_fault()),
        }
    }

    fn read(
        &self,
        command: &[String],
        lines: u32,
        stop: &Stop,
        line: &mut dyn FnMut(&str),
    ) -> Result<Ran, Trouble> {
        let words = filled(command, lines, &self.host).map_err(Trouble::Failed)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let connection = self.connections.to(&self.host)?;
        let command = Command::new(&words).as_root(self.root);
        let ran = connection.follow(command, stop, &mut |text| {
            line(&self.secrets.hide(text));
            ControlFlow::Continue(())
        });
        let ran = ran.map_err(|lost| {
            let trouble = Trouble::from(lost);
            if matches!(trouble, Trouble::Offline(_)) {
                self.connections.forget(&self.host, &connection);
            }
            trouble
        })?;
        Ok(ran.expect("nobody had enough"))
    }
}

/// The last lines of several logs, many at once.
pub fn last_lines(logs: &[HostLog], lines: u32) -> Vec<Result<Vec<String>, Fault>> {
    each(logs, AT_ONCE, |log| log.last(lines))
}

impl Site<'_> {
    /// Keeps the end of the service's log, which tells why its release does not hold. A machine that
    /// does not give it away is in trouble enough.
    pub fn keep_log(&mut self, why: &Unhealthy) {
        if let Unhealthy::Not(_) | Unhealthy::Trouble(Trouble::Failed(_)) = why {
            self.log = self.last_lines().unwrap_or_default();
        }
    }

    fn last_lines(&mut self) -> Option<Vec<String>> {
        let release = self.wanted.release;
        let words = filled(&release.log, TELLING, self.host).ok()?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if words.is_empty() {
            return None;
        }
        let command = Command::new(&words).as_root(release.root);
        let ran = self
            .remote
            .opened()
            .ok()?
            .run(command.timeout(PATIENCE))
            .ok()?;
        let text = String::from_utf8_lossy(&ran.stdout);
        let lines = text.lines().map(|line| self.shared.secrets.hide(line));
        (ran.code == 0).then(|| lines.collect())
    }
}

fn release(planned: &PlannedRelease) -> Option<&Release> {
    match &planned.proposal {
        Proposal::Release(release) => Some(release),
        Proposal::Image(_) => None,
    }
}

fn has_log(release: &Release) -> bool {
    !release.log.is_empty() || !release.follow.is_empty()
}

/// The words of a command that prints a log on a machine.
fn filled(command: &[String], lines: u32, host: &FleetHost) -> Result<Vec<String>, Fault> {
    let (secrets, images) = (Secrets::default(), BTreeMap::new());
    let filling = Filling {
        release: "",
        host,
        secrets: &secrets,
        images: &images,
    };
    let lines = lines.to_string();
    let words = command.iter();
    words
        .map(|word| filling.fill(&word.replace(LINES, &lines)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_how_many_lines_and_of_which_machine() {
        let host = FleetHost {
            name: "pi-1".into(),
            address: "ann@10.0.0.5".into(),
            target: "pi5".into(),
            labels: Vec::new(),
            variables: [("port".to_owned(), "ttyACM1".to_owned())].into(),
            host_key: None,
        };
        let command = ["tail", "-n", "${lines}", "/dev/${host.port}"].map(str::to_owned);
        assert_eq!(
            filled(&command, 10, &host),
            Ok(["tail", "-n", "10", "/dev/ttyACM1"]
                .map(str::to_owned)
                .to_vec())
        );
    }
}
