//! What an empty job costs: in a sandbox, as a plain process, and below bubblewrap where that
//! is installed (`apt-get install bubblewrap`). Run it with `--release`; the argument is how
//! many jobs, 2,000 without one.

use std::error::Error;
use std::fs;
use std::os::fd::OwnedFd;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use orch_sandbox::{Job, Limits, Sandbox, Settings, WORKSPACE_FOLDERS, inside, sandbox_main};

/// What the second process of a sandbox is started with.
const SANDBOX: &str = "sandbox";

const BUBBLEWRAP: [&str; 5] = ["--unshare-all", "--ro-bind", "/", "/", "true"];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == SANDBOX) {
        return Ok(sandbox_main(arguments.len() > 1));
    }
    let count = arguments.first().map_or(Ok(2000), |word| word.parse())?;
    let plain = measure(count, || plain("true", &[]))?;
    print("plain process", plain, plain);
    let (start, each) = sandboxed(count)?;
    print("sandbox, each job", each, plain);
    print("sandbox, started once", start, plain);
    if plain_runs("bwrap") {
        let bubblewrap = measure(count.min(200), || self::plain("bwrap", &BUBBLEWRAP))?;
        print("bwrap --unshare-all", bubblewrap, plain);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(what: &str, took: Duration, plain: Duration) {
    let ratio = took.as_secs_f64() / plain.as_secs_f64();
    println!("{what:<24} {:>8} µs  {ratio:>6.2}", took.as_micros());
}

fn measure(
    count: u32,
    mut once: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<Duration, Box<dyn Error>> {
    let began = Instant::now();
    for _ in 0..count {
        once()?;
    }
    Ok(began.elapsed() / count)
}

fn plain(program: &str, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("`{program}` {status}").into()),
    }
}

fn plain_runs(program: &str) -> bool {
    plain(program, &["--version"]).is_ok()
}

/// How long it took to start a sandbox, and then each job.
fn sandboxed(count: u32) -> Result<(Duration, Duration), Box<dyn Error>> {
    let workspace = tempfile::tempdir()?;
    for folder in WORKSPACE_FOLDERS {
        fs::create_dir(workspace.path().join(folder))?;
    }
    let began = Instant::now();
    let mut sandbox = Sandbox::start(&Settings {
        command: vec![std::env::current_exe()?.into(), SANDBOX.into()],
        workspace: workspace.path().canonicalize()?,
        network: false,
        limits: Limits::default(),
        counts: false,
        first: false,
        group: None,
    })?;
    let start = began.elapsed();
    let job = Job {
        program: "/usr/bin/true".into(),
        arguments: Vec::new(),
        environment: Vec::new(),
        directory: inside("source"),
        writable_source: false,
        mounts: Vec::new(),
        cpus: Vec::new(),
    };
    let each = measure(count, || {
        let (_output, stdout) = std::io::pipe()?;
        let (_errors, stderr) = std::io::pipe()?;
        sandbox.begin(&job, OwnedFd::from(stdout), OwnedFd::from(stderr))?;
        let (status, _) = sandbox
            .finish()?
            .ended
            .map_err(|error| format!("{error:?}"))?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("`true` {status}").into()),
        }
    })?;
    Ok((start, each))
}
