//! Text in columns, aligned by what a terminal shows, cut to fit its width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::escape::visible_line;
use crate::style::{Meaning, Style};

/// Columns between two columns.
const GAP: usize = 2;
/// A column of text is not cut below this as long as another can be.
const COMFORT: usize = 12;
/// No column is cut below this.
const LEAST: usize = 4;

/// Headers and rows. Cells are one line each; control characters in them are written out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    headers: Vec<String>,
    to_the_right: Vec<bool>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    cells: Vec<String>,
    note: Option<String>,
}

impl Table {
    /// A table without rows. Headers are shown in capitals.
    pub fn new<H: Into<String>>(headers: impl IntoIterator<Item = H>) -> Self {
        let headers: Vec<String> = headers
            .into_iter()
            .map(|header| header.into().to_uppercase())
            .collect();
        Self {
            to_the_right: vec![false; headers.len()],
            headers,
            rows: Vec::new(),
        }
    }

    /// The same with a column aligned to the right, as numbers are. Such a column is the
    /// last to be cut.
    pub fn right(mut self, column: usize) -> Self {
        if let Some(right) = self.to_the_right.get_mut(column) {
            *right = true;
        }
        self
    }

    /// Adds a row. Cells that lack are empty; cells beyond the headers are dropped.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.push(cells, None);
    }

    /// Adds a row with a line of text below it.
    pub fn row_with_note<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>, note: &str) {
        self.push(cells, Some(visible_line(note)));
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The columns that it takes when nothing is cut.
    pub fn natural_width(&self) -> usize {
        total(&self.natural_widths())
    }

    /// The columns below which it cannot be cut.
    pub fn least_width(&self) -> usize {
        let widths: Vec<usize> = self
            .natural_widths()
            .iter()
            .map(|width| (*width).min(LEAST))
            .collect();
        total(&widths)
    }

    /// The table as lines, none wider than the style's width as long as that is possible.
    pub fn render(&self, style: Style) -> String {
        let widths = self.widths(style.width);
        let mut text = String::new();
        if self.headers.iter().any(|header| !header.is_empty()) {
            let line = self.line(&self.headers, &widths);
            text.push_str(&style.paint(Meaning::Strong, &line));
            text.push('\n');
        }
        for row in &self.rows {
            text.push_str(&self.line(&row.cells, &widths));
            text.push('\n');
            if let Some(note) = &row.note {
                let note = cut(note, style.width.saturating_sub(GAP));
                text.push_str(&" ".repeat(GAP));
                text.push_str(&style.paint(Meaning::Faint, &note));
                text.push('\n');
            }
        }
        text
    }

    fn push<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>, note: Option<String>) {
        let mut cells: Vec<String> = cells
            .into_iter()
            .map(|cell| visible_line(cell.as_ref()))
            .collect();
        cells.resize(self.headers.len(), String::new());
        self.rows.push(Row { cells, note });
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let cell = cut(cell, *width);
            let padding = " ".repeat(width - cell.width());
            if column > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            match self.to_the_right[column] {
                true => line.extend([&*padding, &*cell]),
                false => line.extend([&*cell, &*padding]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }

    fn natural_widths(&self) -> Vec<usize> {
        (0..self.headers.len())
            .map(|column| {
                let cells = self.rows.iter().map(|row| row.cells[column].width());
                cells.fold(self.headers[column].width(), usize::max)
            })
            .collect()
    }

    /// The widths that fit: the widest column gives first; text before numbers.
    fn widths(&self, room: usize) -> Vec<usize> {
        let mut widths = self.natural_widths();
        for (least, numbers_too) in [(COMFORT, false), (LEAST, false), (LEAST, true)] {
            while total(&widths) > room {
                let widest = (0..widths.len())
                    .filter(|column| numbers_too || !self.to_the_right[*column])
                    .filter(|column| widths[*column] > least)
                    .max_by_key(|column| widths[*column]);
                match widest {
                    Some(column) => widths[column] -= 1,
                    None => break,
                }
            }
        }
        widths
    }
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// The text in at most `width` columns, with `…` for what does not fit.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        shown.push(c);
    }
    if width > 0 {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;

    fn targets() -> Table {
        let mut table = Table::new(["NAME", "CORES", "WHAT IT IS"]).right(1);
        table.row(["pi5", "4", "Raspberry Pi 5, 64-bit"]);
        table.row([
            "graviton3",
            "64",
            "AWS Graviton3 with SVE and a rather long line of text",
        ]);
        table.row_with_note(["漢字\u{1b}[2J"], "not a machine at all");
        table
    }

    #[test]
    fn columns_are_aligned() {
        expect![[r#"
            NAME         CORES  WHAT IT IS
            pi5              4  Raspberry Pi 5, 64-bit
            graviton3       64  AWS Graviton3 with SVE and a rather long line of text
            漢字\x1b[2J
              not a machine at all
        "#]]
        .assert_eq(&targets().render(Style::PLAIN));
    }

    #[test]
    fn the_widest_column_gives_way() {
        let style = Style {
            color: false,
            width: 50,
        };
        expect![[r#"
            NAME         CORES  WHAT IT IS
            pi5              4  Raspberry Pi 5, 64-bit
            graviton3       64  AWS Graviton3 with SVE and a …
            漢字\x1b[2J
              not a machine at all
        "#]]
        .assert_eq(&targets().render(style));
        expect![[r#"
            NAME      CORES  WHAT I…
            pi5           4  Raspbe…
            gravito…     64  AWS Gr…
            漢字\x1…
              not a machine at all
        "#]]
        .assert_eq(&targets().render(Style { width: 24, ..style }));
    }

    #[test]
    fn headers_are_bold() {
        let mut table = Table::new(["NAME"]);
        table.row(["a"]);
        let style = Style {
            color: true,
            width: 80,
        };
        expect![[r#""\u{1b}[1mNAME\u{1b}[0m\na\n""#]]
            .assert_eq(&format!("{:?}", table.render(style)));
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked_where_that_can_be(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z漢\u{1b} ]{0,30}", 0..5), 0..6),
            columns in 1_usize..5,
            right in 0_usize..5,
            width in 0_usize..120,
        ) {
            let mut table = Table::new((0..columns).map(|column| format!("HEADER {column}"))).right(right);
            for row in rows {
                table.row_with_note(&row, "some note on it");
            }
            let width = width.max(table.least_width());
            for line in table.render(Style { color: false, width }).lines() {
                prop_assert!(line.width() <= width, "{line:?} is wider than {width}");
            }
        }
    }
}
