//! The way to one machine: for this one none is needed, for another a master `ssh`, over whose
//! one connection everything goes.

use std::ffi::{OsStr, OsString};
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use orch_machine::{Barrier, Host, Unreached, ssh_options};
use orch_model::Fault;

use crate::address::{Address, HostKey};
use crate::child::{End, Running, Watch};
use crate::shell::{self, BOOTSTRAP};
use crate::stop::Stop;
use crate::transport::Transport;

/// How long it may take until a host answers, all jumps included.
const PATIENCE: Duration = Duration::from_secs(30);

/// Says that the shell works and who we are there; ends with the connection.
const GREETING: &str =
    "printf 'orch-user %s %s\\n' \"$(id -u)\" \"$(id -un)\"\nexec cat >/dev/null";

/// What the line that answers the greeting begins with.
const ANSWER: &str = "orch-user ";

/// More is no greeting.
const MOST_BYTES: usize = 1 << 20;

/// The name by which a pinned key is looked up.
const PINNED: &str = "orch-pinned";

/// The user that we are on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its number; 0 is root.
    pub id: u32,
    /// Its name.
    pub name: String,
}

/// The way. Whatever goes over it ends when this is dropped.
pub(crate) enum Route {
    Local,
    Ssh(Master),
}

/// The `ssh` that holds the connection.
pub(crate) struct Master {
    transport: Transport,
    program: PathBuf,
    host: Host,
    socket: PathBuf,
    process: Mutex<Running>,
}

impl Route {
    /// Goes it for the first time.
    pub(crate) fn open(
        transport: &Transport,
        address: &Address,
        stop: &Stop,
    ) -> Result<(Self, User), Unreached> {
        match address {
            Address::Local => Ok((Self::Local, greet_this_machine(stop)?)),
            Address::Ssh { host, key } => {
                let (master, user) = Master::open(transport, host, key.as_ref(), stop)?;
                Ok((Self::Ssh(master), user))
            }
        }
    }

    /// The program and the arguments that make a shell at the other end read a line and run it.
    pub(crate) fn shell(&self) -> (&OsStr, Vec<OsString>) {
        match self {
            Self::Local => (OsStr::new("sh"), words(&["-c", BOOTSTRAP])),
            Self::Ssh(master) => {
                let mut arguments = master.arguments();
                arguments.extend(words(&["--", master.host.as_str(), BOOTSTRAP]));
                (master.program.as_os_str(), arguments)
            }
        }
    }

    /// The program and the arguments that join their input and output with a port there; `None`
    /// for this machine.
    pub(crate) fn forward(&self, to: &str) -> Option<(&OsStr, Vec<OsString>)> {
        let Self::Ssh(master) = self else {
            return None;
        };
        let mut arguments = words(&["-W", to, "-o", "LogLevel=DEBUG1"]);
        arguments.extend(master.arguments());
        arguments.extend(words(&["--", master.host.as_str()]));
        Some((master.program.as_os_str(), arguments))
    }

    /// Whether the connection still stands, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Local => true,
            Self::Ssh(master) => {
                let process = master.process.lock().expect("nobody panics with it");
                process.is_alive()
            }
        }
    }
}

impl Master {
    fn open(
        transport: &Transport,
        host: &Host,
        key: Option<&HostKey>,
        stop: &Stop,
    ) -> Result<(Self, User), Unreached> {
        let program = transport.ssh().ok_or_else(|| Unreached::no_client(host))?;
        let socket = transport.new_path();
        let mut arguments = words(&ssh_options());
        arguments.extend(words(&["-M", "-o", "ControlPersist=no", "-S"]));
        arguments.push(socket.clone().into_os_string());
        if let Some(key) = key {
            arguments.extend(pinned(transport, key).map_err(|error| ours(&error))?);
        }
        arguments.extend(words(&["--", host.as_str(), BOOTSTRAP]));
        let process =
            Running::start(program.as_os_str(), &arguments).map_err(|error| ours(&error))?;
        let master = Self {
            transport: transport.clone(),
            program: program.to_owned(),
            host: host.clone(),
            socket,
            process: Mutex::new(process),
        };
        let mut process = master.process.lock().expect("nobody panics with it");
        let watchdog = transport.watchdog();
        watchdog.watch(process.id()).map_err(|error| ours(&error))?;
        match greet(&mut process, stop).map_err(|error| ours(&error))? {
            Greeted::As(user) => {
                process.ignore();
                drop(process);
                Ok((master, user))
            }
            Greeted::Not { end, errors } => {
                let _ = watchdog.let_go(process.id());
                Err(unreached(
                    host,
                    key.is_some(),
                    process.finish(),
                    end,
                    &errors,
                ))
            }
        }
    }

