//! By what a machine tells what a process took: its perl, or else its shell. Both run the process,
//! wait for it and print figures, so no time of the network is in them.

use std::time::Duration;

use orch_measure::Meter;
use orch_model::{Counter, Sample};

use crate::kernel_files::KernelFiles;

const PERL: &str = include_str!("meter.pl");
const SHELL: &str = include_str!("meter.sh");

/// What a perl counts by the processor, by the names that probes know: `PERF_COUNT_HW_INSTRUCTIONS` and
/// `PERF_COUNT_HW_CPU_CYCLES` of `PERF_TYPE_HARDWARE`, perf_event_open(2).
const PROCESSOR: &str = "instructions=0:1 cycles=0:0";

/// How much of what a sample prints is kept, in bytes: together less than a connection keeps.
const MOST_PRINTED: &str = "3145728";
const MOST_COMPLAINED: &str = "524288";

/// A time of day that goes otherwise than the machine's own clock by more than this was set.
const CLOCKS_DIFFER: f64 = 0.05;

/// How a machine's clock ticks for a shell: `sysconf(_SC_CLK_TCK)` is 100 on every Linux.
const TICK_NS: u64 = 10_000_000;

/// The meter of a machine, and how it is started.
pub(crate) struct HostMeter {
    pub meter: Meter,
    kind: Kind,
    program: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Perl,
    Shell,
}

/// What came of a run.
#[derive(Debug, PartialEq)]
pub(crate) enum Metered {
    Sample(Sample),
    /// It could not be started, for this reason.
    NotStarted(String),
    /// The time of day was set meanwhile, by which a shell tells times.
    ClockWasSet,
}

impl HostMeter {
    /// The best that a machine has; `perl_works` tries its perl.
    pub fn of(files: &KernelFiles, name: &str, perl_works: bool) -> Self {
        let (kind, program, by, note) = match (files.program("perl"), files.program("bash")) {
            (Some(perl), _) if perl_works => (Kind::Perl, perl, "perl over ssh", None),
            (_, Some(bash)) => (
                Kind::Shell,
                bash,
                "bash over ssh",
                Some("CPU times in steps of 1 ms"),
            ),
            _ => (
                Kind::Shell,
                "sh",
                "sh over ssh",
                Some("all times in steps of 10 ms"),
            ),
        };
        let note = match note {
            None => format!("measured on `{name}` by its perl, outside of a sandbox"),
            Some(steps) => format!(
                "measured on `{name}` by its shell, outside of a sandbox: {steps}, which gates \
                 allow for, no peak memory and no context switches; install `perl` there for more"
            ),
        };
        let (wall_step_ns, cpu_step_ns) = match (kind, program) {
            (Kind::Perl, _) => (0, 1_000),
            (Kind::Shell, "sh") => (TICK_NS, TICK_NS),
            (Kind::Shell, _) => (1_000, 1_000_000),
        };
        Self {
            meter: Meter {
                name: Some(by.to_owned()),
                wall_step_ns,
                cpu_step_ns,
                lacks_memory: kind == Kind::Shell,
                note: Some(note),
            },
            kind,
            program: program.to_owned(),
        }
    }

    /// The words that stand before a process to have it metered, its outputs in two files.
    pub fn words<'a>(&'a self, out: &'a str, err: &'a str) -> Vec<&'a str> {
        let script = match self.kind {
            Kind::Perl => vec!["-e", PERL, PROCESSOR],
            Kind::Shell => vec!["-c", SHELL, "orch"],
        };
        let mut words = vec![self.program.as_str()];
        words.extend(script);
        words.extend([out, err, MOST_PRINTED, MOST_COMPLAINED]);
        words
    }
}

/// The same, to see whether a perl can do it.
pub(crate) fn trial(perl: &str) -> Vec<&str> {
    vec![
        perl,
        "-e",
        PERL,
        PROCESSOR,
        "/dev/null",
        "/dev/null",
        "0",
        "0",
        "/bin/sh",
        "-c",
        ":",
    ]
}

