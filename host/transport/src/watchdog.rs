//! What ends our connections when we cannot: a shell that is told which processes are ours, and
//! ends those and removes our folder when it hears no more of us, be it by SIGKILL.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

const SCRIPT: &str = include_str!("watchdog.sh");

/// Ends all that it watches when dropped.
pub(crate) struct Watchdog {
    child: Mutex<Child>,
}

impl Watchdog {
    /// Starts one for a folder.
    pub(crate) fn start(folder: &Path) -> io::Result<Self> {
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "orch-watchdog"])
            .arg(folder)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            child: Mutex::new(child),
        })
    }

    /// Watches a process. It must not be waited for before it is let go.
    pub(crate) fn watch(&self, process: u32) -> io::Result<()> {
        self.tell('+', process)
    }

    /// Lets a process go.
    pub(crate) fn let_go(&self, process: u32) -> io::Result<()> {
        self.tell('-', process)
    }

    fn tell(&self, sign: char, process: u32) -> io::Result<()> {
        let mut child = self.child.lock().expect("nobody panics while they hold it");
        match &mut child.stdin {
            Some(stdin) => stdin.write_all(format!("{sign} {process}\n").as_bytes()),
            None => Ok(()),
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let child = self
            .child
            .get_mut()
            .expect("nobody panics while they hold it");
        child.stdin = None;
        let _ = child.wait();
    }
}
