//! The sandboxes of a run: made when they are first needed, used by one action after another.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use orch_model::{BenchLimits, Fault};
use orch_sandbox::{Limits, Missing, Protection, Sandbox, Settings, StartError, VERSION};
use orch_store::unfinished_file;

use crate::place::{self, Place};
use crate::workspace::SANDBOX_FOLDERS;

/// What sandboxes are made from.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// The cache directory: sandboxes have their places below `work/`.
    pub cache: PathBuf,
    /// The command whose process runs [`orch_sandbox::sandbox_main`].
    pub command: Vec<OsString>,
    /// Bounds of one action.
    pub limits: Limits,
}

/// The sandboxes of a run.
#[derive(Debug)]
pub struct Sandboxes {
    settings: SandboxSettings,
    /// What every one of them does without.
    missing: Vec<Missing>,
    idle: Mutex<Vec<Prepared>>,
}

/// A sandbox with the place that it shows. The sandbox ends before the place is removed.
#[derive(Debug)]
struct Prepared {
    sandbox: Sandbox,
    place: Place,
    kind: Kind,
    /// Whether nobody outside can have got hold of an open file below `place`.
    closed: bool,
}

/// What all actions of one sandbox have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Whether they reach the network.
    pub(crate) network: bool,
    /// Whether it is counted what the processor does for them.
    pub(crate) counts: bool,
    /// Whether they come before others of the machine.
    pub(crate) first: bool,
    /// What they may take. Of such a sandbox none serves two: what one left in memory would count for
    /// the next.
    pub(crate) limits: Option<BenchLimits>,
}

/// A sandbox that serves one action. Unless it is kept, it is given up afterwards.
#[derive(Debug)]
pub(crate) struct Occupied<'a> {
    sandboxes: &'a Sandboxes,
    prepared: Option<Prepared>,
    was_closed: bool,
    kept: bool,
}

impl Sandboxes {
    /// Finds out what sandboxes of this machine lack. That is known for as long as the
    /// machine runs; only the first `orch` after its start has to make one to see.
    pub fn new(settings: SandboxSettings) -> Result<Self, StartError> {
        let mut sandboxes = Self {
            settings,
            missing: Vec::new(),
            idle: Mutex::default(),
        };
        match sandboxes.remembered() {
            Some(missing) => sandboxes.missing = missing,
            None => {
                let prepared = sandboxes.prepare(Kind::default())?;
                sandboxes.missing = prepared.sandbox.missing().to_vec();
                sandboxes.remember();
                sandboxes.give_back(prepared);
            }
        }
        Ok(sandboxes)
    }

    /// What they lack.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Whether an open file of an action that shares nothing with others stays inside, and
    /// nothing writes to it when the action is over: without Landlock there are other ways to
    /// talk, and without seccomp there is `io_uring`.
    pub(crate) fn keep_open_files(&self) -> bool {
        let matters = |missing: &Missing| missing.protection != Protection::ProcessLimit;
        !self.missing.iter().any(matters)
    }

    /// Their part of an action's key.
    pub(crate) fn version(&self) -> String {
        let names: Vec<&str> = self
            .missing
            .iter()
            .map(|missing| missing.protection.name())
            .collect();
        match names.is_empty() {
            true => VERSION.to_string(),
            false => format!("{VERSION} without {}", names.join(", ")),
        }
    }

