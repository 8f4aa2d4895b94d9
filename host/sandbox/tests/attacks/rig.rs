//! A sandbox with a workspace in a temporary folder, and what a program in it came to.

use std::fs;
use std::io::{Read, pipe};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use orch_sandbox::{
    Exceeded, Finished, Job, Limits, Mount, Residue, Sandbox, Settings, WORKSPACE_FOLDERS, inside,
};

pub struct Rig {
    pub sandbox: Sandbox,
    pub workspace: tempfile::TempDir,
}

/// What became of a program.
#[derive(Debug)]
pub struct Ran {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub residue: Residue,
    pub exceeded: Option<Exceeded>,
}

pub fn settings(workspace: &Path) -> Settings {
    Settings {
        command: vec![std::env::current_exe().unwrap().into(), "sandbox".into()],
        workspace: workspace.canonicalize().unwrap(),
        network: false,
        limits: Limits::default(),
        counts: false,
        first: false,
        group: None,
    }
}

impl Rig {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let workspace = tempfile::tempdir().unwrap();
        for folder in WORKSPACE_FOLDERS {
            fs::create_dir(workspace.path().join(folder)).unwrap();
        }
        for folder in ["home", "shm", "tmp"] {
            fs::create_dir(workspace.path().join("scratch").join(folder)).unwrap();
        }
        let mut settings = settings(workspace.path());
        change(&mut settings);
        let sandbox = Sandbox::start(&settings).unwrap_or_else(|error| {
            panic!("this machine has no sandbox: {error}; `orch doctor` says what mends it")
        });
        Self { sandbox, workspace }
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.workspace.path().join(below)
    }

    /// Runs a shell's script.
    pub fn run(&mut self, script: &str) -> Ran {
        self.run_job(&shell(script))
    }

    /// Runs a script of Perl, which reaches every system call and is part of every Debian.
    pub fn perl(&mut self, script: &str) -> Ran {
        assert!(
            Path::new("/usr/bin/perl").exists(),
            "these tests need perl: `apt-get install perl`"
        );
        self.run_job(&job(
            "/usr/bin/perl",
            &["-MSocket", "-MPOSIX", "-e", script],
        ))
    }

    pub fn run_job(&mut self, job: &Job) -> Ran {
        let (mut output, stdout) = pipe().unwrap();
        let (mut errors, stderr) = pipe().unwrap();
        self.sandbox
            .begin(job, stdout.into(), stderr.into())
            .unwrap();
        let Finished {
            ended,
            exceeded,
            residue,
        } = self.sandbox.finish().unwrap();
        let (status, _) = ended.unwrap();
        let mut ran = Ran {
            status,
            stdout: String::new(),
            stderr: String::new(),
            residue,
            exceeded,
        };
        output.read_to_string(&mut ran.stdout).unwrap();
        errors.read_to_string(&mut ran.stderr).unwrap();
        ran
    }
}

impl Ran {
    /// What it printed, of a program that ended well.
    #[track_caller]
    pub fn fine(self) -> String {
        assert!(self.status.success(), "{self:?}");
        self.stdout
    }

    /// Of a program that was refused what it wanted, in those words.
    #[track_caller]
    pub fn refused(self, words: &str) {
        assert!(!self.status.success(), "{self:?}");
        assert!(self.stderr.contains(words), "{self:?}");
    }
}

pub fn shell(script: &str) -> Job {
    job("/bin/sh", &["-c", script])
}

pub fn job(program: &str, arguments: &[&str]) -> Job {
    Job {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        environment: vec![("PATH".into(), "/usr/bin:/bin:/usr/sbin:/sbin".into())],
        directory: inside("source"),
        writable_source: false,
        mounts: Vec::new(),
        cpus: Vec::new(),
    }
}

pub fn mount(from: &Path, to: &str, writable: bool) -> Mount {
    Mount {
        from: from.canonicalize().unwrap(),
        to: to.into(),
        writable,
    }
}
