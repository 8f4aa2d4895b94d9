//! The last line of a run: how many nodes ended how.

use std::time::Duration;

use orch_engine::{Origin, Outcome};

use crate::duration::human_duration;
use crate::style::{Meaning, Style};

/// How the nodes of a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Succeeded in this run.
    pub done: usize,
    /// Succeeded before, with the same key.
    pub cached: usize,
    /// Succeeded before, and what they left was put back in place.
    pub restored: usize,
    /// Failed by themselves.
    pub failed: usize,
    /// Not tried, because of a node that they need.
    pub skipped: usize,
    /// Have begun, and wait for a person.
    pub waiting: usize,
    /// Stopped by the user.
    pub cancelled: usize,
    /// What the run took.
    pub took: Duration,
}

impl Summary {
    /// Counts one node.
    pub fn count(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Succeeded { origin, .. } => match origin {
                Origin::Done => &mut self.done,
                Origin::Cached => &mut self.cached,
                Origin::Restored => &mut self.restored,
            },
            Outcome::Failed { .. } => &mut self.failed,
            Outcome::Skipped { .. } => &mut self.skipped,
            Outcome::Waits { .. } => &mut self.waiting,
            Outcome::Cancelled => &mut self.cancelled,
        } += 1;
    }

    /// How many nodes are over.
    pub fn over(&self) -> usize {
        let succeeded = self.done + self.cached + self.restored;
        succeeded + self.failed + self.skipped + self.waiting + self.cancelled
    }
}

/// One line: `nothing to do: all 12 nodes are up to date (8 ms)`,
/// `12 done, 3 cached in 14.2 s`, `1 failed, 3 skipped, 4 done in 2.0 s`.
pub fn render_summary(summary: &Summary, style: Style) -> String {
    let took = human_duration(summary.took);
    let nothing_done = summary.cached == summary.over();
    if nothing_done {
        let text = match summary.cached {
            0 => "nothing to do: no nodes are wanted".to_owned(),
            1 => "nothing to do: the only node is up to date".to_owned(),
            nodes => format!("nothing to do: all {nodes} nodes are up to date"),
        };
        return format!("{} ({took})\n", style.paint(Meaning::Good, &text));
    }
    let counts = [
        (summary.failed, "failed", Meaning::Bad),
        (summary.cancelled, "cancelled", Meaning::Warning),
        (summary.skipped, "skipped", Meaning::Warning),
        (summary.waiting, "waiting", Meaning::Warning),
        (summary.done, "done", Meaning::Good),
        (summary.restored, "restored", Meaning::Good),
        (summary.cached, "cached", Meaning::Good),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, name, meaning)| style.paint(meaning, &format!("{count} {name}")))
        .collect();
    format!("{} in {took}\n", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn check(summary: Summary, expected: expect_test::Expect) {
        expected.assert_eq(&render_summary(&summary, Style::PLAIN));
    }

    #[test]
    fn the_last_line_says_how_it_went() {
        let summary = |done, cached, failed, skipped, cancelled, milliseconds| Summary {
            done,
            cached,
            failed,
            skipped,
            cancelled,
            restored: 0,
            waiting: 0,
            took: Duration::from_millis(milliseconds),
        };
        check(
            summary(0, 12, 0, 0, 0, 8),
            expect![[r#"
                nothing to do: all 12 nodes are up to date (8 ms)
            "#]],
        );
        check(
            summary(0, 1, 0, 0, 0, 8),
            expect![[r#"
                nothing to do: the only node is up to date (8 ms)
            "#]],
        );
        check(
            summary(0, 0, 0, 0, 0, 1),
            expect![[r#"
                nothing to do: no nodes are wanted (1 ms)
            "#]],
        );
        check(
            summary(12, 3, 0, 0, 0, 14_200),
            expect![[r#"
                12 done, 3 cached in 14.2 s
            "#]],
        );
        check(
            summary(4, 0, 1, 3, 0, 2_000),
            expect![[r#"
                1 failed, 3 skipped, 4 done in 2.0 s
            "#]],
        );
        check(
            summary(4, 1, 0, 3, 2, 2_000),
            expect![[r#"
                2 cancelled, 3 skipped, 4 done, 1 cached in 2.0 s
            "#]],
        );
    }
}
