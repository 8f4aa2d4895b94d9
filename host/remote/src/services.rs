//! Services on a machine of a fleet: at which port, reached how from here, ended by whom.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use orch_engine::Cancel;
use orch_engine::port::{Job, Trial, TrialSetting};
use orch_measure::{
    NotReady, ServiceHost, Socket, Tried, fill_readiness, memory_of, sockets, wait,
};
use orch_model::{Counter, Fault, FaultKind, Readiness};
use orch_transport::{Address, Command, Connection, Loss, Lost, Stop};

use crate::bench_host::BenchHost;
use crate::ports::{PORTS, choose, listeners};
use crate::way;
use crate::workplace::Workplace;

const SOCKETS: &str = include_str!("sockets.sh");
const MEMORY: &str = include_str!("memory.sh");
const END: &str = include_str!("end.sh");

/// Becomes a service, whose number stands in the file $1.
const NUMBERED: &str = "echo \"$$\" >\"$1\" && shift && exec \"$@\"";

impl ServiceHost for BenchHost {
    fn choose_port(&self, ready: &Readiness) -> Result<u16, Fault> {
        let name = &self.host.name;
        let sockets = self.sockets()?;
        let port = choose(&sockets, &mut fastrand::Rng::new()).ok_or_else(|| {
            let (first, last) = (PORTS.start(), PORTS.end());
            Fault::usage(format!(
                "`{name}` has no free port from {first} to {last}, where services are measured"
            ))
            .hint("`ss -tan` there shows who has them")
        })?;
        let asked = port_of(&fill_readiness(ready, port));
        match asked.filter(|asked| !listeners(&sockets, *asked).is_empty()) {
            None => Ok(port),
            Some(taken) => Err(
                Fault::usage(format!("port {taken} of `{name}` is taken already")).hint(format!(
                    "`ss -ltnp 'sport = :{taken}'` there shows by whom: end it, or let the service \
                     listen at another port"
                )),
            ),
        }
    }

    fn address(&self, port: u16) -> Result<SocketAddr, Fault> {
        let mut address = match self.address {
            Address::Local => (Ipv4Addr::LOCALHOST, 0).into(),
            Address::Ssh { .. } => self.reached_by()?,
        };
        address.set_port(port);
        Ok(address)
    }

    fn prepare(&self, job: &Job<'_>) -> Result<(), Fault> {
        self.fill(&Workplace::below(&self.held()?.folder, *job))
    }

    fn serve(&self, job: Job<'_>, setting: &TrialSetting, over: &Cancel) -> Result<Trial, Fault> {
        // One of its own for each: nobody ends by the number of an earlier one.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let file = format!(
            "{}/.service-{}",
            self.held()?.folder,
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let stop = Stop::default();
        let (file, stop) = (file.as_str(), &stop);
        std::thread::scope(|scope| {
            let (is_over, ends) = mpsc::channel();
            let _interrupt = over.on_cancel(move || {
                // Where it has ended by itself nobody waits for this.
                let _ = is_over.send(());
            });
            scope.spawn(move || {
                if ends.recv().is_ok() {
                    end(&self.connection, file, stop);
                }
            });
            let words = ["/bin/sh", "-c", NUMBERED, "orch", file];
            let trial = self.sample(job, setting, over, &words);
            stop.raise();
            trial
        })
    }

    fn wait_until_ready(
        &self,
        ready: &Readiness,
        limit: Duration,
        is_running: &mut dyn FnMut() -> bool,
        cancel: &Cancel,
    ) -> Result<(), NotReady> {
        let asked = match ready {
            Readiness::Http { url, .. } => url,
            Readiness::Tcp(address) => address,
        };
        let try_once = |allowed| Ok(self.tried(ready, allowed));
        wait(asked, limit, is_running, cancel, try_once).map(drop)
    }

    fn unreached(&self, address: SocketAddr, why: &str) -> Result<Option<Fault>, Fault> {
        let listeners = listeners(&self.sockets()?, address.port());
        Ok(unreached(&self.host.name, address, &listeners, why))
    }

    fn memory_of_listener(&self, port: u16) -> Result<Vec<Counter>, Fault> {
        let said = self.said(MEMORY, &[&format!("{port:04X}")])?;
        Ok(memory_of(&said))
    }
}

impl BenchHost {
    /// What a script of ours prints.
    fn said(&self, script: &str, arguments: &[&str]) -> Result<String, Fault> {
        let ran = self.connection.run(Command::script(script, arguments));
        let ran = ran.map_err(|lost| lost.fault)?;
        Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
    }

    fn sockets(&self) -> Result<Vec<Socket>, Fault> {
        Ok(sockets(&self.said(SOCKETS, &[])?).collect())
    }

