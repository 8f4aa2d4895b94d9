//! Diagnostics as text: the message, where, the line itself with a caret, what to do. What
//! is drawn is bounded, whatever the file holds.

use annotate_snippets::renderer::DEFAULT_LINE_NUM_STYLE;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use orch_model::{Diagnostic, Severity, SourceText};

use crate::escape::{visible, visible_line};
use crate::excerpt::{Excerpt, Lines};
use crate::fault::push_hint;
use crate::style::{Meaning, Style};

/// Diagnostics that are shown at once; the closing line counts them all.
const MOST_DIAGNOSTICS: usize = 50;
/// Longest message or hint, in characters.
const LONGEST_MESSAGE: usize = 4000;

/// All diagnostics in the order given, each with its places, and a closing line that counts
/// them where there is more than one. Of very many the first are shown, errors before
/// warnings.
pub fn render_diagnostics(source: &SourceText, diagnostics: &[Diagnostic], style: Style) -> String {
    let lines = Lines::new(&source.text);
    let name = visible_line(&source.name);
    let mut shown: Vec<&Diagnostic> = diagnostics.iter().collect();
    if shown.len() > MOST_DIAGNOSTICS {
        shown.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
        shown.truncate(MOST_DIAGNOSTICS);
    }
    let mut text = String::new();
    for diagnostic in &shown {
        text.push_str(&render(&lines, &name, diagnostic, style));
        if diagnostics.len() > 1 {
            text.push('\n');
        }
    }
    text.push_str(&closing(&name, diagnostics, shown.len(), style));
    text
}

fn closing(name: &str, diagnostics: &[Diagnostic], shown: usize, style: Style) -> String {
    if diagnostics.len() < 2 {
        return String::new();
    }
    let worst = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.severity)
        .max();
    let (meaning, level) = match worst {
        Some(Severity::Error) => (Meaning::Bad, "error"),
        _ => (Meaning::Warning, "warning"),
    };
    let problems: usize = diagnostics.iter().map(|one| one.problems).sum();
    let mut text = format!("{problems} problems in {name}");
    if shown < diagnostics.len() {
        text.push_str(&format!("; {shown} of them are shown"));
    }
    style.named(meaning, level, &text) + "\n"
}

fn render(lines: &Lines<'_>, name: &str, diagnostic: &Diagnostic, style: Style) -> String {
    let (meaning, level, word) = match diagnostic.severity {
        Severity::Error => (Meaning::Bad, Level::ERROR, "error"),
        Severity::Warning => (Meaning::Warning, Level::WARNING, "warning"),
    };
    let message = style.paint(Meaning::Strong, &bounded(&diagnostic.message));
    let mut text = style.named(meaning, word, &message);
    text.push('\n');
    let width = style.width.clamp(40, 1000);
    let excerpts = lines.excerpts(&diagnostic.places, width.min(200) - 16);
    if excerpts.is_empty() {
        text.push_str(&location(" ", "-->", name, style));
    }
    let renderer = match style.color {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let renderer = renderer.term_width(width);
    for (index, excerpt) in excerpts.into_iter().enumerate() {
        let arrow = match index {
            0 => "-->",
            _ => ":::",
        };
        // The renderer would count columns in the text that is shown. We count them in the
        // file, where a long line is whole and an escape character is one character.
        let (line, column) = excerpt.location;
        let gutter = " ".repeat(excerpt.last_line().to_string().len());
        let place = format!("{name}:{line}:{column}");
        text.push_str(&location(&gutter, arrow, &place, style));
        let group = Group::with_level(level.clone()).element(snippet(excerpt));
        text.push_str(&renderer.render(&[group]));
        text.push('\n');
    }
    let hint = diagnostic.hint.as_deref().map(bounded);
    push_hint(&mut text, hint.as_deref(), style);
    text
}

fn location(gutter: &str, arrow: &str, place: &str, style: Style) -> String {
    let look = match style.color {
        true => DEFAULT_LINE_NUM_STYLE,
        false => anstyle::Style::new(),
    };
    format!("{gutter}{look}{arrow}{look:#} {place}\n")
}

fn snippet(excerpt: Excerpt) -> Snippet<'static, annotate_snippets::Annotation<'static>> {
    let annotations = excerpt.marks.into_iter().map(|mark| {
        let kind = match mark.is_first {
            true => AnnotationKind::Primary,
            false => AnnotationKind::Context,
        };
        let label = Some(mark.label).filter(|label| !label.is_empty());
        kind.span(mark.span).label(label)
    });
    Snippet::source(excerpt.text)
        .line_start(excerpt.first_line)
        .annotations(annotations)
}

fn bounded(message: &str) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((cut, _)) => visible(&message[..cut]) + "…",
        None => visible(message),
    }
}

#[cfg(test)]
#[path = "diagnostic_tests.rs"]
mod tests;