/// Reads what a meter printed; none where it was cut.
pub(crate) fn read(printed: &[u8]) -> Option<Metered> {
    let end = printed.windows(2).position(|two| two == b"\n\n")?;
    let head = Head(std::str::from_utf8(&printed[..end]).ok()?);
    if let Some(why) = head.text("not-started") {
        return Some(Metered::NotStarted(why.escape_debug().to_string()));
    }
    let (out, err): (usize, usize) = (head.number("out")?, head.number("err")?);
    let body = &printed[end + 2..];
    let mut sample = Sample {
        exit_code: match head.number::<i32>("signal") {
            Some(signal) if signal != 0 => -signal,
            _ => head.number("code")?,
        },
        stdout: body.get(..out)?.to_vec(),
        stderr: body.get(out..out.checked_add(err)?)?.to_vec(),
        ..Sample::default()
    };
    if head.text("wall-ns").is_some() {
        by_perl(&head, &mut sample)?;
        return Some(Metered::Sample(sample));
    }
    match by_shell(&head, &mut sample)? {
        true => Some(Metered::Sample(sample)),
        false => Some(Metered::ClockWasSet),
    }
}

fn by_perl(head: &Head<'_>, sample: &mut Sample) -> Option<()> {
    sample.wall_ns = head.number("wall-ns")?;
    sample.user_ns = head.number("user-ns")?;
    sample.system_ns = head.number("system-ns")?;
    sample.peak_rss_bytes = head.number::<u64>("peak-kib")?.checked_mul(1024)?;
    let names = [
        "minor-faults",
        "major-faults",
        "voluntary-switches",
        "involuntary-switches",
    ];
    for name in names {
        let value = head.number(name)?;
        sample.counters.push(counter(name, value));
    }
    let of_processor = ["instructions", "cycles"].into_iter();
    let told = of_processor.filter_map(|name| Some(counter(name, head.number(name)?)));
    sample.counters.extend(told);
    Some(())
}

/// Whether its clocks agree.
fn by_shell(head: &Head<'_>, sample: &mut Sample) -> Option<bool> {
    let up = head.number::<f64>("boot-ended")? - head.number::<f64>("boot-began")?;
    // Only bash has such a clock.
    let by_clock = match head.text("began").filter(|text| !text.is_empty()) {
        Some(began) => Some(decimal(head.text("ended")?)? - decimal(began)?),
        None => None,
    };
    let wall = by_clock.unwrap_or(up);
    sample.wall_ns = nanoseconds(wall);
    let mut times = head
        .0
        .lines()
        .filter_map(|line| line.strip_prefix("times "));
    let mut of_children = times.nth(1)?.split_whitespace();
    sample.user_ns = minutes_and_seconds(of_children.next()?)?;
    sample.system_ns = minutes_and_seconds(of_children.next()?)?;
    // proc_pid_stat(5): behind the name in parentheses, the 9th and the 11th are of children that
    // ended.
    let (_, stat) = head.text("stat")?.rsplit_once(')')?;
    let fields: Vec<&str> = stat.split_whitespace().collect();
    for (name, position) in [("minor-faults", 8), ("major-faults", 10)] {
        let value = fields.get(position)?.parse().ok()?;
        sample.counters.push(counter(name, value));
    }
    Some((wall - up).abs() <= CLOCKS_DIFFER + 0.001 * up)
}

fn counter(name: &str, value: u64) -> Counter {
    Counter {
        name: name.to_owned(),
        value,
    }
}

/// Some languages write a comma.
fn decimal(text: &str) -> Option<f64> {
    text.replace(',', ".").parse().ok()
}

fn nanoseconds(seconds: f64) -> u64 {
    let duration = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `1m2.340s`, as `times` of every shell prints it.
fn minutes_and_seconds(text: &str) -> Option<u64> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    let minutes: f64 = minutes.parse().ok()?;
    Some(nanoseconds(60.0 * minutes + decimal(seconds)?))
}

/// Lines of a name and a value.
struct Head<'a>(&'a str);