    /// One of a kind. `closed` says that nobody
    /// outside can get hold of an open file of the action.
    pub(crate) fn occupy(&self, kind: Kind, closed: bool) -> Result<Occupied<'_>, Fault> {
        let idle = {
            let mut idle = self.idle.lock().expect("nobody panics with it");
            let position = idle.iter().position(|one| one.kind == kind);
            position.map(|position| idle.swap_remove(position))
        };
        let mut prepared = match idle {
            Some(prepared) => prepared,
            None => self.prepare_as_promised(kind)?,
        };
        Ok(Occupied {
            sandboxes: self,
            was_closed: std::mem::replace(&mut prepared.closed, closed),
            prepared: Some(prepared),
            kept: false,
        })
    }

    /// Keys were made from what was known: a sandbox that has less must not be used.
    fn prepare_as_promised(&self, kind: Kind) -> Result<Prepared, Fault> {
        let changed = |what: String| {
            let _ = fs::remove_file(self.memory());
            Fault::internal(format!("the sandbox is not what it was: {what}"))
                .hint("run again; `orch doctor` shows what this machine has")
        };
        let prepared = self.prepare(kind).map_err(|error| match error {
            StartError::Withheld { .. } => changed(error.to_string()),
            StartError::Unlimited(why) => Fault::usage(format!(
                "this user cannot limit what a program takes: {why}"
            ))
            .hint(
                "run `orch` as root or in a session that may, `systemd-run --user --scope -p CPUWeight=100 \
                 -p MemoryAccounting=yes orch …`; or take `limits` out of the bench",
            ),
            StartError::Failed(_) => Fault::internal(format!("could not start a sandbox: {error}")),
        })?;
        let lacks = |missing: &[Missing]| -> Vec<Protection> {
            missing.iter().map(|missing| missing.protection).collect()
        };
        match lacks(prepared.sandbox.missing()) == lacks(&self.missing) {
            true => Ok(prepared),
            false => Err(changed("the kernel gives other protections".to_owned())),
        }
    }

    fn prepare(&self, kind: Kind) -> Result<Prepared, StartError> {
        let failed = |error: Fault| StartError::Failed(std::io::Error::other(error.message));
        let place = Place::claim_with(&self.settings.cache, "sandbox", &SANDBOX_FOLDERS);
        let place = place.map_err(failed)?;
        let sandbox = Sandbox::start(&Settings {
            command: self.settings.command.clone(),
            workspace: place.root.canonicalize().map_err(StartError::Failed)?,
            network: kind.network,
            limits: self.settings.limits,
            counts: kind.counts,
            first: kind.first,
            group: kind.limits.map(|limits| orch_cgroup::Limits {
                memory_bytes: limits.memory_bytes,
                milli_cpus: limits.milli_cpus,
            }),
        })?;
        Ok(Prepared {
            sandbox,
            place,
            kind,
            closed: true,
        })
    }

    fn give_back(&self, prepared: Prepared) {
        self.idle
            .lock()
            .expect("nobody panics with it")
            .push(prepared);
    }

    /// Where it is kept what sandboxes lack.
    fn memory(&self) -> PathBuf {
        self.settings.cache.join("sandbox")
    }

    /// What was found out since the machine was started, by the same user.
    fn remembered(&self) -> Option<Vec<Missing>> {
        let text = fs::read_to_string(self.memory()).ok()?;
        let mut lines = text.lines();
        if lines.next()? != machine()? {
            return None;
        }
        lines
            .map(|line| {
                let (name, why) = line.split_once(": ")?;
                Some(Missing {
                    protection: Protection::of_name(name)?,
                    why: why.to_owned(),
                })
            })
            .collect()
    }

    /// Without this, it is found out again next time.
    fn remember(&self) {
        let Some(mut text) = machine() else { return };
        for missing in &self.missing {
            let why = missing.why.replace('\n', " ");
            text.push_str(&format!("\n{}: {why}", missing.protection));
        }
        let Ok(mut file) = unfinished_file(&place::work(&self.settings.cache)) else {
            return;
        };
        if file.write_all(text.as_bytes()).is_ok() {
            let _ = file.persist(self.memory());
        }
    }
}

/// One start of one machine, and who is asking.
fn machine() -> Option<String> {
    let start = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let user = rustix::process::getuid().as_raw();
    Some(format!("{VERSION} {} {user}", start.trim()))
}

impl Drop for Sandboxes {
    fn drop(&mut self) {
        // All end at once, and are then waited for.
        let idle = self.idle.get_mut().expect("nobody panics with it");
        idle.iter_mut().for_each(|one| one.sandbox.hang_up());
    }
}

impl Occupied<'_> {
    pub(crate) fn sandbox(&mut self) -> &mut Sandbox {
        &mut self
            .prepared
            .as_mut()
            .expect("it is here until the end")
            .sandbox
    }

    pub(crate) fn place(&self) -> &Place {
        &self
            .prepared
            .as_ref()
            .expect("it is here until the end")
            .place
    }

    /// Whether nobody outside can hold a file open that the last action left in its place.
    pub(crate) fn was_closed(&self) -> bool {
        self.was_closed
    }

    /// Says that nothing is left in it, so that it may serve another action.
    pub(crate) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Occupied<'_> {
    fn drop(&mut self) {
        if let Some(prepared) = self.prepared.take()
            && self.kept
            && prepared.kind.limits.is_none()
        {
            self.sandboxes.give_back(prepared);
        }
    }
}
