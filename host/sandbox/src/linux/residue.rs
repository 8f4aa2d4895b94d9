//! Looks for what a job left in the namespaces themselves. A sandbox where there is anything
//! is given up, rather than cleaned: nobody has to know how that would be done completely.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::Residue;

/// Objects of System V; each file has a heading and a line for each object.
const IPC: [&str; 3] = [
    "/proc/sysvipc/shm",
    "/proc/sysvipc/sem",
    "/proc/sysvipc/msg",
];

/// Counts of sockets in the network namespace.
const SOCKETS: [&str; 2] = ["/proc/self/net/sockstat", "/proc/self/net/sockstat6"];

/// The files that tell, opened while that was still allowed.
#[derive(Debug)]
pub(super) struct Traces {
    ipc: Vec<File>,
    sockets: Vec<File>,
}

impl Traces {
    /// Connections are looked for only in a network namespace of one's own.
    pub(super) fn open(network: bool) -> io::Result<Self> {
        Ok(Self {
            ipc: open(&IPC)?,
            sockets: match network {
                true => Vec::new(),
                false => open(&SOCKETS)?,
            },
        })
    }

    /// What there is now.
    pub(super) fn look(&self) -> Residue {
        if self.ipc.iter().any(|file| holds(file, has_objects)) {
            Residue::Ipc
        } else if self.sockets.iter().any(|file| holds(file, has_connections)) {
            Residue::Sockets
        } else {
            Residue::None
        }
    }
}

/// A kernel that lacks the thing lacks its file.
fn open(paths: &[&str]) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for path in paths {
        match File::open(path) {
            Ok(file) => files.push(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

/// Whether a file says so; also when it cannot be read, or has more to say than expected.
fn holds(file: &File, says: fn(&str) -> bool) -> bool {
    let mut text = [0; 1024];
    match file.read_at(&mut text, 0) {
        Ok(length) if length < text.len() => says(&String::from_utf8_lossy(&text[..length])),
        _ => true,
    }
}

fn has_objects(text: &str) -> bool {
    text.lines().count() > 1
}

/// Sockets of programs go with them; what is left are connections that the kernel keeps
/// until they are closed in good order.
fn has_connections(text: &str) -> bool {
    text.lines()
        .filter(|line| line.starts_with("TCP"))
        .any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words
                .windows(2)
                .any(|pair| matches!(pair[0], "inuse" | "tw") && pair[1] != "0")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_alone_is_no_object() {
        assert!(!has_objects("key shmid perms\n"));
        assert!(has_objects("key shmid perms\n0 0 600\n"));
    }

    #[test]
    fn closing_connections_are_found() {
        let text = |inuse, waiting| {
            format!(
                "sockets: used 9\nTCP: inuse {inuse} orphan 4 tw {waiting} alloc 5 mem 1\nUDP: inuse 3 mem 1\n"
            )
        };
        assert!(!has_connections(&text(0, 0)));
        assert!(has_connections(&text(1, 0)));
        assert!(has_connections(&text(0, 1)));
    }
}
