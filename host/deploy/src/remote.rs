//! A machine behind its connection, which is opened when it is first needed, and again where it
//! breaks. What is done over it can be repeated.

use std::sync::Arc;
use std::time::{Duration, Instant};

use orch_engine::port::DeployProgress;
use orch_model::{Fault, FleetHost};
use orch_transport::{Command, Connection, Stop};

use crate::connections::Connections;
use crate::health::sleep;
use crate::trouble::Trouble;

/// How long a machine is waited for whose connection broke.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the connection may break until one thing is done.
const MOST_BREAKS: u32 = 10;
/// Between two attempts to open it again, at first and at last.
const SOONEST: Duration = Duration::from_millis(250);
const LATEST: Duration = Duration::from_secs(4);

/// One machine.
pub(crate) struct Remote<'a> {
    pub host: &'a FleetHost,
    /// Whether commands there need root.
    pub root: bool,
    pub connections: &'a Connections,
    pub stop: &'a Stop,
    pub progress: &'a dyn DeployProgress,
    pub connection: Option<Arc<Connection>>,
}

impl Remote<'_> {
    /// Tells the user what is done there now.
    pub fn says(&self, doing: &str) {
        self.progress.host(&self.host.name, doing);
    }

    /// Does something over the connection, once more where it breaks.
    pub fn ask<T>(
        &mut self,
        mut doing: impl FnMut(&Connection) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let was_open = self.connection.is_some() || self.connections.is_kept(self.host);
        let mut breaks = 0;
        let mut broken_since = Instant::now();
        let mut pause = SOONEST;
        loop {
            let fault = match self.opened() {
                Ok(connection) => match doing(connection) {
                    Err(Trouble::Offline(fault)) => {
                        breaks += 1;
                        broken_since = Instant::now();
                        pause = SOONEST;
                        fault
                    }
                    done => return done,
                },
                Err(Trouble::Offline(fault)) => fault,
                Err(trouble) => return Err(trouble),
            };
            if let Some(broken) = self.connection.take() {
                self.connections.forget(self.host, &broken);
            }
            // One that was never reached is not waited for.
            let was_reached = was_open || breaks > 0;
            if !was_reached || breaks > MOST_BREAKS || broken_since.elapsed() >= PATIENCE {
                return Err(Trouble::Offline(fault));
            }
            self.says("waiting for the connection");
            sleep(pause, self.stop);
            pause = (pause * 2).min(LATEST);
        }
    }

    /// Runs a command that must succeed; gives what it printed.
    pub fn run<'c>(&mut self, command: impl Fn(bool) -> Command<'c>) -> Result<String, Trouble> {
        let root = self.root;
        let ran = self.ask(|connection| Ok(connection.run(command(root))?))?;
        match ran.code {
            0 => Ok(ran.text()),
            code => {
                let message = format!("exit code {code}: {}", ran.last_words());
                Err(self.fault(&Fault::action(message)))
            }
        }
    }

    /// Runs a command that tidies up, if the machine can still be reached.
    pub fn try_run(&mut self, command: Command<'_>) {
        // A user's interrupt has ended the connection.
        let opened = match self.stop.is_raised() {
            true => {
                let opened = self.connections.open(self.host, &Stop::default());
                opened.ok().map(Arc::new)
            }
            false => self.connection.take(),
        };
        if let Some(connection) = opened {
            let _ = connection.run(command);
        }
    }

    /// A fault that says where.
    pub fn fault(&self, fault: &Fault) -> Trouble {
        let message = format!("`{}`: {}", self.host.name, fault.message);
        Trouble::Failed(Fault {
            message,
            ..fault.clone()
        })
    }

    /// The connection, opened if it is not.
    pub fn opened(&mut self) -> Result<&Connection, Trouble> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connections.to(self.host)?,
        };
        Ok(self.connection.insert(connection))
    }
}
