//! The kernel's view of the memory of whoever listens at a port: proc_pid_smaps(5),
//! proc_pid_net(5).

use std::fs;
use std::path::Path;

use orch_model::Counter;

use crate::sockets::sockets;

/// What a probe is told, by its names, and the lines of `smaps_rollup`, in kB.
const LINES: [(&str, &str); 4] = [
    ("rss", "Rss:"),
    ("pss", "Pss:"),
    ("anonymous", "Anonymous:"),
    ("swap", "Swap:"),
];

/// What the process takes that listens at a port of this machine; nothing where that cannot be
/// seen.
pub(crate) fn of_listener(port: u16) -> Vec<Counter> {
    let found = inode(port).and_then(process).and_then(|process| {
        let file = Path::new("/proc").join(process).join("smaps_rollup");
        fs::read_to_string(file).ok()
    });
    found.map(|text| memory_of(&text)).unwrap_or_default()
}

/// What a process takes, of the text of its `smaps_rollup`.
pub fn memory_of(smaps: &str) -> Vec<Counter> {
    let named = LINES.iter().filter_map(|(name, line)| {
        let mut lines = smaps.lines();
        let value = lines.find_map(|one| one.strip_prefix(line))?;
        let kilobytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(Counter {
            name: (*name).to_owned(),
            value: kilobytes * 1024,
        })
    });
    named.collect()
}

/// The inode of the socket that listens at a port.
fn inode(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let texts = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok());
    texts.into_iter().find_map(|text| {
        let mut all = sockets(&text);
        let found = all.find(|one| one.listens && one.address.port() == port);
        found.map(|socket| socket.inode)
    })
}

/// The first process that has a socket open.
fn process(inode: String) -> Option<String> {
    let socket = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut names = processes.filter_map(|entry| entry.file_name().into_string().ok());
    names.find(|name| {
        let is_process = name.bytes().all(|byte| byte.is_ascii_digit());
        let files = is_process.then(|| fs::read_dir(format!("/proc/{name}/fd")).ok());
        let mut files = files.flatten().into_iter().flatten().flatten();
        files.any(|file| fs::read_link(file.path()).is_ok_and(|to| to == Path::new(&socket)))
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn this_process_takes_memory_when_it_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a port");
        let port = listener.local_addr().expect("it is bound").port();
        let counters = of_listener(port);
        let rss = counters.iter().find(|counter| counter.name == "rss");
        assert!(rss.is_some_and(|rss| rss.value > 100 << 10), "{counters:?}");
        drop(listener);
        assert_eq!(of_listener(port), Vec::new());
    }

    #[test]
    fn lines_that_are_no_figures_are_left_out() {
        assert_eq!(memory_of("Rss: many kB\nPss:\n"), Vec::new());
    }
}
