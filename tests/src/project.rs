//! A pipeline's folder for one test, and the real `orch` run in it.
//!
//! Nothing of the developer's machine leaks in: the environment is cleared, home, cache
//! and configuration are folders of the test's own. Does not know what is expected.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use walkdir::WalkDir;

use crate::Ran;

/// How long one call may take. Only a program that hangs comes near it.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a user's shell has that registry clients need to work on this machine: where the
/// registries, proxies and certificates are.
const REACH: [&str; 10] = [
    "PIP_INDEX_URL",
    "PIP_CERT",
    "PIP_FIND_LINKS",
    "PIP_CONFIG_FILE",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "https_proxy",
    "http_proxy",
    "NO_PROXY",
];

/// A folder with a pipeline; it is gone when this is dropped.
pub struct Project {
    program: PathBuf,
    folder: TempDir,
    cache: PathBuf,
    variables: Vec<(String, String)>,
}

impl Project {
    /// An empty folder in which `program` will run: `env!("CARGO_BIN_EXE_orch")`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let folder = TempDir::with_prefix("orch-test-").expect("a folder can be made");
        for name in ["project", "home", "cache", "config"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder can be made");
        }
        Self {
            program: program.into(),
            cache: folder.path().join("cache"),
            folder,
            variables: Vec::new(),
        }
    }

    /// The same with a `pipeline.toml`.
    pub fn pipeline(self, text: &str) -> Self {
        self.file("pipeline.toml", text)
    }

    /// The same with one more file below the project's folder.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let file = self.path().join(path);
        let parent = file.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(parent).expect("a folder can be made");
        std::fs::write(file, content).expect("a file can be written");
        self
    }

    /// The same with a variable in the environment of every call.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The project's folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// The folder for what can be made again.
    pub fn cache(&self) -> PathBuf {
        self.cache.clone()
    }

    /// The same with a folder of others for what can be made again.
    pub fn sharing_cache(mut self, folder: &Path) -> Self {
        self.cache = folder.to_owned();
        self
    }

    /// Every file below the project's folder, sorted: what a refused pipeline must not
    /// have added to.
    pub fn files(&self) -> Vec<String> {
        let root = self.path();
        let mut files: Vec<String> = WalkDir::new(&root)
            .into_iter()
            .map(|entry| entry.expect("the project can be read").into_path())
            .filter(|path| path.is_file())
            .map(|path| below(&path, &root))
            .collect();
        files.sort();
        files
    }

    /// Runs `orch` in the project's folder to its end.
    pub fn orch(&self, arguments: &[&str]) -> Ran {
        self.orch_within(&[], arguments)
    }

    /// The same inside a world that another program makes: `unshare` with its arguments.
    pub fn orch_within(&self, maker: &[&str], arguments: &[&str]) -> Ran {
        let child = self
            .command_within(maker, arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                let program = self.program.display();
                panic!("could not start {program} {maker:?}: {error}; apt-get install util-linux")
            });
        let (code, stdout, stderr) = wait(child, arguments);
        assert!(
            !stderr.starts_with("unshare: "),
            "{stderr}this test needs namespaces: run it as root, or `sysctl -w \
             kernel.unprivileged_userns_clone=1`"
        );
        Ran::new(
            arguments,
            code,
            &self.redact(&stdout),
            &self.redact(&stderr),
        )
    }

    /// `orch` ready to start, for a test that does more with the process than wait for it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_within(&[], arguments)
    }

    /// The same inside a world that another program makes: `unshare` with its arguments.
    #[expect(
        clippy::disallowed_methods,
        reason = "a registry is where this machine says"
    )]
    pub fn command_within(&self, maker: &[&str], arguments: &[&str]) -> Command {
        let folder = self.folder.path();
        let mut words = maker
            .iter()
            .map(OsStr::new)
            .chain([self.program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", folder.join("home"))
            .env("ORCH_CACHE_DIR", self.cache())
            .env("ORCH_CONFIG_DIR", folder.join("config"))
            // A terminal's width must not decide where lines break.
            .env("COLUMNS", "100");
        for name in REACH {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The same text on every machine: this test's folders get names.
    fn redact(&self, text: &str) -> String {
        let folder = self.folder.path().display().to_string();
        text.replace(&format!("{folder}/project"), "[PROJECT]")
            .replace(&self.cache.display().to_string(), "[CACHE]")
            .replace(&folder, "[FOLDER]")
    }
}

fn below(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .expect("only the project is walked")
        .display()
        .to_string()
}

/// Waits while both pipes are emptied, so that a child with much to say does not block.
fn wait(mut child: Child, arguments: &[&str]) -> (Option<i32>, String, String) {
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let start = Instant::now();
    let status = loop {
        match child.try_wait().expect("a child can be waited for") {
            Some(status) => break status,
            None if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(5)),
            None => {
                child.kill().expect("a child can be ended");
                child.wait().expect("a child can be waited for");
                let said = stderr.join().expect("no reader panics");
                panic!("`orch {}` hangs; it said:\n{said}", arguments.join(" "));
            }
        }
    };
    let read = |reader: thread::JoinHandle<String>| reader.join().expect("no reader panics");
    (status.code(), read(stdout), read(stderr))
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    let mut pipe = pipe.expect("the pipe was asked for");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8(bytes).expect("`orch` prints UTF-8")
    })
}
