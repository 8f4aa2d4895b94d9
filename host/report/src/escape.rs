//! Makes text from plugins, processes and files harmless for a terminal: what would move
//! the cursor, change the title or turn the reading direction is written out instead.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// The text with control characters written out (`\x1b`, `\u{202e}`), newline and tab
/// excepted. Colours (`ESC [ … m`) are dropped; a carriage return before a newline too.
pub fn visible(text: &str) -> String {
    escaped(text, true)
}

/// The same for text that must stay on one line: newline and tab are written out as well.
pub fn visible_line(text: &str) -> String {
    escaped(text, false)
}

/// Whether a terminal would obey the character instead of showing it.
pub(crate) fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// Appends a character, written out if it is dangerous.
pub(crate) fn push_visible(to: &mut String, c: char) {
    match c {
        '\n' => to.push_str("\\n"),
        '\r' => to.push_str("\\r"),
        '\t' => to.push_str("\\t"),
        c if is_dangerous(c) && (c as u32) < 0x100 => {
            write!(to, "\\x{:02x}", c as u32).expect("a string takes all")
        }
        c if is_dangerous(c) => write!(to, "\\u{{{:x}}}", c as u32).expect("a string takes all"),
        c => to.push(c),
    }
}

fn escaped(text: &str, keep_lines: bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' | '\t' if keep_lines => result.push(c),
            '\r' if keep_lines && rest.peek() == Some(&'\n') => {}
            '\u{1b}' => match after_color(&rest) {
                Some(behind) => rest = behind,
                None => push_visible(&mut result, c),
            },
            c => push_visible(&mut result, c),
        }
    }
    result
}

/// What stands behind a colour sequence whose escape character was just read.
fn after_color<'a>(rest: &Peekable<Chars<'a>>) -> Option<Peekable<Chars<'a>>> {
    let mut rest = rest.clone();
    if rest.next() != Some('[') {
        return None;
    }
    // A colour is short; looking only so far keeps hostile text from costing more than
    // its length.
    for _ in 0..64 {
        match rest.next()? {
            'm' => return Some(rest),
            '0'..='9' | ';' | ':' => {}
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_go_and_everything_else_is_written_out() {
        for (text, shown) in [
            ("a\tb\r\nc\n", "a\tb\nc\n"),
            ("\u{1b}[1;31merror\u{1b}[0m: x", "error: x"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "\\x1b[2J\\x1b]0;title\\x07"),
            ("over\rwritten", "over\\rwritten"),
            ("\u{9b}31m", "\\x9b31m"),
            ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"),
            ("\u{1b}\u{1b}[0m[2J", "\\x1b[2J"),
            ("tail\u{1b}[", "tail\\x1b["),
            ("grüße ✓ 漢", "grüße ✓ 漢"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_line("a\n\tb"), "a\\n\\tb");
    }

    proptest! {
        #[test]
        fn no_control_character_is_left(text in hostile()) {
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(|c| is_dangerous(c) && c != '\n' && c != '\t'));
            let line = visible_line(&text);
            prop_assert!(!line.chars().any(is_dangerous));
        }

        #[test]
        fn harmless_text_stays_as_it_is(text in "[ -~äß✓漢\n\t]{0,80}") {
            prop_assert_eq!(visible(&text), text);
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            "\u{1b}\\[[0-9;]{0,4}[mJKH]?",
            "[\u{0}-\u{20}\u{7f}-\u{9f}]{1,3}",
            "[\u{202a}-\u{202e}\u{2066}-\u{2069}]",
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }
}
