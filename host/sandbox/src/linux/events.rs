//! What the kernel had to do for a program that has ended and is not waited for yet, as
//! `/proc` tells it: proc_pid_stat(5), proc_pid_status(5).

use std::fs;

use crate::Events;

/// Positions behind the name, which stands in parentheses and may hold anything.
const MINOR_FAULTS: usize = 7;
const MINOR_FAULTS_OF_CHILDREN: usize = 8;
const MAJOR_FAULTS: usize = 9;
const MAJOR_FAULTS_OF_CHILDREN: usize = 10;

/// `None` where `/proc` does not show the process.
pub(super) fn of(process: u32) -> Option<Events> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    read(&stat, &status)
}

fn read(stat: &str, status: &str) -> Option<Events> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind_name.split_whitespace().collect();
    let field = |position: usize| fields.get(position)?.parse::<u64>().ok();
    let line = |name: &str| {
        let mut lines = status.lines();
        let value = lines.find_map(|line| line.strip_prefix(name))?;
        value.trim().parse::<u64>().ok()
    };
    Some(Events {
        minor_faults: field(MINOR_FAULTS)? + field(MINOR_FAULTS_OF_CHILDREN)?,
        major_faults: field(MAJOR_FAULTS)? + field(MAJOR_FAULTS_OF_CHILDREN)?,
        voluntary_switches: line("voluntary_ctxt_switches:")?,
        involuntary_switches: line("nonvoluntary_ctxt_switches:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b (c) Z 1 7 7 0 -1 4194308 101 20 3 4 0 0";
        let status = "Name:\ta\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t6\n";
        let expected = Events {
            minor_faults: 121,
            major_faults: 7,
            voluntary_switches: 5,
            involuntary_switches: 6,
        };
        assert_eq!(read(stat, status), Some(expected));
        assert_eq!(read("", status), None);
        assert_eq!(read(stat, ""), None);
    }
}
