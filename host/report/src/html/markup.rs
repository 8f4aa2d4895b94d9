//! Text inside of HTML and SVG: whatever a name holds, it stays text.

use std::fmt;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::escape::visible_line;

/// Text from outside, safe between tags and inside of a quoted attribute. Characters that a
/// browser would obey or that no XML may hold are written out.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in visible_line(self.0).chars() {
            match c {
                '&' => to.write_str("&amp;")?,
                '<' => to.write_str("&lt;")?,
                '>' => to.write_str("&gt;")?,
                '"' => to.write_str("&quot;")?,
                '\'' => to.write_str("&#39;")?,
                '\u{fffe}' | '\u{ffff}' => to.write_str("\u{fffd}")?,
                c => write!(to, "{c}")?,
            }
        }
        Ok(())
    }
}

/// The width of a letter in a picture, in the picture's units: the mean of common sans-serif
/// fonts at the size of 11 that `page.css` sets.
const LETTER: f64 = 6.2;

/// About how wide a text is in a picture, in the picture's units.
pub(super) fn width(text: &str) -> f64 {
    text.width() as f64 * LETTER
}

/// The text with its middle left out if it is wider than the `room`, which is in a picture's units:
/// long names differ at their ends.
pub(super) fn cut(text: &str, room: f64) -> String {
    let text = visible_line(text);
    if width(&text) <= room {
        return text;
    }
    let columns = ((room / LETTER) as usize).saturating_sub(1);
    let start = taken(text.chars(), columns.div_ceil(2));
    let end = taken(text.chars().rev(), columns / 2);
    let end: String = end.chars().rev().collect();
    format!("{start}…{end}")
}

/// As many characters as fit into so many columns.
fn taken(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut left = columns;
    let fitting = characters.take_while(|c| {
        let wide = c.width().unwrap_or(0);
        let fits = wide <= left;
        left = left.saturating_sub(wide);
        fits
    });
    fitting.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, safe) in [
            ("p95", "p95"),
            (
                "</title><script>alert(1)</script>",
                "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("\" onload='x'", "&quot; onload=&#39;x&#39;"),
            ("a\0b\nc", "a\\x00b\\nc"),
            ("&amp;", "&amp;amp;"),
            ("\u{ffff}", "\u{fffd}"),
        ] {
            assert_eq!(Escaped(text).to_string(), safe);
        }
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(cut("short", 100.0), "short");
        assert_eq!(cut("BenchmarkParse/small ns/op", 80.0), "Benchm…ns/op");
        assert_eq!(cut("日本語日本語日本語", 62.0), "日本…本語");
        assert_eq!(cut("anything", 0.0), "…");
    }
}
