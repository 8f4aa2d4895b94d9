//! What a person sees on a terminal, at some moments of a run.

use expect_test::expect;
use indicatif::{InMemoryTerm, TermLike};

use super::*;
use crate::story::{self, StandingClock};

const WIDE: Style = Style {
    color: false,
    width: 100,
};

/// The same screen as a stream, with the line discipline of a terminal.
struct Lines(InMemoryTerm);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        self.0.write_str(&text.replace('\n', "\r\n"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// The drawing part without its thread: a test draws when it wants to look.
fn shared(style: Style, clock: &StandingClock) -> (Shared, InMemoryTerm) {
    let screen = InMemoryTerm::new(100, style.width as u16);
    let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
    let shared = Shared::new(
        Box::new(Lines(screen.clone())),
        target,
        style,
        clock.clock(),
    );
    (shared, screen)
}

impl Observer for Shared {
    fn observe(&self, event: Event<'_>) {
        Shared::observe(self, event);
    }
}

#[test]
fn a_run() {
    let clock = StandingClock::default();
    let (shared, screen) = shared(WIDE, &clock);
    story::begin(&shared, &clock);
    assert_eq!(screen.contents(), "", "events alone draw nothing");
    shared.draw();
    expect![[r#"
        warning: plugin `go`: release 1.22.10 is no longer supported
          toolchain.go             download  ━━━━━━━━━━━━────────────  36.0 MB of 72.0 MB  12.0 MB/s  3.0 s…
          build.agent@pi5/compile  2.0 s
        running 2 · done 0 · of 6 · 3.0 s"#]].assert_eq(&screen.contents());

    clock.set(5000);
    story::finish(
        &shared,
        &story::compile(),
        &story::succeeded(4_812_345),
        2100,
    );
    shared.draw();
    expect![[r#"
        warning: plugin `go`: release 1.22.10 is no longer supported
        ✓ build.agent@pi5/compile              4.8 MB     2.1 s
          toolchain.go  download  ━━━━━━━━━━━━────────────  36.0 MB of 72.0 MB  9.0 MB/s  4.0 s left
        running 1 · done 1 · of 6 · 4.0 s"#]]
    .assert_eq(&screen.contents());
}

#[test]
fn the_end_of_a_run_leaves_only_finished_lines() {
    let clock = StandingClock::default();
    let (shared, screen) = shared(WIDE, &clock);
    story::begin(&shared, &clock);
    shared.draw();
    story::end(&shared, &clock);
    expect![[r#"
        warning: plugin `go`: release 1.22.10 is no longer supported
        ✓ toolchain.go                       207.0 MB     8.0 s
        ✓ build.agent@pi5/compile              4.8 MB     2.1 s
        ✗ task.test                            failed     1.2 s
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
            \x1b[2Jexit
          hint: `orch explain task.test` shows what it ran
        - build.agent@graviton3-with-a-rather-long-name/compile  skipped: `task.test` failed
        - build.agent@graviton3-with-a-rather-long-name/verify  cancelled"#]]
    .assert_eq(&screen.contents());

    // Another run on the same terminal.
    story::begin(&shared, &clock);
    shared.draw();
    let last = screen.contents().lines().last().unwrap().to_owned();
    expect!["running 2 · done 0 · of 6 · 3.0 s"].assert_eq(&last);
}

#[test]
fn many_nodes_on_a_narrow_terminal() {
    let style = Style {
        color: false,
        width: 30,
    };
    let clock = StandingClock::default();
    let (shared, screen) = shared(style, &clock);
    shared.observe(Event::RunStarted { nodes: 500 });
    for number in 0..20 {
        clock.set(number);
        let node = orch_model::NodeId::task(&format!("with-a-long-name-{number:02}"), None);
        shared.observe(Event::NodeStarted { node: &node });
    }
    clock.set(61_000);
    shared.draw();
    expect![[r#"
          task.with-a-long-name-00  1…
          task.with-a-long-name-01  1…
          task.with-a-long-name-02  1…
          task.with-a-long-name-03  1…
          task.with-a-long-name-04  1…
          task.with-a-long-name-05  1…
          task.with-a-long-name-06  1…
          task.with-a-long-name-07  1…
          task.with-a-long-name-08  1…
          task.with-a-long-name-09  1…
          task.with-a-long-name-10  1…
          task.with-a-long-name-11  1…
          … and 8 more
        running 20 · done 0 · of 500 …"#]]
    .assert_eq(&screen.contents());
}

#[test]
fn colours() {
    let style = Style {
        color: true,
        width: 100,
    };
    let clock = StandingClock::default();
    let (shared, screen) = shared(style, &clock);
    story::begin(&shared, &clock);
    story::finish(
        &shared,
        &story::compile(),
        &story::succeeded(4_812_345),
        2100,
    );
    shared.draw();
    let text = String::from_utf8(screen.contents_formatted()).unwrap();
    expect![[r#"
        ESC[33;1mwarning:ESC[m plugin `go`: release 1.22.10 is no longer supportedESC[m
        ESC[32m✓ESC[m build.agent@pi5/compile              4.8 MB     2.1 sESC[m
          toolchain.go  download  ━━━━━━━━━━━━────────────  36.0 MB of 72.0 MB  12.0 MB/s  3.0 s left       ESC[m
        ESC[1mrunning 1 · done 1 · of 6 · 3.0 sESC[m                                                                   ESC[m"#]].assert_eq(&text.replace('\u{1b}', "ESC"));
}

#[test]
fn the_thread_draws_and_stops() {
    let clock = StandingClock::default();
    let screen = InMemoryTerm::new(100, 100);
    let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
    let terminal = Terminal::new(Lines(screen.clone()), target, WIDE, clock.clock());
    story::begin(&terminal, &clock);
    terminal.print("something else\n");
    terminal.finish();
    let nothing_goes_on =
        "warning: plugin `go`: release 1.22.10 is no longer supported\nsomething else";
    assert_eq!(screen.contents(), nothing_goes_on);
    terminal.print("and more\n");
    assert_eq!(screen.contents(), format!("{nothing_goes_on}\nand more"));
    terminal.finish();
}

#[test]
fn many_threads_at_once() {
    let screen = InMemoryTerm::new(2000, 100);
    let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
    let terminal = Terminal::new(
        Lines(screen.clone()),
        target,
        WIDE,
        crate::clock::system_clock(),
    );
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let terminal = &terminal;
            scope.spawn(move || {
                for number in 0..250 {
                    let node = orch_model::NodeId::task(&format!("t{thread}-{number}"), None);
                    terminal.observe(Event::NodeStarted { node: &node });
                    story::finish(terminal, &node, &story::skipped(), 0);
                }
            });
        }
    });
    terminal.finish();
    assert_eq!(screen.contents().lines().count(), 1000);
}
