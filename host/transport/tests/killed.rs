//! A process that is killed while it has a connection leaves nothing behind on either side.
//!
//! Given `hold`, it is that process itself.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use orch_tests::ssh_server::SshServer;
use orch_transport::{Address, Command, Stop, Transport};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [_, "hold", ssh, address, seconds] => hold(ssh, address, seconds),
        _ => check(),
    }
}

/// Has a connection and a command that goes on.
fn hold(ssh: &str, address: &str, seconds: &str) {
    let transport = Transport::new(Some(PathBuf::from(ssh))).unwrap();
    let address = Address::parse(address).unwrap();
    let connection = transport.open(&address, &Stop::default()).unwrap();
    println!("open");
    let command = Command::new(&["sleep", seconds]).timeout(Duration::from_secs(1000));
    let ran = connection.run(command);
    panic!("it should have been killed before: {ran:?}");
}

fn check() {
    let server = SshServer::start();
    let path = server.path();
    let ssh = Path::new(path.split(':').next().unwrap()).join("ssh");
    let seconds = (400_000 + std::process::id()).to_string();
    let mut held = Process::new(std::env::current_exe().unwrap())
        .arg("hold")
        .arg(&ssh)
        .args([&server.address(), &seconds])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(held.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "open\n");
    let configuration = ssh.with_file_name("config").display().to_string();
    wait_until("the command runs", || {
        !with_word(&seconds, "sleep").is_empty()
    });

    let clients = with_word(&configuration, "/usr/bin/ssh");
    assert_eq!(
        clients.len(),
        2,
        "a master and the command's own: {clients:?}"
    );
    let socket = clients[0].iter().position(|word| word == "-S").unwrap() + 1;
    let folder = PathBuf::from(&clients[0][socket])
        .parent()
        .unwrap()
        .to_owned();
    assert!(folder.is_dir());

    held.kill().unwrap();
    held.wait().unwrap();
    wait_until("no `ssh` is left", || {
        with_word(&configuration, "/usr/bin/ssh").is_empty()
    });
    wait_until("the folder is removed", || !folder.exists());
    wait_until("the command ends", || {
        with_word(&seconds, "sleep").is_empty()
    });
    println!("test a_killed_process_leaves_nothing ... ok");
}

/// The words of each process of a program that has this word.
fn with_word(word: &str, program: &str) -> Vec<Vec<String>> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let words = lines.map(|line| {
        let text = String::from_utf8_lossy(&line).into_owned();
        text.split('\0').map(str::to_owned).collect::<Vec<_>>()
    });
    words
        .filter(|words| words[0] == program && words.iter().any(|found| found == word))
        .collect()
}

#[track_caller]
fn wait_until(what: &str, happened: impl Fn() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(begin.elapsed() < Duration::from_secs(20), "not so: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
