//! A node that is over, as text: one line, what its process printed last, and for a failure
//! what to do.

use std::time::Duration;

use orch_engine::{Origin, Outcome};
use orch_model::{NodeId, Sample};
use unicode_width::UnicodeWidthStr;

use crate::duration::human_duration;
use crate::escape::{visible, visible_line};
use crate::fault::push_hint;
use crate::size::human_bytes;
use crate::style::{Meaning, Style};

/// Lines that are shown of what a failed process printed.
const MOST_LINES: usize = 40;
/// Characters that are shown of one such line.
const LONGEST_LINE: usize = 1000;
/// Names are filled up to this, so that what follows stands in columns.
const NAME_WIDTH: usize = 32;

/// How a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marks {
    /// With a sign, for a terminal.
    Signs,
    /// With a word, for a pipe: easy to search for.
    Words,
}

/// A finished node's lines.
pub(crate) fn render_finished(
    node: &NodeId,
    outcome: &Outcome,
    took: Duration,
    marks: Marks,
    style: Style,
) -> String {
    let (sign, word, meaning) = match outcome {
        Outcome::Succeeded { origin, .. } => match origin {
            Origin::Done => ("✓", "done", Meaning::Good),
            Origin::Restored => ("=", "restored", Meaning::Good),
            // What was there already is no news; the last line of a run counts it.
            Origin::Cached => return String::new(),
        },
        Outcome::Failed { .. } => ("✗", "failed", Meaning::Bad),
        Outcome::Skipped { .. } => ("-", "skipped", Meaning::Warning),
        Outcome::Waits { .. } => ("…", "waits", Meaning::Warning),
        Outcome::Cancelled => ("-", "cancelled", Meaning::Warning),
    };
    let mut text = match marks {
        Marks::Signs => format!("{} ", style.paint(meaning, sign)),
        Marks::Words => word_column(word),
    };
    let name = visible_line(node.as_str());
    let filling = match marks {
        Marks::Signs => " ".repeat(NAME_WIDTH.saturating_sub(name.width())),
        Marks::Words => String::new(),
    };
    let took = human_duration(took);
    let rest = match outcome {
        Outcome::Succeeded { result, .. } => {
            let bytes = result.outputs.iter().map(|output| output.bytes).sum();
            let size = match result.outputs.is_empty() {
                true => String::new(),
                false => human_bytes(bytes),
            };
            match marks {
                Marks::Signs => format!("{size:>9}  {took:>8}"),
                Marks::Words if size.is_empty() => took,
                Marks::Words => format!("{size}  {took}"),
            }
        }
        Outcome::Failed { .. } => match marks {
            Marks::Signs => format!("{}  {took:>8}", style.paint(meaning, "   failed")),
            Marks::Words => took,
        },
        Outcome::Skipped { reason } | Outcome::Waits { reason, .. } => match marks {
            Marks::Signs => format!("{word}: {}", visible_line(reason)),
            Marks::Words => visible_line(reason),
        },
        Outcome::Cancelled => match marks {
            Marks::Signs => word.to_owned(),
            Marks::Words => String::new(),
        },
    };
    text.push_str(&name);
    if !rest.is_empty() {
        text.push_str(&filling);
        text.push_str("  ");
        text.push_str(&rest);
    }
    text.push('\n');
    match outcome {
        Outcome::Succeeded {
            result,
            origin: Origin::Done,
        } => {
            push_printed(
                &mut text,
                result.stdout.as_bytes(),
                result.stderr.as_bytes(),
                style,
            );
            for note in &result.notes {
                let note = style.named(Meaning::Warning, "note", &visible(note));
                push_indented(&mut text, "  ", &note);
            }
        }
        Outcome::Failed {
            reason,
            hint,
            sample,
            ..
        } => push_failure(&mut text, reason, hint.as_deref(), sample.as_ref(), style),
        Outcome::Succeeded { .. }
        | Outcome::Skipped { .. }
        | Outcome::Waits { .. }
        | Outcome::Cancelled => {}
    }
    text
}

/// A word as the first column of a line for a pipe.
pub(crate) fn word_column(word: &str) -> String {
    format!("{word:<13}")
}

fn push_failure(
    text: &mut String,
    reason: &str,
    hint: Option<&str>,
    sample: Option<&Sample>,
    style: Style,
) {
    push_indented(text, "  ", &visible(reason));
    if let Some(sample) = sample {
        push_printed(text, &sample.stdout, &sample.stderr, style);
    }
    let mut advice = String::new();
    push_hint(&mut advice, hint, style);
    push_indented(text, "  ", &advice);
}

/// The last lines of what a process printed, its errors below all else.
fn push_printed(text: &mut String, stdout: &[u8], stderr: &[u8], style: Style) {
    let stderr = printed(stderr);
    let stdout = printed(stdout);
    let from_stderr = stderr.len().min(MOST_LINES);
    for (lines, most) in [(stdout, MOST_LINES - from_stderr), (stderr, from_stderr)] {
        let left_out = lines.len() - lines.len().min(most);
        if left_out > 0 && most > 0 {
            let note = format!("… {left_out} lines before these");
            push_indented(text, "    ", &style.paint(Meaning::Faint, &note));
        }
        for line in &lines[left_out..] {
            push_indented(text, "    ", line);
        }
    }
}

/// What a process printed, as lines that a terminal can show, without blank ends.
fn printed(bytes: &[u8]) -> Vec<String> {
    // Only the end is shown; a gigabyte before it is not even looked at.
    let tail = &bytes[bytes.len().saturating_sub(1 << 20)..];
    let text = visible(&String::from_utf8_lossy(tail));
    text.trim_matches('\n')
        .lines()
        .map(|line| match line.char_indices().nth(LONGEST_LINE) {
            Some((cut, _)) => format!("{}…", &line[..cut]),
            None => line.to_owned(),
        })
        .collect()
}

fn push_indented(text: &mut String, indent: &str, lines: &str) {
    for line in lines.lines() {
        if !line.is_empty() {
            text.push_str(indent);
            text.push_str(line);
        }
        text.push('\n');
    }
}