    /// The arguments of an `ssh` that goes over the connection, and nowhere where that is gone.
    fn arguments(&self) -> Vec<OsString> {
        let mut arguments = words(&ssh_options());
        arguments.extend(words(&[
            "-o",
            "ControlMaster=no",
            "-o",
            "ProxyCommand=false",
            "-S",
        ]));
        arguments.push(self.socket.clone().into_os_string());
        arguments
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        let process = self.process.get_mut().expect("nobody panics with it");
        // It is waited for by its own drop, when nobody watches its number any more.
        let _ = self.transport.watchdog().let_go(process.id());
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn greet_this_machine(stop: &Stop) -> Result<User, Unreached> {
    let arguments = words(&["-c", BOOTSTRAP]);
    let mut process = Running::start(OsStr::new("sh"), &arguments).map_err(|error| ours(&error))?;
    match greet(&mut process, stop).map_err(|error| ours(&error))? {
        Greeted::As(user) => Ok(user),
        Greeted::Not { errors, .. } => Err(Unreached {
            barrier: Barrier::NoShell,
            fault: Fault::internal(format!(
                "this machine's `sh` does not say who we are: {}",
                orch_machine::last_words(process.finish(), &errors)
            )),
        }),
    }
}

/// What came of a greeting.
enum Greeted {
    As(User),
    Not { end: End, errors: String },
}

fn greet(process: &mut Running, stop: &Stop) -> io::Result<Greeted> {
    let mut said = Vec::new();
    let mut errors = Vec::new();
    let greeting = shell::sent(GREETING);
    let watch = Watch {
        until: Some(Instant::now() + PATIENCE),
        stop,
    };
    let end = process.exchange(
        &mut greeting.as_slice(),
        &mut |bytes| {
            said.extend_from_slice(bytes);
            match said.len() > MOST_BYTES || user(&said).is_some() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        },
        &mut |bytes| {
            let room = MOST_BYTES.saturating_sub(errors.len()).min(bytes.len());
            errors.extend_from_slice(&bytes[..room]);
            ControlFlow::Continue(())
        },
        &watch,
    )?;
    let errors = String::from_utf8_lossy(&errors).into_owned();
    Ok(user(&said).map_or(Greeted::Not { end, errors }, Greeted::As))
}

/// The user in what was said; a login may print a greeting of its own before.
fn user(said: &[u8]) -> Option<User> {
    let text = String::from_utf8_lossy(said);
    let (whole, _) = text.rsplit_once('\n')?;
    let line = whole.lines().find_map(|line| line.strip_prefix(ANSWER))?;
    let (id, name) = line.trim_end().split_once(' ')?;
    Some(User {
        id: id.parse().ok()?,
        name: name.to_owned(),
    })
}

fn unreached(host: &Host, is_pinned: bool, code: Option<i32>, end: End, errors: &str) -> Unreached {
    match end {
        End::Closed => {}
        End::TimedOut => {
            return Unreached {
                barrier: Barrier::Offline,
                fault: Fault::fetch(format!(
                    "`{host}` gave no answer within {} s",
                    PATIENCE.as_secs()
                ))
                .hint("it may be overloaded, or the network too slow; try `ssh` by hand"),
            };
        }
        End::Stopped => {
            return Unreached {
                barrier: Barrier::Offline,
                fault: Fault::interrupted(),
            };
        }
    }
    let unreached = Unreached::by_what_ssh_says(host, code, errors);
    let is_unverified = matches!(unreached.barrier, Barrier::KeyUnknown | Barrier::KeyChanged);
    if is_pinned && is_unverified {
        return Unreached {
            barrier: Barrier::KeyChanged,
            fault: Fault::fetch(format!(
                "`{host}` shows another host key than the pinned one"
            ))
            .hint(
                "somebody may stand between; if the machine was set up anew, put its new \
                     key into the inventory",
            ),
        };
    }
    unreached
}

/// The options under which only this key is known.
fn pinned(transport: &Transport, key: &HostKey) -> io::Result<Vec<OsString>> {
    let file = transport.new_path();
    std::fs::write(&file, format!("{PINNED} {}\n", key.as_str()))?;
    let mut known = OsString::from("UserKnownHostsFile=");
    known.push(&file);
    let mut arguments = words(&["-o"]);
    arguments.push(known);
    for option in [
        format!("HostKeyAlias={PINNED}"),
        "GlobalKnownHostsFile=/dev/null".to_owned(),
        "KnownHostsCommand=none".to_owned(),
        "UpdateHostKeys=no".to_owned(),
    ] {
        arguments.extend(words(&["-o", &option]));
    }
    Ok(arguments)
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn ours(error: &io::Error) -> Unreached {
    Unreached {
        barrier: Barrier::NoClient,
        fault: Fault::internal(format!("could not start a connection: {error}")),
    }
}
