//! The golden of a run in a pipe.

use std::sync::Arc;

use expect_test::expect;

use super::*;
use crate::story::{self, StandingClock};

/// A stream whose bytes can be looked at.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn plain(clock: &StandingClock) -> (Plain, Kept) {
    let kept = Kept::default();
    let plain = Plain::new(kept.clone(), Style::PLAIN, clock.clock());
    (plain, kept)
}

#[test]
fn a_run() {
    let clock = StandingClock::default();
    let (plain, kept) = plain(&clock);
    story::begin(&plain, &clock);
    story::end(&plain, &clock);
    let text = kept.text();
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    expect![[r#"
        warning: plugin `go`: release 1.22.10 is no longer supported
        downloading  toolchain.go  72.0 MB
        downloaded   toolchain.go  72.0 MB in 6.0 s
        unpacking    toolchain.go
        unpacked     toolchain.go  207.0 MB in 2.0 s
        done         toolchain.go  207.0 MB  8.0 s
        done         build.agent@pi5/compile  4.8 MB  2.1 s
        failed       task.test  1.2 s
          exited with code 2
            … 22 lines before these
            ok 23
            ok 24
            ok 25
            ok 26
            ok 27
            ok 28
            ok 29
            ok 30
            ok 31
            ok 32
            ok 33
            ok 34
            ok 35
            ok 36
            ok 37
            ok 38
            ok 39
            ok 40
            ok 41
            ok 42
            ok 43
            ok 44
            ok 45
            ok 46
            ok 47
            ok 48
            ok 49
            ok 50
            ok 51
            ok 52
            ok 53
            ok 54
            ok 55
            ok 56
            ok 57
            ok 58
            ok 59
            ok 60
            ./main.go:3:1: syntax error
            \x1b[2Jexit �
          hint: `orch explain task.test` shows what it ran
        skipped      build.agent@graviton3-with-a-rather-long-name/compile  `task.test` failed
        cancelled    build.agent@graviton3-with-a-rather-long-name/verify
    "#]]
    .assert_eq(&text);
}

#[test]
fn quiet_logs_are_left_out() {
    let clock = StandingClock::default();
    let (plain, kept) = plain(&clock);
    let mut log = story::log();
    log.level = LogLevel::Info;
    plain.observe(Event::PluginLogged(&log));
    assert_eq!(kept.text(), "");
}

#[test]
fn several_archives_of_one_toolchain() {
    let clock = StandingClock::default();
    let (plain, kept) = plain(&clock);
    for (milliseconds, stage, done, total) in [
        (0, Stage::Download, 0, Some(100)),
        (10, Stage::Download, 100, Some(100)),
        (20, Stage::Download, 100, Some(100)),
        (30, Stage::Download, 5, None),
        (40, Stage::Download, 80, None),
        (50, Stage::Unpack, 0, Some(1000)),
        (60, Stage::Unpack, 400, Some(1000)),
    ] {
        clock.set(milliseconds);
        story::progress(&plain, stage, done, total);
    }
    story::finish(&plain, &story::toolchain(), &story::failed(), 70);
    let text = kept.text();
    let before_the_failure = text.split_inclusive("failed").next().unwrap();
    expect![[r#"
        downloading  toolchain.go  100 B
        downloaded   toolchain.go  100 B in 10 ms
        downloading  toolchain.go
        downloaded   toolchain.go  80 B in 20 ms
        unpacking    toolchain.go  1.0 kB
        failed"#]]
    .assert_eq(before_the_failure);
}
