//! Before which others a program gets a CPU: setpriority(2), sched(7). What a thread starts has its
//! priority.

use std::io;

use rustix::process::{getpriority_process, setpriority_process};

/// Beside a program of this priority, others on its CPU get about a tenth of the time: each step is
/// a quarter more. It is not the highest, so that threads of the kernel that it waits for still run.
const FIRST: i32 = -10;

/// Starts something that comes before others if `first`, where the kernel permits that. This thread
/// itself is afterwards what it was.
pub fn with_priority<T>(first: bool, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if !first {
        return start();
    }
    let own = getpriority_process(None)?;
    if own <= FIRST || setpriority_process(None, FIRST).is_err() {
        return start();
    }
    let started = start();
    setpriority_process(None, own)?;
    started
}

/// Whether the kernel permits it: to root, and below a limit that `ulimit -e` shows.
pub fn may_come_first() -> bool {
    // In a thread of its own there is nothing to take back.
    let tried = std::thread::spawn(|| setpriority_process(None, FIRST).is_ok());
    tried.join().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_started_comes_first_where_that_is_permitted_and_this_thread_does_not() {
        let own = || Ok(getpriority_process(None)?);
        let before = own().unwrap();
        let expected = match may_come_first() {
            true => FIRST,
            false => before,
        };
        assert_eq!(with_priority(true, own).unwrap(), expected);
        assert_eq!(with_priority(false, own).unwrap(), before);
        assert_eq!(own().unwrap(), before);
    }
}
