//! Faults and plugins' log lines as text: what happened, then what to do.

use orch_model::{Fault, Log, LogLevel};

use crate::escape::visible;
use crate::style::{Meaning, Style};

/// `error: …` and `hint: …`, each on lines of its own.
pub fn render_fault(fault: &Fault, style: Style) -> String {
    let mut text = style.named(Meaning::Bad, "error", &visible(&fault.message));
    text.push('\n');
    push_hint(&mut text, fault.hint.as_deref(), style);
    text
}

/// `warning: …` and `hint: …`, each on lines of its own.
pub fn render_warning(message: &str, hint: Option<&str>, style: Style) -> String {
    let mut text = style.named(Meaning::Warning, "warning", &visible(message));
    text.push('\n');
    push_hint(&mut text, hint, style);
    text
}

/// One line of a plugin's: ``warning: plugin `go`: …``.
pub fn render_log(log: &Log, style: Style) -> String {
    let (meaning, name) = match log.level {
        LogLevel::Debug => (Meaning::Faint, "debug"),
        LogLevel::Info => (Meaning::Strong, "info"),
        LogLevel::Warning => (Meaning::Warning, "warning"),
    };
    let text = format!("plugin `{}`: {}", log.plugin, visible(&log.message));
    style.named(meaning, name, &text) + "\n"
}

/// Appends a hint's line, if there is a hint.
pub(crate) fn push_hint(text: &mut String, hint: Option<&str>, style: Style) {
    if let Some(hint) = hint {
        text.push_str(&style.named(Meaning::Hint, "hint", &visible(hint)));
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_fault_says_what_and_what_next() {
        let fault = Fault::fetch("could not fetch `go1.22.10.tar.gz`: \u{1b}[2Jrefused")
            .hint("try again without `--offline`");
        expect![[r#"
            error: could not fetch `go1.22.10.tar.gz`: \x1b[2Jrefused
            hint: try again without `--offline`
        "#]]
        .assert_eq(&render_fault(&fault, Style::PLAIN));
        let color = Style {
            color: true,
            width: 80,
        };
        expect![[r#""\u{1b}[1m\u{1b}[91merror:\u{1b}[0m interrupted\n""#]]
            .assert_eq(&format!("{:?}", render_fault(&Fault::interrupted(), color)));
    }

    #[test]
    fn a_log_line_names_its_plugin() {
        let log = Log {
            plugin: "go".parse().unwrap(),
            level: LogLevel::Warning,
            message: "the index has no checksums\u{7}".into(),
        };
        expect![[r#"
            warning: plugin `go`: the index has no checksums\x07
        "#]]
        .assert_eq(&render_log(&log, Style::PLAIN));
    }
}
