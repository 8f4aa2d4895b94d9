//! A gate's verdict as a sign and a word, which need no colour.

use orch_engine::port::Verdict;

/// One character.
pub(super) fn sign(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Fails => "✗",
        Verdict::Inconclusive(_) => "?",
        Verdict::Holds => "✓",
        Verdict::First => "○",
    }
}

/// One word, which is the verdict's class in `page.css` as well.
pub(super) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Fails => "fails",
        Verdict::Inconclusive(_) => "open",
        Verdict::Holds => "holds",
        Verdict::First => "first",
    }
}

/// Whether it speaks against the metric.
pub(super) fn is_failing(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Fails)
}