    /// The address that our connection goes to, with no port.
    fn reached_by(&self) -> Result<SocketAddr, Fault> {
        let connection = self.said("echo \"$SSH_CONNECTION\"", &[])?;
        let interfaces = std::fs::read_to_string(way::INTERFACES).unwrap_or_default();
        let found = way::address(&connection, &interfaces);
        if let Some(address) = found.filter(|address| address.ip().is_loopback())
            && self
                .said("cat /proc/sys/kernel/random/boot_id", &[])?
                .trim()
                != way::own_start()
        {
            let name = &self.host.name;
            return Err(Fault::usage(format!(
                "`{name}` is reached through a tunnel: its `SSH_CONNECTION` says that it was reached \
                 at {}, which is its own, and load is sent to a machine directly",
                address.ip()
            ))
            .hint("measure from a machine that reaches it over a network, without a tunnel between"));
        }
        found.ok_or_else(|| {
            Fault::usage(format!(
                "`{}` does not say by which address it is reached, and load is sent there directly: \
                 its `SSH_CONNECTION` is `{}`",
                self.host.name,
                connection.trim().escape_debug()
            ))
            .hint("measure from a machine that reaches it over a network, without a proxy between")
        })
    }

    /// One try to use a service, made as the machine itself would.
    fn tried(&self, ready: &Readiness, allowed: Duration) -> Tried {
        let tried = match ready {
            Readiness::Tcp(address) => self.connection.connects(address, allowed).map(|()| None),
            Readiness::Http { url, status } => {
                let answer = self.connection.get(url, allowed);
                answer.map(|answer| (answer.status != *status).then_some((answer.status, *status)))
            }
        };
        match tried {
            Ok(None) => Tried::Ready,
            Ok(Some((status, wanted))) => {
                Tried::Not(format!("status {status} in place of {wanted}"))
            }
            Err(Lost {
                loss: Loss::TimedOut,
                ..
            }) => Tried::NoAnswer,
            Err(lost) => Tried::Not(lost.fault.message),
        }
    }
}

/// Ends what has its number in a file, unless `stop` is raised before.
fn end(connection: &Connection, file: &str, stop: &Stop) {
    let command = Command::script(END, &[file]);
    // Where the machine is lost, whoever runs the service hears of it.
    let _ = connection.follow(command, stop, &mut |_| std::ops::ControlFlow::Continue(()));
}

/// The port at which a service is asked whether it is ready.
fn port_of(ready: &Readiness) -> Option<u16> {
    let authority = match ready {
        Readiness::Tcp(address) => address,
        Readiness::Http { url, .. } => {
            let rest = url.strip_prefix("http://")?;
            rest.split(['/', '?', '#']).next()?
        }
    };
    match authority.rsplit_once(':') {
        Some((_, port)) => port.parse().ok(),
        None => Some(80),
    }
}

/// Why a service that listens at these addresses of a machine is not reached from here.
fn unreached(
    name: &str,
    address: SocketAddr,
    listeners: &[SocketAddr],
    why: &str,
) -> Option<Fault> {
    let at: Vec<String> = listeners.iter().map(SocketAddr::to_string).collect();
    let at = at.join(" and ");
    if listeners.is_empty() {
        return None;
    }
    if listeners.iter().all(|one| one.ip().is_loopback()) {
        let message = format!(
            "the service listens at {at} of `{name}`, where only `{name}` itself reaches it, and \
             load comes from here: {address} said: {why}"
        );
        let hint = "let it listen at all addresses, in the bench's `arguments` or `env`: \
                    `:${port}`, `0.0.0.0:${port}` or `[::]:${port}`";
        return Some(Fault::usage(message).hint(hint));
    }
    let message = format!(
        "the service listens at {at} of `{name}`, and is not reached from here at {address}: {why}"
    );
    let (first, last) = (PORTS.start(), PORTS.end());
    Some(Fault::new(FaultKind::Fetch, message).hint(format!(
        "load goes there directly, not through `ssh`: let the ports {first} to {last} through its \
         firewall; where it is reached over a jump host only, measure from a machine beside it"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listeners: &[&str], kind: Option<FaultKind>, said: &str) {
        let listeners: Vec<SocketAddr> = listeners.iter().map(|one| one.parse().unwrap()).collect();
        let address = "10.0.0.7:28001".parse().unwrap();
        let fault = unreached("pi-1", address, &listeners, "no route to host");
        assert_eq!(fault.as_ref().map(|fault| fault.kind), kind);
        let message = fault.map(|fault| fault.message).unwrap_or_default();
        assert!(message.contains(said), "{message}");
    }

    #[test]
    fn loopback_is_told_from_a_firewall_and_from_nobody() {
        check(&[], None, "");
        check(
            &["127.0.0.1:28001", "[::1]:28001"],
            Some(FaultKind::Usage),
            "the service listens at 127.0.0.1:28001 and [::1]:28001 of `pi-1`, where only",
        );
        check(
            &["0.0.0.0:28001"],
            Some(FaultKind::Fetch),
            "is not reached from here at 10.0.0.7:28001: no route to host",
        );
    }

    #[test]
    fn a_port_is_found_in_each_way_to_be_ready() {
        let http = |url: &str| {
            port_of(&Readiness::Http {
                url: url.to_owned(),
                status: 200,
            })
        };
        assert_eq!(http("http://127.0.0.1:8080/a:b"), Some(8080));
        assert_eq!(http("http://127.0.0.1"), Some(80));
        assert_eq!(port_of(&Readiness::Tcp("[::1]:81".to_owned())), Some(81));
    }
}
