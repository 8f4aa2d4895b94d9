//! The life of the reaper's own process: it keeps a list, and at the end of its input kills
//! what is still on it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group, setsid};

/// What the reaper prints when it is in its own session.
pub(super) const READY: &str = "ready";

/// How often the holders of a pipe are looked for: each time they may have had children.
const LOOKS: usize = 10;

/// The life of a reaper process. It reads lines until its standard input ends: `?` with the
/// inode of a pipe announces an action, `!` ends that; `+` and `-` with a process group's
/// number put it on the list and take it off. Then it kills what is left.
pub fn reaper_main() -> ExitCode {
    // This fails for the leader of a group, which has nothing to leave.
    let _ = setsid();
    let mut output = io::stdout();
    if writeln!(output, "{READY}")
        .and_then(|()| output.flush())
        .is_err()
    {
        return ExitCode::FAILURE;
    }
    let left = List::read(io::stdin().lock());
    for group in left.groups.iter().copied().filter_map(Pid::from_raw) {
        // It may be gone by now.
        let _ = kill_process_group(group, Signal::KILL);
    }
    for pipe in left.pipes {
        kill_holders(pipe);
    }
    ExitCode::SUCCESS
}

#[derive(Debug, Default, PartialEq, Eq)]
struct List {
    pipes: BTreeSet<u64>,
    groups: BTreeSet<i32>,
}

impl List {
    /// What is left on the list when the input ends.
    fn read(input: impl BufRead) -> Self {
        let mut list = Self::default();
        for line in input.lines().map_while(Result::ok) {
            list.heed(&line);
        }
        list
    }

    fn heed(&mut self, line: &str) -> Option<()> {
        let (sign, number) = line.split_at_checked(1)?;
        match sign {
            "?" => drop(self.pipes.insert(number.parse().ok()?)),
            "!" => drop(self.pipes.remove(&number.parse().ok()?)),
            "-" => drop(self.groups.remove(&number.parse().ok()?)),
            "+" => {
                // Group 1 is the system's own, and 0 would be ours.
                let group: i32 = number.parse().ok()?;
                if group > 1 {
                    self.groups.insert(group);
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// Kills every process that holds a pipe, with its group if it leads one.
fn kill_holders(pipe: u64) {
    for _ in 0..LOOKS {
        let holders = holders(pipe);
        if holders.is_empty() {
            return;
        }
        for holder in holders {
            let _ = match getpgid(Some(holder)) {
                Ok(group) if group == holder => kill_process_group(group, Signal::KILL),
                _ => kill_process(holder, Signal::KILL),
            };
        }
    }
}

fn holders(pipe: u64) -> Vec<Pid> {
    let wanted = format!("pipe:[{pipe}]");
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            let mut files = fs::read_dir(entry.path().join("fd")).ok()?.flatten();
            files
                .any(|file| fs::read_link(file.path()).is_ok_and(|to| to == Path::new(&wanted)))
                .then(|| Pid::from_raw(number))?
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, pipes: &[u64], groups: &[i32]) {
        let expected = List {
            pipes: pipes.iter().copied().collect(),
            groups: groups.iter().copied().collect(),
        };
        assert_eq!(List::read(text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn what_was_not_taken_off_is_left() {
        check("", &[], &[]);
        check("+10\n+11\n-10\n+12\n", &[], &[11, 12]);
        check("+10\n-10\n+10\n", &[], &[10]);
        check("?7\n+10\n!7\n?8\n", &[8], &[10]);
    }

    #[test]
    fn what_is_no_group_of_ours_is_never_killed() {
        let text = "+0\n+1\n+-5\n+x\n\n+\n=10\n10\n+99999999999\n-7\n?\n?-1\n!3\n";
        check(text, &[], &[]);
        // What comes behind a line that is no text is not believed.
        assert_eq!(List::read(&b"\xff\n+10\n"[..]), List::default());
    }

    #[test]
    fn the_holder_of_a_pipe_is_found() {
        use std::os::fd::OwnedFd;
        use std::os::unix::fs::MetadataExt;

        let (reader, writer) = io::pipe().unwrap();
        let inode = fs::File::from(OwnedFd::from(reader.try_clone().unwrap()))
            .metadata()
            .unwrap()
            .ino();
        let own = rustix::process::getpid();
        assert!(holders(inode).contains(&own));
        drop((reader, writer));
        assert!(!holders(inode).contains(&own));
    }
}