impl<'a> Head<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        let mut lines = self.0.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const BUSY: &str = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; \
                        printf 'out\\n'; printf oh >&2; exit 3";

    /// Runs a meter of this machine.
    fn metered(program: &str, script: &[&str], run: &[&str]) -> Metered {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let ran = Command::new(program)
            .args(script)
            .args([&file("out"), &file("err"), "4", "100"])
            .args(run)
            .output()
            .unwrap();
        read(&ran.stdout).unwrap_or_else(|| panic!("{ran:?}"))
    }

    /// Without counters of the processor, which not every machine has.
    fn by_perl(run: &[&str]) -> Metered {
        metered("perl", &["-e", PERL, ""], run)
    }

    fn check(metered: Metered) -> Sample {
        let Metered::Sample(sample) = metered else {
            panic!("{metered:?}");
        };
        assert_eq!(sample.exit_code, 3);
        assert_eq!(
            (&*sample.stdout, &*sample.stderr),
            (&b"out\n"[..], &b"oh"[..])
        );
        let used = sample.user_ns + sample.system_ns;
        assert!(used >= TICK_NS, "{sample:?}");
        assert!(sample.wall_ns + TICK_NS >= used, "{sample:?}");
        assert!(sample.counters[0].value > 10, "{sample:?}");
        sample
    }

    #[test]
    fn perl_tells_what_the_kernel_counts() {
        let sample = check(by_perl(&["sh", "-c", BUSY]));
        assert!(sample.peak_rss_bytes > 100 << 10, "{sample:?}");
        assert_eq!(sample.counters.len(), 4);
        let missing = by_perl(&["/nowhere"]);
        let why = "No such file or directory".to_owned();
        assert_eq!(missing, Metered::NotStarted(why));
        let killed = ["sh", "-c", "kill -KILL $$"];
        let Metered::Sample(killed) = by_perl(&killed) else {
            panic!("it was started");
        };
        assert_eq!(killed.exit_code, -9);
    }

    /// Page faults are an event that the kernel counts itself (`PERF_TYPE_SOFTWARE` and
    /// `PERF_COUNT_SW_PAGE_FAULTS`), in the same way as a processor its own.
    #[test]
    fn perl_counts_events_for_the_program_and_all_that_it_starts() {
        let counted = |run: &[&str]| {
            let script = ["-e", PERL, "instructions=1:2"];
            let Metered::Sample(sample) = metered("perl", &script, run) else {
                panic!("it was started");
            };
            let told = sample.counters.iter();
            let told = told.map(|one| (one.name.clone(), one.value));
            let told: std::collections::BTreeMap<_, _> = told.collect();
            assert!(
                told.contains_key("instructions"),
                "this test counts events: `sudo sysctl kernel.perf_event_paranoid=2`, and \
                 `--cap-add PERFMON` for a container"
            );
            told
        };
        let one = counted(&["sh", "-c", ":"]);
        assert!(one["instructions"] > 0, "{one:?}");
        assert!(
            one["instructions"] <= one["minor-faults"] + one["major-faults"],
            "{one:?}"
        );
        let three = counted(&["sh", "-c", "sh -c :; sh -c :"]);
        assert!(three["instructions"] > 2 * one["instructions"], "{three:?}");
    }

    #[test]
    fn every_shell_tells_times_and_faults() {
        for shell in ["bash", "dash"] {
            let script = ["-c", SHELL, "orch"];
            let sample = check(metered(shell, &script, &["sh", "-c", BUSY]));
            assert_eq!(sample.peak_rss_bytes, 0, "{shell}");
            assert_eq!(sample.counters.len(), 2, "{shell}");
        }
    }

    #[test]
    fn outputs_are_cut_and_what_is_cut_off_is_no_sample() {
        let long = ["sh", "-c", "echo 0123456789"];
        let Metered::Sample(sample) = by_perl(&long) else {
            panic!("it was started");
        };
        assert_eq!(sample.stdout, b"0123");
        assert_eq!(read(b"code 0\nwall-ns 7\nout 3\nerr 0\n\nab"), None);
        assert_eq!(read(b"code 0\n"), None);
    }

    #[test]
    fn a_clock_that_was_set_is_told() {
        let head = |ended: &str| {
            format!(
                "code 0\nbegan 100.000000\nended {ended}\nboot-began 5.00\nboot-ended 6.00\n\
                 stat 1 (a b) c) R 1 1 1 0 -1 0 0 7 0 9 0\ntimes 0m0s 0m0s\n\
                 times 1m0.500s 0m0.25s\nout 0\nerr 0\n\n"
            )
        };
        let Some(Metered::Sample(sample)) = read(head("101.010000").as_bytes()) else {
            panic!("its clocks agree");
        };
        assert_eq!(sample.user_ns, 60_500_000_000);
        assert_eq!(sample.counters[0].value, 7);
        assert_eq!(sample.counters[1].value, 9);
        assert_eq!(read(head("3701.0").as_bytes()), Some(Metered::ClockWasSet));
    }
}
