//! The launcher: what it says of a run, and that nothing outlives one.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Launches a line of shell, which may take so many seconds. What the launcher said.
fn launch(seconds: &str, line: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_orch-bench"))
        .args(["launch", seconds, "tail", "sh", "-c", line])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_run_has_a_time_and_a_peak() {
    let said = launch("60", "true");
    assert!(said.contains("\"seconds\":0."), "{said}");
    assert!(said.contains("\"peak_bytes\":"), "{said}");
}

#[test]
fn a_failing_run_is_no_time() {
    let said = launch("60", "exit 3");
    assert_eq!(said, "{\"trouble\":\"failed: exit status: 3\"}\n");
}

#[test]
fn a_run_that_takes_too_long_is_ended_with_all_that_it_started() {
    let began = Instant::now();
    let said = launch("0.2", "sleep 600 & sleep 600");
    assert!(said.contains("took longer than"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_daemon_is_named_and_ended() {
    let said = launch("60", "setsid sleep 600 & echo started");
    assert_eq!(said, "{\"trouble\":\"left processes running: sleep\"}\n");
    let said = launch("60", "setsid tail -f /dev/null & echo started");
    assert!(said.contains("\"seconds\":"), "it may leave that: {said}");
}

#[test]
fn the_peak_is_the_programs_own() {
    let peak = |line: &str| -> u64 {
        let said = launch("60", line);
        let digits = said.split("\"peak_bytes\":").nth(1).unwrap();
        digits.split(['}', ',']).next().unwrap().parse().unwrap()
    };
    let small = peak("true");
    assert!(
        small < 20_000_000,
        "the launcher itself takes {small} bytes"
    );
    let large = peak("head -c 60000000 /dev/zero | tail -c 50000000 | wc -c");
    assert!(large > small + 40_000_000, "{large} over {small}");
}
