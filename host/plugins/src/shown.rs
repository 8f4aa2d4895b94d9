//! Text of a plugin's that a person will see. A terminal obeys control characters, so
//! they never get that far.

/// The text with every control character but a newline made harmless, at most `limit`
/// bytes of it.
pub(crate) fn text(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        let character = match character {
            '\n' => '\n',
            '\t' => ' ',
            other if is_disruptive(other) => '\u{fffd}',
            other => other,
        };
        if shown.len() + character.len_utf8() > limit {
            shown.push('…');
            break;
        }
        shown.push(character);
    }
    shown
}

/// The text on one line: line ends become spaces.
pub(crate) fn line(text: &str, limit: usize) -> String {
    let flat: Vec<_> = text.lines().map(str::trim_end).collect();
    self::text(&flat.join(" "), limit)
}

/// A value inside backticks in a message: one short line.
pub(crate) fn value(text: &str) -> String {
    line(text, 200)
}

/// Whether a character would move the cursor or turn the direction of text.
fn is_disruptive(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_pass() {
        assert_eq!(
            text("a\x1b[31mb\tc\nd\u{202e}", 100),
            "a\u{fffd}[31mb c\nd\u{fffd}"
        );
        assert_eq!(line("a\r\nb\n", 100), "a b");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(text("äöü", 4), "äö…");
    }
}
